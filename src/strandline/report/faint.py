"""Faint light: all bands together, smoothed, black on white, as deep imaging papers print it."""

import numpy as np
from numpy.typing import NDArray

from strandline.report.stretch import asinh_scale, hatch, noise_of, sky_level, smooth

__all__ = ["faint_picture", "faint_view_of_picture"]

_SMOOTHING_PX = 1.5
_WHITE_SIGMA = -1.8
_BLACK_SIGMA = 400.0
_SOFTENING_SIGMA = 2.5
_PICTURE_BLACK_SIGMA = 150.0
_CORRELATED = (1.0, 3.0)
_LAG_IN_SMOOTHING = 4
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_PICTURE_SIGMA = (1.2, 3.5)
_MISSING = 250
_HATCH = 205


def faint_picture(
    flux_njy: NDArray[np.float32],
    noise_njy: NDArray[np.float32],
    *,
    smoothing_px: float = _SMOOTHING_PX,
    sky_subtracted: bool = False,
    black_sigma: float = _BLACK_SIGMA,
) -> NDArray[np.uint8]:
    """Return the inverted picture of all bands together that shows light near the sky's noise.

    The bands are summed with weights 1 / noise squared (the best signal-to-noise for a source of
    equal flux in all), smoothed by a Gaussian, and shown on an asinh scale from 1.8 sigma below
    the sky (white) to `black_sigma` above (black), where sigma is the noise after smoothing.

    Parameters
    ----------
    flux_njy : ndarray of float32, shape (band, y, x)
        NaN where missing.
    noise_njy : ndarray of float32, shape (band,)
        Sky noise per pixel; estimated from the stamp where not positive.
    smoothing_px : float
        Sigma of the Gaussian.
    sky_subtracted : bool
        As in `colour_picture`.
    black_sigma : float
        What is shown black: less shows more of the faint.

    Returns
    -------
    ndarray of uint8, shape (y, x)
        Rows in the order of `flux_njy`. Where every band is missing, a light hatch.
    """
    shape = flux_njy.shape[1:]
    total = np.zeros(shape, np.float32)
    weight = np.zeros(shape, np.float32)
    for plane, given in zip(flux_njy, noise_njy, strict=True):
        good = np.isfinite(plane)
        if good.any():
            sigma = noise_of(plane, float(given))
            inverse = np.float32(1 / sigma**2)
            sky = np.float32(0 if sky_subtracted else sky_level(plane, sigma))
            total += np.where(good, plane - sky, 0) * inverse
            weight += good * inverse
    missing = weight == 0
    with np.errstate(invalid="ignore"):
        signal = np.where(missing, np.nan, total / np.sqrt(weight)).astype(np.float32)
    calm = smooth(signal, smoothing_px)
    return _draw(calm / _noise_left(calm, smoothing_px), missing, black_sigma)


def _noise_left(calm: NDArray[np.float32], smoothing_px: float) -> np.float32:
    """Return the noise after smoothing noise of 1, from pixels too far apart to share any.

    White noise falls to 1 / (2 sqrt(pi) s). That of resampled coadds is correlated and falls
    less, by a factor that differs from survey to survey. Limits keep the structure of galaxies
    from counting as noise.
    """
    white = 1 / (2 * np.sqrt(np.pi) * smoothing_px)
    lag = round(_LAG_IN_SMOOTHING * smoothing_px)
    steps = (calm[:, lag:] - calm[:, :-lag]).ravel()
    steps = np.abs(steps[np.isfinite(steps)])
    # 1.4826: from the median absolute deviation to the sigma of a normal distribution
    found = 1.4826 * float(np.median(steps)) / np.sqrt(2) if steps.size else white
    low, high = _CORRELATED
    return np.float32(np.clip(found, low * white, high * white))


def faint_view_of_picture(rgb: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the same view of an already stretched picture, from its luminance.

    Parameters
    ----------
    rgb : ndarray of float32, shape (3, y, x)
        0..255.
    """
    luminance = smooth(np.tensordot(_LUMINANCE, rgb, axes=1).astype(np.float32), 2.0)
    missing = np.asarray(~np.isfinite(luminance))
    if missing.all():
        return _draw(luminance, missing, _PICTURE_BLACK_SIGMA)
    # The scale is not linear and the sky is cut off at black, so that its level and noise cannot
    # be told as in an image; the limits of the noise were chosen by eye.
    sky = np.percentile(luminance[~missing], 20)
    noise = np.clip(noise_of(luminance, float("nan")), *_PICTURE_SIGMA)
    return _draw(((luminance - sky) / noise).astype(np.float32), missing, _PICTURE_BLACK_SIGMA)


def _draw(
    signal: NDArray[np.float32], missing: NDArray[np.bool_], black: float
) -> NDArray[np.uint8]:
    dark = asinh_scale(signal, _WHITE_SIGMA, black, _SOFTENING_SIGMA)
    grey: NDArray[np.uint8] = np.nan_to_num(255 * (1 - np.clip(dark, 0, 1)) + 0.5).astype(np.uint8)
    lines = hatch((missing.shape[0], missing.shape[1]))
    grey[missing & ~lines] = _MISSING
    grey[missing & lines] = _HATCH
    return grey
