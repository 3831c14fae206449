"""What FITS headers say of flux, seeing and saturation."""

import math
from pathlib import Path

import numpy as np
from astropy.io.fits import Header

from strandline.errors import TileError

__all__ = ["ZEROPOINT_RANGE", "psf_fwhm_arcsec", "saturation_level", "zeropoint"]

ZEROPOINT_RANGE = (-10.0, 50.0)
"""Magnitudes that a zero point can be."""

_ZEROPOINT_KEYS = ("MAGZERO", "MAGZPT", "ZP", "PHOTZP", "ZEROPNT", "ZPMAG")
_UNIT_ZEROPOINTS = {
    "nanomaggy": 22.5,
    "nanomaggies": 22.5,
    "nmgy": 22.5,
    "njy": 31.4,
    "ujy": 23.9,
    "microjy": 23.9,
    "mjy": 16.4,
    "jy": 8.9,
}
# images of these surveys are in nanomaggies, though cutouts of them may leave BUNIT out
_NANOMAGGY_SURVEYS = {"decals", "legacysurvey", "legacy survey", "bass", "mzls", "decals+mzls"}


def zeropoint(path: Path, *headers: Header) -> float | None:
    """Return the AB magnitude of one image unit, from the first of `headers` that tells it.

    Looked for in this order: MAGZERO, MAGZPT, ZP, PHOTZP, ZEROPNT, ZPMAG (mag); FLUXMAG0 (counts
    of a source of magnitude 0); BUNIT (nanomaggies, nJy, uJy, mJy, Jy); SURVEY (Legacy Surveys:
    nanomaggies). None if none is there.

    Raises
    ------
    TileError
        If a keyword is there but its value cannot be a zero point.
    """
    for header in headers:
        for key in _ZEROPOINT_KEYS:
            if header.get(key) is not None:
                return _checked(path, key, header[key], *ZEROPOINT_RANGE)
        if header.get("FLUXMAG0") is not None:
            counts = _checked(path, "FLUXMAG0", header["FLUXMAG0"], 1e-30, 1e60)
            return 2.5 * math.log10(counts)
        unit = str(header.get("BUNIT", "")).strip().lower()
        unit = unit.removesuffix("/pix").removesuffix("/pixel").strip()
        if unit in _UNIT_ZEROPOINTS:
            return _UNIT_ZEROPOINTS[unit]
    for header in headers:
        if str(header.get("SURVEY", "")).strip().lower() in _NANOMAGGY_SURVEYS:
            return _UNIT_ZEROPOINTS["nanomaggy"]
    return None


def _checked(path: Path, key: str, value: object, least: float, most: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not least <= number <= most:
        raise TileError(
            f"{path}: keyword {key} = {value!r} cannot be a zero point (expected a number from "
            f"{least:g} to {most:g}). Mend the header, or give the zero point with --zeropoint."
        )
    return number


def psf_fwhm_arcsec(pixel_scale_arcsec: float, *headers: Header) -> float:
    """Return the seeing in arcsec by PSF_FWHM, SEEING or FWHM; NaN where none is there.

    FWHM counts as pixels when its comment says so, as the DECam pipeline writes it.
    """
    for header in headers:
        for key in ("PSF_FWHM", "SEEING", "FWHM"):
            value = header.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                pixels = "pix" in header.comments[key].lower()
                fwhm = float(value) * (pixel_scale_arcsec if pixels else 1.0)
                if 0 < fwhm < 30:
                    return fwhm
    return math.nan


def saturation_level(*headers: Header) -> float:
    """Return the image value at and above which pixels are saturated; infinity where unknown."""
    for header in headers:
        value = header.get("SATURATE")
        if isinstance(value, int | float) and np.isfinite(value) and value > 0:
            return float(value)
    return math.inf
