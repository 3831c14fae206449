"""Orbits of two galaxies about each other, with dynamical friction, until they coalesce."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY, GYR, compiled, spheres
from strandline.simulate.dynamics.potentials import Potential, dispersion_table
from strandline.simulate.dynamics.tracks import Track

__all__ = ["Track", "encounter_track", "infall_track", "pericentre_speed"]

Array = NDArray[np.float64]
Sphere: TypeAlias = tuple[NDArray[np.int64], Array, Array]

_COALESCED_KPC = 1.0  # an orbit that gets no farther out than this has come to its end
_STEPS_PER_RADIAN = 25.0  # keeps the cubic between steps exact to 1e-7 of the separation
_LEAST_STEP, _LARGEST_STEP = 1e-6, 0.02  # kpc/(km/s), nearly Gyr
_MOST_STEPS = 20_000
_MERGE = 0.005  # how long two nuclei take for the last kpc, kpc/(km/s)
# Friction, set so that galaxies coalesce when those of N-body models do; see `encounter_track`.
_COULOMB = 3.5  # logarithm for equal masses; stands for the friction before the passage, too
_LIGHTER = 0.4  # power of the mean mass over the braked one, which the logarithm grows with
_BULK_KPC = 60.0  # what is farther out in a halo is too loose to be braked with it
_CORE_KPC = 8.0  # friction fades within: two nuclei stir each other's matter up


def pericentre_speed(
    first: Potential, second: Potential, pericentre_kpc: float, eccentricity: float
) -> float:
    """Return the relative speed (km/s) at pericentre.

    `eccentricity` tells how far out the orbit goes: up to 1, the ratio of its turning points is
    ``(1 + e) / (1 - e)``, as it is for points; 1 just reaches infinity; beyond 1, the speed left
    at infinity is that of two points.
    """

    def depth(radius: float) -> float:
        return float(first.potential(radius) + second.potential(radius))

    if eccentricity < 1e-3:
        pull = first.mass_within(pericentre_kpc) + second.mass_within(pericentre_kpc)
        return math.sqrt(GRAVITY * float(pull) / pericentre_kpc)
    if eccentricity < 1:
        ratio = (1 + eccentricity) / (1 - eccentricity)
        energy = 0.0
        if ratio < 1e6:
            far, near = depth(ratio * pericentre_kpc), depth(pericentre_kpc)
            energy = (ratio**2 * far - near) / (ratio**2 - 1)
    else:
        mass = first.mass_1e10 + second.mass_1e10
        energy = (eccentricity - 1) * GRAVITY * mass / (2 * pericentre_kpc)
    return math.sqrt(2 * (energy - depth(pericentre_kpc)))


def encounter_track(
    first: Potential,
    second: Potential,
    *,
    pericentre_kpc: float,
    eccentricity: float,
    before_gyr: float,
    after_gyr: float,
    friction: bool = True,
) -> Track:
    """Return the orbit of two galaxies about their first passage, at time 0.

    The passage is at the +x axis (the second galaxy seen from the first) and the orbital angular
    momentum points to +z. Each galaxy's centre moves as a test particle in the other's potential.
    From the first passage on, Chandrasekhar's friction in the matter of the other brakes each
    (Binney & Tremaine 2008, eq. 8.7), the braked mass being about what lies within the
    separation. Its strength is chosen so that galaxies on parabolic orbits with a pericentre of
    10 to 20 kpc coalesce 1.7 to 1.9 Gyr after the first passage (0.7 to 1 Gyr at eccentricity
    0.9), those of mass ratio 1:10 after 2.7 to 3.3 Gyr, much as in N-body models (Lotz et al.
    2008, MNRAS 391, 1137; 2010, MNRAS 404, 575). Without `friction`, energy is kept.

    Parameters
    ----------
    first, second : Potential
        The first is the heavier one.
    pericentre_kpc, eccentricity : float
        See `pericentre_speed`.
    before_gyr, after_gyr : float
        How long before and after the first passage the track reaches.
    friction : bool

    Raises
    ------
    OptionError
        For a pericentre that is not positive, a negative eccentricity or time, or a second galaxy
        of less than a thousandth of the first one's mass.
    """
    _check(first, second, pericentre_kpc, eccentricity, before_gyr, after_gyr)
    speed = pericentre_speed(first, second, pericentre_kpc, eccentricity)
    position, velocity = np.array([pericentre_kpc, 0.0, 0.0]), np.array([0.0, speed, 0.0])
    return infall_track(
        (first, second), position, velocity, -before_gyr, after_gyr, friction=friction
    )


def infall_track(
    potentials: Sequence[Potential],
    position_kpc: Array,
    velocity_kms: Array,
    start_gyr: float,
    end_gyr: float,
    *,
    friction: bool = True,
) -> Track:
    """Return the orbit of two galaxies of which the relative state at time 0 is given.

    Parameters
    ----------
    potentials : sequence of two Potential
    position_kpc, velocity_kms : ndarray of float64, shape (3,)
        Of the second relative to the first, at time 0.
    start_gyr, end_gyr : float
        From at most 0 to at least 0. Before time 0 there is no friction.
    friction : bool

    Raises
    ------
    OptionError
        When the times do not enclose 0.
    """
    if not (start_gyr <= 0 <= end_gyr and end_gyr > start_gyr):
        raise OptionError(f"An orbit from {start_gyr} to {end_gyr} Gyr must enclose time 0.")
    first, second = potentials
    share = second.mass_1e10 / (first.mass_1e10 + second.mass_1e10)
    state = np.empty((2, 2, 3))  # position and velocity, body, axis
    for k, relative in enumerate((position_kpc, velocity_kms)):
        state[k, 0], state[k, 1] = -share * relative, (1 - share) * relative
    tables = np.stack([_log_table(first), _log_table(second)])
    spheres_of = (first.arrays(), second.arrays())
    times, states = [np.zeros(1)], [state[None]]
    if start_gyr < 0:
        time, passed = _integrate(state, start_gyr * GYR, False, *spheres_of, tables, share)
        times.insert(0, time[:0:-1])
        states.insert(0, passed[:0:-1])
    if end_gyr > 0:
        time, passed = _integrate(state, end_gyr * GYR, friction, *spheres_of, tables, share)
        times.append(time[1:])
        states.append(passed[1:])
    every = np.concatenate(states)
    return Track(np.concatenate(times) / GYR, every[:, 0], every[:, 1], np.ones((len(every), 2)))


def _check(
    first: Potential,
    second: Potential,
    pericentre_kpc: float,
    eccentricity: float,
    before_gyr: float,
    after_gyr: float,
) -> None:
    if not (pericentre_kpc > 0 and math.isfinite(pericentre_kpc)):
        raise OptionError(f"pericentre_kpc is {pericentre_kpc}; it must be positive.")
    if not (eccentricity >= 0 and math.isfinite(eccentricity)):
        raise OptionError(f"eccentricity is {eccentricity}; it must be 0 (circle) or more.")
    for name, value in (("before_gyr", before_gyr), ("after_gyr", after_gyr)):
        if not (value >= 0 and math.isfinite(value)):
            raise OptionError(f"{name} is {value}; it must be 0 or more.")
    if not second.mass_1e10 >= 1e-3 * first.mass_1e10:
        raise OptionError(
            f"The mass ratio is {second.mass_1e10 / first.mass_1e10:.2g}; it must be 0.001 or more."
        )


def _log_table(potential: Potential) -> Array:
    """Return log radius, dispersion and density, shape (3, point), evenly spaced in the first."""
    radius, sigma = dispersion_table(potential)
    return np.stack([np.log(radius), sigma, potential.density(radius)])


@compiled
def _brake(apart: float, speed: float, braked_mass: float, logarithm: float, table: Array) -> float:
    """Return Chandrasekhar's deceleration over speed, 1/(kpc/(km/s))."""
    spacing = table[0, 1] - table[0, 0]
    place = (math.log(apart) - table[0, 0]) / spacing
    k = min(max(int(place), 0), table.shape[1] - 2)
    part = min(max(place - k, 0.0), 1.0)
    sigma = table[1, k] + part * (table[1, k + 1] - table[1, k])
    density = table[2, k] * (table[2, k + 1] / table[2, k]) ** part
    x = speed / (math.sqrt(2.0) * sigma)
    if x < 0.05:  # series: the two terms nearly cancel
        slow = 4.0 / (3.0 * math.sqrt(math.pi)) * x * x * x
    else:
        slow = math.erf(x) - 2.0 * x / math.sqrt(math.pi) * math.exp(-x * x)
    strength = 4.0 * math.pi * GRAVITY * GRAVITY * braked_mass * density * logarithm
    return float(strength * slow / (speed * speed * speed))


@compiled
def _accelerate(
    state: Array,
    braked: bool,
    first: Sphere,
    second: Sphere,
    tables: Array,
    share: float,
    out: Array,
) -> float:
    """Put velocities and accelerations into `out`, shape (2, 2, 3); return the orbit's rate."""
    apart, speed = 0.0, 0.0
    for axis in range(3):
        apart += (state[0, 1, axis] - state[0, 0, axis]) ** 2
        speed += (state[1, 1, axis] - state[1, 0, axis]) ** 2
    apart, speed = max(math.sqrt(apart), 1e-9), math.sqrt(speed)
    by_first = spheres(first[0], first[1], first[2], apart)
    by_second = spheres(second[0], second[1], second[2], apart)
    brake_first = 0.0
    brake_second = 0.0
    if braked and speed > 0.0:
        fading = _COULOMB * apart / (apart + _CORE_KPC)
        held = apart / (1.0 + apart / _BULK_KPC)
        cube = held * held * held / GRAVITY  # turns pull into mass
        braked_mass = cube * spheres(first[0], first[1], first[2], held)
        logarithm = fading * (0.5 / (1.0 - share)) ** _LIGHTER
        brake_first = _brake(apart, speed, braked_mass, logarithm, tables[1])
        braked_mass = cube * spheres(second[0], second[1], second[2], held)
        logarithm = fading * (0.5 / share) ** _LIGHTER
        brake_second = _brake(apart, speed, braked_mass, logarithm, tables[0])
    for axis in range(3):
        offset = state[0, 1, axis] - state[0, 0, axis]
        drift = state[1, 1, axis] - state[1, 0, axis]
        out[0, 0, axis], out[0, 1, axis] = state[1, 0, axis], state[1, 1, axis]
        out[1, 0, axis] = by_second * offset + brake_first * drift
        out[1, 1, axis] = -by_first * offset - brake_second * drift
    return math.sqrt(by_first + by_second + speed * speed / (apart * apart))


@compiled
def _moved(state: Array, rates: Array, step: float, out: Array) -> None:
    """Put ``state + step * rates`` into `out`, all of shape (2, 2, 3)."""
    for i in range(2):
        for body in range(2):
            for axis in range(3):
                out[i, body, axis] = state[i, body, axis] + step * rates[i, body, axis]


@compiled
def _integrate(
    start: Array,
    end: float,
    braked: bool,
    first: Sphere,
    second: Sphere,
    tables: Array,
    share: float,
) -> tuple[Array, Array]:
    """Return times and states from time 0 to `end`, which may be negative.

    Runge-Kutta of fourth order, each step a fixed part of a radian of the orbit.
    """
    times = np.zeros(_MOST_STEPS)
    states = np.empty((_MOST_STEPS, 2, 2, 3))
    states[0] = start
    rates, trial = np.empty((4, 2, 2, 3)), np.empty((2, 2, 3))
    sense = 1.0 if end > 0 else -1.0
    slow2 = _COALESCED_KPC**2 * (
        spheres(first[0], first[1], first[2], _COALESCED_KPC)
        + spheres(second[0], second[1], second[2], _COALESCED_KPC)
    )
    k = 0
    while sense * (end - times[k]) > 1e-12 and k < _MOST_STEPS - 2:
        state = states[k]
        rate = _accelerate(state, braked, first, second, tables, share, rates[0])
        step = sense * min(
            max(1.0 / (_STEPS_PER_RADIAN * rate), _LEAST_STEP), _LARGEST_STEP, abs(end - times[k])
        )
        for stage, part in ((1, 0.5), (2, 0.5), (3, 1.0)):
            _moved(state, rates[stage - 1], part * step, trial)
            _accelerate(trial, braked, first, second, tables, share, rates[stage])
        k += 1
        times[k] = times[k - 1] + step
        _moved(state, rates[0], step / 6.0, states[k])
        _moved(states[k], rates[1], step / 3.0, states[k])
        _moved(states[k], rates[2], step / 3.0, states[k])
        _moved(states[k], rates[3], step / 6.0, states[k])
        apart2, speed2 = 0.0, 0.0
        for axis in range(3):
            apart2 += (states[k, 0, 1, axis] - states[k, 0, 0, axis]) ** 2
            speed2 += (states[k, 1, 1, axis] - states[k, 1, 0, axis]) ** 2
        if braked and apart2 < _COALESCED_KPC**2 and speed2 < slow2:
            for wait in (_MERGE, end - times[k] - _MERGE):  # from then on they stay together
                if wait <= 0.0 or times[k] >= end:
                    break
                wait = min(wait, end - times[k])
                k += 1
                times[k] = times[k - 1] + wait
                for axis in range(3):
                    old = states[k - 1]
                    drift = (1.0 - share) * old[1, 0, axis] + share * old[1, 1, axis]
                    place = (1.0 - share) * old[0, 0, axis] + share * old[0, 1, axis]
                    for body in range(2):
                        states[k, 1, body, axis] = drift
                        states[k, 0, body, axis] = place + wait * drift
            break
    return times[: k + 1], states[: k + 1]
