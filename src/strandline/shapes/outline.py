"""The outline of a galaxy down to its faintest light, and how far it reaches."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.apertures import Ellipse, elliptical_radius
from strandline.shapes.regions import brightest, connected
from strandline.shapes.scene import Scene

__all__ = ["outline", "reach"]

_BOX_PX = 3


def outline(scene: Scene) -> NDArray[np.bool_]:
    """Return the pixels of a galaxy one sigma above its surroundings (Pawlik et al. 2016).

    MNRAS 456, 3032. In the image averaged over 3 x 3 px; connected to the galaxy's brightest pixel.
    """
    smooth = ndimage.uniform_filter(scene.image, size=_BOX_PX)
    place = brightest(smooth, scene.target)
    above = smooth >= scene.level + scene.noise
    above[place] = True
    return connected(above, *place)


def reach(outlined: NDArray[np.bool_], ellipse: Ellipse) -> float:
    """Return the largest semi-major axis (px) of a pixel of the outline."""
    return float(elliptical_radius(outlined.shape, ellipse)[outlined].max())
