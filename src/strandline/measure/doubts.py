"""Why a stamp's numbers may be missing or wrong, as flags."""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.flags import MeasureFlag
from strandline.measure.extent import direction_error_deg
from strandline.measure.features import Found
from strandline.measure.geometry import Geometry
from strandline.measure.light import LEAST_CLEAR_PX
from strandline.measure.scenery import Scenery
from strandline.measure.subject import Subject

__all__ = ["feature_doubts", "stamp_doubts"]

_MUCH_MASKED = 0.2
_RIM_PX = 6  # outlines of features that are cut off end a little before the edge


def stamp_doubts(flux: NDArray[np.floating], subject: Subject) -> MeasureFlag:
    """Return what a stamp, shape (band, y, x), and what is known of it leave open."""
    flags = MeasureFlag(0)
    there = np.isfinite(flux).any(axis=(1, 2))
    if there.sum() == 1:
        flags |= MeasureFlag.ONE_BAND
    if not subject.redshift > 0:
        flags |= MeasureFlag.NO_REDSHIFT
    if not subject.calibrated:
        flags |= MeasureFlag.UNCALIBRATED
    if not subject.knows_north:
        flags |= MeasureFlag.NO_NORTH
    if there.sum() > 1 and not all(map(math.isfinite, subject.psf_fwhm_arcsec or (math.nan,))):
        flags |= MeasureFlag.NO_SEEING
    return flags


def feature_doubts(scenery: Scenery, found: Found, shapes: tuple[Geometry, ...]) -> MeasureFlag:
    """Return what makes the numbers of features doubtful; there is at least one."""
    flags, mask = MeasureFlag(0), found.features[0].mask
    rim = np.ones_like(mask)
    rim[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = False
    if (mask & rim).any():
        flags |= MeasureFlag.EDGE
    if scenery.masked[mask].mean() >= _MUCH_MASKED:
        flags |= MeasureFlag.MASKED
    if found.features[0].crowded < 1.0:
        flags |= MeasureFlag.CROWDED
    if shapes[0].ridge is None:
        flags |= MeasureFlag.NO_RIDGE
    if found.traced.clear_mask.sum() < LEAST_CLEAR_PX:
        flags |= MeasureFlag.NO_CLEAR_LIGHT
    if direction_error_deg(found.traced) is None:
        flags |= MeasureFlag.NO_DIRECTION
    return flags
