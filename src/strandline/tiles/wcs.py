"""World coordinates of images, odd headers included."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io.fits import Header
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS, WcsError
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

from strandline.errors import TileError

__all__ = ["Footprint", "celestial_wcs", "footprint", "offset_px"]

_EDGE_POINTS = 5
_NUMBERS = (
    *("CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2", "CROTA1", "CROTA2"),
    *(f"{matrix}{i}_{j}" for matrix in ("CD", "PC") for i in (1, 2) for j in (1, 2)),
)


@dataclass(frozen=True)
class Footprint:
    """Where an image lies on the sky.

    Attributes
    ----------
    shape : tuple of int
        (y, x).
    pixel_scale_arcsec : float
    ra_deg, dec_deg : float
        Of the centre.
    """

    shape: tuple[int, int]
    pixel_scale_arcsec: float
    ra_deg: float
    dec_deg: float

    @property
    def side_arcsec(self) -> float:
        """The shorter side."""
        return min(self.shape) * self.pixel_scale_arcsec

    def apart_arcsec(self, other: "Footprint") -> float:
        """Return the distance between the two centres."""
        ra = np.radians([self.ra_deg, other.ra_deg])
        dec = np.radians([self.dec_deg, other.dec_deg])
        half = (
            np.sin((dec[1] - dec[0]) / 2) ** 2
            + np.cos(dec[0]) * np.cos(dec[1]) * np.sin((ra[1] - ra[0]) / 2) ** 2
        )
        return float(np.degrees(2 * np.arcsin(np.sqrt(half))) * 3600)

    def overlaps(self, other: "Footprint") -> bool:
        """Tell whether both show much the same sky: centres within a quarter of the larger."""
        return self.apart_arcsec(other) < max(self.side_arcsec, other.side_arcsec) / 4


def celestial_wcs(header: Header, path: Path) -> WCS:
    """Return the celestial world coordinates of an image, two axes.

    Where a CD matrix stands beside PC and CDELT, as cutout tools leave them, the CD matrix counts
    (FITS paper II does not allow both; wcslib would multiply PC by CDELT).

    Raises
    ------
    TileError
        If there are none or they cannot be inverted; names the keywords that are there.
    """
    header = header.copy()
    _check_numbers(header, path)
    if "CD1_1" in header or "CD2_2" in header:
        for key in ("CDELT1", "CDELT2", "PC1_1", "PC1_2", "PC2_1", "PC2_2"):
            header.remove(key, ignore_missing=True)
        if not any(header.get(key) for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2")):
            raise TileError(f"{path}: {_trouble(header)}")  # wcslib would take degrees as pixels
    if "A_ORDER" in header:  # astropy uses the distortion in any case, but complains of the name
        for key in ("CTYPE1", "CTYPE2"):
            if str(header.get(key, "")).endswith("-TAN"):
                header[key] = f"{header[key]}-SIP"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            wcs = WCS(header).celestial
            usable = wcs.naxis == 2 and all(wcs.wcs.ctype) and _invertible(wcs)
    except (WcsError, ValueError, TypeError, np.linalg.LinAlgError, MemoryError) as error:
        raise TileError(f"{path}: {_trouble(header)} {_reason(error)}") from error
    if not usable:
        raise TileError(f"{path}: {_trouble(header)}")
    return wcs


def _check_numbers(header: Header, path: Path) -> None:
    """Refuse values that are no numbers: wcslib would take its defaults instead."""
    for key in _NUMBERS:
        value = header.get(key)
        if key in header and not (
            isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
        ):
            raise TileError(
                f"{path}: {key} = {value!r} is no finite number, so its place on the sky is not "
                "known. Mend the WCS keywords, or copy those of another band."
            )
    if "CTYPE1" in header:
        for key in ("CRVAL1", "CRVAL2"):
            if key not in header:
                raise TileError(f"{path}: {_trouble(header)} {key} is missing.")


def _reason(error: Exception) -> str:
    """Return what is wrong in wcslib's words, without its line numbers."""
    lines = [line for line in str(error).splitlines() if line and not line.startswith("ERROR ")]
    return f"({lines[-1].rstrip('.')})" if lines else f"({type(error).__name__})"


def _invertible(wcs: WCS) -> bool:
    matrix = wcs.pixel_scale_matrix
    return bool(np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-20)


def _trouble(header: Header) -> str:
    keys = ("CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CD1_1", "CD1_2", "CD2_1", "CD2_2", "CDELT1")
    found = ", ".join(f"{key} = {header[key]!r}" for key in keys if key in header)
    return (
        f"has no usable world coordinates (found {found or 'none of CTYPE, CRVAL, CD, CDELT'}; "
        "expected a celestial projection whose matrix can be inverted). Solve the astrometry, or "
        "copy the WCS of another band."
    )


def footprint(wcs: WCS, shape: tuple[int, int], path: Path) -> Footprint:
    """Return where an image of `shape` (y, x) lies.

    Raises
    ------
    TileError
        If its centre has no position.
    """
    scale = float(np.sqrt(np.prod(proj_plane_pixel_scales(wcs))) * 3600)
    ra, dec = wcs.all_pix2world((shape[1] - 1) / 2, (shape[0] - 1) / 2, 0)
    if not (np.isfinite([ra, dec]).all() and 1e-4 < scale < 3600):
        raise TileError(
            f"{path}: its world coordinates give a pixel of {scale:g} arcsec at ra {float(ra):g}, "
            f"dec {float(dec):g}; that cannot be an image of the sky. Mend the WCS keywords."
        )
    return Footprint(shape, scale, float(ra), float(dec))


def offset_px(wcs: WCS, other: WCS, shape: tuple[int, int]) -> float:
    """Return how far, at most, the same pixel of two images lies apart, in px of `wcs`."""
    x = np.linspace(0, shape[1] - 1, _EDGE_POINTS)
    y = np.linspace(0, shape[0] - 1, _EDGE_POINTS)
    grid = np.meshgrid(x, y)
    there = wcs.all_world2pix(*other.all_pix2world(*grid, 0), 0, quiet=True)
    distance: NDArray[np.float64] = np.hypot(there[0] - grid[0], there[1] - grid[1])
    return float(np.nanmax(distance))
