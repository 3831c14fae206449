"""How far above its own error the light that no model holds is, on every pixel and width.

The residual is smoothed with Gaussians of several widths, as a feature shows best where it is
matched by the smoothing. The error of what is smoothed is measured on the stamp itself, so that the
correlated noise of coadds and sources too faint to be detected are in it, and it grows where a
model is bright: arms, bars and dust are what a model of ellipses leaves, and are no features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.measure.bodies import Body, ring_quantiles
from strandline.measure.scenery import Scenery

__all__ = ["SCALES_PX", "Significance", "significance_of"]

SCALES_PX = (1.6, 3.2, 6.4)
"""Widths (sigma) of the smoothing."""

_LEAST_SHARE = 0.3  # of a smoothed pixel's weight that must be unmasked
_LOWER_QUANTILE = 0.1587
_HOST_ERROR = 0.2  # of the host's model: arms and dust
_OTHERS_ERROR = 0.35  # of a neighbour's: its shape is fitted on fewer pixels
_BLANK_SIGMA = 0.3  # models below so much of the noise leave a pixel blank
_FEWEST_BLANK = 400
_CALMED_RINGS = 5
_CONFIRMED = 0.7


@dataclass(frozen=True)
class Significance:
    """Smoothed residuals and their errors.

    Attributes
    ----------
    scales_px : tuple of float
    value : ndarray of float64, shape (scale, y, x)
        Smoothed residual, as the stamp's flux per pixel.
    error : ndarray of float64, shape (scale, y, x)
        Its 1-sigma error; infinite where masked pixels leave too little.
    blank : tuple of float
        Error on blank sky, by scale.
    """

    scales_px: tuple[float, ...]
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    blank: tuple[float, ...]

    @property
    def sigma(self) -> NDArray[np.float64]:
        """Largest significance over the scales, shape (y, x).

        A coarser scale counts only where the next finer one shows light, too: smoothing spreads
        that of a bright feature far beyond its edge.
        """
        sigma = self.value / self.error
        finer = self.value[:-1] > _CONFIRMED * self.value[1:]
        return np.asarray(np.maximum(sigma[0], np.where(finer, sigma[1:], 0.0).max(axis=0)))


def significance_of(
    scenery: Scenery, masked: NDArray[np.bool_], scales_px: Sequence[float] = SCALES_PX
) -> Significance:
    """Smooth the residual of a stamp and say how significant it is.

    Parameters
    ----------
    scenery : Scenery
    masked : ndarray of bool, shape (y, x)
        What is not to be used.
    scales_px : sequence of float
        Widths (sigma) of the smoothing.
    """
    seen = (~masked).astype(np.float64)
    rest = np.where(masked, 0.0, scenery.residual)
    others = scenery.others
    quiet = (scenery.host_model < _BLANK_SIGMA * scenery.noise) & ~masked
    quiet &= others < _BLANK_SIGMA * scenery.noise
    values, errors, blanks = [], [], []
    for scale in scales_px:
        share = ndimage.gaussian_filter(seen, scale, truncate=3.0)
        usable = share > _LEAST_SHARE
        value = np.where(
            usable, ndimage.gaussian_filter(rest, scale, truncate=3.0) / np.maximum(share, 0.05), 0
        )
        blank = _blank_error(value, quiet & usable, scenery.noise, scale)
        error = np.full(value.shape, blank)
        if scenery.host is not None:
            rings = _ring_error(scenery.host, value, masked | ~usable, blank)
            error[scenery.host.box] = np.maximum(error[scenery.host.box], rings)
        light = ndimage.gaussian_filter(scenery.host_model, scale, truncate=3.0)
        near = ndimage.gaussian_filter(others, scale, truncate=3.0)
        error = np.sqrt(error**2 + (_HOST_ERROR * light) ** 2 + (_OTHERS_ERROR * near) ** 2)
        error /= np.sqrt(np.clip(share, _LEAST_SHARE, 1.0))
        values.append(value)
        errors.append(np.where(usable, error, np.inf))
        blanks.append(blank)
    return Significance(tuple(scales_px), np.stack(values), np.stack(errors), tuple(blanks))


def _blank_error(
    value: NDArray[np.float64], quiet: NDArray[np.bool_], noise: float, scale: float
) -> float:
    """Return the error on blank sky: the lower half of the scatter, where no source adds light."""
    least = noise / (2 * np.sqrt(np.pi) * scale)  # of noise that is not correlated
    if quiet.sum() < _FEWEST_BLANK:
        return float(2 * least)
    low, middle = np.quantile(value[quiet], [_LOWER_QUANTILE, 0.5])
    return float(max(middle - low, least))


def _ring_error(
    host: Body, value: NDArray[np.float64], hidden: NDArray[np.bool_], blank: float
) -> NDArray[np.float64]:
    """Return the lower half of the scatter along the host's isophotes, on the host's box."""
    ring, count = host.rings
    usable = (ring < count) & ~hidden[host.box].ravel()
    seen, where = value[host.box].ravel()[usable], ring[usable]
    low, middle = (ring_quantiles(seen, where, count, q) for q in (_LOWER_QUANTILE, 0.5))
    spread = middle - low
    known = np.isfinite(spread)
    if not known.any():
        return np.full(host.shape, blank)
    calmed = ndimage.median_filter(spread[known], _CALMED_RINGS, mode="nearest")
    spread[known] = calmed
    return host.ring_values(spread)
