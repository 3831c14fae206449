"""Where particles are after a long time in a rigid sphere: by the phases of their orbits.

An orbit in a spherical potential is a rosette. Its radial phase grows evenly with time, so that
what a particle does between two times need not be followed step by step: two integrals over half a
radial period give its place after any number of turns. Debris that wraps around a galaxy many
times costs as much as debris that does so once.
"""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.dynamics.forces import GYR, compiled
from strandline.simulate.dynamics.potentials import Potential
from strandline.simulate.dynamics.rosettes import (
    COSINES,
    SINES,
    Sphere,
    advance,
    depth_at,
    depths_of,
    period_of,
)

__all__ = ["drift", "radial_period_gyr"]

Array = NDArray[np.float64]

_MOST_SPEED = 0.985  # in units of the escape speed


def drift(
    position_kpc: Array, velocity_kms: Array, potential: Potential, elapsed_gyr: Array
) -> tuple[Array, Array]:
    """Return where test particles are in a rigid potential, each after its own time.

    Parameters
    ----------
    position_kpc, velocity_kms : ndarray of float64, shape (particle, 3)
        From the potential's centre. Speeds beyond 0.985 of the escape speed are lowered to it.
    potential : Potential
    elapsed_gyr : ndarray of float64, shape (particle,)
        May be negative.

    Returns
    -------
    position_kpc, velocity_kms : ndarray of float64, shape (particle, 3)
    """
    position = np.ascontiguousarray(position_kpc, dtype=np.float64)
    velocity = np.ascontiguousarray(velocity_kms, dtype=np.float64)
    elapsed = np.ascontiguousarray(elapsed_gyr, dtype=np.float64) * GYR
    return _drift_all(position, velocity, elapsed, potential.arrays(), SINES, COSINES)


def radial_period_gyr(potential: Potential, radius_kpc: float, speed_kms: float) -> float:
    """Return the radial period of the orbit with an apsis of this radius and speed."""
    period = period_of(radius_kpc, 0.0, max(speed_kms, 1e-3), potential.arrays(), SINES, COSINES)
    return float(period) / GYR


@compiled
def _drift_all(
    position: Array, velocity: Array, elapsed: Array, body: Sphere, sines: Array, cosines: Array
) -> tuple[Array, Array]:
    """Return all particles' positions and velocities after their times."""
    new_position, new_velocity = np.empty_like(position), np.empty_like(velocity)
    time, turn = np.empty(len(cosines)), np.empty(len(cosines))
    depths = depths_of(body)
    for i in range(len(elapsed)):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        u, v, w = velocity[i, 0], velocity[i, 1], velocity[i, 2]
        r = max(math.sqrt(x * x + y * y + z * z), 1e-6)
        depth, _ = depth_at(body, r)
        speed = max(math.sqrt(u * u + v * v + w * w), 1e-9)
        slow = min(_MOST_SPEED * math.sqrt(-2.0 * depth) / speed, 1.0)
        u, v, w = u * slow, v * slow, w * slow
        # the orbit's plane: e along the radius, f along the rotation
        ex, ey, ez = x / r, y / r, z / r
        outward = u * ex + v * ey + w * ez
        fx, fy, fz = u - outward * ex, v - outward * ey, w - outward * ez
        across = math.sqrt(fx * fx + fy * fy + fz * fz)
        least = 1e-6 * slow * speed
        if across < least:  # radial: any plane will do
            fx, fy, fz = (-ey, ex, 0.0) if abs(ez) < 0.9 else (0.0, -ez, ey)
            norm = math.sqrt(fx * fx + fy * fy + fz * fz)
            across = least
        else:
            norm = across
        fx, fy, fz = fx / norm, fy / norm, fz / norm
        r, turned, outward, across = advance(
            r, outward, across, elapsed[i], body, depths, sines, cosines, time, turn
        )
        cos, sin = math.cos(turned), math.sin(turned)
        gx, gy, gz = cos * ex + sin * fx, cos * ey + sin * fy, cos * ez + sin * fz
        hx, hy, hz = cos * fx - sin * ex, cos * fy - sin * ey, cos * fz - sin * ez
        new_position[i, 0], new_position[i, 1], new_position[i, 2] = r * gx, r * gy, r * gz
        new_velocity[i, 0] = outward * gx + across * hx
        new_velocity[i, 1] = outward * gy + across * hy
        new_velocity[i, 2] = outward * gz + across * hz
    return new_position, new_velocity
