"""Blank sky of a stamp: where nothing is, and how much it scatters when it is smoothed."""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.measure.scenery import Scenery

__all__ = ["blank_sky", "calmed_noise", "lower_scatter"]

_BLANK_SIGMA = 0.3  # models below so much of the noise leave a pixel blank
_LOWER_QUANTILE = 0.1587


def blank_sky(scenery: Scenery) -> NDArray[np.bool_]:
    """Return the pixels that no model and no mask touches, shape (y, x)."""
    model = scenery.host_model + scenery.others
    return np.asarray((model < _BLANK_SIGMA * scenery.noise) & ~scenery.masked)


def calmed_noise(noise: float, sigma_px: float) -> float:
    """Return what a Gaussian leaves of the noise of a pixel, if that is not correlated."""
    return noise / (2 * math.sqrt(math.pi) * sigma_px)


def lower_scatter(values: NDArray[np.float64], least: float, fewest: int) -> float:
    """Return the lower half of the scatter of blank sky, where no source adds light.

    Parameters
    ----------
    values : ndarray of float64, shape (pixel,)
        Of smoothed blank sky.
    least : float
        Of noise alone.
    fewest : int
        With fewer values three times the least is returned.
    """
    if values.size < fewest:
        return 3 * least
    low, middle = np.quantile(values, [_LOWER_QUANTILE, 0.5])
    return float(max(middle - low, least))
