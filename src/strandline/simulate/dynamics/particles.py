"""Test particles in the potentials of moving galaxies."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GYR, compiled, pull
from strandline.simulate.dynamics.potentials import Potential
from strandline.simulate.dynamics.tracks import Track

__all__ = ["follow"]

Array = NDArray[np.float64]

_MOST_STEPS = 1_000_000  # of one particle
_LEAST_STEP = 1e-9  # kpc/(km/s); only a passage through a centre comes near it
_CENTRE_KPC = 1e-6
_SAFETY = 0.85


def follow(
    position_kpc: Array,
    velocity_kms: Array,
    potentials: Sequence[Potential],
    track: Track,
    start_gyr: float,
    end_gyr: float,
    *,
    tolerance: float = 1e-6,
    push_kms2_kpc: Array | None = None,
) -> tuple[Array, Array]:
    """Return positions and velocities at `end_gyr` of massless particles.

    Nystrom's method of fifth order (Hairer, Norsett & Wanner 1993, table II.14.2). Each particle
    takes its own steps, so that the embedded error of each stays below `tolerance` of its speed.
    With the default, energy and angular momentum in a galaxy at rest keep to 1e-4 and better over
    many orbits; pictures are content with 1e-3.

    Parameters
    ----------
    position_kpc, velocity_kms : ndarray of float64, shape (particle, 3)
        At `start_gyr`, in the frame of `track`.
    potentials : sequence of Potential
        One for each body of the track.
    track : Track
    start_gyr, end_gyr : float
        `end_gyr` may lie before `start_gyr`.
    tolerance : float
    push_kms2_kpc : ndarray of float64, shape (particle, 3), optional
        Another, constant acceleration of each particle, (km/s)^2/kpc.

    Raises
    ------
    OptionError
        When shapes or the number of potentials disagree, values are not finite, or times lie
        beyond the track.
    """
    position = np.array(position_kpc, dtype=np.float64, ndmin=2)
    velocity = np.array(velocity_kms, dtype=np.float64, ndmin=2)
    push = np.zeros_like(position) if push_kms2_kpc is None else np.asarray(push_kms2_kpc)
    for name, value in (("position", position), ("velocity", velocity), ("push", push)):
        if value.shape != (len(position), 3):
            raise OptionError(f"A {name} of particles has shape {value.shape}, not (n, 3).")
        if not np.isfinite(value).all():
            raise OptionError(f"A {name} of a particle is not finite.")
    if len(potentials) != track.position_kpc.shape[1]:
        raise OptionError(
            f"{len(potentials)} potentials for a track of {track.position_kpc.shape[1]} bodies."
        )
    if not 0 < tolerance < 1:
        raise OptionError(f"tolerance is {tolerance}; it must lie between 0 and 1.")
    track.check(start_gyr, end_gyr)
    matter = np.concatenate(
        [
            np.column_stack([np.full(len(potential.spheroids), float(body)), *potential.arrays()])
            for body, potential in enumerate(potentials)
        ]
    )
    _follow(
        position,
        velocity,
        np.ascontiguousarray(push, dtype=np.float64),
        matter,
        track.time_gyr * GYR,
        _cubics(track),
        start_gyr * GYR,
        end_gyr * GYR,
        tolerance,
    )
    return position, velocity


def _cubics(track: Track) -> Array:
    """Return polynomials between the track's times, shape (interval, body, 4, 4).

    Coefficients by powers of the share of the interval; x, y, z and strength.
    """
    step = (np.diff(track.time_gyr) * GYR)[:, None, None]
    old, new = track.position_kpc[:-1], track.position_kpc[1:]
    old_v, new_v = track.velocity_kms[:-1] * step, track.velocity_kms[1:] * step
    cubics = np.zeros((*old.shape[:2], 4, 4))
    cubics[..., :3, 0], cubics[..., :3, 1] = old, old_v
    cubics[..., :3, 2] = 3 * (new - old) - 2 * old_v - new_v
    cubics[..., :3, 3] = 2 * (old - new) + old_v + new_v
    cubics[..., 3, 0] = track.strength[:-1]
    cubics[..., 3, 1] = np.diff(track.strength, axis=0)
    return cubics


@compiled
def _along(cubics: Array, k: int, body: int, axis: int, share: float) -> float:
    """Return a body's coordinate at a `share` of interval `k`, by Horner's rule."""
    value: float = cubics[k, body, axis, 2] + share * cubics[k, body, axis, 3]
    value = cubics[k, body, axis, 1] + share * value
    return float(cubics[k, body, axis, 0] + share * value)


@compiled
def _pull_at(
    x: float, y: float, z: float, share: float, k: int, cubics: Array, matter: Array
) -> tuple[float, float, float, float]:
    """Return the acceleration of all bodies at a `share` of interval `k`, and the least distance.

    `matter` has a row for each sphere: its body, profile, mass and scale.
    """
    ax, ay, az, nearest = 0.0, 0.0, 0.0, 1e30
    sphere = 0
    for body in range(cubics.shape[1]):
        dx = _along(cubics, k, body, 0, share) - x
        dy = _along(cubics, k, body, 1, share) - y
        dz = _along(cubics, k, body, 2, share) - z
        radius = max(math.sqrt(dx * dx + dy * dy + dz * dz), _CENTRE_KPC)
        nearest = min(nearest, radius)
        strength = 0.0
        while sphere < len(matter) and matter[sphere, 0] == body:
            strength += pull(int(matter[sphere, 1]), matter[sphere, 2], matter[sphere, 3], radius)
            sphere += 1
        strength *= cubics[k, body, 3, 0] + share * cubics[k, body, 3, 1]
        ax += strength * dx
        ay += strength * dy
        az += strength * dz
    return ax, ay, az, nearest


@compiled
def _interval(time: float, k: int, times: Array) -> int:
    """Return the interval of the track that holds `time`, searched from a guess `k`."""
    last = len(times) - 2
    while k < last and time > times[k + 1]:
        k += 1
    while k > 0 and time < times[k]:
        k -= 1
    return k


@compiled
def _follow(
    position: Array,
    velocity: Array,
    push: Array,
    matter: Array,
    times: Array,
    cubics: Array,
    start: float,
    end: float,
    tolerance: float,
) -> None:
    """Move all particles from `start` to `end`, in place."""
    sense = 1.0 if end >= start else -1.0
    first = _interval(start, 0, times)
    careful = 2.0 * tolerance**0.25  # of the way to the nearest centre, in one step
    step = 1e-3
    for n in range(len(position)):
        x, y, z = position[n, 0], position[n, 1], position[n, 2]
        u, v, w = velocity[n, 0], velocity[n, 1], velocity[n, 2]
        px, py, pz = push[n, 0], push[n, 1], push[n, 2]
        time, k = start, first
        share = (time - times[k]) / (times[k + 1] - times[k])
        ax, ay, az, nearest = _pull_at(x, y, z, share, k, cubics, matter)
        ax, ay, az = ax + px, ay + py, az + pz
        for _ in range(_MOST_STEPS):
            left = sense * (end - time)
            if left <= 1e-13:
                break
            speed = math.sqrt(u * u + v * v + w * w)
            taken = min(step, left, max(careful * nearest / (speed + 1e-30), _LEAST_STEP))
            h = sense * taken
            hh = h * h

            k = _interval(time + h / 5.0, k, times)
            share = (time + h / 5.0 - times[k]) / (times[k + 1] - times[k])
            bx, by, bz, near = _pull_at(
                x + h / 5.0 * u + hh / 50.0 * ax,
                y + h / 5.0 * v + hh / 50.0 * ay,
                z + h / 5.0 * w + hh / 50.0 * az,
                share, k, cubics, matter,
            )  # fmt: skip
            bx, by, bz = bx + px, by + py, bz + pz

            k = _interval(time + h * 2.0 / 3.0, k, times)
            share = (time + h * 2.0 / 3.0 - times[k]) / (times[k + 1] - times[k])
            cx, cy, cz, near = _pull_at(
                x + h * 2.0 / 3.0 * u + hh / 27.0 * (7.0 * bx - ax),
                y + h * 2.0 / 3.0 * v + hh / 27.0 * (7.0 * by - ay),
                z + h * 2.0 / 3.0 * w + hh / 27.0 * (7.0 * bz - az),
                share, k, cubics, matter,
            )  # fmt: skip
            cx, cy, cz = cx + px, cy + py, cz + pz

            k = _interval(time + h, k, times)
            share = (time + h - times[k]) / (times[k + 1] - times[k])
            dx, dy, dz, near = _pull_at(
                x + h * u + hh / 70.0 * (21.0 * ax - 4.0 * bx + 18.0 * cx),
                y + h * v + hh / 70.0 * (21.0 * ay - 4.0 * by + 18.0 * cy),
                z + h * w + hh / 70.0 * (21.0 * az - 4.0 * bz + 18.0 * cz),
                share, k, cubics, matter,
            )  # fmt: skip
            dx, dy, dz = dx + px, dy + py, dz + pz

            new_x = x + h * u + hh / 168.0 * (7.0 * ax + 50.0 * bx + 27.0 * cx)
            new_y = y + h * v + hh / 168.0 * (7.0 * ay + 50.0 * by + 27.0 * cy)
            new_z = z + h * w + hh / 168.0 * (7.0 * az + 50.0 * bz + 27.0 * cz)
            # At the new place, the last stage should have been the same; its weight is 35/336.
            ex, ey, ez, near = _pull_at(new_x, new_y, new_z, share, k, cubics, matter)
            ex, ey, ez = ex + px, ey + py, ez + pz
            new_u = u + h / 336.0 * (14.0 * ax + 125.0 * bx + 162.0 * cx + 35.0 * dx)
            new_v = v + h / 336.0 * (14.0 * ay + 125.0 * by + 162.0 * cy + 35.0 * dy)
            new_w = w + h / 336.0 * (14.0 * az + 125.0 * bz + 162.0 * cz + 35.0 * dz)
            off = (ex - dx) ** 2 + (ey - dy) ** 2 + (ez - dz) ** 2
            # A particle that turns is slow: what it gains in a step counts as speed, too.
            gain = hh * (ex * ex + ey * ey + ez * ez)
            square = new_u * new_u + new_v * new_v + new_w * new_w + gain
            wrong = 35.0 / 336.0 * math.sqrt(hh * off / (square + 1e-30))
            if wrong <= tolerance or taken <= _LEAST_STEP:
                time += h
                x, y, z, u, v, w = new_x, new_y, new_z, new_u, new_v, new_w
                ax, ay, az, nearest = ex, ey, ez, near
            else:
                k = _interval(time, k, times)
            grow = _SAFETY * math.sqrt(math.sqrt(tolerance / (wrong + 1e-30)))
            step = max(taken * min(max(grow, 0.1), 3.0), _LEAST_STEP)
        position[n, 0], position[n, 1], position[n, 2] = x, y, z
        velocity[n, 0], velocity[n, 1], velocity[n, 2] = u, v, w
