"""Rosettes: orbits in a rigid sphere, whose radial phase and azimuth come from two integrals.

With ``w = r^2 = (rp^2 + ra^2)/2 - (ra^2 - rp^2)/2 cos(eta)`` between peri- and apocentre, and
``2 r^2 (E - Phi) - L^2 = (w - rp^2) (ra^2 - w) Q``, time is ``dt = d(eta) / (2 sqrt(Q))`` and
azimuth ``d(psi) = L / (rp ra sqrt(Q)) d(phi)``, where ``tan(phi) = ra/rp tan(eta/2)``. Both
integrands are even and periodic (constant in a harmonic potential), so that a short cosine series
gives the integrals to all phases. On eccentric orbits the nodes are crowded towards pericentre
by ``eta = s - b sin(s)``, ``2 phi = s + b sin(s)``, with ``b = 1 - (rp/ra)^0.6``.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.dynamics.forces import GRAVITY, HERNQUIST, NFW_REACH, compiled

__all__ = ["COSINES", "SINES", "Depths", "Sphere", "advance", "depth_at", "depths_of", "period_of"]

Array = NDArray[np.float64]
Sphere: TypeAlias = tuple[NDArray[np.int64], Array, Array]
Orbit: TypeAlias = tuple[float, float, float, float]  # energy, spin, peri- and apocentre
Depths: TypeAlias = tuple[float, float]

_NODES = 18
_PHASES = (np.arange(_NODES) + 0.5) * np.pi / _NODES
SINES: Array = np.stack([np.sin(_PHASES), np.cos(_PHASES)])
COSINES: Array = np.cos(np.arange(_NODES)[:, None] * _PHASES[None, :]) * (2.0 / _NODES)
COSINES[0] *= 0.5
_CROWDING = 0.6
_LEAST_RADIAL = 1e-3  # radial speed in units of the circular one, of the roundest orbits
_NFW_NORM = math.log(1 + NFW_REACH) - NFW_REACH / (1 + NFW_REACH)


@compiled
def depth_at(body: Sphere, radius: float) -> tuple[float, float]:
    """Return the potential and its slope (the inward acceleration)."""
    profiles, masses, scales = body
    depth, slope = 0.0, 0.0
    for k in range(len(masses)):
        if profiles[k] == HERNQUIST:
            inverse = 1.0 / (radius + scales[k])
            one = GRAVITY * masses[k] * inverse
            depth -= one
            slope += one * inverse
        else:
            x = max(radius / scales[k], 1e-9)
            unit = GRAVITY * masses[k] / (_NFW_NORM * scales[k])
            log = math.log1p(x) / x
            depth -= unit * log
            slope += unit / (scales[k] * x) * (log - 1.0 / (1.0 + x))
    return depth, slope


@compiled
def _turning_point(
    body: Sphere,
    energy: float,
    spin: float,
    low: float,
    high: float,
    guess: float,
    outer: bool,
) -> float:
    """Return where 2 r^2 (E - Phi) - L^2 is zero in [low, high], by Newton within a bracket."""
    r = guess
    for _ in range(60):
        depth, slope = depth_at(body, r)
        value = 2.0 * r * r * (energy - depth) - spin * spin
        steep = 4.0 * r * (energy - depth) - 2.0 * r * r * slope
        if (value < 0) == outer:
            high = r
        else:
            low = r
        new = r - value / steep if steep != 0.0 else low - 1.0
        if not low <= new <= high:
            new = 0.5 * (low + high)
        if abs(new - r) <= 1e-14 * r:
            return new
        r = new
    return r


@compiled
def _series(coefficients: Array, angle: float) -> float:
    """Return ``c0 angle + sum ck sin(k angle) / k``, the coefficients for k > 0 divided already."""
    twice = 2.0 * math.cos(angle)
    one, two = 0.0, 0.0  # Clenshaw
    for k in range(len(coefficients) - 1, 0, -1):
        one, two = coefficients[k] + twice * one - two, one
    total: float = coefficients[0] * angle + one * math.sin(angle)
    return total


@compiled
def _kepler(mean: float, crowd: float) -> float:
    """Return the angle x for which ``x - crowd sin(x) = mean``."""
    turns = 2.0 * math.pi * math.floor(mean / (2.0 * math.pi) + 0.5)
    m = mean - turns
    x = m + 0.85 * crowd if m > 0 else m - 0.85 * crowd  # Danby (1987)
    for _ in range(12):
        step = (x - crowd * math.sin(x) - m) / (1.0 - crowd * math.cos(x))
        x -= step
        if abs(step) < 1e-12:
            break
    return x + turns


@compiled
def _turning_points(
    radius: float, outward: float, across: float, body: Sphere, depths: Depths
) -> Orbit:
    """Return energy, angular momentum, and peri- and apocentre of an orbit."""
    depth, slope = depth_at(body, radius)
    spin = radius * across
    least = _LEAST_RADIAL * _LEAST_RADIAL * radius * slope
    energy = 0.5 * (across * across + max(outward * outward, least)) + depth
    guess = min(spin / math.sqrt(2.0 * (energy - depths[0])), radius)
    near = _turning_point(body, energy, spin, 0.0, radius, guess, False)
    beyond = depths[1] / -energy
    far = _turning_point(body, energy, spin, radius, beyond, beyond, True)
    return energy, spin, near, far


@compiled
def _integrals(
    orbit: Orbit, crowd: float, body: Sphere, sines: Array, cosines: Array, time: Array, turn: Array
) -> None:
    """Put the cosine series of time and of azimuth into `time` and `turn`."""
    energy, spin, near, far = orbit
    wp, wa = near * near, far * far
    nodes = len(time)
    time[:] = 0.0
    turn[:] = 0.0
    for j in range(nodes):
        even = (j + 0.5) * math.pi / nodes
        sine, cosine = sines[0, j], sines[1, j]
        w = 0.5 * (wa + wp) - 0.5 * (wa - wp) * math.cos(even - crowd * sine)
        one = 0.5 * _rate(w, wp, wa, energy, spin, body) * (1.0 - crowd * cosine)
        twist = math.sin(0.5 * (even + crowd * sine))
        w = wp * wa / (wa + (wp - wa) * twist * twist)
        two = spin / (near * far) * _rate(w, wp, wa, energy, spin, body) * (1.0 + crowd * cosine)
        for k in range(nodes):
            time[k] += one * cosines[k, j]
            turn[k] += two * cosines[k, j]
    for k in range(1, nodes):
        time[k] /= k
        turn[k] /= k


@compiled
def _rate(w: float, wp: float, wa: float, energy: float, spin: float, body: Sphere) -> float:
    """Return 1 / sqrt(Q) at radius sqrt(w)."""
    depth, _ = depth_at(body, math.sqrt(w))
    return math.sqrt((w - wp) * (wa - w) / (2.0 * w * (energy - depth) - spin * spin))


@compiled
def _phase_at(target: float, orbit: Orbit, crowd: float, body: Sphere, time: Array) -> float:
    """Return the crowded phase at a time since pericentre within one period, by Newton."""
    energy, spin, near, far = orbit
    wp, wa = near * near, far * far
    phase: float = target / time[0]
    for _ in range(30):
        sine = math.sin(phase)
        w = 0.5 * (wa + wp) - 0.5 * (wa - wp) * math.cos(phase - crowd * sine)
        pace = time[0]
        if (w - wp) * (wa - w) > 1e-12 * wa * wa:
            pace = 0.5 * _rate(w, wp, wa, energy, spin, body) * (1.0 - crowd * math.cos(phase))
        step = (target - _series(time, phase)) / pace
        phase += min(max(step, -0.5), 0.5)
        if abs(step) < 1e-10:
            break
    return phase


@compiled
def advance(
    radius: float,
    outward: float,
    across: float,
    elapsed: float,
    body: Sphere,
    depths: Depths,
    sines: Array,
    cosines: Array,
    time: Array,
    turn: Array,
) -> tuple[float, float, float, float]:
    """Return radius, azimuth turned, radial and azimuthal speed after a time."""
    orbit = _turning_points(radius, outward, across, body, depths)
    energy, spin, near, far = orbit
    crowd = 1.0 - (near / far) ** _CROWDING
    _integrals(orbit, crowd, body, sines, cosines, time, turn)
    middle, swing = 0.5 * (far * far + near * near), 0.5 * (far * far - near * near)
    start = math.acos(min(max((middle - radius * radius) / swing, -1.0), 1.0))
    if outward < 0:
        start = 2.0 * math.pi - start
    period = 2.0 * math.pi * time[0]
    target = _series(time, _kepler(start, crowd)) + elapsed
    turns = math.floor(target / period)
    end = _phase_at(target - turns * period, orbit, crowd, body, time)
    end -= crowd * math.sin(end)
    # the series of azimuth runs in twice the angle phi
    before = 2.0 * math.atan2(far * math.sin(0.5 * start), near * math.cos(0.5 * start))
    after = 2.0 * math.atan2(far * math.sin(0.5 * end), near * math.cos(0.5 * end))
    turned = _series(turn, math.pi + _kepler(after - math.pi, crowd))
    turned -= _series(turn, math.pi + _kepler(before - math.pi, crowd))
    turned = 0.5 * turned + math.pi * turn[0] * turns
    w = middle - swing * math.cos(end)
    radius = math.sqrt(w)
    depth, _ = depth_at(body, radius)
    speed = math.sqrt(max(2.0 * w * (energy - depth) - spin * spin, 0.0)) / radius
    return radius, turned, -speed if math.sin(end) < 0 else speed, spin / radius


@compiled
def depths_of(body: Sphere) -> Depths:
    """Return the potential at the centre and G times all mass, which bounds apocentres."""
    centre, _ = depth_at(body, 0.0)
    total = 0.0
    for k in range(len(body[1])):
        total += GRAVITY * body[1][k] * (1.0 if body[0][k] == HERNQUIST else 1e3)
    return centre, total


@compiled
def period_of(
    radius: float, outward: float, across: float, body: Sphere, sines: Array, cosines: Array
) -> float:
    """Return the radial period, kpc/(km/s)."""
    time, turn = np.empty(len(cosines)), np.empty(len(cosines))
    orbit = _turning_points(radius, outward, across, body, depths_of(body))
    _integrals(orbit, 1.0 - (orbit[2] / orbit[3]) ** _CROWDING, body, sines, cosines, time, turn)
    period: float = 2.0 * math.pi * time[0]
    return period
