"""A satellite that dissolves in its host: its orbit, its tides, and when and where stars leave it.

The satellite falls from an apocentre, braked by friction. At each time a star that is farther
from the satellite's centre than the bound radius is lost. The bound radius follows the tidal
one, with the delay of a dynamical time. In gentle tides stars leave through the Lagrange points
(particle spray, Fardal, Huang & Weinberg 2015, MNRAS 452, 301); where the tide comes so fast
that the satellite flies apart, as on a radial orbit at pericentre, they keep the place and speed
that they had in it. From then on they are test particles of the host.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY, GYR
from strandline.simulate.dynamics.phases import drift, radial_period_gyr
from strandline.simulate.dynamics.potentials import (
    Potential,
    Spheroid,
    galaxy_potential,
    jeans_dispersion,
)
from strandline.simulate.dynamics.sinking import descend

__all__ = ["Dissolved", "Satellite", "dissolve", "orbit_period_gyr", "satellite_of"]

Array = NDArray[np.float64]

_SHOCKED = 0.55  # tidal over bound radius, below which a satellite flies apart
_LEAST_BOUND = 0.6  # scale radii of its stars: a satellite cut off there is gone
# Fardal et al. (2015), section 3: place and rotation of stars at the Lagrange points
_AT_LAGRANGE, _AT_LAGRANGE_SCATTER = 2.0, 0.5
_TURN, _TURN_SCATTER = 0.3, 0.5
_ABOVE_SCATTER = 0.5


@dataclass(frozen=True)
class Satellite:
    """A dwarf galaxy: its stars, and all its matter.

    Attributes
    ----------
    stars : Spheroid
    potential : Potential
        The stars included.
    """

    stars: Spheroid
    potential: Potential


@dataclass(frozen=True)
class Dissolved:
    """Stars of a satellite as they are at the end, around a host at the origin.

    The orbit is in the x-y plane, its first apocentre on the +x axis, and turns towards +y.

    Attributes
    ----------
    position_kpc, velocity_kms : ndarray of float64, shape (star, 3)
        Of those that have left the satellite.
    left_gyr : ndarray of float64, shape (star,)
        How long ago each left.
    bound : float
        Share of all stars still in the satellite.
    centre_kpc : ndarray of float64, shape (3,)
        Of the satellite, or where it was gone.
    passages : int
        Pericentres that it has passed until then.
    apocentre_kpc, period_gyr : float
        Of its first orbit, without friction: where it starts, and the radial period.
    """

    position_kpc: Array
    velocity_kms: Array
    left_gyr: Array
    bound: float
    centre_kpc: Array
    passages: int
    apocentre_kpc: float
    period_gyr: float


def satellite_of(
    stellar_mass_1e10: float, half_light_kpc: float, host: Potential, apocentre_kpc: float
) -> Satellite:
    """Return a dwarf whose halo the host's tide at its apocentre has cut down."""
    whole = galaxy_potential(stellar_mass_1e10, half_light_kpc, early=False)
    halo, stars = whole.spheroids
    outside = float(host.mass_within(apocentre_kpc)) / apocentre_kpc**3
    radius = np.geomspace(0.05 * half_light_kpc, 0.5 * apocentre_kpc, 200)
    inside = whole.mass_within(radius) / radius**3
    reach = float(np.interp(-2 * outside, -inside, radius))
    # the same cusp with a shorter scale: mass within r goes as mass / scale^2 there
    scale = min(0.4 * reach, halo.scale_kpc)
    cut = Spheroid("hernquist", halo.mass_1e10 * (scale / halo.scale_kpc) ** 2, scale)
    return Satellite(stars, Potential((cut, stars)))


def dissolve(
    host: Potential,
    satellite: Satellite,
    *,
    apocentre_kpc: float,
    circularity: float,
    age_gyr: float,
    count: int,
    rng: np.random.Generator,
) -> Dissolved:
    """Let a satellite fall from its apocentre for `age_gyr` and return its stars.

    Parameters
    ----------
    host : Potential
    satellite : Satellite
    apocentre_kpc : float
    circularity : float
        Angular momentum over that of a circular orbit of the same energy, 0 to 1.
    age_gyr : float
    count : int
        Stars, those that stay included.
    rng : Generator

    Raises
    ------
    OptionError
        For an apocentre, an age or a number of stars that is not positive, or a circularity
        beyond 0 to 1.
    """
    for name, value in (("apocentre_kpc", apocentre_kpc), ("age_gyr", age_gyr), ("count", count)):
        if not (value > 0 and math.isfinite(value)):
            raise OptionError(f"{name} is {value}; it must be positive.")
    speed = _apocentre_speed(host, apocentre_kpc, circularity)
    least = _LEAST_BOUND * satellite.stars.scale_kpc
    path = descend(host, satellite.potential, apocentre_kpc, speed, age_gyr, least_bound_kpc=least)
    place, motion, bound = path.position_kpc, path.velocity_kms, path.bound_kpc
    home, speeds = _stars(satellite, bound[0], count, rng)
    radius = np.linalg.norm(home, axis=1)
    gone = radius > bound[-1]
    home, speeds, radius = home[gone], speeds[gone], radius[gone]
    # the bound radius only falls: the time at which it passes that of the star
    step = np.searchsorted(-bound, -radius)
    step = np.clip(step, 1, len(bound) - 1)
    share = (bound[step - 1] - radius) / np.maximum(bound[step - 1] - bound[step], 1e-12)
    share = np.clip(share, 0, 1)

    def at(table: Array) -> Array:
        along = share if table.ndim == 1 else share[:, None]
        return np.asarray(table[step - 1] + along * (table[step] - table[step - 1]))

    tidal, left = at(path.tidal_kpc), age_gyr - at(path.time_gyr)
    shed_home, shed_speeds = _lagrange(at(place), at(motion), tidal, satellite.potential, rng)
    # who has just left is still on the way to the Lagrange point
    circling = np.sqrt(GRAVITY * satellite.potential.mass_within(tidal) / tidal)
    way = np.minimum(0.3 + left * GYR * circling / tidal, 1)[:, None]
    shed_home, shed_speeds = way * shed_home, way * shed_speeds
    shocked = (tidal < _SHOCKED * radius)[:, None]
    position, velocity = drift(
        at(place) + np.where(shocked, home, shed_home),
        at(motion) + np.where(shocked, speeds, shed_speeds),
        host,
        left,
    )
    return Dissolved(
        position_kpc=position,
        velocity_kms=velocity,
        left_gyr=left,
        bound=1 - len(radius) / count,
        centre_kpc=place[-1],
        passages=path.passages,
        apocentre_kpc=apocentre_kpc,
        period_gyr=radial_period_gyr(host, apocentre_kpc, speed),
    )


def orbit_period_gyr(host: Potential, apocentre_kpc: float, circularity: float) -> float:
    """Return the radial period of an orbit, without friction.

    Raises
    ------
    OptionError
        For a circularity beyond 0 to 1.
    """
    speed = _apocentre_speed(host, apocentre_kpc, circularity)
    return radial_period_gyr(host, apocentre_kpc, speed)


def _apocentre_speed(host: Potential, apocentre_kpc: float, circularity: float) -> float:
    """Return the speed at apocentre of the orbit of this circularity, km/s."""
    if not 0 <= circularity <= 1:
        raise OptionError(f"circularity is {circularity}; it must lie between 0 and 1.")
    circular = float(host.circular_speed(apocentre_kpc))
    radius = np.geomspace(0.02 * apocentre_kpc, apocentre_kpc, 400)
    speed = host.circular_speed(radius)
    energy = 0.5 * speed**2 + host.potential(radius)  # of circular orbits, rising
    tried = np.linspace(0, circular, 400)
    whole = np.interp(0.5 * tried**2 + float(host.potential(apocentre_kpc)), energy, radius * speed)
    return float(np.interp(circularity, tried * apocentre_kpc / whole, tried))


def _stars(
    satellite: Satellite, edge_kpc: float, count: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return stars of an isotropic Hernquist sphere in all the satellite's matter."""
    stars = satellite.stars
    held = (edge_kpc / (edge_kpc + stars.scale_kpc)) ** 2
    root = np.sqrt(held * rng.random(count))
    radius = stars.scale_kpc * root / (1 - root)
    grid = np.geomspace(1e-3 * stars.scale_kpc, 300 * stars.scale_kpc, 200)
    sigma = jeans_dispersion(grid, stars.density(grid), satellite.potential)
    spread = np.interp(np.log(radius), np.log(grid), sigma)
    speeds = spread[:, None] * rng.standard_normal((count, 3))
    most = 0.95 * satellite.potential.escape_speed(radius)
    speeds *= np.minimum(1, most / np.maximum(np.linalg.norm(speeds, axis=1), 1e-9))[:, None]
    towards = rng.standard_normal((count, 3))
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    return radius[:, None] * towards, speeds


def _lagrange(
    place: Array, motion: Array, tidal: Array, potential: Potential, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return places and speeds, relative to the satellite, of stars that leave gently."""
    count = len(place)
    apart = np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1e-6)
    outward = place / apart
    across = motion - (motion * outward).sum(axis=1, keepdims=True) * outward
    fast = np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    around = across / fast
    above = np.cross(outward, around)
    normal = rng.standard_normal((4, count, 1))
    side = rng.choice([-1.0, 1.0], (count, 1))
    step = side * (_AT_LAGRANGE + _AT_LAGRANGE_SCATTER * normal[0]) * tidal[:, None]
    turn = side * (_TURN + _TURN_SCATTER * normal[1])
    circling = np.sqrt(GRAVITY * potential.mass_within(tidal) / tidal)[:, None]
    home = step * outward + _ABOVE_SCATTER * normal[2] * tidal[:, None] * above
    speeds = turn * circling * around + _ABOVE_SCATTER * normal[3] * circling * above
    return home, speeds
