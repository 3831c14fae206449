"""Cutting stamps out of a tile, with what lies beyond its edge or is missing left as NaN."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from strandline.flags import StampFlag

__all__ = ["cut", "cut_to_scale", "missing_flags", "shared_noise", "square_picture"]

_LEAST_SEEN = 0.5
_MISSING_SHARE = 0.01


def cut(
    image: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    size_px: int,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cut squares around positions, on the image's own pixels.

    Parameters
    ----------
    image : ndarray of float32, shape (band, y, x)
    x, y : ndarray of float64, shape (stamp,)
        px; the stamp's centre, ``(size_px - 1) / 2``, comes within half a pixel of it.
    size_px : int

    Returns
    -------
    stamps : ndarray of float32, shape (stamp, band, size_px, size_px)
        NaN beyond the edge.
    inside : ndarray of bool, shape (stamp, size_px, size_px)
        What lies on the image.
    """
    height, width = image.shape[1:]
    stamps = np.full((len(x), len(image), size_px, size_px), np.nan, dtype=np.float32)
    inside = np.zeros((len(x), size_px, size_px), dtype=np.bool_)
    corner = (size_px - 1) / 2
    for k, (left, bottom) in enumerate(zip(_whole(x - corner), _whole(y - corner), strict=True)):
        x0, x1 = max(left, 0), min(left + size_px, width)
        y0, y1 = max(bottom, 0), min(bottom + size_px, height)
        if x0 < x1 and y0 < y1:
            here = (slice(y0 - bottom, y1 - bottom), slice(x0 - left, x1 - left))
            stamps[k][:, *here] = image[:, y0:y1, x0:x1]
            inside[k][here] = True
    return stamps, inside


def _whole(values: NDArray[np.float64]) -> list[int]:
    return [int(value) for value in np.floor(values + 0.5)]


def cut_to_scale(
    image: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    size_px: int,
    bin_px: float,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cut squares whose pixels are `bin_px` of the image's own wide, flux conserved.

    Parameters
    ----------
    image, x, y, size_px
        As for `cut`; here stamps are centred exactly.
    bin_px : float
        Width of a stamp's pixel in pixels of the image, above or below 1.

    Returns
    -------
    stamps : ndarray of float32, shape (stamp, band, size_px, size_px)
        Flux in the area of each stamp pixel: each image pixel is shared out by overlap. NaN where
        less than half of that area was seen; what is missing of the rest is taken to be alike.
    inside : ndarray of bool, shape (stamp, size_px, size_px)
        What lies on the image for half or more.
    """
    stamps = np.empty((len(x), len(image), size_px, size_px), dtype=np.float32)
    inside = np.empty((len(x), size_px, size_px), dtype=np.bool_)
    height, width = image.shape[1:]
    for k, (centre_x, centre_y) in enumerate(zip(x, y, strict=True)):
        across, columns = _overlaps(centre_x, size_px, bin_px, width)
        along, rows = _overlaps(centre_y, size_px, bin_px, height)
        part = image[:, rows, columns]
        seen = np.isfinite(part)
        area = (along @ seen.astype(np.float32) @ across.T) / bin_px**2
        flux = along @ np.where(seen, part, np.float32(0)) @ across.T
        with np.errstate(invalid="ignore", divide="ignore"):
            stamps[k] = np.where(area >= _LEAST_SEEN, flux / area, np.nan)
        inside[k] = np.outer(along.sum(axis=1), across.sum(axis=1)) >= _LEAST_SEEN * bin_px**2
    return stamps, inside


def shared_noise(bin_px: float) -> float:
    """Return the noise of a pixel of `cut_to_scale` in units of that of the image's pixels.

    For independent pixels: the root of the sum of their squared shares, averaged over where the
    stamp's pixels lie among them. Small pixels go with their area, large ones with their width.
    """
    return bin_px**2 - bin_px**3 / 3 if bin_px < 1 else bin_px - 1 / 3


def _overlaps(
    centre: float, size_px: int, bin_px: float, length: int
) -> tuple[NDArray[np.float32], slice]:
    """Return how far each stamp pixel covers each image pixel along one axis, and which these are.

    Shape (size_px, n), in image pixels; row sums are `bin_px` away from the edges.
    """
    edges = centre + bin_px * (np.arange(size_px + 1) - size_px / 2)
    first = int(np.clip(np.floor(edges[0] + 0.5), 0, length))
    last = int(np.clip(np.ceil(edges[-1] + 0.5), first, length))
    low = np.maximum(edges[:-1, None], np.arange(first, last) - 0.5)
    high = np.minimum(edges[1:, None], np.arange(first, last) + 0.5)
    return np.clip(high - low, 0, None).astype(np.float32), slice(first, last)


def missing_flags(stamps: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the flags EDGE, MISSING_BAND and MISSING_PIXELS of stamps.

    Parameters
    ----------
    stamps : ndarray of float32, shape (stamp, band, y, x)
    inside : ndarray of bool, shape (stamp, y, x)
        What lies on the tile.
    """
    # a sum is NaN if one pixel is: most stamps need no closer look
    whole = np.isfinite(stamps.sum(axis=(2, 3)))
    flags = np.zeros(len(stamps), dtype=np.int32)
    flags[~inside.all(axis=(1, 2))] |= StampFlag.EDGE
    for k in np.flatnonzero(~whole.all(axis=1)):
        seen = np.isfinite(stamps[k])
        there = seen.any(axis=(1, 2))
        if not there.all():
            flags[k] |= StampFlag.MISSING_BAND
        lost = (inside[k] & ~seen[there]).sum(axis=(1, 2))
        if (lost > _MISSING_SHARE * inside[k].sum()).any():
            flags[k] |= StampFlag.MISSING_PIXELS
    return flags


def square_picture(
    image: NDArray[np.float32], size_px: int | None
) -> tuple[NDArray[np.float32], bool]:
    """Return the central square of a picture at a chosen size, and whether that resampled it.

    Parameters
    ----------
    image : ndarray of float32, shape (band, y, x)
    size_px : int or None
        Side; None for the picture's own, that of its shorter side.

    Returns
    -------
    square : ndarray of float32, shape (band, size_px, size_px)
        Averaged over areas where it shrinks, bilinear where it grows.
    resampled : bool
    """
    height, width = image.shape[1:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[:, top : top + side, left : left + side]
    if size_px is None or size_px == side:
        return square, False
    resized = [
        np.asarray(Image.fromarray(band).resize((size_px, size_px), Image.Resampling.BILINEAR))
        for band in np.ascontiguousarray(square)
    ]
    return np.stack(resized).astype(np.float32), True
