"""Forces of spheres, compiled: what the potentials and the integrators share.

A body is a sum of spheres, each with a profile (0 Hernquist, 1 NFW), a mass (1e10 solar masses)
and a scale radius (kpc). Lengths are kpc, speeds km/s, so that time is kpc/(km/s).
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["GRAVITY", "GYR", "HERNQUIST", "NFW", "NFW_REACH", "compiled", "pull", "spheres"]

GRAVITY = 43009.17
"""Newton's constant, kpc (km/s)^2 per 1e10 solar masses."""

GYR = 1.0 / 0.977792
"""A Gyr in kpc/(km/s)."""

HERNQUIST, NFW = 0, 1

NFW_REACH = 10.0
"""The mass of an NFW sphere, which has no end, is that within so many scale radii."""

_NFW_NORM = math.log(1 + NFW_REACH) - NFW_REACH / (1 + NFW_REACH)
_SERIES = 1e-3  # below so many scale radii, NFW takes its power series

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile `function` with numba, cached on disk, keeping its type.

    Reordering of sums is allowed (``reassoc``, ``contract``), assuming numbers finite is not.
    """
    fast = njit(cache=True, fastmath={"reassoc", "contract", "arcp", "nsz"})
    return cast(_F, fast(function))


@compiled
def pull(profile: int, mass: float, scale: float, radius: float) -> float:
    """Return acceleration towards the centre over radius, (km/s)^2/kpc^2; finite beyond 0."""
    if profile == HERNQUIST:
        reach = radius + scale
        return GRAVITY * mass / (radius * reach * reach)
    x = radius / scale
    if x < _SERIES:
        shape = x * x * (0.5 - x * (2.0 / 3.0 - 0.75 * x))
    else:
        shape = math.log(1.0 + x) - x / (1.0 + x)
    return GRAVITY * mass / _NFW_NORM * shape / (radius * radius * radius)


@compiled
def spheres(
    profiles: NDArray[np.int64],
    masses: NDArray[np.float64],
    scales: NDArray[np.float64],
    radius: float,
) -> float:
    """Return the `pull` of a sum of spheres."""
    total = 0.0
    for k in range(len(masses)):
        total += pull(profiles[k], masses[k], scales[k], radius)
    return total
