"""Flux and magnitude. All flux in the house is in nanojansky (nJy); magnitudes are AB.

The AB zero point of 1 nJy is 31.4 (Oke & Gunn 1983: m_AB = -2.5 log10(f / 3631 Jy)).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "NANOMAGGY_NJY",
    "ZEROPOINT_NJY",
    "flux_to_mag",
    "mag_error",
    "mag_to_flux",
    "surface_brightness",
    "zeropoint_to_njy",
]

ZEROPOINT_NJY = 31.4
"""AB magnitude of a source of 1 nJy, as the Rubin and HSC pipelines round it (exactly 31.40006)."""

NANOMAGGY_NJY = 10.0 ** (0.4 * (ZEROPOINT_NJY - 22.5))
"""nJy in one nanomaggy (AB zero point 22.5)."""


def zeropoint_to_njy(zeropoint: float) -> float:
    """Return the factor from image units with AB `zeropoint` (mag) to nJy."""
    return float(10.0 ** (0.4 * (ZEROPOINT_NJY - zeropoint)))


def flux_to_mag(flux_njy: ArrayLike) -> NDArray[np.float64]:
    """Return the AB magnitude of `flux_njy`; NaN where the flux is not positive."""
    flux = np.asarray(flux_njy, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(flux > 0, ZEROPOINT_NJY - 2.5 * np.log10(flux), np.nan)


def mag_to_flux(mag: ArrayLike) -> NDArray[np.float64]:
    """Return the flux in nJy of AB magnitude `mag`."""
    return np.asarray(10.0 ** (0.4 * (ZEROPOINT_NJY - np.asarray(mag, dtype=np.float64))))


def mag_error(flux_njy: ArrayLike, flux_error_njy: ArrayLike) -> NDArray[np.float64]:
    """Return the magnitude error, first order: 2.5/ln(10) x dF/F; NaN where F is not positive."""
    flux = np.asarray(flux_njy, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = 2.5 / np.log(10.0) * np.asarray(flux_error_njy, dtype=np.float64) / flux
    return np.where(flux > 0, error, np.nan)


def surface_brightness(flux_njy: ArrayLike, area_arcsec2: ArrayLike) -> NDArray[np.float64]:
    """Return mag/arcsec2 of `flux_njy` spread over `area_arcsec2`; NaN for flux not positive."""
    return flux_to_mag(np.asarray(flux_njy, dtype=np.float64) / np.asarray(area_arcsec2))
