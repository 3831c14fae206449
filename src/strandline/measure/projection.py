"""What a length on the sky says of times and speeds, as distributions over unknown projections.

A feature that lies at an angle i to the line of sight is seen shorter by sin i. For directions that
are all as likely, cos i is uniform between 0 and 1.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

__all__ = [
    "KPC_PER_KMS_GYR",
    "dynamical_gyr",
    "projection_factors",
    "transverse_kms",
    "whole_kms",
]

KPC_PER_KMS_GYR = 1.0227
"""1 km/s for 1 Gyr, in kpc."""

_QUANTILES = (0.16, 0.5, 0.84)
_EVEN = (np.arange(25) + 0.5) / 25  # quantiles that stand for a distribution


def projection_factors(quantiles: ArrayLike = _QUANTILES) -> NDArray[np.float64]:
    """Return quantiles of true over projected length: 1 / sin i.

    Examples
    --------
    >>> projection_factors().round(3).tolist()
    [1.013, 1.155, 1.843]
    """
    return np.asarray(1.0 / np.sqrt(1.0 - np.asarray(quantiles, dtype=np.float64) ** 2))


def dynamical_gyr(projected_kpc: float, speed_kms: float) -> tuple[float, float, float]:
    """Return the time in which debris goes as far as it is seen: 16th, 50th, 84th percentile.

    Parameters
    ----------
    projected_kpc : float
        From the host's centre to the far end, on the sky.
    speed_kms : float
        Of the debris from its host: for tides about that of rotation, as the far end of a tail
        keeps the speed with which it turned (Toomre & Toomre 1972); for ram pressure that of
        infall, which makes the time a lower limit.
    """
    if not (projected_kpc > 0 and speed_kms > 0):
        return math.nan, math.nan, math.nan
    low, middle, high = projected_kpc / (KPC_PER_KMS_GYR * speed_kms) * projection_factors()
    return float(low), float(middle), float(high)


def transverse_kms(
    projected_kpc: float, error_kpc: float, ages_gyr: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean speed across the sky at which the far end left its host.

    Across the sky no projection is to be undone: the speed along the line of sight is another
    number.

    Parameters
    ----------
    projected_kpc, error_kpc : float
        From the host's centre to the far end, on the sky.
    ages_gyr : ndarray of float, shape (age,)
        Equally likely ages of the feature.

    Returns
    -------
    ndarray of float64, shape (speed,)
        Equally likely speeds; empty where length or age is unknown.
    """
    if not (projected_kpc > 0 and ages_gyr.size and np.all(ages_gyr > 0)):
        return np.zeros(0)
    relative = error_kpc / projected_kpc if error_kpc > 0 else 0.0
    lengths = projected_kpc * np.exp(relative * ndtri(_EVEN))  # none is negative
    return np.ravel(lengths[:, None] / (KPC_PER_KMS_GYR * ages_gyr))


def whole_kms(transverse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return equally likely speeds in space of speeds across the sky, over all directions."""
    return np.ravel(transverse[:, None] * projection_factors(_EVEN))
