"""Cuts of a tile that are wider than the stamp, for features that reach the stamp's edge."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.errors import TileError
from strandline.stamps.cutting import cut, cut_to_scale
from strandline.stamps.sky import Sky, measure_sky
from strandline.tiles import TileSource, discover, read_tile

__all__ = ["tiles_by_name", "wider_cut"]

_SAME_SCALE = 1e-3
_MOST_DIFFERENT = 0.01  # of a stamp's power: what is stored has 11 bits


def tiles_by_name(place: str | Path) -> dict[str, TileSource]:
    """Return the tiles of a folder or a ``tiles.csv`` by the name that stamp tables give them."""
    return {source.name: source for source in discover([place]).sources}


def wider_cut(
    flux_njy: NDArray[np.float32],
    row: Mapping[str, Any],
    bands: tuple[str, ...],
    source: TileSource,
) -> NDArray[np.float32] | None:
    """Cut a stamp again, with half a stamp more on each side.

    Parameters
    ----------
    flux_njy : ndarray of float32, shape (band, y, x)
        The stamp.
    row : mapping of str to object
        What the table tells of it.
    bands : tuple of str
        Of the stamp.
    source : TileSource
        The tile that it was cut from.

    Returns
    -------
    ndarray of float32, shape (band, 2 y, 2 x), or None
        nJy, as the stamp is, whatever zero point it was cut with; None if the tile cannot be read,
        or if its middle does not show what the stamp shows.
    """
    try:
        sky, names, scale = _sky_of(source)
    except TileError:
        return None
    side = flux_njy.shape[-1]
    rim = side // 2
    at = (np.array([row["x"]], dtype=np.float64), np.array([row["y"]], dtype=np.float64))
    bin_px = float(row["pixel_scale_arcsec"]) / scale
    if abs(bin_px - 1) > _SAME_SCALE:
        found, _ = cut_to_scale(sky.image_njy, *at, side + 2 * rim, bin_px)
    else:
        found, _ = cut(sky.image_njy, *at, side + 2 * rim)
    wide = np.full((len(bands), *found.shape[2:]), np.nan, dtype=np.float32)
    for band, plane in zip(names, found[0], strict=True):
        if band in bands:
            wide[bands.index(band)] = plane
    inner = wide[:, rim : rim + side, rim : rim + side]
    for plane, stamp, same in zip(wide, flux_njy, inner, strict=True):
        factor = _ratio(stamp, same)
        if factor is None:
            return None
        plane *= np.float32(factor)
    return wide


def _ratio(stamp: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Return by what to multiply `other` to have the stamp; None if they are not alike."""
    seen = np.isfinite(stamp) & np.isfinite(other)
    if not seen.any():
        return 1.0 if not np.isfinite(stamp).any() else None
    a, b = stamp[seen].astype(np.float64), other[seen].astype(np.float64)
    power = float(a @ a)
    factor = float(a @ b) / max(float(b @ b), 1e-300)
    rest = a - factor * b
    return factor if factor > 0 and float(rest @ rest) <= _MOST_DIFFERENT * power else None


@lru_cache(maxsize=1)
def _sky_of(source: TileSource) -> tuple[Sky, tuple[str, ...], float]:
    """Return a tile without its sky, its bands and its scale; neighbouring rows share it."""
    tile = read_tile(source)
    return measure_sky(tile), tile.bands, tile.pixel_scale_arcsec
