"""Bands of slightly shifted exposures brought onto one grid."""

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import map_coordinates

__all__ = ["pixel_map", "regrid"]

_KNOT_EVERY_PX = 32


def pixel_map(wcs: WCS, other: WCS, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return where each pixel of a `wcs` image lies in an image of `other`.

    Solved on a coarse grid and splined between: distortions are smooth over tens of pixels.

    Returns
    -------
    ndarray, shape (2, y, x)
        Row and column in the other image.
    """
    y_knots, x_knots = (np.linspace(0, side - 1, max(4, side // _KNOT_EVERY_PX)) for side in shape)
    x, y = np.meshgrid(x_knots, y_knots)
    column, row = other.all_world2pix(*wcs.all_pix2world(x, y, 0), 0, quiet=True)
    rows, columns = np.arange(shape[0]), np.arange(shape[1])
    return np.stack(
        [RectBivariateSpline(y_knots, x_knots, values)(rows, columns) for values in (row, column)]
    )


def regrid(image: NDArray[np.float32], where: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return `image` at `where` (see `pixel_map`), bilinear; NaN outside and beside NaN."""
    moved = map_coordinates(image, where, order=1, mode="constant", cval=np.nan, prefilter=False)
    return np.asarray(moved, dtype=np.float32)
