"""Tracks: where galaxies are with time."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GYR

__all__ = ["Track"]

Array = NDArray[np.float64]


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
