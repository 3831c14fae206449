"""Rows of the stamp table: pixels and what the table says of them, from a tile or a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.photometry import flux_to_mag, mag_error
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.cutting import cut, cut_to_scale, missing_flags, shared_noise, square_picture
from strandline.stamps.orientation import north_and_east
from strandline.stamps.schema import TableSpec
from strandline.stamps.sky import block_noise
from strandline.stamps.splits import healpix, split_by_name, split_by_sky
from strandline.tiles import Tile

__all__ = ["Rows", "galaxy_rows", "picture_row"]

_CUT_AT_ONCE = 32
_SAME_SCALE = 1e-3
_NOISE_EVERY_PX = 8
_PICTURE_REACH_PX = 4


@dataclass(frozen=True)
class Rows:
    """Some rows for a table.

    Attributes
    ----------
    columns : dict of str to ndarray, shape (row,)
        The table's scalar columns, noise included.
    pixels_njy : ndarray of float32, shape (row, band, y, x)
        Bands of the table; NaN is missing. Counts for pictures.
    noise_njy : ndarray of float32, shape (row, band)
        Sky noise of a pixel; NaN for a band without data.
    """

    columns: dict[str, NDArray[Any]]
    pixels_njy: NDArray[np.float32]
    noise_njy: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pixels_njy)


def galaxy_rows(
    tile: Tile, galaxies: Catalogue, spec: TableSpec, *, pixel_arcsec: float | None, seed: int
) -> Iterator[Rows]:
    """Yield the rows of a tile's galaxies, at most 32 at a time.

    Parameters
    ----------
    tile : Tile
    galaxies : Catalogue
        Of that tile; its pixels, sky subtracted, are what is cut.
    spec : TableSpec
    pixel_arcsec : float or None
        Pixels of the stamps; None for the tile's own. Others are resampled and flagged.
    seed : int
        Of the splits.
    """
    bin_px = 1.0 if pixel_arcsec is None else pixel_arcsec / tile.pixel_scale_arcsec
    resampled = abs(bin_px - 1) > _SAME_SCALE
    columns = _tile_columns(tile, galaxies, spec, seed)
    columns["pixel_scale_arcsec"] = np.full(
        len(galaxies), pixel_arcsec if pixel_arcsec and resampled else tile.pixel_scale_arcsec
    )
    if resampled:
        columns["flags"] |= StampFlag.RESAMPLED
    bands = [spec.bands.index(band) for band in tile.bands]
    for start in range(0, len(galaxies), _CUT_AT_ONCE):
        part = slice(start, start + _CUT_AT_ONCE)
        x, y = galaxies.x[part], galaxies.y[part]
        image = galaxies.sky.image_njy
        if resampled:
            stamps, inside = cut_to_scale(image, x, y, spec.size_px, bin_px)
        else:
            stamps, inside = cut(image, x, y, spec.size_px)
        pixels = _in_bands(stamps, bands, spec)
        noise = _in_bands(_local_noise(galaxies, part, spec.size_px * bin_px), bands, spec)
        if resampled:
            noise *= np.float32(shared_noise(bin_px))
        noise[~np.isfinite(pixels).any(axis=(2, 3))] = np.nan
        told = {name: values[part] for name, values in columns.items()}
        told["flags"] = told["flags"] | missing_flags(pixels, inside)
        yield Rows(told | _noise_columns(noise, spec), pixels, noise)


def picture_row(tile: Tile, spec: TableSpec, seed: int) -> Rows:
    """Return the one row of a colour picture, its centre squared to the table's size."""
    pixels, resampled = square_picture(tile.image_njy, spec.size_px)
    noise = np.array([[block_noise(band, _PICTURE_REACH_PX) for band in pixels]], dtype=np.float32)
    flags = StampFlag.UNCALIBRATED | StampFlag.NO_WCS
    if resampled:
        flags |= StampFlag.RESAMPLED
    columns: dict[str, Any] = {
        "id": [tile.name],
        "tile": [tile.name],
        "source": [tile.source],
        "path": [tile.path],
        "flags": [int(flags)],
        "split": split_by_name([tile.name], seed),
    }
    told = {name: np.asarray(values) for name, values in columns.items()}
    return Rows(told | _noise_columns(noise, spec), pixels[None], noise)


def _tile_columns(
    tile: Tile, galaxies: Catalogue, spec: TableSpec, seed: int
) -> dict[str, NDArray[Any]]:
    count = len(galaxies)
    numbers = np.arange(count)
    index = healpix(galaxies.ra, galaxies.dec)
    ids = [f"{tile.name}-{k:05d}" for k in numbers]
    placed = bool((index >= 0).all())
    north, east = north_and_east(tile.wcs, galaxies.x, galaxies.y)
    columns: dict[str, Any] = {
        "id": ids if galaxies.label is None else galaxies.label,
        "tile": [tile.name] * count,
        "source": [tile.source] * count,
        "path": [tile.path] * count,
        "ra": galaxies.ra,
        "dec": galaxies.dec,
        "healpix": index,
        "x": galaxies.x,
        "y": galaxies.y,
        "radius_arcsec": galaxies.radius_arcsec,
        "axis_ratio": galaxies.axis_ratio,
        "position_angle_deg": galaxies.position_angle_deg,
        "north_deg": north,
        "east_deg": east,
        "star_score": galaxies.star_score,
        "flags": galaxies.flags.copy(),
        "split": split_by_sky(index, seed) if placed else split_by_name([tile.name] * count, seed),
    }
    for k, band in enumerate(tile.bands):
        if galaxies.calibrated[k]:
            flux, error = galaxies.flux_njy[:, k], galaxies.flux_err_njy[:, k]
            columns[f"mag_{band}"] = flux_to_mag(flux)
            columns[f"mag_err_{band}"] = mag_error(flux, error)
    return {name: np.asarray(values) for name, values in columns.items()}


def _local_noise(galaxies: Catalogue, part: slice, side_px: float) -> NDArray[np.float32]:
    """Return the noise of a tile's pixel around each galaxy, shape (row, band).

    Where the tile has a variance it is the median of that in the stamp's field: a coadd is not
    equally deep everywhere. Else it is the noise of the tile's blank sky.
    """
    sky = galaxies.sky
    x, y = galaxies.x[part], galaxies.y[part]
    noise = np.tile(sky.noise_njy.astype(np.float32), (len(x), 1))
    if sky.variance_njy2 is None:
        return noise
    for k, (left, top) in enumerate(zip(x - side_px / 2, y - side_px / 2, strict=True)):
        rows, columns = (
            slice(max(0, round(first)), max(0, round(first + side_px)), _NOISE_EVERY_PX)
            for first in (top, left)
        )
        sample = sky.variance_njy2[:, rows, columns].reshape(len(noise[k]), -1)
        for band, values in enumerate(sample):
            known = values[np.isfinite(values)]
            if known.size and np.isfinite(noise[k, band]):
                noise[k, band] = np.sqrt(np.median(known))
    return noise


def _in_bands(
    values: NDArray[np.float32], bands: list[int], spec: TableSpec
) -> NDArray[np.float32]:
    """Return `values` (row, band of the tile, ...) with the table's bands; NaN for those absent."""
    if bands == list(range(len(spec.bands))):
        return values
    shape = (len(values), len(spec.bands), *values.shape[2:])
    every = np.full(shape, np.nan, dtype=np.float32)
    every[:, bands] = values
    return every


def _noise_columns(noise: NDArray[np.float32], spec: TableSpec) -> dict[str, NDArray[Any]]:
    return {f"noise_{band}": noise[:, k] for k, band in enumerate(spec.bands)}
