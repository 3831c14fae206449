"""Finding objects: where the smoothed sum of the bands stands out, divided where it has peaks."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import sep
from numpy.typing import NDArray

from strandline.errors import TileError
from strandline.stamps.sky import Sky, block_noise, coadd, smooth

__all__ = ["Sources", "find_sources"]

_PIXEL_BUFFER = (300_000, 10_000_000)  # making it costs time: 0.2 s for the largest
_MOST_OBJECTS_IN_ONE = 4096
_TOUCHING_SHARE = 0.1
_PIECE_SHARE = 0.1
_PIECE_CONTRAST = 1.5
_PIECE_NOISE = 5.0
_SIDES = (  # a pixel and its right neighbour, and its upper one
    (np.s_[:, :-1], np.s_[:, 1:]),
    (np.s_[:-1], np.s_[1:]),
)


@dataclass(frozen=True)
class Sources:
    """Objects of one tile and the images they were found on.

    Attributes
    ----------
    table : structured ndarray, shape (object,)
        As `sep.extract` gives it, moments freed of the smoothing.
    segments : ndarray of int32, shape (y, x)
        Number of the object, from 1, that a pixel belongs to; 0 is sky.
    blended : ndarray of bool, shape (object,)
        Touches another object that has at least a tenth of its light.
    signal : ndarray of float32, shape (y, x)
        Weighted sum of the bands in units of the noise of a pixel; not smoothed.
    missing : ndarray of bool, shape (y, x)
    snr : ndarray of float64, shape (object,)
        Signal-to-noise of the light within the segment.
    correlation : float
        How much larger the noise of a sum over a point source is than for independent pixels.
    """

    table: NDArray[Any]
    segments: NDArray[np.int32]
    blended: NDArray[np.bool_]
    signal: NDArray[np.float32]
    missing: NDArray[np.bool_]
    snr: NDArray[np.float64]
    correlation: float


def find_sources(
    sky: Sky,
    saturated: NDArray[np.bool_],
    *,
    calibrated: bool,
    threshold: float,
    contrast: float,
) -> Sources:
    """Find and deblend objects.

    The bands' weighted sum is smoothed to the width of point sources, the best filter for them,
    and thresholded against the noise that is left after smoothing, as measured. So the number of
    false detections does not depend on how the image was resampled.

    Parameters
    ----------
    sky : Sky
    saturated : ndarray of bool, shape (y, x)
        Missing pixels among these are taken as bright, so that a star whose core is masked is
        one object.
    calibrated : bool
        Whether all bands share a unit.
    threshold : float
        In units of the smoothed noise.
    contrast : float
        Least share of the light that makes a peak an object of its own.

    Raises
    ------
    TileError
        If the tile is too crowded for the deblending.
    """
    signal, missing = coadd(sky, calibrated)
    hollow = missing & saturated
    if hollow.any() and not missing.all():
        signal[hollow] = signal.max()
        missing = missing & ~hollow
    width = sky.seeing_px
    smoothed = smooth(signal, width)
    noise = block_noise(smoothed, math.ceil(2 * width))
    if not noise > 0:
        raise TileError("the image has no noise at all: it is constant or empty")
    smoothed /= np.float32(noise)
    least_area = max(5, round(math.pi / 4 * width**2))
    table, segments = _extract(smoothed, missing, threshold, least_area, contrast)
    table, segments = _join_pieces(table, segments, smoothed)
    _free_of_smoothing(table, width)
    correlation = _correlation(noise, width)
    return Sources(
        table,
        segments,
        _touching(table, segments),
        signal,
        missing,
        _isophotal_snr(segments, signal, len(table)) / correlation,
        correlation,
    )


def _extract(
    smoothed: NDArray[np.float32],
    missing: NDArray[np.bool_],
    threshold: float,
    least_area: int,
    contrast: float,
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    sep.set_extract_pixstack(int(np.clip(smoothed.size, *_PIXEL_BUFFER)))
    sep.set_sub_object_limit(_MOST_OBJECTS_IN_ONE)
    try:
        table, segments = sep.extract(
            smoothed,
            threshold,
            mask=missing,
            minarea=least_area,
            filter_kernel=None,  # smoothed already
            deblend_cont=contrast,
            segmentation_map=True,
        )
    except Exception as error:  # sep raises nothing more specific
        raise TileError(f"objects could not be told apart ({error})") from error
    return table, np.asarray(segments, dtype=np.int32)


def _join_pieces(
    table: NDArray[Any], segments: NDArray[np.int32], smoothed: NDArray[np.float32]
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Give pieces of a larger galaxy (arms, knots, noise at its rim) back to it.

    A piece has less than a tenth of its neighbour's light and does not stand out: its peak is
    less than 1.5 times as high as the pass between the two, or rises above the pass by less than
    5 times the noise. Companions seen against a galaxy do stand out.
    """
    owner = np.arange(len(table) + 1)
    flux = np.concatenate([[0.0], table["flux"]])
    peak = np.concatenate([[0.0], table["peak"]])
    passes = _passes(segments, smoothed)
    for piece in np.argsort(flux[1:], kind="stable") + 1:
        best, highest = 0, 0.0
        for neighbour, height in passes.get(int(piece), ()):
            larger = _root(owner, neighbour)
            if flux[piece] < _PIECE_SHARE * flux[larger] and height > highest:
                best, highest = larger, height
        if best and peak[piece] < max(_PIECE_CONTRAST * highest, highest + _PIECE_NOISE):
            owner[piece] = best
    roots = np.array([_root(owner, number) for number in range(len(owner))])
    kept = np.unique(roots[1:])
    number = np.zeros(len(owner), dtype=np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    joined = table[kept - 1].copy()
    pieces = np.flatnonzero(roots != np.arange(len(roots)))
    into = number[roots[pieces]] - 1
    for name in ("flux", "npix"):
        np.add.at(joined[name], into, table[name][pieces - 1])
    for side in ("x", "y"):
        np.minimum.at(joined[f"{side}min"], into, table[f"{side}min"][pieces - 1])
        np.maximum.at(joined[f"{side}max"], into, table[f"{side}max"][pieces - 1])
    return joined, number[roots][segments]


def _root(owner: NDArray[np.int64], number: int) -> int:
    while owner[number] != number:
        number = int(owner[number])
    return number


def _passes(
    segments: NDArray[np.int32], smoothed: NDArray[np.float32]
) -> dict[int, list[tuple[int, float]]]:
    """Return for each object those it borders on, with the highest point of the border."""
    pairs, heights = [], []
    for near, far in _SIDES:
        border = (segments[near] != segments[far]) & (segments[near] > 0) & (segments[far] > 0)
        pairs.append(np.stack([segments[near][border], segments[far][border]], axis=1))
        heights.append(np.minimum(smoothed[near][border], smoothed[far][border]))
    both = np.sort(np.concatenate(pairs), axis=1)
    distinct, which = np.unique(both, axis=0, return_inverse=True)
    highest = np.full(len(distinct), -np.inf)
    np.maximum.at(highest, which.ravel(), np.concatenate(heights))
    found: dict[int, list[tuple[int, float]]] = {}
    for (one, other), height in zip(distinct.tolist(), highest.tolist(), strict=True):
        found.setdefault(one, []).append((other, height))
        found.setdefault(other, []).append((one, height))
    return found


def _touching(table: NDArray[Any], segments: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which objects border on one with at least a tenth of their light."""
    blended = np.zeros(len(table) + 1, dtype=np.bool_)
    flux = np.concatenate([[0.0], table["flux"]])
    for near, far in _SIDES:
        border = (segments[near] != segments[far]) & (segments[near] > 0) & (segments[far] > 0)
        first, second = segments[near][border], segments[far][border]
        for one, other in ((first, second), (second, first)):
            blended[one[flux[other] >= _TOUCHING_SHARE * flux[one]]] = True
    return blended[1:]


def _free_of_smoothing(table: NDArray[Any], width: float) -> None:
    """Subtract the smoothing from the second moments, in place, down to those of a pixel."""
    kernel2 = width**2 / (8 * math.log(2))
    least = 1 / 12
    x2, y2, xy = table["x2"] - kernel2, table["y2"] - kernel2, table["xy"]
    middle, half = (x2 + y2) / 2, np.hypot((x2 - y2) / 2, xy)
    table["a"] = np.sqrt(np.maximum(middle + half, least))
    table["b"] = np.sqrt(np.maximum(middle - half, least))
    # sep computes the angle in single precision, which may lie just beyond its own limit
    table["theta"] = np.clip(table["theta"], -math.pi / 2, math.pi / 2)


def _isophotal_snr(
    segments: NDArray[np.int32], signal: NDArray[np.float32], objects: int
) -> NDArray[np.float64]:
    inside = np.flatnonzero(segments)
    number = segments.ravel()[inside]
    light = np.bincount(number, weights=signal.ravel()[inside], minlength=objects + 1)[1:]
    area = np.bincount(number, minlength=objects + 1)[1:]
    return np.asarray(light / np.sqrt(np.maximum(area, 1)))


def _correlation(smoothed_noise: float, width: float) -> float:
    """Compare the noise left after smoothing with that of independent pixels of unit noise."""
    sigma = width / math.sqrt(8 * math.log(2))
    independent = 1 / (2 * math.sqrt(math.pi) * sigma)
    return max(1.0, smoothed_noise / independent)
