"""The orbit of a satellite that sinks and is whittled away by tides, in a rigid host."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.dynamics.forces import GRAVITY, GYR, compiled, spheres
from strandline.simulate.dynamics.potentials import Potential, dispersion_table

__all__ = ["Descent", "descend"]

Array = NDArray[np.float64]

_STEPS_PER_RADIAN = 20.0
_LARGEST_STEP = 0.02  # kpc/(km/s), nearly Gyr
_MOST_STEPS = 6000
_SUNK_KPC = 0.7  # a satellite that gets no farther out is at the centre
_DELAY = 1.0  # dynamical times that loosened matter takes to leave
_CORE = 0.5  # least radial stretching in units of G M / r^3; a core squeezes
_HALF_MASS = 0.41  # half-mass radius over bound radius, of cuspy spheres cut off there


@dataclass(frozen=True)
class Descent:
    """A satellite with time, in the x-y plane around its host.

    Attributes
    ----------
    time_gyr : ndarray of float64, shape (time,)
        From 0 to the end, or until the satellite is gone.
    position_kpc, velocity_kms : ndarray of float64, shape (time, 3)
    tidal_kpc : ndarray of float64, shape (time,)
        Tidal radius (King 1962, AJ 67, 471) of the instantaneous orbit.
    bound_kpc : ndarray of float64, shape (time,)
        What is farther from the satellite's centre is lost; it never grows, and is 0 when the
        satellite is gone.
    """

    time_gyr: Array
    position_kpc: Array
    velocity_kms: Array
    tidal_kpc: Array
    bound_kpc: Array

    @property
    def passages(self) -> int:
        """Pericentres that it has passed."""
        apart = np.linalg.norm(self.position_kpc, axis=1)
        return int(((apart[1:-1] < apart[:-2]) & (apart[1:-1] <= apart[2:])).sum())


def descend(
    host: Potential,
    satellite: Potential,
    apocentre_kpc: float,
    speed_kms: float,
    age_gyr: float,
    *,
    least_bound_kpc: float,
) -> Descent:
    """Let a satellite fall from its apocentre on the +x axis, towards +y at `speed_kms`.

    What is within the bound radius is braked by Chandrasekhar's friction (Binney & Tremaine 2008,
    eq. 8.7) with ``ln(1 + r / max(half-mass radius, G m / v^2))`` as Coulomb logarithm (as in
    Hashimoto, Funato & Makino 2003, ApJ 582, 196, for extended satellites). The bound radius
    follows the tidal one with the delay of the satellite's dynamical time there, and the satellite
    is gone when it falls below `least_bound_kpc`.
    """
    scale = min(sphere.scale_kpc for sphere in satellite.spheroids)
    radius = np.geomspace(0.02 * scale, max(200 * scale, 2 * apocentre_kpc), 240)
    inside = satellite.mass_within(radius)
    own = np.stack([np.log(radius), np.log(inside), np.log(GRAVITY * inside / radius**3)])
    far, sigma = dispersion_table(host)
    table = np.stack([np.log(far), sigma, host.density(far)])
    steps = _descend(
        apocentre_kpc, speed_kms, age_gyr * GYR, least_bound_kpc, host.arrays(), table, own
    )
    flat = np.zeros(len(steps))
    return Descent(
        steps[:, 0] / GYR,
        np.stack([steps[:, 1], steps[:, 2], flat], axis=1),
        np.stack([steps[:, 3], steps[:, 4], flat], axis=1),
        steps[:, 5],
        steps[:, 6],
    )


@compiled
def _at(value: float, keys: Array, values: Array) -> float:
    """Return `values` at a key by linear interpolation; keys are evenly spaced and rise."""
    place = (value - keys[0]) / (keys[1] - keys[0])
    k = min(max(int(place), 0), len(keys) - 2)
    part = min(max(place - k, 0.0), 1.0)
    between: float = values[k] + part * (values[k + 1] - values[k])
    return between


@compiled
def _friction(r: float, speed: float, mass: float, half_mass: float, table: Array) -> float:
    """Return Chandrasekhar's deceleration over speed, 1/(kpc/(km/s))."""
    sigma, density = _at(math.log(r), table[0], table[1]), _at(math.log(r), table[0], table[2])
    x = speed / (math.sqrt(2.0) * sigma)
    slower = math.erf(x) - 2.0 * x / math.sqrt(math.pi) * math.exp(-x * x)
    logarithm = math.log(1.0 + r / max(half_mass, GRAVITY * mass / (speed * speed)))
    return 4.0 * math.pi * GRAVITY * GRAVITY * mass * density * logarithm * slower / (speed**3)


@compiled
def _slope(
    x: float,
    y: float,
    u: float,
    v: float,
    mass: float,
    half_mass: float,
    host: tuple[NDArray[np.int64], Array, Array],
    table: Array,
) -> tuple[float, float, float]:
    """Return acceleration (2) and the host's pull over radius."""
    r = max(math.sqrt(x * x + y * y), 1e-3)
    pull = spheres(host[0], host[1], host[2], r)
    speed = max(math.sqrt(u * u + v * v), 1e-3)
    brake = _friction(r, speed, mass, half_mass, table)
    return -pull * x - brake * u, -pull * y - brake * v, pull


@compiled
def _tide(x: float, y: float, u: float, v: float, pull: float, table: Array, own: Array) -> float:
    """Return the tidal radius: where the satellite's own mean density stands the stretching."""
    r = max(math.sqrt(x * x + y * y), 1e-3)
    turn = (x * v - y * u) / (r * r)
    fall = 4.0 * math.pi * GRAVITY * _at(math.log(r), table[0], table[2]) / pull
    stretch = turn * turn + pull * max(2.0 - fall, _CORE)
    # mean density falls with radius: halve the bracket
    low, high = 0, own.shape[1] - 1
    wanted = math.log(stretch)
    if own[2, high] > wanted:
        return math.exp(own[0, high])
    while high - low > 1:
        middle = (low + high) // 2
        if own[2, middle] > wanted:
            low = middle
        else:
            high = middle
    part = (own[2, low] - wanted) / (own[2, low] - own[2, high])
    return math.exp(own[0, low] + min(max(part, 0.0), 1.0) * (own[0, high] - own[0, low]))


@compiled
def _descend(
    apocentre: float,
    speed: float,
    age: float,
    least_bound: float,
    host: tuple[NDArray[np.int64], Array, Array],
    table: Array,
    own: Array,
) -> Array:
    """Return time, x, y, vx, vy, tidal and bound radius by step: Runge-Kutta, fourth order."""
    out = np.zeros((_MOST_STEPS, 7))
    x, y, u, v, time = apocentre, 0.0, 0.0, speed, 0.0
    bound = math.exp(own[0, -1])
    kept = 0
    for k in range(_MOST_STEPS):
        r = max(math.sqrt(x * x + y * y), 1e-3)
        pull = spheres(host[0], host[1], host[2], r)
        tidal = _tide(x, y, u, v, pull, table, own)
        if k == 0:
            bound = min(bound, tidal)
        out[k, 0], out[k, 1], out[k, 2], out[k, 3], out[k, 4] = time, x, y, u, v
        out[k, 5], out[k, 6] = tidal, bound
        kept = k + 1
        if time >= age - 1e-12 or bound == 0.0:
            break
        rate = math.sqrt(pull + (u * u + v * v) / (r * r))
        step = min(1.0 / (_STEPS_PER_RADIAN * rate), _LARGEST_STEP, age - time)
        if k == _MOST_STEPS - 2:
            step = age - time
        mass = math.exp(_at(math.log(bound), own[0], own[1]))
        half = _HALF_MASS * bound
        a1, b1, _ = _slope(x, y, u, v, mass, half, host, table)
        u2, v2 = u + 0.5 * step * a1, v + 0.5 * step * b1
        a2, b2, _ = _slope(x + 0.5 * step * u, y + 0.5 * step * v, u2, v2, mass, half, host, table)
        u3, v3 = u + 0.5 * step * a2, v + 0.5 * step * b2
        a3, b3, _ = _slope(
            x + 0.5 * step * u2, y + 0.5 * step * v2, u3, v3, mass, half, host, table
        )
        u4, v4 = u + step * a3, v + step * b3
        a4, b4, _ = _slope(x + step * u3, y + step * v3, u4, v4, mass, half, host, table)
        x += step / 6.0 * (u + 2.0 * u2 + 2.0 * u3 + u4)
        y += step / 6.0 * (v + 2.0 * v2 + 2.0 * v3 + v4)
        u += step / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        v += step / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
        time += step
        if bound > tidal:
            pace = math.exp(0.5 * _at(math.log(tidal), own[0], own[2]))
            bound = tidal + (bound - tidal) * math.exp(-pace / _DELAY * step)
        if bound < least_bound:
            bound = 0.0
        # a satellite that has sunk to the centre dissolves there
        if x * x + y * y < _SUNK_KPC**2 and u * u + v * v < pull * _SUNK_KPC**2:
            bound = 0.0
    return out[:kept]
