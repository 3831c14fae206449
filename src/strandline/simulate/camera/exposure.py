"""The camera: seeing, sky, depth, noise, saturation. One `Exposure` per band and field."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from strandline.errors import OptionError
from strandline.photometry import mag_to_flux, zeropoint_to_njy
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.colours import BANDS

__all__ = ["MAGZERO", "Exposure", "exposures", "moffat", "observe", "see"]

MAGZERO = 30.0
"""AB zero point of the images that are written."""

_MOFFAT_BETA = 3.0
_SATURATE_AT_NJY = 4.2e4  # per pixel; a star of about r = 16 at 1" seeing
_DEPTH_AREA_ARCSEC2 = 100.0

# per band: seeing FWHM (arcsec), 3 sigma limit in 10"x10" (mag/arcsec2), dark sky (mag/arcsec2)
_SITE = {
    "u": (1.25, 27.9, 22.3),
    "g": (1.12, 28.9, 22.0),
    "r": (1.0, 28.7, 21.0),
    "i": (0.96, 28.2, 20.0),
    "z": (0.94, 27.5, 18.8),
}


@dataclass(frozen=True)
class Exposure:
    """How one band of one field was observed.

    Attributes
    ----------
    band : str
    psf_fwhm_arcsec : float
    sky_noise_njy : float
        Of one pixel.
    gain_per_njy : float
        Photoelectrons per nJy.
    tilt : tuple of float
        Left-over sky at the right and at the upper edge, in units of the sky noise.
    """

    band: str
    psf_fwhm_arcsec: float
    sky_noise_njy: float
    gain_per_njy: float
    tilt: tuple[float, float]

    @property
    def saturation_njy(self) -> float:
        """Flux per pixel at which this band saturates."""
        return _SATURATE_AT_NJY

    @property
    def gain(self) -> float:
        """Photoelectrons per unit of the written image."""
        return self.gain_per_njy * zeropoint_to_njy(MAGZERO)

    @property
    def saturate(self) -> float:
        """Saturation level in units of the written image."""
        return self.saturation_njy / zeropoint_to_njy(MAGZERO)


def exposures(bands: Sequence[str], rng: np.random.Generator) -> tuple[Exposure, ...]:
    """Draw the conditions of one field, band by band, as wanted by `bands`.

    All of `BANDS` are drawn whichever are wanted, so that a band does not depend on the others.

    Raises
    ------
    OptionError
        For a band that cannot be simulated, or none at all.
    """
    unknown = [band for band in bands if band not in BANDS]
    if unknown or not bands or len(set(bands)) < len(bands):
        raise OptionError(
            f"Bands {', '.join(bands) or '(none)'} cannot be simulated; "
            f"name some of {', '.join(BANDS)}, each once."
        )
    made = {}
    for band in BANDS:
        fwhm, depth, sky = _SITE[band]
        noise = _noise_njy(depth + rng.normal(0, 0.05))
        gain = _flux_njy(sky) * PIXEL_ARCSEC**2 / noise**2  # the noise is that of the sky's photons
        tilt = (rng.normal(0, 0.08), rng.normal(0, 0.08))
        made[band] = Exposure(band, fwhm * rng.normal(1, 0.05), noise, gain, tilt)
    return tuple(made[band] for band in bands)


def moffat(radius_arcsec: NDArray[np.floating], fwhm_arcsec: float) -> NDArray[np.float32]:
    """Return the share of a star's light per pixel at `radius_arcsec` (Moffat 1969, beta 3)."""
    width = fwhm_arcsec / (2 * np.sqrt(2 ** (1 / _MOFFAT_BETA) - 1))
    peak = (_MOFFAT_BETA - 1) / (np.pi * width**2) * PIXEL_ARCSEC**2
    return np.asarray(peak * (1 + (radius_arcsec / width) ** 2) ** -_MOFFAT_BETA, dtype=np.float32)


def see(light_njy: NDArray[np.float32], exposure: Exposure) -> NDArray[np.float32]:
    """Return `light_njy`, shape (y, x), through the seeing; light leaving the frame is lost."""
    rows, columns = light_njy.shape
    reach = round(8 * exposure.psf_fwhm_arcsec / PIXEL_ARCSEC)
    shape = [fft.next_fast_len(side + reach, real=True) for side in (rows, columns)]
    down, right = (np.minimum(np.arange(side), side - np.arange(side)) for side in shape)
    radius = np.hypot(down[:, None], right[None, :]).astype(np.float32) * PIXEL_ARCSEC
    kernel = moffat(radius, exposure.psf_fwhm_arcsec)
    kernel /= kernel.sum(dtype=np.float64)
    blurred = fft.irfft2(fft.rfft2(light_njy, shape) * fft.rfft2(kernel), shape)
    return np.asarray(blurred[:rows, :columns], dtype=np.float32)


def observe(
    light_njy: NDArray[np.float32], exposure: Exposure, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return what is recorded of `light_njy`, shape (y, x): noise, left-over sky, saturation.

    The photon noise of sources and sky is Gaussian, which it is at these counts.
    """
    variance = exposure.sky_noise_njy**2 + np.clip(light_njy, 0, None) / exposure.gain_per_njy
    noise = rng.standard_normal(light_njy.shape, dtype=np.float32) * np.sqrt(variance)
    rows, columns = light_njy.shape
    x, y = np.linspace(-1, 1, columns)[None, :], np.linspace(-1, 1, rows)[:, None]
    slope = exposure.tilt[0] * x + exposure.tilt[1] * y + 0.05 * (x**2 + y**2 - 2 / 3)
    recorded = light_njy + noise + exposure.sky_noise_njy * slope
    return np.asarray(np.minimum(recorded, exposure.saturation_njy), dtype=np.float32)


def _flux_njy(mag: float) -> float:
    return float(mag_to_flux(mag))


def _noise_njy(limit_mag_arcsec2: float) -> float:
    """Return noise per pixel for a 3 sigma limit in 10"x10" (Roman, Trujillo & Montes 2020)."""
    return _flux_njy(limit_mag_arcsec2) / 3 * math.sqrt(_DEPTH_AREA_ARCSEC2) * PIXEL_ARCSEC
