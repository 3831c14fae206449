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

__all__ = ["WHITE_MAG", "Stretch", "choose_channels", "colour_picture"]

WHITE_MAG = {"u": 1.82, "g": 0.52, "r": 0.0, "i": -0.27, "z": -0.42, "y": -0.50}
"""AB magnitudes, relative to r, of a source that looks white: about those of a spiral galaxy.

With a flat spectrum as white nearly every galaxy would be orange; so old galaxies look golden and
young ones blue. Bands that are not listed are taken as they are.
"""

_PREFERENCE = ("g", "r", "i", "z", "y", "u")
_SKY_GREY = 0.085
_SOFTENING_SIGMA = 2.5
_LEAST_PEAK_SIGMA = 60.0
_BRIGHTEST_TO_WHITE = 30.0
_DYNAMIC_RANGE = 2500.0
_TRUSTED_SIGMA = (1.0, 7.0)
_COLOUR_SIGMA = 1.5
_SATURATED_SIGMA = (0.8, 8.0)
_COLOUR_TRUSTED_SIGMA = (6.0, 30.0)
_COLOUR_SMOOTHING_PX = 4.0
_SMOOTHED_AT_MOST_SIGMA = 8.0
_CALM_PX = 1.2
_PALER_WHEN_BRIGHT = 0.55
_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_MISSING_RGB = (20, 22, 28)
_HATCH_RGB = (38, 41, 50)


@dataclass(frozen=True)
class Stretch:
    """What a person may turn; 1 leaves a picture as it is made for all.

    Attributes
    ----------
    brightness : float
        The flux that is shown white is divided by it.
    softening : float
        Factor of the flux at which the scale turns from linear to logarithmic: smaller shows
        more of the faint, larger more of the bright.
    saturation : float
        Factor of colours; 0 is grey.
    """

    brightness: float = 1.0
    softening: float = 1.0
    saturation: float = 1.0


@dataclass(frozen=True)
class _Channels:
    """Light in up to three channels, sky subtracted and on one scale.

    Attributes
    ----------
    flux : ndarray of float32, shape (channel, y, x)
        NaN where missing.
    sigma : ndarray of float32, shape (channel,)
        Noise of a pixel; 0 in a channel that was made of others.
    """

    flux: NDArray[np.float32]
    sigma: NDArray[np.float32]

    @property
    def noise(self) -> float:
        """Noise of the mean of the channels."""
        independent = max(int((self.sigma > 0).sum()), 1)
        return float(np.sqrt(np.sum(np.square(self.sigma)))) / independent


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
    sky_subtracted: bool = False,
    stretch: Stretch | None = None,
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
    sky_subtracted : bool
        True for the stamps of a table, whose sky was measured on the whole tile and taken away. If
        False the sky's level is estimated from the faint end of the stamp, which goes wrong
        where a galaxy fills it.
    stretch : Stretch, optional
        As a person has turned it.

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
        flux_njy[chosen],
        [float(noise_njy[k]) for k in chosen],
        [bands[k] for k in chosen],
        sky_subtracted,
    )
    if not calibrated:
        light = _balanced(light)
    rgb = _compose(_red_green_blue(light), stretch or Stretch())
    missing = np.asarray(~np.isfinite(flux_njy[chosen]).any(axis=0))
    return _draw_missing((255 * rgb + 0.5).astype(np.uint8), missing)


def _channels(
    flux: NDArray[np.float32], noise: Sequence[float], bands: Sequence[str], sky_subtracted: bool
) -> _Channels:
    planes, sigmas = [], []
    for plane, given, band in zip(flux, noise, bands, strict=True):
        sigma = noise_of(plane, given)
        scale = np.float32(10 ** (0.4 * WHITE_MAG.get(band.lower(), 0.0)))
        sky = 0.0 if sky_subtracted else sky_level(plane, sigma)
        planes.append((plane - np.float32(sky)) * scale)
        sigmas.append(sigma * float(scale))
    return _Channels(np.stack(planes), np.array(sigmas, np.float32))


def _balanced(light: _Channels) -> _Channels:
    """Scale the channels so that the light well above the noise is white as a whole."""
    mean = _mean(light.flux)
    bright = smooth(mean, 1.0) > 5 * light.noise
    total = np.nansum(np.where(bright, light.flux, 0), axis=(1, 2))
    if not bright.any() or (total <= 0).any():
        return light
    scale = (total.mean() / total).astype(np.float32)
    return _Channels(light.flux * scale[:, None, None], light.sigma * scale)


def _red_green_blue(light: _Channels) -> _Channels:
    """Make one or two channels three, and put red first."""
    flux, sigma = light.flux, light.sigma
    if len(flux) == 2:
        flux = np.stack([flux[0], (flux[0] + flux[1]) / 2, flux[1]])
        sigma = np.array([sigma[0], 0, sigma[1]], np.float32)
    elif len(flux) == 1:
        flux, sigma = np.repeat(flux, 3, axis=0), np.array([sigma[0], 0, 0], np.float32)
    return _Channels(flux[::-1], sigma[::-1])


def _mean(flux: NDArray[np.float32]) -> NDArray[np.float32]:
    good = np.isfinite(flux)
    count = good.sum(axis=0)
    total = np.where(good, flux, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _compose(light: _Channels, stretch: Stretch) -> NDArray[np.float32]:
    """Return red, green and blue within 0..1, shape (y, x, 3); 0 where missing."""
    mean, noise = _mean(light.flux), light.noise
    calm = smooth(mean, _CALM_PX)
    # Pixels far above the noise are shown as they are, those in the noise smoothed.
    trust = _ramp(calm / noise, _TRUSTED_SIGMA)
    brightness = np.clip(_scaled(trust * mean + (1 - trust) * calm, noise, stretch), 0, None)
    trust = _ramp(calm / noise, _COLOUR_TRUSTED_SIGMA)
    # Bright pixels weigh less, or a red star would have a red halo.
    weight = 1 / np.maximum(mean / (_SMOOTHED_AT_MOST_SIGMA * noise), 1)
    calm_flux = [smooth(plane * weight, _COLOUR_SMOOTHING_PX) for plane in light.flux]
    flux = trust * light.flux + (1 - trust) * np.stack(calm_flux)
    ratio = np.clip(flux / np.maximum(_mean(flux), _COLOUR_SIGMA * noise), 0, None)
    ratio = np.where(np.isfinite(flux).all(axis=0), ratio, 1)
    extended = _ramp(_mean(np.stack(calm_flux)) / noise, _SATURATED_SIGMA)
    saturation = np.fmax(extended, trust)
    saturation *= 1 - _PALER_WHEN_BRIGHT * np.minimum(brightness, 1) ** 2
    ratio = 1 + (ratio - 1) * saturation * stretch.saturation
    ratio = np.clip(ratio, 0, None)
    seen = np.tensordot(_LUMINANCE, ratio, axes=1)
    rgb = ratio * (brightness / np.maximum(seen, 0.3))
    rgb /= np.maximum(rgb.max(axis=0), 1)  # too bright for the screen: keep the hue
    return np.asarray(np.moveaxis(np.nan_to_num(rgb), 0, -1), np.float32)


def _ramp(value: NDArray[np.float32], ends: tuple[float, float]) -> NDArray[np.float32]:
    """Return 0 below the first end, 1 above the second, linear between."""
    low, high = ends
    return np.asarray(np.clip((value - low) / (high - low), 0, 1), np.float32)


def _scaled(mean: NDArray[np.float32], noise: float, stretch: Stretch) -> NDArray[np.float32]:
    """Scale so that the sky is a dark grey, with its grain, and the galaxy in the middle white."""
    height, width = mean.shape
    y, x = height // 2, width // 2
    reach_y, reach_x = max(height // 5, 1), max(width // 5, 1)
    calm = smooth(mean, 0.6)  # a single hot pixel counts for less
    white = max(
        _peak(calm[y - reach_y : y + reach_y, x - reach_x : x + reach_x]),
        _LEAST_PEAK_SIGMA * noise,
        _peak(calm) / _BRIGHTEST_TO_WHITE,  # a bright neighbour is not burnt out altogether
    )
    white /= stretch.brightness
    softening = max(_SOFTENING_SIGMA * noise, white / _DYNAMIC_RANGE) * stretch.softening
    return _SKY_GREY + (1 - _SKY_GREY) * asinh_scale(mean, 0.0, white, softening)


def _peak(plane: NDArray[np.float32]) -> float:
    return float(np.max(plane, initial=0.0, where=np.isfinite(plane)))


def _draw_missing(rgb: NDArray[np.uint8], missing: NDArray[np.bool_]) -> NDArray[np.uint8]:
    lines = hatch((missing.shape[0], missing.shape[1]))
    rgb[missing & ~lines] = _MISSING_RGB
    rgb[missing & lines] = _HATCH_RGB
    return rgb
