"""Smoothness (clumpiness): light in structures smaller than a quarter of the Petrosian radius."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.apertures import Ellipse, elliptical_radius
from strandline.shapes.scene import Scene

__all__ = ["smoothness"]

_SMOOTHED = 0.25
_OUTER = 1.5
_FEWEST_SKY_PX = 100


def smoothness(scene: Scene, ellipse: Ellipse, petrosian_px: float) -> float:
    """Return the smoothness of Lotz et al. (2004, ApJ 128, 163, eq. 11).

    The image less itself averaged over a square of a quarter of the Petrosian radius, positive
    values only, over the light, from a quarter of to one and a half Petrosian radii; that of
    blank sky subtracted. Conselice (2003) has it ten times as large.

    Parameters
    ----------
    scene : Scene
    ellipse : Ellipse
        Whose centre is used.
    petrosian_px : float
        Circular.

    Returns
    -------
    float
        NaN if there is no light.
    """
    radius = elliptical_radius(scene.image.shape, Ellipse(ellipse.x, ellipse.y))
    ring = (radius >= _SMOOTHED * petrosian_px) & (radius <= _OUTER * petrosian_px)
    ring &= ~scene.masked
    light = float(scene.image[ring].sum())
    if not light > 0:
        return float("nan")
    clumps = _clumps(scene.image, max(1, int(_SMOOTHED * petrosian_px)))
    blank = scene.blank & (radius > _OUTER * petrosian_px)
    sky = float(clumps[blank].mean()) if blank.sum() >= _FEWEST_SKY_PX else 0.0
    return float((clumps[ring].sum() - ring.sum() * sky) / light)


def _clumps(image: NDArray[np.float64], side_px: int) -> NDArray[np.float64]:
    return np.maximum(image - ndimage.uniform_filter(image, size=side_px), 0.0)
