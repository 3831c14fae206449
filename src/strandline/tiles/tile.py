"""A tile: one patch of sky in several bands."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray

__all__ = ["BandImage", "Discovery", "ReadOptions", "Skipped", "Tile", "TileSource"]

Kind = Literal["fits", "picture"]


@dataclass(frozen=True)
class BandImage:
    """Where the pixels of one band are, and what is known of them beyond their header.

    Attributes
    ----------
    band : str
    path : Path
    hdu, plane : int or None
        Which part of the file, and which plane of a cube; the first image by default.
    variance_hdu, weight_hdu, mask_hdu : int or None
        Planes that lie beside the image in the same file; a weight is an inverse variance.
    weight, mask : Path or None
        Files of their own.
    zeropoint : float or None
        AB mag; wins over the header.
    psf_fwhm_arcsec : float or None
        Wins over the header.
    """

    band: str
    path: Path
    hdu: int | None = None
    plane: int | None = None
    variance_hdu: int | None = None
    weight_hdu: int | None = None
    mask_hdu: int | None = None
    weight: Path | None = None
    mask: Path | None = None
    zeropoint: float | None = None
    psf_fwhm_arcsec: float | None = None


@dataclass(frozen=True)
class TileSource:
    """What must be read to make one tile; light and picklable, known from headers alone."""

    name: str
    images: tuple[BandImage, ...]
    kind: Kind
    pixel_scale_arcsec: float

    @property
    def source(self) -> str:
        """File name, without folder, of the first image."""
        return self.images[0].path.name

    @property
    def path(self) -> str:
        """Path of the first image as it was given."""
        return str(self.images[0].path)


@dataclass(frozen=True)
class Skipped:
    """An input that could not be used, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Discovery:
    """What the inputs hold: tiles to read, inputs passed over, all bands from blue to red."""

    sources: tuple[TileSource, ...]
    skipped: tuple[Skipped, ...]
    bands: tuple[str, ...]


@dataclass(frozen=True)
class ReadOptions:
    """What the user says about the images; wins over their headers."""

    zeropoint: float | None = None
    bands: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tile:
    """One patch of sky in several bands.

    Attributes
    ----------
    image_njy : ndarray of float32, shape (band, y, x)
        NaN where missing; nJy, or image units in bands that are not `calibrated`; 0..255 for
        pictures.
    variance_njy2 : ndarray of float32, shape (band, y, x), or None
    saturated : ndarray of bool, shape (y, x)
        In any band.
    wcs : WCS or None
        Celestial, two axes; None for pictures.
    pixel_scale_arcsec : float
        NaN for pictures.
    psf_fwhm_arcsec : tuple of float
        Per band, NaN when unknown.
    calibrated : tuple of bool
        Per band.
    notes : tuple of str
        What was odd and how it was treated, for the report.
    """

    name: str
    source: str
    path: str
    kind: Kind
    bands: tuple[str, ...]
    image_njy: NDArray[np.float32]
    variance_njy2: NDArray[np.float32] | None
    saturated: NDArray[np.bool_]
    wcs: WCS | None
    pixel_scale_arcsec: float
    psf_fwhm_arcsec: tuple[float, ...]
    calibrated: tuple[bool, ...]
    notes: tuple[str, ...]
