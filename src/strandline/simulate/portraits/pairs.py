"""Two galaxies on a common orbit: what moves them, what they are made of, how far each is whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import absolute_magnitude, kpc_per_arcsec
from strandline.errors import OptionError
from strandline.photometry import mag_to_flux
from strandline.simulate.dynamics.discs import spin_axis
from strandline.simulate.dynamics.orbits import encounter_track
from strandline.simulate.dynamics.potentials import Potential, Spheroid
from strandline.simulate.dynamics.tracks import Track
from strandline.simulate.plans import Encounter, GalaxyPlan
from strandline.simulate.portraits.hosts import draw_lateness
from strandline.simulate.portraits.masses import potential_of

__all__ = [
    "Build",
    "Setting",
    "draw_build",
    "pair_potentials",
    "pair_track",
    "passages",
    "whole_radius_kpc",
]

Array = NDArray[np.float64]

SPHEROID_CORE = 0.35
"""Half-light radii from which on stars of a spheroid may be torn off."""

_BEFORE_GYR = 0.6
_LEAST_HALO = 0.5  # of the mass that the ratio asks for
_HALO_SIZE_POWER = 0.4  # of a halo's scale with its mass
_HALF_LIGHT_IN_SCALES = 1.678  # of an exponential disc
_LENTICULAR_SHARE = 0.5  # of the galaxies planned as elliptical
_LEAST_APART_KPC = 0.1


@dataclass(frozen=True)
class Setting:
    """What moves the stars of an encounter.

    Attributes
    ----------
    potentials : tuple of two Potential
    track : Track
        Its time 0 is the first passage.
    """

    potentials: tuple[Potential, Potential]
    track: Track

    @classmethod
    def of(cls, galaxies: tuple[GalaxyPlan, ...], encounter: Encounter) -> "Setting":
        """Return the setting of a planned encounter, from well before the first passage to now."""
        time = encounter.time_gyr
        track = pair_track(
            galaxies,
            encounter,
            before_gyr=max(_BEFORE_GYR, 0.1 - time),
            after_gyr=max(time, 0.0) + 0.01,
        )
        return cls(pair_potentials(galaxies, encounter.mass_ratio), track)


@dataclass(frozen=True)
class Build:
    """What a galaxy of a pair is made of.

    Attributes
    ----------
    galaxy : GalaxyPlan
    potential : Potential
    early : bool
        A spheroid without a disc. Lenticulars have one, but no gas.
    flux_njy : float
        All its r light.
    bulge_share : float
        Of its light; 1 for a spheroid.
    scale_kpc : float
        Scale length of the disc; a third of a spheroid's half-light radius plays its part.
    lateness : float
        0 (S0/a) to 1 (Sd); how much gas, young light and dust it has.
    spin : ndarray of float64, shape (3,)
        Of the disc, in the frame of the orbit; of a spheroid, its short axis.
    flattening : float
        Short to long axis of a spheroid.
    """

    galaxy: GalaxyPlan
    potential: Potential
    early: bool
    flux_njy: float
    bulge_share: float
    scale_kpc: float
    lateness: float
    spin: Array
    flattening: float

    @property
    def gas(self) -> float:
        """How much it has to form stars from, 0 to 1."""
        return self.lateness


def pair_potentials(
    galaxies: tuple[GalaxyPlan, ...], mass_ratio: float
) -> tuple[Potential, Potential]:
    """Return the potentials of two galaxies whose masses, haloes included, have this ratio.

    Raises
    ------
    OptionError
        For other than two galaxies, or a ratio that is not above 0 and at most 1.
    """
    if len(galaxies) != 2:
        raise OptionError(f"An encounter has two galaxies; this one has {len(galaxies)}.")
    if not 0 < mass_ratio <= 1:
        raise OptionError(f"mass_ratio is {mass_ratio}; it must be above 0 and at most 1.")
    first, own = potential_of(galaxies[0]), potential_of(galaxies[1])
    halo, stars = own.spheroids
    wanted = mass_ratio * first.mass_1e10
    mass = max(wanted - stars.mass_1e10, _LEAST_HALO * wanted)
    main = first.spheroids[0]
    scale = main.scale_kpc * (mass / main.mass_1e10) ** _HALO_SIZE_POWER
    return first, Potential((Spheroid(halo.profile, mass, scale), stars))


def pair_track(
    galaxies: tuple[GalaxyPlan, ...],
    encounter: Encounter,
    *,
    before_gyr: float,
    after_gyr: float,
) -> Track:
    """Return the orbit of an encounter's galaxies, as it is drawn."""
    first, second = pair_potentials(galaxies, encounter.mass_ratio)
    return encounter_track(
        first,
        second,
        pericentre_kpc=encounter.pericentre_kpc,
        eccentricity=encounter.eccentricity,
        before_gyr=before_gyr,
        after_gyr=after_gyr,
    )


def draw_build(
    galaxy: GalaxyPlan,
    potential: Potential,
    disc_deg: tuple[float, float],
    rng: np.random.Generator,
    *,
    second: bool,
) -> Build:
    """Draw what a galaxy is made of, as its morphology allows."""
    old = galaxy.morphology == "elliptical"
    early = old and rng.random() > _LENTICULAR_SHARE
    brightness = absolute_magnitude(galaxy.mag_r, galaxy.redshift)
    lateness = 0.0 if old else draw_lateness(brightness, rng)
    if galaxy.morphology == "irregular":
        lateness = 1.0
    half_light_kpc = galaxy.radius_arcsec * kpc_per_arcsec(galaxy.redshift)
    # Bulges shrink along the sequence, as `strandline.simulate.portraits.spirals` has it.
    bulge = float(np.clip(10 ** rng.normal(-0.55 - 0.9 * lateness, 0.22), 0.01, 0.4))
    if old:
        bulge = float(rng.uniform(0.3, 0.6))
    scale = half_light_kpc / (_HALF_LIGHT_IN_SCALES * (1 - 0.55 * bulge))
    return Build(
        galaxy=galaxy,
        potential=potential,
        early=early,
        flux_njy=float(mag_to_flux(galaxy.mag_r)),
        bulge_share=1.0 if early else bulge,
        scale_kpc=half_light_kpc / 3 if early else scale,
        lateness=lateness,
        spin=spin_axis(*disc_deg, second=second),
        flattening=float(rng.uniform(0.6, 1.0)),
    )


def passages(track: Track, time_gyr: float) -> int:
    """Return how often two galaxies have passed each other between time 0 and `time_gyr`."""
    seen = (track.time_gyr >= -1e-9) & (track.time_gyr <= time_gyr)
    apart = _apart_kpc(track)[seen]
    if not apart.size:
        return 0
    least = (apart[1:-1] < apart[:-2]) & (apart[1:-1] <= apart[2:]) & (apart[1:-1] > 0)
    return 1 + int(least.sum())


def whole_radius_kpc(
    track: Track, potentials: tuple[Potential, Potential], body: int, time_gyr: float
) -> float:
    """Return within which radius tides have left a galaxy whole until `time_gyr`, kpc.

    The tidal radius at the closest approach so far: where the other's tide outdoes the galaxy's
    own pull (Binney & Tremaine 2008, eq. 8.92).
    """
    own, other = potentials[body], potentials[1 - body]
    position, _ = track.at(time_gyr)
    now = float(np.linalg.norm(position[1] - position[0]))
    before = _apart_kpc(track)[track.time_gyr <= time_gyr]
    apart = max(float(np.min(before, initial=now)), _LEAST_APART_KPC)
    radius = 0.3 * apart
    for _ in range(15):
        ratio = float(own.mass_within(radius)) / (3 * float(other.mass_within(apart)))
        radius = 0.5 * (radius + apart * min(ratio ** (1 / 3), 1.0))
    return radius


def _apart_kpc(track: Track) -> Array:
    return np.asarray(np.linalg.norm(track.position_kpc[:, 1] - track.position_kpc[:, 0], axis=1))
