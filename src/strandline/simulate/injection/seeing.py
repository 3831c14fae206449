"""Seeing of real images: measured from their stars, and put on what is injected into them."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter
from scipy.optimize import least_squares

from strandline.stamps.stars import find_locus

__all__ = ["MOFFAT_BETA", "filled_in", "measure_fwhm_px", "moffat_px", "through_seeing"]

MOFFAT_BETA = 3.0
"""Exponent of the profile of stars (Moffat 1969), as in the simulated camera."""

_LEAST_SNR = 50.0  # of the peak pixel: fainter ones do not count for the locus of stars
_HALF_PX = 7
_MOST_PEAKS = 400
_FWHM_RANGE_PX = (1.2, 12.0)
_KERNEL_REACH = 8.0  # in FWHM


def moffat_px(radius_px: NDArray[np.floating], fwhm_px: float) -> NDArray[np.float64]:
    """Return the surface brightness of a star of unit flux at `radius_px`, per square pixel."""
    width = fwhm_px / (2 * math.sqrt(2 ** (1 / MOFFAT_BETA) - 1))
    peak = (MOFFAT_BETA - 1) / (math.pi * width**2)
    return np.asarray(peak * (1 + (radius_px / width) ** 2) ** -MOFFAT_BETA, dtype=np.float64)


def through_seeing(
    light: NDArray[np.float32],
    fwhm_px: Sequence[float],
    shift_px: Sequence[tuple[float, float]] | None = None,
) -> NDArray[np.float32]:
    """Return light as it is seen, shape (band, y, x).

    Parameters
    ----------
    light : ndarray of float32, shape (band, y, x)
    fwhm_px : sequence of float
        By band, as measured of stars: pixels' own width included.
    shift_px : sequence of tuple of float, optional
        By band, how far to move it as well, (x, y).

    Notes
    -----
    Flux is kept but for what leaves the canvas. The kernel reaches 8 FWHM.
    """
    rows, columns = light.shape[1:]
    seen = np.empty_like(light)
    for k, (plane, fwhm) in enumerate(zip(light, fwhm_px, strict=True)):
        reach = math.ceil(_KERNEL_REACH * fwhm)
        shape = [fft.next_fast_len(side + reach, real=True) for side in (rows, columns)]
        down, right = (np.minimum(np.arange(side), side - np.arange(side)) for side in shape)
        kernel = moffat_px(np.hypot(down[:, None], right[None, :]), fwhm)
        spectrum = fft.rfft2(plane.astype(np.float64), shape) * fft.rfft2(kernel / kernel.sum())
        dx, dy = shift_px[k] if shift_px else (0.0, 0.0)
        if dx or dy:
            turns = dy * fft.fftfreq(shape[0])[:, None] + dx * fft.rfftfreq(shape[1])[None, :]
            spectrum = spectrum * np.exp(-2j * np.pi * turns)
        seen[k] = fft.irfft2(spectrum, shape)[:rows, :columns]
    return seen


def measure_fwhm_px(images: Iterable[NDArray[np.float32]]) -> float:
    """Return the width (FWHM, px) of the stars on images of one band; NaN where there are too few.

    Parameters
    ----------
    images : iterable of ndarray of float32, shape (y, x)
        Sky subtracted; NaN is missing.

    Notes
    -----
    A round Moffat profile is fitted to all bright compact peaks; stars are the smallest crowd
    among the widths, as in `strandline.stamps.stars`.
    """
    widths: list[float] = []
    snrs: list[float] = []
    for image in images:
        for cutout, snr in _peaks(image):
            width = _fit(cutout)
            if _FWHM_RANGE_PX[0] < width < _FWHM_RANGE_PX[1]:
                widths.append(width)
                snrs.append(snr)
        if len(widths) >= _MOST_PEAKS:
            break
    round_one = np.ones(len(widths))
    locus = find_locus(
        np.array(widths), np.array(snrs), round_one, round_one.astype(np.bool_), math.nan
    )
    return locus.radius_px if locus else math.nan


def filled_in(fwhm: Mapping[str, float]) -> dict[str, float]:
    """Return widths by band, with the median of the others where one is unknown (NaN)."""
    known = [value for value in fwhm.values() if math.isfinite(value)]
    usual = float(np.median(known)) if known else math.nan
    return {band: value if math.isfinite(value) else usual for band, value in fwhm.items()}


def _peaks(image: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], float]]:
    """Return cutouts around bright peaks that are alone and whole, with their signal-to-noise."""
    known = np.isfinite(image)
    if known.sum() < 100:
        return []
    filled = np.where(known, image, np.float32(0))
    noise = 1.4826 * float(np.median(np.abs(filled[known] - np.median(filled[known]))))
    if noise <= 0:
        return []
    top = maximum_filter(filled, 2 * _HALF_PX + 1, mode="constant")
    rows, columns = np.nonzero((filled == top) & (filled > _LEAST_SNR * noise))
    found = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        y, x = row - _HALF_PX, column - _HALF_PX
        side = 2 * _HALF_PX + 1
        if y < 0 or x < 0 or y + side > image.shape[0] or x + side > image.shape[1]:
            continue
        cutout = image[y : y + side, x : x + side]
        flat_top = (cutout > 0.97 * cutout.max()).sum() > 3  # saturated
        if np.isfinite(cutout).all() and not flat_top:
            found.append((cutout, float(filled[row, column] / noise)))
    return found


def _fit(cutout: NDArray[np.float32]) -> float:
    """Return the FWHM of a round Moffat profile on a level background, px."""
    place = np.arange(-_HALF_PX, _HALF_PX + 1, dtype=np.float64)
    scale = float(cutout.max())
    target = cutout.astype(np.float64) / scale
    half_up = max(float((target > 0.5).sum()), 2.0)
    guess = 2 * math.sqrt(half_up / math.pi)
    start = [0.0, 0.0, math.log(guess), 1.1 * guess**2, 0.0]

    def miss(values: NDArray[np.float64]) -> NDArray[np.float64]:
        radius = np.hypot(place[:, None] - values[1], place - values[0])
        model = values[3] * moffat_px(radius, _width(values[2])) + values[4]
        return np.asarray((model - target).ravel())

    def slopes(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much each of the values moves the model, shape (pixel, value)."""
        dx, dy = place - values[0], place[:, None] - values[1]
        fwhm = _width(values[2])
        light = moffat_px(np.hypot(dx, dy), fwhm)
        width2 = fwhm**2 / (4 * (2 ** (1 / MOFFAT_BETA) - 1))
        farther = MOFFAT_BETA / (dx**2 + dy**2 + width2)
        bright = values[3] * light
        by_value = (
            2 * bright * farther * dx,
            2 * bright * farther * dy,
            2 * bright * (farther * (dx**2 + dy**2) - 1),
            light,
            np.ones_like(light),
        )
        return np.stack([slope.ravel() for slope in by_value], axis=1)

    try:
        found = least_squares(miss, start, jac=slopes, method="lm", max_nfev=40)
    except ValueError:
        return math.nan
    return _width(found.x[2])


def _width(logarithm: float) -> float:
    return math.exp(min(max(float(logarithm), -4.0), 4.0))  # a fit may run away
