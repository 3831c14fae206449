"""Skies of which everything is known: galaxies, stars, noise, and tiles made of them."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy import ndimage, special

from strandline.tiles import Tile

SCALE_ARCSEC = 0.263
SEEING_PX = 4.0
NOISE = 10.0

Image = NDArray[np.float32]


def sky_noise(*shape: int, seed: int = 0, sigma: float = NOISE) -> Image:
    """Return independent normal noise."""
    noise: Image = np.random.default_rng(seed).normal(0, sigma, shape).astype(np.float32)
    return noise


def star(
    shape: tuple[int, int], x: float, y: float, flux: float, fwhm_px: float = SEEING_PX
) -> Image:
    """Return a point source seen through a normal distribution, integrated over each pixel."""
    sigma = fwhm_px / math.sqrt(8 * math.log(2))

    def along(length: int, centre: float) -> NDArray[np.float64]:
        edges = (np.arange(length + 1) - 0.5 - centre) / (sigma * math.sqrt(2))
        return np.asarray(np.diff(special.erf(edges)) / 2)

    return (flux * np.outer(along(shape[0], y), along(shape[1], x))).astype(np.float32)


def moffat(
    shape: tuple[int, int], x: float, y: float, flux: float, fwhm_px: float = SEEING_PX
) -> Image:
    """Return a point source with the wings of real seeing: a Moffat profile of exponent 3."""
    fine = 3
    yy, xx = (np.arange(side * fine) / fine - (fine - 1) / (2 * fine) for side in shape)
    width = fwhm_px / (2 * math.sqrt(2 ** (1 / 3) - 1))
    r2 = ((xx - x)[None, :] ** 2 + (yy - y)[:, None] ** 2) / width**2
    bright: NDArray[np.float64] = 2 / (math.pi * width**2) * (1 + r2) ** -3.0
    binned: NDArray[np.float64] = bright.reshape(shape[0], fine, shape[1], fine).mean(axis=(1, 3))
    return (flux * binned).astype(np.float32)


def sersic(
    shape: tuple[int, int],
    x: float,
    y: float,
    flux: float,
    radius_px: float,
    *,
    index: float = 1.0,
    axis_ratio: float = 1.0,
    theta_deg: float = 0.0,
    fwhm_px: float = SEEING_PX,
) -> Image:
    """Return a Sersic profile of that total flux and half-light radius, seen through the seeing.

    Parameters
    ----------
    shape : tuple of int
        (y, x)
    x, y : float
    flux : float
        Out to infinity.
    radius_px : float
        Half-light radius along the major axis.
    index, axis_ratio : float
    theta_deg : float
        Of the major axis, from +x towards +y.
    fwhm_px : float
        Of the seeing, a normal distribution.
    """
    fine = 5
    yy, xx = (np.arange(side * fine) / fine - (fine - 1) / (2 * fine) for side in shape)
    dx, dy = (xx - x)[None, :], (yy - y)[:, None]
    turn = math.radians(theta_deg)
    along = dx * math.cos(turn) + dy * math.sin(turn)
    across = (dy * math.cos(turn) - dx * math.sin(turn)) / axis_ratio
    b = special.gammaincinv(2 * index, 0.5)
    radius = np.hypot(along, across) / radius_px
    area = (2 * math.pi * index * radius_px**2 * axis_ratio * b ** (-2 * index)) * special.gamma(
        2 * index
    )
    bright = np.exp(-b * radius ** (1 / index)) / area
    binned = bright.reshape(shape[0], fine, shape[1], fine).mean(axis=(1, 3))
    sigma = fwhm_px / math.sqrt(8 * math.log(2))
    return (flux * ndimage.gaussian_filter(binned, sigma, truncate=6.0)).astype(np.float32)


def add(image: Image, part: Image, x: float, y: float) -> None:
    """Add `part`, whose centre is at its middle pixel, with that pixel at (x, y); in place."""
    half = part.shape[0] // 2
    left, bottom = round(x) - half, round(y) - half
    height, width = image.shape
    x0, x1 = max(0, left), min(width, left + part.shape[1])
    y0, y1 = max(0, bottom), min(height, bottom + part.shape[0])
    image[y0:y1, x0:x1] += part[y0 - bottom : y1 - bottom, x0 - left : x1 - left]


def wcs_of(
    shape: tuple[int, ...],
    scale_arcsec: float = SCALE_ARCSEC,
    *,
    ra: float = 150.0,
    dec: float = 2.0,
    turned_deg: float = 0.0,
) -> WCS:
    """Return a TAN projection centred on the image, north `turned_deg` from +y towards -x."""
    turn = math.radians(turned_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    scale = scale_arcsec / 3600
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra, dec]
    wcs.wcs.crpix = [(shape[-1] + 1) / 2, (shape[-2] + 1) / 2]
    wcs.wcs.cd = scale * np.array([[-cos, -sin], [-sin, cos]])
    return wcs


def make_tile(image: NDArray[Any], bands: str = "r", **changes: Any) -> Tile:
    """Return a calibrated tile of images (band, y, x) or of one (y, x)."""
    stack = np.atleast_3d(image) if image.ndim == 3 else image[None]
    shape = stack.shape[1:]
    scale = changes.get("pixel_scale_arcsec", SCALE_ARCSEC)
    tile = Tile(
        name="tile",
        source="tile_r.fits",
        path="somewhere/tile_r.fits",
        kind="fits",
        bands=tuple(bands),
        image_njy=stack.astype(np.float32),
        variance_njy2=None,
        saturated=np.zeros(shape, dtype=np.bool_),
        wcs=wcs_of(shape, scale),
        pixel_scale_arcsec=scale,
        psf_fwhm_arcsec=(math.nan,) * len(stack),
        calibrated=(True,) * len(stack),
        notes=(),
    )
    return replace(tile, **changes)


def write_band(
    path: Path,
    image: Image,
    *,
    scale_arcsec: float = SCALE_ARCSEC,
    zeropoint: float | None = 31.4,
    ra: float = 150.0,
    dec: float = 2.0,
    variance: NDArray[Any] | None = None,
    **cards: Any,
) -> Path:
    """Write one band as a FITS file, in nJy by default, and return its path."""
    header = wcs_of(image.shape, scale_arcsec, ra=ra, dec=dec).to_header()
    if zeropoint is not None:
        header["MAGZERO"] = zeropoint
    for key, value in cards.items():
        header[key] = value
    parts = [fits.PrimaryHDU(image, header)]
    if variance is not None:
        parts = [fits.PrimaryHDU(), fits.ImageHDU(image, header, name="IMAGE")]
        parts.append(fits.ImageHDU(variance.astype(np.float32), header, name="VARIANCE"))
    fits.HDUList(parts).writeto(path, overwrite=True)
    return path
