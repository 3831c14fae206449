"""Orbits of two galaxies about each other, with dynamical friction, until they coalesce."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY, GYR, compiled, spheres
from strandline.simulate.dynamics.potentials import Potential, dispersion_table

__all__ = ["Track", "encounter_track", "infall_track", "pericentre_speed"]

Array = NDArray[np.float64]
Sphere: TypeAlias = tuple[NDArray[np.int64], Array, Array]

_COALESCED_KPC = 1.0  # an orbit that gets no farther out than this has come to its end
_STEPS_PER_RADIAN = 25.0  # keeps the cubic between steps exact to 1e-7 of the separation
_LEAST_STEP, _LARGEST_STEP = 1e-6, 0.02  # kpc/(km/s), nearly Gyr
_MOST_STEPS = 20_000
_MERGE = 0.005  # how long two nuclei take for the last kpc, kpc/(km/s)
# Friction, set so that galaxies coalesce when those of N-body models do; see `encounter_track`.
_COULOMB = 5.0  # times ln(1 + mass ratio); stands for the friction before the passage, too
_BULK_KPC = 60.0  # what is farther out in a halo is too loose to be braked with it
_CORE_KPC = 8.0  # friction fades within: two nuclei stir each other's matter up


@dataclass(frozen=True)
class Track:
    """Where galaxies are with time.

    Attributes
    ----------
    time_gyr : ndarray of float64, shape (time,)
        Rising. Of an encounter, 0 is the first passage.
    position_kpc, velocity_kms : ndarray of float64, shape (time, body, 3)
    strength : ndarray of float64, shape (time, body)
        Factor on the body's mass; 1 unless it dissolves.

    Raises
    ------
    OptionError
        When shapes disagree, there are fewer than two times, or times do not rise.
    """

    time_gyr: Array
    position_kpc: Array
    velocity_kms: Array
    strength: Array

    def __post_init__(self) -> None:
        times, bodies = len(self.time_gyr), self.position_kpc.shape[1]
        if self.position_kpc.shape != (times, bodies, 3):
            raise OptionError(f"A track's positions have shape {self.position_kpc.shape}.")
        if self.velocity_kms.shape != (times, bodies, 3) or self.strength.shape != (times, bodies):
            raise OptionError("A track's positions, velocities and strengths differ in length.")
        if times < 2 or not np.all(np.diff(self.time_gyr) > 0):
            raise OptionError("A track needs two times or more, and they must rise.")

    @classmethod
    def at_rest(cls, start_gyr: float, end_gyr: float, bodies: int = 1) -> "Track":
        """Return the track of bodies that stay at the origin."""
        zeros = np.zeros((2, bodies, 3))
        return cls(np.array([start_gyr, end_gyr]), zeros, zeros, np.ones((2, bodies)))

    @property
    def coalescence_gyr(self) -> float:
        """When the two bodies have become one; infinite if they have not."""
        if self.position_kpc.shape[1] < 2:
            return math.inf
        apart = np.linalg.norm(self.position_kpc[:, 1] - self.position_kpc[:, 0], axis=1)
        if apart[-1] > 0:
            return math.inf
        return float(self.time_gyr[np.flatnonzero(apart > 0).max(initial=-1) + 1])

    def at(self, time_gyr: float) -> tuple[Array, Array]:
        """Return positions (kpc) and velocities (km/s) at a time, each of shape (body, 3).

        Raises
        ------
        OptionError
            For a time beyond the track.
        """
        self.check(time_gyr)
        k = int(np.clip(np.searchsorted(self.time_gyr, time_gyr) - 1, 0, len(self.time_gyr) - 2))
        step = (self.time_gyr[k + 1] - self.time_gyr[k]) * GYR
        share = (time_gyr - self.time_gyr[k]) * GYR / step
        old, new = self.position_kpc[k], self.position_kpc[k + 1]
        old_v, new_v = self.velocity_kms[k] * step, self.velocity_kms[k + 1] * step
        bend, twist = 3 * (new - old) - 2 * old_v - new_v, 2 * (old - new) + old_v + new_v
        position = old + share * (old_v + share * (bend + share * twist))
        return position, (old_v + share * (2 * bend + 3 * share * twist)) / step

    def check(self, *times_gyr: float) -> None:
        """Raise OptionError unless all times are on the track."""
        first, last = self.time_gyr[0], self.time_gyr[-1]
        for time in times_gyr:
            if not first - 1e-9 <= time <= last + 1e-9:
                raise OptionError(f"Time {time} Gyr is beyond the track, {first:g} to {last:g}.")


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
    10 to 20 kpc coalesce 1.7 to 2 Gyr after the first passage (0.7 to 1.1 Gyr at eccentricity
    0.9), those of mass ratio 1:10 after 2.3 to 2.6 Gyr, much as in N-body models (Lotz et al.
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
    """Put both bodies' velocities and accelerations into `out`; return the orbit's rate."""
    offset = state[0, 1] - state[0, 0]
    drift = state[1, 1] - state[1, 0]
    apart = max(math.sqrt((offset * offset).sum()), 1e-9)
    speed = math.sqrt((drift * drift).sum())
    by_first = spheres(first[0], first[1], first[2], apart)
    by_second = spheres(second[0], second[1], second[2], apart)
    brake_first = 0.0
    brake_second = 0.0
    if braked and speed > 0.0:
        fading = _COULOMB * apart / (apart + _CORE_KPC)
        held = apart / (1.0 + apart / _BULK_KPC)
        cube = held * held * held / GRAVITY  # turns pull into mass
        braked_mass = cube * spheres(first[0], first[1], first[2], held)
        logarithm = fading * math.log(1.0 / (1.0 - share))
        brake_first = _brake(apart, speed, braked_mass, logarithm, tables[1])
        braked_mass = cube * spheres(second[0], second[1], second[2], held)
        logarithm = fading * math.log(1.0 / share)
        brake_second = _brake(apart, speed, braked_mass, logarithm, tables[0])
    out[0] = state[1]
    out[1, 0] = by_second * offset + brake_first * drift
    out[1, 1] = -by_first * offset - brake_second * drift
    return math.sqrt(by_first + by_second + speed * speed / (apart * apart))


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
    rates = np.empty((4, 2, 2, 3))
    sense = 1.0 if end > 0 else -1.0
    near = _COALESCED_KPC**2 * (
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
        _accelerate(state + 0.5 * step * rates[0], braked, first, second, tables, share, rates[1])
        _accelerate(state + 0.5 * step * rates[1], braked, first, second, tables, share, rates[2])
        _accelerate(state + step * rates[2], braked, first, second, tables, share, rates[3])
        new = state + step / 6.0 * (rates[0] + 2.0 * rates[1] + 2.0 * rates[2] + rates[3])
        k += 1
        times[k], states[k] = times[k - 1] + step, new
        offset, drift = new[0, 1] - new[0, 0], new[1, 1] - new[1, 0]
        if braked and (offset * offset).sum() < _COALESCED_KPC**2 and (drift * drift).sum() < near:
            middle = (1.0 - share) * new[:, 0] + share * new[:, 1]
            for wait in (_MERGE, end - times[k]):  # from then on they stay together
                if wait <= 0.0 or times[k] >= end:
                    break
                wait = min(wait, end - times[k])
                middle[0] += wait * middle[1]
                k += 1
                times[k] = times[k - 1] + wait
                states[k, :, 0], states[k, :, 1] = middle, middle
            break
    return times[: k + 1], states[: k + 1]
