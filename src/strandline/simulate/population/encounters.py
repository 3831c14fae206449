"""Encounters: which orbit two galaxies are on, and when they are seen.

Orbits fall from far: most are nearly parabolic, with pericentres of a few half-light radii, and
spins have nothing to do with them (Khochfar & Burkert 2006, A&A 445, 403). Wider passages, which
are as common, leave no mark and are no examples of one.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import kpc_per_arcsec
from strandline.simulate.dynamics.tracks import Track
from strandline.simulate.plans import Encounter, GalaxyPlan, Kind
from strandline.simulate.portraits.pairs import pair_track

__all__ = ["Orbit", "apart_radii", "draw_encounter", "draw_mass_ratio", "draw_view"]

Orbit = Callable[[np.random.Generator], Encounter]
"""Draws an encounter; of it, pericentre, eccentricity and discs are used."""

LEAST_MASS_RATIO = 0.1
_PERICENTRE_RADII = (0.7, 4.0)  # half-light radii of the first galaxy, evenly in the logarithm
_ECCENTRICITY, _ECCENTRICITY_SCATTER = 0.97, 0.06
_ECCENTRICITY_RANGE = (0.75, 1.1)

_TAILS_GYR = (0.05, 1.0)
_REMNANT_GYR = 1.5
_APPROACHING_GYR = (0.03, 0.35)
_LATEST_COALESCENCE_GYR = 2.0  # tails of the first passage are gone by then
_FARTHEST_KPC = 90.0  # a companion farther away is not taken for one
_APART_RADII = 1.5  # half-light radii of the first galaxy, beyond which two are apart
_TRIES = 12

# Deciles of the distance between the two galaxies that `draw_encounter` makes, in half-light
# radii of the first; drawing a hundred times is too slow for every neighbour by chance.
_TAILS_APART = (1.5, 4.8, 6.9, 8.8, 10.9, 13.2, 15.8, 19.2, 24.4, 31.8, 83.0)
_MERGER_APART = (0.0, 0.2, 0.31, 0.45, 0.56, 0.7, 0.83, 1.01, 1.13, 1.32, 1.5)


def draw_mass_ratio(rng: np.random.Generator, least: float = LEAST_MASS_RATIO) -> float:
    """Draw a mass ratio, evenly in its logarithm from `least` to 1."""
    return float(np.exp(rng.uniform(math.log(max(least, LEAST_MASS_RATIO)), 0.0)))


def draw_view(rng: np.random.Generator) -> tuple[float, float, float]:
    """Draw Euler angles (z, x, z) of an isotropic orientation, rad."""
    first, last = rng.uniform(0, 2 * np.pi, 2)
    return float(first), float(np.arccos(rng.uniform(-1, 1))), float(last)


def draw_encounter(
    kind: Kind,
    galaxies: tuple[GalaxyPlan, GalaxyPlan],
    mass_ratio: float,
    rng: np.random.Generator,
    orbit: Orbit | None = None,
) -> Encounter:
    """Draw an orbit of two galaxies and the time on it at which they are of a kind.

    Parameters
    ----------
    kind : {"tails", "merger", "remnant", "approaching"}
    galaxies : tuple of two GalaxyPlan
        The heavier first.
    mass_ratio : float
    rng : Generator
    orbit : callable, optional
        Draws the orbit in the place of the priors here.
    """
    for _ in range(_TRIES):
        drawn = orbit(rng) if orbit else _draw_orbit(galaxies[0], rng)
        drawn = replace(drawn, mass_ratio=mass_ratio)
        found = _time_of(kind, galaxies, drawn, rng)
        if found is not None:
            time = found
            break
    else:
        time = -0.1 if kind == "approaching" else 0.2
    return replace(drawn, time_gyr=time, view_rad=draw_view(rng))


def apart_radii(kind: Kind, rng: np.random.Generator) -> float:
    """Draw how far two galaxies of an encounter are from each other, in space.

    In half-light radii of the first, for ``tails`` and ``merger``; without the orbit, for galaxies
    that are near each other by chance.
    """
    quantiles = _MERGER_APART if kind == "merger" else _TAILS_APART
    return float(np.interp(rng.random(), np.linspace(0, 1, len(quantiles)), quantiles))


def _draw_orbit(first: GalaxyPlan, rng: np.random.Generator) -> Encounter:
    radius_kpc = first.radius_arcsec * kpc_per_arcsec(first.redshift)
    low, high = np.log(_PERICENTRE_RADII)
    eccentricity = rng.normal(_ECCENTRICITY, _ECCENTRICITY_SCATTER)
    return Encounter(
        mass_ratio=1.0,
        pericentre_kpc=float(radius_kpc * np.exp(rng.uniform(low, high))),
        eccentricity=float(np.clip(eccentricity, *_ECCENTRICITY_RANGE)),
        time_gyr=0.0,
        discs_deg=(_draw_spin(rng), _draw_spin(rng)),
        view_rad=(0.0, 0.0, 0.0),
    )


def _draw_spin(rng: np.random.Generator) -> tuple[float, float]:
    """Draw inclination to the orbit and argument of pericentre of an isotropic spin, deg."""
    inclination = float(np.degrees(np.arccos(rng.uniform(-1, 1))))
    return inclination, float(rng.uniform(0, 360))


def _time_of(
    kind: Kind,
    galaxies: tuple[GalaxyPlan, GalaxyPlan],
    orbit: Encounter,
    rng: np.random.Generator,
) -> float | None:
    """Draw a time at which an orbit is of a kind; None where it never is."""
    first = galaxies[0]
    radius_kpc = first.radius_arcsec * kpc_per_arcsec(first.redshift)
    before = _APPROACHING_GYR[1] if kind == "approaching" else 0.01
    after = {"tails": _TAILS_GYR[1], "approaching": 0.01}.get(kind, _LATEST_COALESCENCE_GYR)
    track = _track(galaxies, orbit, before, after)
    apart = np.linalg.norm(track.position_kpc[:, 1] - track.position_kpc[:, 0], axis=1)
    beside = (apart > _APART_RADII * radius_kpc) & (apart < _FARTHEST_KPC)
    if kind == "approaching":
        return _any_time(track, beside & (track.time_gyr <= -_APPROACHING_GYR[0]), rng)
    if kind == "tails":
        return _any_time(track, beside & (track.time_gyr >= _TAILS_GYR[0]), rng)
    coalescence = track.coalescence_gyr
    if not math.isfinite(coalescence):
        return None
    if kind == "remnant":
        return coalescence + float(rng.uniform(0.0, _REMNANT_GYR))
    close = (track.time_gyr > 0.15) & (apart > 0) & (apart < _APART_RADII * radius_kpc)
    return _any_time(track, close, rng)


def _any_time(track: Track, allowed: NDArray[np.bool_], rng: np.random.Generator) -> float | None:
    """Draw one of the allowed times; each step of a track counts as long as it lasts."""
    weight = np.gradient(track.time_gyr) * allowed
    if not weight.any():
        return None
    growth = np.cumsum(weight)
    k = int(np.searchsorted(growth, rng.uniform(0, growth[-1]), side="right"))
    return float(track.time_gyr[min(k, len(growth) - 1)])


def _track(
    galaxies: tuple[GalaxyPlan, GalaxyPlan], orbit: Encounter, before: float, after: float
) -> Track:
    """Return the orbit as it will be drawn."""
    return pair_track(galaxies, orbit, before_gyr=before, after_gyr=after)
