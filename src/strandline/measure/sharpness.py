"""Which light is sharp: stars, galaxies far behind and knots, but no tail and no arm.

Light is smoothed with three Gaussians, and the difference of the first two is compared with that of
the last two. A point and a small blob lose much by the first step; a line loses less, however thin
it is, as it is wide along itself. So what is sharp can be masked and tails stay.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

__all__ = ["SHARP", "sharp_sources", "sharpness"]

SHARP = 3.0
"""A blob of a sigma of 2.6 px; a point has 4.5, the thinnest line that seeing allows 2.9."""

_WIDTHS_PX = (1.3, 3.5, 7.0)
_LEAST_SIGMA = 5.0  # of the difference of the first two
_HOST_ERROR = 0.1
_GROWN = 3  # px, around a sharp peak


def sharpness(image: NDArray[np.float64], x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return the sharpness of the light at pixels, shape (pixel,).

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        Finite.
    x, y : array_like of int, shape (pixel,)
        Of peaks.

    Returns
    -------
    ndarray of float64
        Compare with `SHARP`; infinite where nothing is left of a peak in the wider smoothings.
    """
    first, middle, last = (ndimage.gaussian_filter(image, w, truncate=3.0) for w in _WIDTHS_PX)
    at = np.asarray(y, dtype=np.intp), np.asarray(x, dtype=np.intp)
    wide = (middle - last)[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wide > 0, (first - last)[at] / wide, np.inf)


def sharp_sources(
    residual: NDArray[np.float64], noise: float, light: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return where sharp sources are that show only in a residual, shape (y, x).

    Parameters
    ----------
    residual : ndarray of float64, shape (y, x)
        Masked pixels 0.
    noise : float
        Of a pixel.
    light : ndarray of float64, shape (y, x)
        Of the model that was subtracted: its error is part of the noise.
    """
    first, middle, last = (ndimage.gaussian_filter(residual, w, truncate=3.0) for w in _WIDTHS_PX)
    narrow, wide = first - middle, middle - last
    blank = noise / (2 * np.sqrt(np.pi) * _WIDTHS_PX[0])
    error = np.hypot(blank, _HOST_ERROR * light)
    peak = (first == ndimage.maximum_filter(first, 5)) & (narrow > _LEAST_SIGMA * error)
    peak &= narrow + wide > SHARP * wide
    reach = ndimage.binary_dilation(peak, iterations=_GROWN)
    return np.asarray(ndimage.binary_dilation(reach & (narrow > 0), iterations=1))
