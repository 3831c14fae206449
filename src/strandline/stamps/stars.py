"""Telling stars from galaxies: the locus of point sources in size, learned from the tile.

All stars of a tile have the same half-light radius, whatever their brightness; no galaxy is
smaller. So the bright, unsaturated objects pile up at the lower end of the sizes. The score of an
object tells how well its size agrees with that pile: 1 on it or below, and
``exp(-n**2 / 2)`` for an object larger by n times the scatter (that of the pile, and of the
object's own measurement). Objects with a score above `STAR_FROM`, less than three times the
scatter away, are taken for stars; faint galaxies as small as the seeing are among them.

Saturated stars are larger than the locus because their peaks are cut off. They are known by
edges that are steeper than those of any galaxy and of stars not cut off: the area above a tenth
of the peak is hardly larger than that above half the peak.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.stamps.sources import Sources

__all__ = ["STAR_FROM", "StarLocus", "find_locus", "saturated_stars", "star_scores"]

STAR_FROM = math.exp(-0.5 * 3.0**2)
"""Score from which an object is taken for a star."""

_LEAST_SNR = 50.0
_LEAST_AXIS_RATIO = 0.6
_FEWEST_STARS = 6
_WINDOW = 0.10
_CROWD_SHARE = 0.5
_SMALLER_SHARE = 1 / 3
_LEAST_SCATTER = 0.02
_SIZE_ERROR = 1.5
_RADIUS_PER_FWHM = 0.62
_PSF_SCATTER = 0.08
_PSF_AGREES = (0.75, 1.4)
_STEEP_EDGE = 3.5
_STEEP_EDGE_OF_SMALL = 3.9
_SMALL = 3.0
_NEAR_TOP = 0.3


@dataclass(frozen=True)
class StarLocus:
    """Where point sources lie.

    Attributes
    ----------
    radius_px : float
        Half-light radius of point sources.
    scatter : float
        Of its natural logarithm.
    count : int
        Stars it was learned from; 0 if it comes from the width of the PSF that the image's
        header gives.
    """

    radius_px: float
    scatter: float
    count: int


def find_locus(
    radius_px: NDArray[np.float64],
    snr: NDArray[np.float64],
    axis_ratio: NDArray[np.float64],
    usable: NDArray[np.bool_],
    psf_fwhm_px: float,
) -> StarLocus | None:
    """Learn the locus of point sources from the objects of a tile.

    Parameters
    ----------
    radius_px, snr, axis_ratio : ndarray of float64, shape (object,)
        Half-light radius, signal-to-noise, b/a.
    usable : ndarray of bool, shape (object,)
        False for saturated, blended and otherwise disturbed objects.
    psf_fwhm_px : float
        Width of point sources, if the header tells it; else NaN.

    Returns
    -------
    StarLocus or None
        None if the tile has too few stars and the width is unknown.
    """
    good = usable & (snr >= _LEAST_SNR) & (axis_ratio >= _LEAST_AXIS_RATIO) & (radius_px > 0)
    learned = _smallest_crowd(np.sort(np.log(radius_px[good])))
    if not math.isfinite(psf_fwhm_px):
        return learned
    expected = _RADIUS_PER_FWHM * psf_fwhm_px
    lowest, highest = _PSF_AGREES
    if learned is None or not lowest < learned.radius_px / expected < highest:
        return StarLocus(expected, _PSF_SCATTER, 0)
    return learned


def _smallest_crowd(sizes: NDArray[np.float64]) -> StarLocus | None:
    """Find the crowd at the lower end of sorted logarithmic sizes; None if there is none.

    A crowd fills a window of 10 % with at least six objects and half as many as any window has,
    and thins out above: the next but one window has less than half as many. Hardly anything is
    smaller, a third of its number at most; else galaxies that happen to be alike would pass for
    the stars, and all smaller ones with them.
    """
    if len(sizes) < _FEWEST_STARS:
        return None
    inside = np.searchsorted(sizes, sizes + _WINDOW, side="right") - np.arange(len(sizes))
    above = np.searchsorted(sizes, sizes + 2.5 * _WINDOW, side="right") - np.searchsorted(
        sizes, sizes + 1.5 * _WINDOW, side="right"
    )
    smaller = np.arange(len(sizes))
    crowded = (
        (inside >= max(_FEWEST_STARS, _CROWD_SHARE * inside.max()))
        & (2 * above < inside)
        & (smaller <= _SMALLER_SHARE * inside)
    )
    if not crowded.any():
        return None
    first = int(np.argmax(crowded))
    near = np.arange(first, np.searchsorted(sizes, sizes[first] + _WINDOW, side="right"))
    fullest = int(near[np.argmax(inside[near])])
    crowd = sizes[fullest : fullest + inside[fullest]]
    ridge = float(np.median(crowd))
    lower = crowd[crowd <= ridge]
    scatter = 1.4826 * float(np.median(ridge - lower))
    return StarLocus(math.exp(ridge), max(scatter, _LEAST_SCATTER), len(crowd))


def star_scores(
    locus: StarLocus | None, radius_px: NDArray[np.float64], snr: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the score of each object; NaN without a locus or where the size is not known."""
    if locus is None:
        return np.full(len(radius_px), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        above = np.log(radius_px / locus.radius_px)
        scatter = np.hypot(locus.scatter, _SIZE_ERROR / snr)
        score: NDArray[np.float64] = np.exp(-0.5 * np.maximum(above / scatter, 0) ** 2)
    return score


def saturated_stars(
    sources: Sources,
    saturated: NDArray[np.bool_],
    radius_px: NDArray[np.float64],
    locus: StarLocus | None,
) -> NDArray[np.bool_]:
    """Return which objects are saturated stars, by their steep edges.

    Parameters
    ----------
    sources : Sources
    saturated : ndarray of bool, shape (y, x)
        Pixels known to be saturated.
    radius_px : ndarray of float64, shape (object,)
    locus : StarLocus or None

    Notes
    -----
    Looked at are objects that hold saturated pixels. As not every image comes with a saturation
    level, objects less than three times as large as point sources are looked at, too, if their
    peaks come near the highest of the tile.
    """
    table = sources.table
    stars = np.zeros(len(table), dtype=np.bool_)
    if not len(table):
        return stars
    known = np.bincount(sources.segments[saturated], minlength=len(table) + 1)[1:] > 0
    small = radius_px < (_SMALL * locus.radius_px if locus else 0)
    bright = table["peak"] >= _NEAR_TOP * table["peak"].max()
    for index in np.flatnonzero(known | (small & bright)):
        steep = _STEEP_EDGE_OF_SMALL if small[index] else _STEEP_EDGE
        stars[index] = _edge(table[index], int(index) + 1, sources) < steep
    return stars


def _edge(row: Any, number: int, sources: Sources) -> float:
    """Return the area above a tenth of an object's peak over that above half of it.

    3.3 for a normal distribution, 4.4 for a Moffat profile of exponent 3, 11 for an exponential
    disc; cut off at half its height, the Moffat profile has 2.9.
    """
    window = np.s_[row["ymin"] : row["ymax"] + 1, row["xmin"] : row["xmax"] + 1]
    values = sources.signal[window][sources.segments[window] == number]
    if values.size < 10:
        return math.inf
    top = float(np.partition(values, -3)[-3])  # noise peaks are not the top
    return float((values > 0.1 * top).sum() / max((values > 0.5 * top).sum(), 1))
