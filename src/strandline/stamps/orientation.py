"""Where north and east are on a stamp."""

import numpy as np
from astropy import units
from astropy.wcs import WCS
from numpy.typing import NDArray

__all__ = ["north_and_east"]


def north_and_east(
    wcs: WCS | None, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the directions of north and east at pixels.

    Parameters
    ----------
    wcs : WCS or None
        Where None the directions are NaN.
    x, y : ndarray of float64, shape (object,)
        px

    Returns
    -------
    two ndarrays of float64, shape (object,)
        deg from +y towards -x, -180 to 180. On most images east is north + 90; on mirrored ones it
        is north - 90.
    """
    if wcs is None or not len(x):
        return np.full(len(x), np.nan), np.full(len(x), np.nan)
    here = wcs.pixel_to_world(x, y).icrs
    step = wcs.pixel_to_world(x + 1, y).separation(here)
    angles = []
    for position_angle in (0, 90):
        there = here.directional_offset_by(position_angle * units.deg, step)
        there_x, there_y = wcs.world_to_pixel(there)
        angle = np.degrees(np.arctan2(x - there_x, there_y - y))
        angles.append(np.asarray(angle, dtype=np.float64))
    return angles[0], angles[1]
