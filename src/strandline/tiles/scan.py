"""One FITS file looked into, headers only: which bands it has, and where they lie."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from astropy.utils.exceptions import AstropyUserWarning

from strandline.errors import TileError
from strandline.tiles.bands import band_of_name, bands_of_cube, filter_of
from strandline.tiles.tile import BandImage, ReadOptions
from strandline.tiles.wcs import Footprint, celestial_wcs, footprint

__all__ = ["Scanned", "bare_stem", "open_fits", "scan_fits"]

_ENDINGS = (".gz", ".fz", ".bz2", ".fits", ".fit", ".fts")
_IMAGE_NAMES = {"IMAGE", "SCI"}
_VARIANCE_NAMES = {"VARIANCE", "VAR"}
_WEIGHT_NAMES = {"WGT", "WHT", "WEIGHT", "INVVAR", "IVAR"}
_MASK_NAMES = {"MASK", "MSK", "DQ"}


@dataclass(frozen=True)
class Scanned:
    """A band's image and what groups it with others.

    Attributes
    ----------
    stem : str
        The file's name without ending and band, with the extension's name where there are several.
    """

    image: BandImage
    place: Footprint
    stem: str


def bare_stem(path: Path) -> str:
    """Return the file's name without any of FITS' endings."""
    name = path.name
    while name.lower().endswith(_ENDINGS):
        name = name[: name.rindex(".")]
    return name


@contextmanager
def open_fits(path: Path) -> Iterator[fits.HDUList]:
    """Open a FITS file; whatever is wrong with it becomes a `TileError` naming it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            warnings.filterwarnings("error", message=".*truncated.*", category=AstropyUserWarning)
            with (
                path.open("rb") as handle,
                fits.open(handle, memmap=False, lazy_load_hdus=False) as file,
            ):
                yield file
    except FileNotFoundError as error:
        raise TileError(f"{path}: no such file.") from error
    except PermissionError as error:
        raise TileError(f"{path}: may not be read (no permission).") from error
    except AstropyUserWarning as error:
        raise TileError(
            f"{path}: is truncated, {path.stat().st_size} bytes are there ({error}). "
            "Fetch or copy it again."
        ) from error
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError) as error:
        size = path.stat().st_size if path.exists() else 0
        reason = "is empty" if size == 0 else "cannot be read as FITS"
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TileError(f"{path}: {reason} ({text}). Fetch or copy it again.") from error


def scan_fits(path: Path, options: ReadOptions) -> list[Scanned]:
    """Return the band images of a FITS file: several for a cube or several exposures.

    Raises
    ------
    TileError
        If it cannot be read, holds no image, or a band or position cannot be told.
    """
    with open_fits(path) as file:
        images = [k for k, hdu in enumerate(file) if _axes(hdu) in (2, 3)]
        if not images:
            raise TileError(
                f"{path}: holds no image of two or three axes (its parts: "
                f"{', '.join(hdu.name or type(hdu).__name__ for hdu in file)})."
            )
        names = {k: file[k].name.upper() for k in images}
        main = [k for k in images if names[k] in _IMAGE_NAMES]
        helpers = _VARIANCE_NAMES | _WEIGHT_NAMES | _MASK_NAMES
        chosen = main or [k for k in images if names[k] not in helpers]
        if not chosen:
            raise TileError(
                f"{path}: holds only {', '.join(names.values())}, no image. Give the image as well."
            )
        found: list[Scanned] = []
        for k in chosen:
            beside = names if len(chosen) == 1 else {}
            suffix = f"-{file[k].name}" if len(chosen) > 1 else ""
            found += _scan_hdu(path, file, k, beside, suffix, options)
        return found


def _axes(hdu: fits.hdu.base._BaseHDU) -> int:
    if not getattr(hdu, "is_image", False):
        return 0
    shape = [side for side in hdu.shape if side > 1]
    return len(shape)


def _first_named(names: dict[int, str], allowed: set[str]) -> int | None:
    return next((k for k, name in names.items() if name in allowed), None)


def _scan_hdu(
    path: Path,
    file: fits.HDUList,
    k: int,
    beside: dict[int, str],
    suffix: str,
    options: ReadOptions,
) -> list[Scanned]:
    header = file[k].header
    shape = tuple(side for side in file[k].shape if side > 1)
    place = footprint(celestial_wcs(header, path), (shape[-2], shape[-1]), path)
    stem = bare_stem(path)
    if len(shape) == 2:
        named, rest = band_of_name(stem)
        band = filter_of(header, file[0].header)
        if band is None:
            band = named
        if band is None and options.bands and len(options.bands) == 1:
            band = options.bands[0]
        if band is None:
            raise TileError(
                f"{path}: its band cannot be told: no FILTER keyword, and none of _g, -r., "
                "_iband in its name. Say it in a tiles.csv (columns tile, band, image)."
            )
        return [
            Scanned(
                BandImage(
                    band,
                    path,
                    hdu=k,
                    variance_hdu=_first_named(beside, _VARIANCE_NAMES),
                    weight_hdu=_first_named(beside, _WEIGHT_NAMES),
                    mask_hdu=_first_named(beside, _MASK_NAMES),
                ),
                place,
                (rest if named == band else stem) + suffix,
            )
        ]
    bands = options.bands or bands_of_cube(header, shape[0])
    if bands is None or len(bands) != shape[0]:
        raise TileError(
            f"{path}: is a cube of {shape[0]} planes whose bands are "
            f"{', '.join(bands) if bands else 'not named'}. Name all {shape[0]}, with "
            "--bands g,r,z or a BANDS keyword."
        )
    return [
        Scanned(BandImage(band, path, hdu=k, plane=plane), place, stem + suffix)
        for plane, band in enumerate(bands)
    ]
