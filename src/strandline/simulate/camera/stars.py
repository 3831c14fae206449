"""Stars: the core with its wings, diffraction spikes, and the bleed trails of saturated ones."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.simulate.camera import Exposure, moffat
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.colours import BANDS, star_sed
from strandline.simulate.plans import StarPlan

__all__ = ["add_stars"]

_SMALLEST_HALF_PX, _LARGEST_HALF_PX = 12, 220
_HALO_SHARE, _HALO_ARCSEC = 0.012, 5.0  # light scattered in the telescope, falls as radius^-3
_BRIGHT_MAG = -1.5  # peak over saturation, from which on halo and spikes are painted
_SPIKE_SHARE = 2.2e-3  # of the star's light in each spike
_SPIKE_FALL_ARCSEC = 6.0
_BLEED_PX_PER_MAG = 14.0
_LIMIT_NJY = 1.0  # per pixel; light fainter than this is left out


def add_stars(
    light_njy: NDArray[np.float32], stars: Iterable[StarPlan], exposure: Exposure
) -> None:
    """Add stars to `light_njy`, shape (y, x), in place, as seen through the seeing.

    Bleed trails rise above the saturation level, which cuts them flat when the exposure is read.
    """
    for star in stars:
        sed = star_sed(star.g_minus_r)[BANDS.index(exposure.band)]
        flux = float(mag_to_flux(star.mag_r)) * float(sed)
        peak = flux * float(moffat(np.zeros(1), exposure.psf_fwhm_arcsec)[0])
        excess_mag = 2.5 * np.log10(peak / exposure.saturation_njy)
        bright = excess_mag > _BRIGHT_MAG
        half = _LARGEST_HALF_PX if bright else _half_px(flux, exposure.psf_fwhm_arcsec)
        x0, y0 = round(star.x), round(star.y)
        top, left = max(y0 - half, 0), max(x0 - half, 0)
        patch = light_njy[top : y0 + half + 1, left : x0 + half + 1]
        dx = np.arange(left, left + patch.shape[1])[None, :] - star.x
        dy = np.arange(top, top + patch.shape[0])[:, None] - star.y
        profile = moffat(np.hypot(dx, dy) * PIXEL_ARCSEC, exposure.psf_fwhm_arcsec)
        patch += np.float32(flux) * profile
        if bright:
            patch += _spikes(dx, dy, flux) + _halo(dx, dy, flux)
        if excess_mag > 0:
            patch += _bleed(dx, dy, excess_mag, exposure)


def _half_px(flux_njy: float, fwhm_arcsec: float) -> int:
    radius = np.arange(1, _LARGEST_HALF_PX) * PIXEL_ARCSEC
    visible = np.count_nonzero(flux_njy * moffat(radius, fwhm_arcsec) > _LIMIT_NJY)
    return int(np.clip(visible, _SMALLEST_HALF_PX, _LARGEST_HALF_PX))


def _spikes(
    dx: NDArray[np.float64], dy: NDArray[np.float64], flux_njy: float
) -> NDArray[np.float32]:
    """Return four diffraction spikes of the secondary's vanes, at 45 degrees to the axes."""
    image = np.zeros(np.broadcast_shapes(dx.shape, dy.shape), dtype=np.float32)
    for along, across in (((dx + dy), (dx - dy)), ((dx - dy), (dx + dy))):
        distance = np.abs(along) / np.sqrt(2) * PIXEL_ARCSEC
        aside = across / np.sqrt(2) * PIXEL_ARCSEC
        width = 0.3 + 0.012 * distance
        fall = 1 / (_SPIKE_FALL_ARCSEC * (1 + distance / _SPIKE_FALL_ARCSEC) ** 2.6)
        line = fall * np.exp(-0.5 * (aside / width) ** 2) / (width * np.sqrt(2 * np.pi))
        image += (2 * _SPIKE_SHARE * flux_njy * PIXEL_ARCSEC**2 * line).astype(np.float32)
    return image


def _halo(dx: NDArray[np.float64], dy: NDArray[np.float64], flux_njy: float) -> NDArray[np.float32]:
    ratio = np.hypot(dx, dy) * PIXEL_ARCSEC / _HALO_ARCSEC
    peak = 0.5 / (np.pi * _HALO_ARCSEC**2) * PIXEL_ARCSEC**2
    return np.asarray(_HALO_SHARE * flux_njy * peak * (1 + ratio**2) ** -1.5, dtype=np.float32)


def _bleed(
    dx: NDArray[np.float64], dy: NDArray[np.float64], excess_mag: float, exposure: Exposure
) -> NDArray[np.float32]:
    """Return a trail along the columns, above saturation, that thins out to its ends."""
    length = _BLEED_PX_PER_MAG * excess_mag**1.3
    half_width = 0.5 + 0.9 * excess_mag * np.clip(1 - np.abs(dy) / length, 0, None)
    inside = (np.abs(dx) <= half_width) & (np.abs(dy) <= length)
    return np.where(inside, np.float32(2 * exposure.saturation_njy), np.float32(0))
