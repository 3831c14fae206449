"""The light of a galaxy and of its features, band by band: flux, brightness, and how sure they are.

Each pixel's light is divided by the share that the tracer gives to features. Colours are taken
where features make up most of the light: elsewhere they would be mixed with the host's.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.learn.tracing import LEAST_CHANCE, Traced
from strandline.measure.blank import calmed_noise, lower_scatter
from strandline.measure.scenery import Scenery
from strandline.shapes.scene import sky_of

__all__ = ["LEAST_CLEAR_PX", "BandLight", "band_light", "matching_sigma_px"]

LEAST_CLEAR_PX = 50
"""On fewer pixels no clear flux is told."""

_CALM_PX = 1.6
_COARSE_PX = 6.4
_BLOCK_PX = 4
_FEWEST_BLOCKS = 25
_LEAST_SHARE = 0.5  # of a smoothed block's weight, that must be blank
_BLANK_SIGMA = 0.3  # models below so much of the noise leave a pixel blank
_OTHERS_SHARE = 0.3  # of the host's model: where neighbours have more, its profile is not taken
_WHOLE_ERROR, _CLEAR_ERROR = 0.9, 0.95  # of the network's intervals: so 68 % are within
_PURITY = 4  # power of the share by which a pixel counts for the colour


@dataclass(frozen=True)
class BandLight:
    """Light of one band.

    Attributes
    ----------
    image : ndarray of float64, shape (y, x)
        nJy per pixel, sky subtracted, smoothed to the widest seeing; 0 where missing.
    pixels : ndarray of float64, shape (y, x)
        The same as it was seen, not smoothed, with the sky as the network saw it.
    host : ndarray of float64, shape (y, x)
        Model of the host: medians along its isophotes, what stands out and neighbours left out.
    noise : float
        Of a pixel, nJy.
    coarse : float
        Scatter of blank sky smoothed over 6.4 px, nJy per pixel: residual sky and faint sources.
    """

    image: NDArray[np.float64]
    pixels: NDArray[np.float64]
    host: NDArray[np.float64]
    noise: float
    coarse: float

    @property
    def calm_noise(self) -> float:
        """Noise of a pixel of `image`, nJy."""
        return calmed_noise(self.noise, _CALM_PX)

    def flux(self, traced: Traced) -> tuple[float, float]:
        """Return the flux of all features and its 1-sigma error, nJy."""
        share = traced.share * (traced.chance > LEAST_CHANCE)
        return self._corrected(share, traced.whole, _WHOLE_ERROR)

    def clear_flux(self, traced: Traced) -> tuple[float, float]:
        """Return the flux of features where most of the light is theirs, and its error, nJy."""
        share = traced.share * traced.clear_mask
        return self._corrected(share, traced.clear, _CLEAR_ERROR)

    def flux_within(self, traced: Traced, mask: NDArray[np.bool_]) -> tuple[float, float]:
        """Return the flux of features within an outline and its error, nJy."""
        share = traced.share * mask
        return float((share * self.image).sum()), self._sky_error(share)

    def pure(self, traced: Traced) -> tuple[float, float]:
        """Return flux, weighted to where features make up most of the light, and its error.

        Only for colours: the same weights for all bands.
        """
        weight = traced.share**_PURITY * (traced.chance > LEAST_CHANCE)
        return float((weight * self.image).sum()), self._sky_error(weight)

    def peak(self, traced: Traced, mask: NDArray[np.bool_]) -> float:
        """Return the brightest light of features within an outline, nJy per pixel."""
        return float((traced.share * self.image)[mask].max())

    def _corrected(
        self,
        share: NDArray[np.float32],
        ratio: tuple[float, float, float],
        factor: float,
    ) -> tuple[float, float]:
        """Return what shares of the light add up to, times a ratio with its interval."""
        low, middle, high = ratio
        seen = float((share * self.pixels).sum())
        error = middle * self._sky_error(share)
        return middle * seen, math.hypot(error, factor * 0.5 * (high - low) * seen)

    def _sky_error(self, weight: NDArray[np.float32]) -> float:
        count = float((weight.astype(np.float64) ** 2).sum())
        beam = 4 * math.pi * _COARSE_PX**2
        sky = self.coarse * float(weight.sum()) / math.sqrt(max(count / beam, 1.0))
        return math.hypot(self.noise * math.sqrt(count), sky)


def band_light(
    plane: NDArray[np.float64],
    scenery: Scenery,
    blank: NDArray[np.bool_],
    blur_px: float = 0.0,
    *,
    has_sky: bool = False,
) -> BandLight | None:
    """Take the light of one band apart as `scenery` was, with its own profiles.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
        nJy per pixel; NaN is missing.
    scenery : Scenery
        Of all bands together: its ellipses and masks are used.
    blank : ndarray of bool, shape (y, x)
        Where no body and no feature is.
    blur_px : float
        Sigma of a Gaussian that brings the band to the widest seeing.
    has_sky : bool
        Whether the sky's level is still there. It is taken off for profiles and colours in any
        case; sums over features would lose some per cent, as their own light is part of it.

    Returns
    -------
    BandLight or None
        None if the band has no data.
    """
    missing = ~np.isfinite(plane)
    if missing.all():
        return None
    sky, noise = sky_of(plane, missing)
    if not noise > 0:
        return None
    image = np.where(missing, 0.0, plane - sky)
    masked = scenery.masked | missing
    others = scenery.others
    host = np.zeros_like(image)
    if scenery.host is not None:
        beside = others > _OTHERS_SHARE * scenery.host_model + _BLANK_SIGMA * scenery.noise
        host[scenery.host.box] = scenery.host.model(
            image, masked | scenery.standing_out | beside, noise
        )
    return BandLight(
        _calm(image, missing, math.hypot(_CALM_PX, blur_px)),
        image if has_sky else np.where(missing, 0.0, plane),
        host,
        noise,
        _coarse_scatter(image - host, blank & ~missing, noise),
    )


def _calm(
    image: NDArray[np.float64], missing: NDArray[np.bool_], sigma_px: float
) -> NDArray[np.float64]:
    """Return an image smoothed, from pixels that are there; 0 where they are missing."""
    smooth = ndimage.gaussian_filter(image, sigma_px, truncate=3.0)
    if not missing.any():
        return smooth
    seen = ndimage.gaussian_filter((~missing).astype(np.float64), sigma_px, truncate=3.0)
    return np.where(missing, 0.0, smooth / np.maximum(seen, 1e-3))


def _coarse_scatter(left: NDArray[np.float64], quiet: NDArray[np.bool_], noise: float) -> float:
    """Return the scatter of blank sky that is smoothed over 6.4 px, taken from blocks of 4 px."""
    height, width = (side - side % _BLOCK_PX for side in left.shape)
    shape = (height // _BLOCK_PX, _BLOCK_PX, width // _BLOCK_PX, _BLOCK_PX)
    there = quiet[:height, :width].reshape(shape).mean(axis=(1, 3))
    light = np.where(quiet, left, 0.0)[:height, :width].reshape(shape).mean(axis=(1, 3))
    sigma = _COARSE_PX / _BLOCK_PX
    share = ndimage.gaussian_filter(there, sigma, truncate=3.0)
    known = share > _LEAST_SHARE
    smooth = ndimage.gaussian_filter(light, sigma, truncate=3.0)[known] / share[known]
    return lower_scatter(smooth, calmed_noise(noise, _COARSE_PX), _FEWEST_BLOCKS)


def matching_sigma_px(fwhm_px: float, widest_px: float) -> float:
    """Return the Gaussian sigma that brings seeing of one width to a wider one; 0 if unknown."""
    squared = widest_px**2 - fwhm_px**2
    return math.sqrt(squared) / 2.355 if squared > 0 else 0.0
