"""Tides at work: which stars an encounter has torn from its galaxies, and where they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.dynamics.discs import disc_particles, sphere_particles
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.phases import drift as orbit_phases
from strandline.simulate.dynamics.potentials import Potential
from strandline.simulate.dynamics.tracks import Track
from strandline.simulate.portraits.discs import inner_share
from strandline.simulate.portraits.pairs import SPHEROID_CORE, Build

__all__ = ["OuterStars", "outer_stars"]

Array = NDArray[np.float64]

_EDGE_SCALES = 6.0  # where discs end
_SPHERE_HALF_LIGHTS = (SPHEROID_CORE, 9.0)  # between these, a spheroid is particles
_SPHERE_SHARE = 0.9  # of its light there
_START_APART_SCALES = 14.0  # tides begin to count at this separation
_TOLERANCE, _LATE_TOLERANCE, _LATE_GYR = 1e-3, 3e-3, 0.7  # later, phases have mixed
_HELD_SPEED = 0.97  # of the escape speed, below which phases are used
_TORN_GROWTH, _TORN_SCALES = 1.5, 3.0  # torn: farther out than either, from where it was


@dataclass(frozen=True)
class OuterStars:
    """The outer stars of one galaxy as they are now, in the frame of the orbit.

    Attributes
    ----------
    position_kpc : ndarray of float64, shape (particle, 3)
    home_kpc : ndarray of float64, shape (particle, 3)
        Centre of the galaxy that holds it, or that it came from.
    radius_kpc : ndarray of float64, shape (particle,)
        Where it was in its galaxy.
    weight : ndarray of float64, shape (particle,)
        Share of all the disc's (or spheroid's) light.
    torn : ndarray of bool, shape (particle,)
        Whether it is where an undisturbed galaxy has no such light.
    """

    position_kpc: Array
    home_kpc: Array
    radius_kpc: Array
    weight: Array
    torn: NDArray[np.bool_]


def outer_stars(
    builds: tuple[Build, Build],
    track: Track,
    body: int,
    time_gyr: float,
    whole_kpc: float,
    count: int,
    rng: np.random.Generator,
) -> OuterStars:
    """Follow the stars of galaxy `body` outside `whole_kpc` from before the passage to now."""
    build = builds[body]
    if build.early:
        low, high = _SPHERE_HALF_LIGHTS
        half_light = 3 * build.scale_kpc
        stars = sphere_particles(
            build.potential, half_light, count, rng,
            inner_kpc=low * half_light, outer_kpc=high * half_light,
        )  # fmt: skip
        ramp = np.clip(stars.radius_kpc / (low * half_light) - 1, 0, 1)
        stars = stars.flattened(build.spin, build.flattening)
        weight = _SPHERE_SHARE * stars.weight * ramp**2 * (3 - 2 * ramp)
    else:
        stars = disc_particles(
            build.potential, build.scale_kpc, build.spin, count, rng,
            inner_kpc=0.72 * whole_kpc, outer_kpc=_EDGE_SCALES * build.scale_kpc,
        )  # fmt: skip
        ramp = np.clip(_EDGE_SCALES - stars.radius_kpc / build.scale_kpc, 0, 1)
        weight = stars.weight * (1 - inner_share(stars.radius_kpc, whole_kpc)) * ramp
    start = _start(builds, track, time_gyr)
    centre, drift = track.at(start)
    position, velocity = _moved(
        stars.position_kpc + centre[body],
        stars.velocity_kms + drift[body],
        (builds[0].potential, builds[1].potential),
        track,
        start,
        time_gyr,
    )
    home, torn = _fate(position, velocity, builds, track, body, time_gyr, stars.radius_kpc)
    return OuterStars(position, home, stars.radius_kpc, weight, torn)


def _moved(
    position: Array,
    velocity: Array,
    potentials: tuple[Potential, Potential],
    track: Track,
    start_gyr: float,
    end_gyr: float,
) -> tuple[Array, Array]:
    """Return places and velocities of stars at the end.

    After coalescence the potential is a sphere at rest, in which the phases of bound orbits tell
    where stars are, without following them.
    """
    one = min(max(track.coalescence_gyr, start_gyr), end_gyr)
    tolerance = _TOLERANCE if one < _LATE_GYR else _LATE_TOLERANCE
    position, velocity = follow(
        position, velocity, potentials, track, start_gyr, one, tolerance=tolerance
    )
    if one == end_gyr:
        return position, velocity
    both = Potential((*potentials[0].spheroids, *potentials[1].spheroids))
    (centre, _), (drift, _) = track.at(one)
    away, speed = position - centre, velocity - drift
    escape = both.escape_speed(np.linalg.norm(away, axis=1))
    held = np.linalg.norm(speed, axis=1) < _HELD_SPEED * escape
    elapsed = np.full(int(held.sum()), end_gyr - one)
    later, moving = orbit_phases(away[held], speed[held], both, elapsed)
    (centre, _), (drift, _) = track.at(end_gyr)
    free = ~held
    if free.any():
        position[free], velocity[free] = follow(
            position[free], velocity[free], potentials, track, one, end_gyr, tolerance=tolerance
        )
    position[held], velocity[held] = later + centre, moving + drift
    return position, velocity


def _start(builds: tuple[Build, Build], track: Track, time_gyr: float) -> float:
    """Return when the galaxies, coming in, were so near that tides began to count."""
    far = _START_APART_SCALES * max(build.scale_kpc for build in builds)
    incoming = track.time_gyr <= 0
    apart = np.linalg.norm(
        track.position_kpc[incoming, 1] - track.position_kpc[incoming, 0], axis=1
    )
    beyond = np.flatnonzero(apart > far)
    start = track.time_gyr[incoming][beyond[-1]] if beyond.size else track.time_gyr[0]
    return float(min(start, time_gyr))


def _fate(
    position: Array,
    velocity: Array,
    builds: tuple[Build, Build],
    track: Track,
    body: int,
    time_gyr: float,
    radius_kpc: Array,
) -> tuple[Array, NDArray[np.bool_]]:
    """Return the home of each star, and whether it is torn off."""
    centre, drift = track.at(time_gyr)
    own, other = body, 1 - body
    apart = np.linalg.norm(position[:, None] - centre, axis=2)
    speed2 = ((velocity[:, None] - drift) ** 2).sum(axis=2)
    depth = np.stack([builds[k].potential.potential(apart[:, k]) for k in (0, 1)], axis=1)
    energy = 0.5 * speed2 + depth
    changed = (energy[:, other] < energy[:, own]) & (energy[:, other] < 0)
    changed &= apart[:, other] < apart[:, own]
    if np.array_equal(centre[0], centre[1]):
        changed[:] = False
        energy = 0.5 * speed2 + depth.sum(axis=1)[:, None]
    least = np.maximum(_TORN_GROWTH * radius_kpc, _TORN_SCALES * builds[own].scale_kpc)
    torn = np.where(
        changed,
        apart[:, other] > _TORN_SCALES * builds[other].scale_kpc,
        (apart[:, own] > least) | (energy[:, own] > 0),
    )
    return centre[np.where(changed, other, own)], torn
