"""Gini and M20: how unevenly the light is shared out, and where the brightest fifth of it is.

After Lotz, Primack & Madau (2004, ApJ 128, 163).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.apertures import Ellipse, elliptical_radius
from strandline.shapes.regions import brightest, connected
from strandline.shapes.scene import Scene

__all__ = ["gini", "gini_region", "m20"]

_SMOOTHED = 0.2
_BRIGHTEST = 0.2


def gini_region(scene: Scene, ellipse: Ellipse, petrosian_px: float) -> NDArray[np.bool_]:
    """Return the pixels on which Gini and M20 are measured (Lotz et al. 2004, section 2.1.2).

    The image is smoothed by a fifth of the elliptical Petrosian radius; the galaxy is what is as
    bright as the mean of the ellipse at that radius, and connected to the brightest pixel.
    """
    smooth = ndimage.gaussian_filter(
        scene.image, _SMOOTHED * petrosian_px, mode="constant", truncate=3.0
    )
    radius = elliptical_radius(smooth.shape, ellipse)
    ring = np.abs(radius - petrosian_px) <= 0.5
    if not ring.any():
        return np.zeros(smooth.shape, dtype=np.bool_)
    above = smooth >= smooth[ring].mean()
    return connected(above, *brightest(smooth, scene.target)) & ~scene.masked


def gini(values: NDArray[np.float64]) -> float:
    """Return the Gini coefficient of absolute values (Lotz et al. 2004, eq. 6).

    0 if all are alike, 1 if one has everything; NaN for fewer than two or for zeros only.
    """
    ordered = np.sort(np.abs(values))
    count, total = len(ordered), float(ordered.sum())
    if count < 2 or not total > 0:
        return float("nan")
    weights = 2.0 * np.arange(1, count + 1) - count - 1
    return float((weights * ordered).sum() / ((count - 1) * total))


def m20(image: NDArray[np.float64], region: NDArray[np.bool_]) -> float:
    """Return M20 (Lotz et al. 2004, eq. 8): log10 of a ratio of second moments.

    That of the brightest pixels that hold a fifth of the light over that of all, both about the
    centroid.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
    region : ndarray of bool, shape (y, x)

    Returns
    -------
    float
        NaN if the light or a moment is not positive.
    """
    y, x = np.nonzero(region)
    values = image[region]
    total = float(values.sum())
    if not total > 0:
        return float("nan")
    x_centre, y_centre = (values * x).sum() / total, (values * y).sum() / total
    moments = values * ((x - x_centre) ** 2 + (y - y_centre) ** 2)
    ordered = np.sort(values)
    reached = np.cumsum(ordered) >= (1 - _BRIGHTEST) * total
    threshold = ordered[np.argmax(reached)]
    bright, whole = float(moments[values >= threshold].sum()), float(moments.sum())
    return float(np.log10(bright / whole)) if bright > 0 and whole > 0 else float("nan")
