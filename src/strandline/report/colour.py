"""Colour pictures of stamps: faint outskirts and bright nucleus at once, with the hue kept.

After Lupton et al. 2004 (PASP 116, 133): the brightness alone is stretched, by asinh, and the three
channels keep their ratios. Three things are added: the stretch is set by the stamp's own sky
noise; where light is near the noise it is smoothed and fades to grey, because noise has no
colour; and pixels that a band lacks are grey, because a colour without that band would be wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.report.stretch import asinh_scale, hatch, noise_of, sky_level, smooth

__all__ = ["WHITE_MAG", "choose_channels", "colour_picture"]

WHITE_MAG = {"u": 1.82, "g": 0.52, "r": 0.0, "i": -0.27, "z": -0.42, "y": -0.50}
"""AB magnitudes, relative to r, of a source that looks white: about those of a spiral galaxy.

With a flat spectrum as white nearly every galaxy would be orange; so old galaxies look golden and
young ones blue. Bands that are not listed are taken as they are.
"""

_PREFERENCE = ("g", "r", "i", "z", "y", "u")
_BLACK_SIGMA = -0.6
_SOFTENING_SIGMA = 3.5
_LEAST_PEAK_SIGMA = 40.0
_DYNAMIC_RANGE = 1500.0
_TRUSTED_SIGMA = (1.0, 7.0)
_COLOUR_SIGMA = 1.5
_COLOUR_TRUSTED_SIGMA = (4.0, 20.0)
_COLOUR_SMOOTHING_PX = 2.5
_PALER_WHEN_BRIGHT = 0.55
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_MISSING_RGB = (20, 22, 28)
_HATCH_RGB = (38, 41, 50)


@dataclass(frozen=True)
class _Channels:
    """Red, green and blue light, sky subtracted and on one scale.

    Attributes
    ----------
    flux : ndarray of float32, shape (3, y, x)
        NaN where missing.
    noise : float
        Of the mean of the three.
    """

    flux: NDArray[np.float32]
    noise: float


def choose_channels(bands: Sequence[str]) -> tuple[int, ...]:
    """Return which of `bands` (blue to red) make a picture: at most three, blue to red.

    The deep optical bands come first (g, r, i, z, then y and u); of other bands the bluest, the
    middle and the reddest.
    """
    known = [band.lower() for band in bands]
    preferred = [known.index(band) for band in _PREFERENCE if band in known]
    if len(preferred) >= 3:
        return tuple(sorted(preferred[:3]))
    if len(bands) <= 3:
        return tuple(range(len(bands)))
    return (0, len(bands) // 2, len(bands) - 1)


def colour_picture(
    flux_njy: NDArray[np.float32],
    noise_njy: NDArray[np.float32],
    bands: Sequence[str],
    *,
    calibrated: bool = True,
) -> NDArray[np.uint8]:
    """Return a colour picture of a stamp.

    Parameters
    ----------
    flux_njy : ndarray of float32, shape (band, y, x)
        NaN where missing.
    noise_njy : ndarray of float32, shape (band,)
        Sky noise per pixel; estimated from the stamp where not positive.
    bands : sequence of str
        Their names, blue to red. Three give red, green, blue; two give red, their mean, blue;
        one gives grey.
    calibrated : bool
        If False the bands have no common scale: they are balanced so that the light of the whole
        stamp is white.

    Returns
    -------
    ndarray of uint8, shape (y, x, 3)
        Rows in the order of `flux_njy` (first row at the bottom of the sky). Where every band is
        missing, a dark hatch.
    """
    shape = flux_njy.shape[1:]
    present = [k for k in range(len(bands)) if np.isfinite(flux_njy[k]).any()]
    if not present:
        return _draw_missing(np.zeros((*shape, 3), np.uint8), np.ones(shape, np.bool_))
    chosen = [present[k] for k in choose_channels([bands[k] for k in present])]
    light = _channels(
        flux_njy[chosen], [float(noise_njy[k]) for k in chosen], [bands[k] for k in chosen]
    )
    if not calibrated:
        light = _balanced(light)
    rgb = _compose(light)
    missing = np.asarray(~np.isfinite(flux_njy[chosen]).any(axis=0))
    return _draw_missing((255 * rgb + 0.5).astype(np.uint8), missing)


def _channels(flux: NDArray[np.float32], noise: Sequence[float], bands: Sequence[str]) -> _Channels:
    planes, sigmas = [], []
    for plane, given, band in zip(flux, noise, bands, strict=True):
        sigma = noise_of(plane, given)
        scale = np.float32(10 ** (0.4 * WHITE_MAG.get(band.lower(), 0.0)))
        planes.append((plane - np.float32(sky_level(plane, sigma))) * scale)
        sigmas.append(sigma * float(scale))
    if len(planes) == 2:
        planes.insert(1, (planes[0] + planes[1]) / 2)
        sigmas.insert(1, 0.0)  # made of the other two: it brings no noise of its own
    elif len(planes) == 1:
        planes, sigmas = planes * 3, [sigmas[0], 0.0, 0.0]
    independent = max(sum(sigma > 0 for sigma in sigmas), 1)
    total = float(np.sqrt(np.sum(np.square(sigmas)))) / independent
    return _Channels(np.stack(planes[::-1]), total)


def _balanced(light: _Channels) -> _Channels:
    """Scale the channels so that the light well above the noise is white as a whole."""
    mean = _mean(light.flux)
    bright = smooth(mean, 1.0) > 5 * light.noise
    total = np.nansum(np.where(bright, light.flux, 0), axis=(1, 2))
    if not bright.any() or (total <= 0).any():
        return light
    return _Channels(light.flux * (total.mean() / total)[:, None, None], light.noise)


def _mean(flux: NDArray[np.float32]) -> NDArray[np.float32]:
    good = np.isfinite(flux)
    count = good.sum(axis=0)
    total = np.where(good, flux, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _compose(light: _Channels) -> NDArray[np.float32]:
    """Return red, green and blue within 0..1, shape (y, x, 3); 0 where missing."""
    mean, noise = _mean(light.flux), light.noise
    calm = smooth(mean, 1.0)
    # Pixels far above the noise are shown as they are, those in the noise smoothed.
    trust = _ramp(calm / noise, _TRUSTED_SIGMA)
    brightness = np.clip(_stretch(trust * mean + (1 - trust) * calm, noise), 0, None)
    trust = _ramp(calm / noise, _COLOUR_TRUSTED_SIGMA)
    calm_flux = [smooth(plane, _COLOUR_SMOOTHING_PX) for plane in light.flux]
    flux = trust * light.flux + (1 - trust) * np.stack(calm_flux)
    ratio = np.clip(flux / np.maximum(_mean(flux), _COLOUR_SIGMA * noise), 0, None)
    ratio = np.where(np.isfinite(flux).all(axis=0), ratio, 1)
    saturation = _ramp(_mean(np.stack(calm_flux)) / noise, (0.0, _COLOUR_SIGMA))
    saturation *= 1 - _PALER_WHEN_BRIGHT * np.minimum(brightness, 1) ** 2
    ratio = 1 + (ratio - 1) * saturation
    seen = np.tensordot(_LUMINANCE, ratio, axes=1)
    rgb = ratio * (brightness / np.maximum(seen, 0.3))
    rgb /= np.maximum(rgb.max(axis=0), 1)  # too bright for the screen: keep the hue
    return np.asarray(np.moveaxis(np.nan_to_num(rgb), 0, -1), np.float32)


def _ramp(value: NDArray[np.float32], ends: tuple[float, float]) -> NDArray[np.float32]:
    """Return 0 below the first end, 1 above the second, linear between."""
    low, high = ends
    return np.asarray(np.clip((value - low) / (high - low), 0, 1), np.float32)


def _stretch(mean: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
    """Scale so that the sky is nearly black and the galaxy in the middle reaches white."""
    height, width = mean.shape
    y, x = height // 2, width // 2
    reach_y, reach_x = max(height // 5, 1), max(width // 5, 1)
    middle = mean[y - reach_y : y + reach_y, x - reach_x : x + reach_x]
    middle = smooth(middle, 0.6)  # a single hot pixel counts for less
    peak = float(np.max(middle, initial=0.0, where=np.isfinite(middle)))
    white = max(peak, _LEAST_PEAK_SIGMA * noise)
    softening = max(_SOFTENING_SIGMA * noise, white / _DYNAMIC_RANGE)
    return asinh_scale(mean, _BLACK_SIGMA * noise, white, softening)


def _draw_missing(rgb: NDArray[np.uint8], missing: NDArray[np.bool_]) -> NDArray[np.uint8]:
    lines = hatch((missing.shape[0], missing.shape[1]))
    rgb[missing & ~lines] = _MISSING_RGB
    rgb[missing & lines] = _HATCH_RGB
    return rgb
