"""Pixels at two bytes: flux as float16 in units of eight times the sky noise.

A float16 has 11 significant bits, so that rounding errs by at most 2^-11 of the pixel's own flux:
under 0.05 of the sky noise up to 100 times the noise. Above that it stays below the photon noise
of any image whose sky noise is that of its photons. The unit leaves room on both sides: 65504
units are half a million times the noise, and the smallest step, 2^-24 units, is far below it.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOISE_PER_UNIT", "quantise"]

NOISE_PER_UNIT = 8.0
"""Sky noise in one stored unit, for calibrated images."""

_LARGEST = float(np.finfo(np.float16).max)


def quantise(
    image_njy: NDArray[np.float32], noise_njy: NDArray[np.float32]
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Return pixels in units of eight times the sky noise, and the units.

    Parameters
    ----------
    image_njy : ndarray of float32, shape (..., band, y, x)
        NaN stays NaN; flux beyond +-65504 units (infinite flux too) is clipped there.
    noise_njy : ndarray of float32, shape (..., band)
        Sky noise per pixel. Where it is not positive and finite (no data) the unit is 1.

    Returns
    -------
    pixels : ndarray of float16, shape (..., band, y, x)
    unit_njy : ndarray of float32, shape (..., band)
    """
    usable = np.isfinite(noise_njy) & (noise_njy > 0)
    unit = np.where(usable, NOISE_PER_UNIT * noise_njy, 1.0).astype(np.float32)
    scaled = image_njy / unit[..., None, None]
    return np.clip(scaled, -_LARGEST, _LARGEST).astype(np.float16), unit
