"""Pixels of a tile, all bands, in nJy on one grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.errors import TileError
from strandline.photometry import zeropoint_to_njy
from strandline.tiles.headers import psf_fwhm_arcsec, saturation_level, zeropoint
from strandline.tiles.masks import empty_pixels, mask_planes
from strandline.tiles.picture import read_picture
from strandline.tiles.regrid import pixel_map, regrid
from strandline.tiles.scan import open_fits, pixels_of
from strandline.tiles.tile import BandImage, ReadOptions, Tile, TileSource
from strandline.tiles.wcs import celestial_wcs, offset_px

__all__ = ["read_tile"]

_SHIFT_AT_MOST_PX = 0.3  # more would smear colours; less is within the registration of coadds
_WORTH_A_NOTE = 0.001


@dataclass
class _Band:
    """One band while it is being read."""

    image: NDArray[np.float32]
    variance: NDArray[np.float32] | None
    saturated: NDArray[np.bool_]
    wcs: WCS
    psf_fwhm_arcsec: float
    calibrated: bool
    notes: list[str]


def read_tile(
    source: TileSource,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
) -> Tile:
    """Read all bands of a tile.

    Flux becomes nJy where a zero point is known. Pixels that a mask calls unusable, that have no
    weight, or that are exactly zero in whole blocks become NaN. Bands whose pixels lie more than
    0.3 px apart on the sky are moved onto the grid of the first (bilinear). What was done is said
    in the tile's notes.

    Raises
    ------
    TileError
        If a file cannot be read, the bands do not fit together, or no band has a usable pixel.
    """
    if source.kind == "picture":
        return read_picture(source)
    bands: list[_Band] = []
    for (path, hdu), images in groupby(source.images, key=lambda image: (image.path, image.hdu)):
        bands += _read_file(path, hdu, list(images), source.pixel_scale_arcsec, options)
    names = tuple(image.band for image in source.images)
    first = bands[0]
    for name, image, band in zip(names[1:], source.images[1:], bands[1:], strict=True):
        if band.image.shape != first.image.shape:
            raise TileError(
                f"{image.path}: band {name} has {_told(band.image.shape)} px, but band {names[0]} "
                f"of the same tile has {_told(first.image.shape)} px ({source.images[0].path}). "
                "Bring them to one grid."
            )
        _onto_grid(name, band, names[0], first)
    if all(np.isnan(band.image).all() for band in bands):
        raise TileError(
            f"{source.path}: no band ({', '.join(names)}) has a usable pixel: all are NaN, zero "
            "or masked. Check the files or their masks."
        )
    return Tile(
        name=source.name,
        source=source.source,
        path=source.path,
        kind="fits",
        bands=names,
        image_njy=np.stack([band.image for band in bands]),
        variance_njy2=_stack_variance(bands),
        saturated=np.any([band.saturated for band in bands], axis=0),
        wcs=first.wcs,
        pixel_scale_arcsec=source.pixel_scale_arcsec,
        psf_fwhm_arcsec=tuple(band.psf_fwhm_arcsec for band in bands),
        calibrated=tuple(band.calibrated for band in bands),
        notes=tuple(note for band in bands for note in band.notes),
    )


def _stack_variance(bands: list[_Band]) -> NDArray[np.float32] | None:
    if all(band.variance is None for band in bands):
        return None
    missing = np.full(bands[0].image.shape, np.nan, dtype=np.float32)
    return np.stack([missing if band.variance is None else band.variance for band in bands])


def _read_file(
    path: Path, hdu: int | None, images: list[BandImage], scale_arcsec: float, options: ReadOptions
) -> list[_Band]:
    """Read the bands that come from one part of one file."""
    with open_fits(path) as file:
        part = file[_first_image(file, path) if hdu is None else _there(file, hdu, path)]
        data = pixels_of(part, path)
        headers = (part.header, file[0].header)
        wcs = celestial_wcs(part.header, path)
        return [
            _read_band(file, image, _plane(data, image, path), headers, wcs, scale_arcsec, options)
            for image in images
        ]


def _first_image(file: Sequence[Any], path: Path) -> int:
    for k, part in enumerate(file):
        if getattr(part, "is_image", False) and part.shape:
            return k
    raise TileError(f"{path}: holds no image.")


def _there(file: Sequence[Any], hdu: int, path: Path) -> int:
    if hdu < len(file) and getattr(file[hdu], "is_image", False):
        return hdu
    raise TileError(f"{path}: has no image in part {hdu} any more: it changed while in use.")


def _plane(data: NDArray[Any], image: BandImage, path: Path) -> NDArray[Any]:
    """Return the two axes that belong to `image`, of a cube its plane."""
    if data.ndim == 3 and image.plane is not None and image.plane < len(data):
        return np.asarray(data[image.plane])
    if data.ndim == 2:
        return data
    shape = "x".join(map(str, data.shape[::-1]))
    raise TileError(f"{path}: has {shape} px, not the two axes of one band ({image.band}).")


def _read_band(
    file: Sequence[Any],
    image: BandImage,
    data: NDArray[np.generic],
    headers: tuple[fits.Header, fits.Header],
    wcs: WCS,
    scale_arcsec: float,
    options: ReadOptions,
) -> _Band:
    whole = data.dtype.kind in "iu"
    with np.errstate(over="ignore"):  # beyond float32: infinite, so missing
        pixels = np.array(data, dtype=np.float32)
    if whole and "BLANK" in headers[0]:
        pixels[data == headers[0]["BLANK"]] = np.nan
    pixels[~np.isfinite(pixels)] = np.nan
    saturated = pixels >= saturation_level(*headers)
    notes = []
    empty = empty_pixels(pixels)
    if empty.mean() > _WORTH_A_NOTE:
        notes.append(
            f"band {image.band}: {empty.mean():.1%} of the pixels are exactly zero, "
            "treated as missing"
        )
    pixels[empty] = np.nan
    variance = _variance(file, image, pixels.shape)
    unusable, more_saturated = _masked(file, image, pixels.shape)
    saturated |= more_saturated
    if variance is not None:
        unusable |= ~(variance > 0)
    pixels[unusable] = np.nan
    if np.isnan(pixels).all():
        notes.append(f"band {image.band}: no usable pixel, treated as missing")
    elif np.isnan(pixels).mean() - empty.mean() > _WORTH_A_NOTE:
        share = np.isnan(pixels).mean() - empty.mean()
        notes.append(f"band {image.band}: {share:.1%} of the pixels are NaN or masked")
    given = image.zeropoint if image.zeropoint is not None else options.zeropoint
    point = given if given is not None else zeropoint(image.path, *headers)
    factor = 1.0 if point is None else zeropoint_to_njy(point)
    if point is None:
        notes.append(
            f"band {image.band}: {image.path.name} tells no zero point, so fluxes are in image "
            "units and magnitudes unknown; give it with --zeropoint or in a tiles.csv"
        )
    pixels *= np.float32(factor)
    if variance is not None:
        variance *= np.float32(factor**2)
    fwhm = image.psf_fwhm_arcsec
    if fwhm is None:
        fwhm = psf_fwhm_arcsec(scale_arcsec, *headers)
    return _Band(pixels, variance, saturated, wcs, fwhm, point is not None, notes)


def _variance(
    file: Sequence[Any], image: BandImage, shape: tuple[int, ...]
) -> NDArray[np.float32] | None:
    """Return the variance in image units; NaN or 0 where a pixel has no weight."""
    if image.weight is not None:
        with open_fits(image.weight) as other:
            part = other[_first_image(other, image.weight)]
            weight = _beside(part, image, image.weight, str(image.weight), "weight", shape)
    elif image.variance_hdu is not None or image.weight_hdu is not None:
        hdu = image.weight_hdu if image.variance_hdu is None else image.variance_hdu
        part = file[_there(file, hdu or 0, image.path)]
        what = "weight" if image.variance_hdu is None else "variance"
        found = _beside(part, image, image.path, f"{image.path}[{hdu}]", what, shape)
        if image.variance_hdu is not None:
            return found.astype(np.float32)
        weight = found
    else:
        return None
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(weight > 0, 1 / weight.astype(np.float32), np.float32(np.nan))


def _masked(
    file: Sequence[Any], image: BandImage, shape: tuple[int, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if image.mask is not None:
        where = str(image.mask)
        with open_fits(image.mask) as other:
            part = other[_first_image(other, image.mask)]
            data, header = _beside(part, image, image.mask, where, "mask", shape), part.header
    elif image.mask_hdu is not None:
        part = file[_there(file, image.mask_hdu, image.path)]
        where = f"{image.path}[{image.mask_hdu}]"
        data, header = _beside(part, image, image.path, where, "mask", shape), part.header
    else:
        return np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    if data.dtype.kind == "f":  # not a number: not a good pixel
        data = np.where(np.isfinite(data), data, 1)
    try:
        return mask_planes(data.astype(np.int64), header)
    except (TypeError, ValueError, OverflowError) as error:
        raise TileError(
            f"{where}: the mask's MP_ keywords cannot be used ({error}); each must be the number "
            "of a bit. Mend them, or leave the mask out."
        ) from error


def _beside(
    part: Any, image: BandImage, path: Path, where: str, what: str, shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return the pixels of a weight, variance or mask, checked to lie on its image's grid."""
    data = pixels_of(part, path)
    if data.ndim == 3 and image.plane is not None and image.plane < len(data):
        data = data[image.plane]
    if data.shape != shape:
        raise TileError(
            f"{where}: the {what} has {_told(data.shape)} px, but its image {image.path} has "
            f"{_told(shape)} px. Give a {what} on the same grid, or leave it out."
        )
    return data


def _told(shape: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in shape[::-1])


def _onto_grid(name: str, band: _Band, first_name: str, first: _Band) -> None:
    """Move `band` onto the grid of `first` where they lie too far apart."""
    if band.wcs is first.wcs:
        return
    shape = (first.image.shape[0], first.image.shape[1])
    shift = offset_px(first.wcs, band.wcs, shape)
    if shift <= _SHIFT_AT_MOST_PX:
        return
    where = pixel_map(first.wcs, band.wcs, shape)
    band.image = regrid(band.image, where)
    if band.variance is not None:
        band.variance = regrid(band.variance, where)
    band.saturated = np.nan_to_num(regrid(band.saturated.astype(np.float32), where)) > 0
    band.wcs = first.wcs
    band.notes.append(
        f"band {name}: lies up to {shift:.1f} px from band {first_name}, moved onto its grid"
    )
