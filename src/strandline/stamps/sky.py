"""The sky of a tile: its level is subtracted, its noise measured, objects kept out of both."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import sep
from numpy.typing import NDArray
from scipy import ndimage

from strandline.tiles.tile import Tile

__all__ = ["Sky", "block_noise", "coadd", "measure_sky", "seeing_px", "smooth"]

_QUARTILE_RANGE = 1.349  # between the quartiles of a normal distribution, in its sigma
_MESH_ARCSEC = 128.0
_MESH_RANGE_PX = (128, 256)
_FEWEST_MESHES = 3
_USUAL_SEEING_ARCSEC = 1.2
_SEEING_RANGE_PX = (1.5, 20.0)
_BLOCK_PX = 64
_ENOUGH_BLOCKS = 400
_EVERY_PX = 4
_BRIGHT_SNR = 3.0
_OBJECT_SNR = 2.5
_LEAST_SKY_SHARE = 0.05
_ENOUGH_SKY_SHARE = 0.5
_FEWEST_DIFFERENCES = 100
_ENOUGH_DIFFERENCES = 1_000_000


@dataclass(frozen=True)
class Sky:
    """A tile after its sky was taken away.

    Attributes
    ----------
    image_njy : ndarray of float32, shape (band, y, x)
        Sky subtracted; NaN is missing.
    noise_njy : ndarray of float64, shape (band,)
        Standard deviation of one pixel of blank sky; NaN for a band without data.
    variance_njy2 : ndarray of float32, shape (band, y, x), or None
        The tile's variance, scaled to the measured noise of the blank sky.
    seeing_px : float
        Full width at half maximum of the smoothing used to find objects.
    notes : tuple of str
    """

    image_njy: NDArray[np.float32]
    noise_njy: NDArray[np.float64]
    variance_njy2: NDArray[np.float32] | None
    seeing_px: float
    notes: tuple[str, ...]


def measure_sky(tile: Tile) -> Sky:
    """Subtract the sky of each band and measure its noise.

    Parameters
    ----------
    tile : Tile
        Not changed.

    Returns
    -------
    Sky

    Notes
    -----
    The level is SExtractor's (a clipped mode in meshes, median-filtered 3x3), taken twice: first
    coarsely, then without the pixels of objects in meshes of 128", which are 128 to 256 px. A
    tile less than three meshes wide has one level only, the one about which its faintest pixels
    lie: there a mesh would hold little but the galaxy, and would eat its outskirts. Where objects
    cover more than half of the tile it lies too high at first, and is taken once more; not until it
    rests, as it would run down every slope.
    """
    width = seeing_px(tile)
    reach = math.ceil(2 * width)
    coarse, fine = _MESH_RANGE_PX[1], _mesh_px(tile.pixel_scale_arcsec)
    image = np.empty_like(tile.image_njy)
    noise = np.full(len(tile.bands), np.nan)
    for band, pixels in enumerate(tile.image_njy):
        noise[band] = block_noise(pixels, reach)
        image[band] = pixels - _level(pixels, noise[band], ~np.isfinite(pixels), coarse)
    notes = []
    meshes = min(image.shape[1:]) >= _FEWEST_MESHES * fine
    for _ in range(1 if meshes else 2):
        objects = _object_mask(image, noise, width)
        blank = 1 - objects.mean()
        if blank < _LEAST_SKY_SHARE:
            notes.append(
                f"objects cover {100 * (1 - blank):.0f} % of the tile: sky level and noise are "
                "taken from its faintest parts"
            )
            break
        for band in np.flatnonzero(np.isfinite(noise)).tolist():
            masked = objects | ~np.isfinite(image[band])
            image[band] -= _level(image[band], noise[band], masked, fine)
            noise[band] = _noise_of_blank(image[band], objects, reach, noise[band])
        if blank > _ENOUGH_SKY_SHARE:
            break
    variance = _scaled_variance(tile, noise, objects)
    return Sky(image, noise, variance, width, tuple(notes))


def seeing_px(tile: Tile) -> float:
    """Return the width (FWHM, px) of point sources: the tile's own if known, else usual seeing."""
    known = [fwhm for fwhm in tile.psf_fwhm_arcsec if np.isfinite(fwhm)]
    fwhm_arcsec = float(np.median(known)) if known else _USUAL_SEEING_ARCSEC
    return float(np.clip(fwhm_arcsec / tile.pixel_scale_arcsec, *_SEEING_RANGE_PX))


def smooth(image: NDArray[np.float32], fwhm_px: float) -> NDArray[np.float32]:
    """Return `image` convolved with a normal distribution of that full width at half maximum."""
    sigma = fwhm_px / math.sqrt(8 * math.log(2))
    return np.asarray(ndimage.gaussian_filter(image, sigma, truncate=3.0), dtype=np.float32)


def coadd(sky: Sky, calibrated: bool) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Add the bands, weighted by their noise, to one image in units of its own pixel noise.

    Parameters
    ----------
    sky : Sky
    calibrated : bool
        Whether all bands share a unit. If so, weights are 1 / variance, best for a source of
        flat spectrum; else 1 / noise, which does not depend on the unit.

    Returns
    -------
    signal : ndarray of float32, shape (y, x)
        In units of the noise of a pixel; 0 where missing.
    missing : ndarray of bool, shape (y, x)
        Where no band has data.
    """
    return _coadd(sky.image_njy, sky.noise_njy, sky.variance_njy2, calibrated)


def _coadd(
    image: NDArray[np.float32],
    noise: NDArray[np.float64],
    variance: NDArray[np.float32] | None,
    calibrated: bool,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    total = np.zeros(image.shape[1:], dtype=np.float32)
    power = np.zeros_like(total)
    for band, pixels in enumerate(image):
        if np.isnan(noise[band]):
            continue
        squared: Any = np.float32(noise[band] ** 2)
        if variance is not None:
            squared = _variance_of_sky(variance[band], pixels, noise[band])
        weight = 1 / squared if calibrated else 1 / np.sqrt(squared)
        there = np.isfinite(pixels) & np.isfinite(weight)
        total += np.where(there, pixels * weight, 0)
        power += np.where(there, weight**2 * squared, 0)
    missing = power <= 0
    power[missing] = 1
    total /= np.sqrt(power)
    return total, missing


def _variance_of_sky(
    variance: NDArray[np.float32], pixels: NDArray[np.float32], noise: float
) -> NDArray[np.float32]:
    """Return a band's variance without what the photons of its sources add.

    Some pipelines count them in. Weighed by it, the cores of bright objects would weigh less than
    their outskirts, and bright stars would look larger than faint ones. Pixels well above the
    noise take the variance of the emptiest parts of the 64 px around them, if that is less.
    """
    sparse = np.where(np.isfinite(variance), variance, np.inf)[::_EVERY_PX, ::_EVERY_PX]
    size = _BLOCK_PX // _EVERY_PX
    rows, columns = (-(-side // size) for side in sparse.shape)
    whole = np.full((rows * size, columns * size), np.inf, dtype=np.float32)
    whole[: sparse.shape[0], : sparse.shape[1]] = sparse
    blocks = np.sort(whole.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(-1, size**2))
    known = np.isfinite(blocks).sum(axis=1)
    level = blocks[np.arange(len(blocks)), known // 4].reshape(rows, columns)
    level = level.repeat(_BLOCK_PX, axis=0).repeat(_BLOCK_PX, axis=1)
    level = level[: variance.shape[0], : variance.shape[1]]
    bright = pixels > _BRIGHT_SNR * noise
    return np.where(bright, np.minimum(variance, level), variance)


def block_noise(pixels: NDArray[np.float32], reach: int) -> float:
    """Return the noise of a pixel, from second differences over `reach` px in blocks.

    Differences over more than the width of a point source see the noise in full even where
    resampling has correlated neighbouring pixels, and take out the light of large galaxies. The
    lower quartile of blocks of 64 px is that of the emptiest ones; of large images, some 400 blocks
    all over them are taken.

    Parameters
    ----------
    pixels : ndarray of float32, shape (y, x)
        NaN is missing.
    reach : int
        px.

    Returns
    -------
    float
        NaN if there are no data.
    """
    values = [
        value for axis in (0, 1) for value in _difference_noise(np.moveaxis(pixels, axis, 0), reach)
    ]
    finite = [value for value in values if np.isfinite(value) and value > 0]
    return float(np.percentile(finite, 25)) if finite else math.nan


def _difference_noise(pixels: NDArray[np.float32], reach: int) -> NDArray[np.float64]:
    second = _second_differences(pixels, reach)
    size = min(_BLOCK_PX, *second.shape)
    rows, columns = (side // size for side in second.shape)
    blocks = second[: rows * size, : columns * size].reshape(rows, size, columns, size)
    flat = blocks.swapaxes(1, 2).reshape(rows * columns, size * size)
    flat = flat[np.isfinite(flat).any(axis=1)]
    flat = flat[:: max(1, len(flat) // _ENOUGH_BLOCKS)]
    return _spread(flat) / math.sqrt(6)


def _second_differences(pixels: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Return second differences along the first axis; of independent noise, sqrt(6) times it."""
    reach = max(1, min(reach, (pixels.shape[0] - 1) // 4))
    return pixels[: -2 * reach] - 2 * pixels[reach:-reach] + pixels[2 * reach :]


def _mesh_px(pixel_scale_arcsec: float) -> int:
    return round(float(np.clip(_MESH_ARCSEC / pixel_scale_arcsec, *_MESH_RANGE_PX)))


def _level(
    pixels: NDArray[np.float32], noise: float, masked: NDArray[np.bool_], mesh_px: int
) -> NDArray[np.float32] | float:
    """Return the sky level, an image or one number."""
    if masked.all():
        return 0.0
    if min(pixels.shape) >= _FEWEST_MESHES * mesh_px:
        filled = np.where(masked, np.float32(0), pixels)
        level = sep.Background(filled, mask=masked, bw=mesh_px, bh=mesh_px, fw=3, fh=3)
        return np.asarray(level.back(dtype=np.float32))
    return _faintest_level(pixels[~masked], noise)


def _faintest_level(values: NDArray[np.float32], noise: float) -> float:
    """Return where the faint end of `values` piles up, given their noise: the blank sky."""
    if not noise > 0:
        return float(np.median(values))
    level = float(np.percentile(values, 5)) + 1.6 * noise  # 1.6 sigma cut off 5 % of a normal
    for _ in range(50):
        near = values[np.abs(values - level) < 2.5 * noise]
        moved = float(np.median(near)) if near.size else level
        if abs(moved - level) < 0.003 * noise:
            break
        level = moved
    return level


def _object_mask(
    image: NDArray[np.float32], noise: NDArray[np.float64], width: float
) -> NDArray[np.bool_]:
    """Return which pixels belong to objects, with a margin as wide as their seeing."""
    signal, missing = _coadd(image, noise, None, calibrated=False)
    smoothed = smooth(signal, width)
    spread = block_noise(smoothed, math.ceil(2 * width))
    bright = (smoothed > _OBJECT_SNR * spread) & ~missing
    return np.asarray(ndimage.maximum_filter(bright, size=2 * math.ceil(2 * width) + 1)) | missing


def _noise_of_blank(
    pixels: NDArray[np.float32], objects: NDArray[np.bool_], reach: int, otherwise: float
) -> float:
    """Return the noise of blank sky by its second differences, so that no gradient adds to it."""
    every = max(1, pixels.size // _ENOUGH_DIFFERENCES)  # of the lines along which to look
    parts = []
    for axis in (0, 1):
        lines, taken = (np.moveaxis(plane, axis, 0)[:, ::every] for plane in (pixels, objects))
        blank = np.where(taken, np.float32(np.nan), lines)
        parts.append(_second_differences(blank, reach).ravel())
    known = [part[np.isfinite(part)] for part in parts]
    spreads = [float(_spread(part[None])[0]) for part in known if part.size >= _FEWEST_DIFFERENCES]
    positive = [spread for spread in spreads if spread > 0]
    return float(np.mean(positive)) / math.sqrt(6) if positive else otherwise


def _spread(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the standard deviation of each row by its quartiles, NaN left out; shape (row,).

    Each row has at least one value that is not NaN.
    """
    ordered = np.sort(values, axis=1)  # NaN last
    last = np.isfinite(ordered).sum(axis=1) - 1
    rows = np.arange(len(ordered))
    lower, upper = (ordered[rows, np.rint(q * last).astype(np.int64)] for q in (0.25, 0.75))
    return np.asarray((upper - lower) / _QUARTILE_RANGE, dtype=np.float64)


def _scaled_variance(
    tile: Tile, noise: NDArray[np.float64], objects: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """Return the tile's variance with its blank-sky median set to the measured one.

    Pipelines that resample do not carry covariance along, so that their variance is too small.
    """
    if tile.variance_njy2 is None:
        return None
    out = np.full_like(tile.variance_njy2, np.nan)
    for band, variance in enumerate(tile.variance_njy2):
        usable = np.isfinite(variance) & (variance > 0)
        blank = variance[usable & ~objects]
        blank = blank if blank.size else variance[usable]
        if np.isnan(noise[band]):
            continue
        if not blank.size:
            out[band] = noise[band] ** 2
        else:
            factor = np.float32(noise[band] ** 2 / np.median(blank))
            out[band] = np.where(usable, variance * factor, np.nan)
    return out
