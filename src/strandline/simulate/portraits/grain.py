"""Particles without grain: widths that follow how densely they lie on the sky."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["widths_by_density"]

Array = NDArray[np.float64]

_STEP = 1.5


def widths_by_density(
    x_arcsec: Array,
    y_arcsec: Array,
    *,
    held: float,
    least_arcsec: float,
    most_arcsec: float,
) -> Array:
    """Return the Gaussian width (sigma, arcsec) of each particle, shape (particle,).

    The narrowest of a ladder of widths with which a Gaussian around the particle holds `held`
    particles (weighted by the square of the Gaussian, so that the grain left in the picture is
    ``1 / sqrt(held)``). Counted on grids as coarse as each width bears, which takes a hundredth
    of the time of a search for neighbours.
    """
    widths = np.full(x_arcsec.shape, most_arcsec)
    if not len(widths):
        return widths
    sigma = most_arcsec
    while sigma >= least_arcsec:
        cell = sigma / 1.5
        left, low = x_arcsec.min() - 4 * sigma, y_arcsec.min() - 4 * sigma
        column = ((x_arcsec - left) / cell).astype(np.int64)
        row = ((y_arcsec - low) / cell).astype(np.int64)
        columns, rows = int(column.max()) + 7, int(row.max()) + 7
        place = row * columns + column
        counts = np.bincount(place, minlength=rows * columns).reshape(rows, columns)
        density = gaussian_filter(counts.astype(np.float32), 1.3, mode="constant") / cell**2
        enough = 4 * np.pi * sigma**2 * density.ravel()[place] >= held
        widths[enough] = sigma
        if not enough.any():
            break
        sigma /= _STEP
    return widths
