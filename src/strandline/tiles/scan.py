"""One FITS file looked into, headers only: which bands it has, and where they lie."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.io.fits.verify import VerifyError
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from strandline.errors import TileError
from strandline.tiles.bands import band_of_name, bands_of_cube, filter_of
from strandline.tiles.structure import count_parts, open_plain
from strandline.tiles.tile import BandImage, ReadOptions
from strandline.tiles.wcs import Footprint, celestial_wcs, footprint

__all__ = ["Scanned", "bare_stem", "open_fits", "pixels_of", "scan_fits"]

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
def open_fits(path: Path) -> Iterator[list[Any]]:
    """Open a FITS file, checked to be all there, and yield its parts (HDUs).

    Values that astropy cannot parse stand in the headers as text.

    Raises
    ------
    TileError
        Whatever is wrong with the file; names it.
    """
    with open_plain(path) as handle:
        count = count_parts(path, handle)
        with _quiet_astropy():
            try:
                file = fits.open(handle, memmap=False, lazy_load_hdus=True)
                parts = [file[k] for k in range(count)]
                for part in parts:
                    _make_readable(part.header)
            except Exception as error:  # astropy and its codecs raise many kinds
                raise TileError(_damaged(path, error)) from error
        try:
            yield parts
        finally:
            file.close()


def pixels_of(part: Any, path: Path) -> NDArray[Any]:
    """Return the data of an image part, axes of length 1 left out.

    Raises
    ------
    TileError
        If they cannot be decoded.
    """
    try:
        with _quiet_astropy(), np.errstate(all="ignore"):
            return np.squeeze(np.asarray(part.data))
    except Exception as error:  # as above
        raise TileError(_damaged(path, error)) from error


@contextmanager
def _quiet_astropy() -> Iterator[None]:
    # other threads may undo this: a warning is shown then, and nothing else depends on it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        yield


def _damaged(path: Path, error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, MemoryError):
        return f"{path}: does not fit into memory ({text}). Cut it into smaller images."
    return f"{path}: is damaged and cannot be decoded ({text}). Fetch or copy it again."


def _make_readable(header: fits.Header) -> None:
    for k in reversed(range(len(header.cards))):
        card = header.cards[k]
        try:
            card.value  # noqa: B018 - parsed only now
        except VerifyError:
            try:
                text = card.image[10:].split("/")[0].strip()
                header[k] = text.replace("'", "")
            except (VerifyError, ValueError):  # not even a card
                del header[k]


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
                f"{', '.join(_told(hdu) for hdu in file)}). Give an image, or a cube with one "
                "plane a band."
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


def _axes(hdu: Any) -> int:
    if not getattr(hdu, "is_image", False):
        return 0
    shape = [side for side in hdu.shape if side > 1]
    return len(shape)


def _told(hdu: Any) -> str:
    if not getattr(hdu, "is_image", False):
        return f"{hdu.name or 'unnamed'} a table"
    return f"{hdu.name or 'unnamed'} {'x'.join(map(str, hdu.shape[::-1])) or 'empty'}"


def _first_named(names: dict[int, str], allowed: set[str]) -> int | None:
    return next((k for k, name in names.items() if name in allowed), None)


def _scan_hdu(
    path: Path,
    file: Sequence[Any],
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
                f"{path}: its band cannot be told: no FILTER keyword names one, and none of _g, "
                "-r., _iband is in its name. Say it in a tiles.csv (columns tile, band, image)."
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
    given = options.bands if options.bands and len(options.bands) == shape[0] else None
    bands = given or bands_of_cube(header, shape[0])
    if bands is None:
        raise TileError(
            f"{path}: is a cube of {shape[0]} planes whose bands are "
            f"{', '.join(options.bands) if options.bands else 'not named'}. Name all {shape[0]}, "
            "with --bands g,r,z or a BANDS keyword."
        )
    band, times = Counter(bands).most_common(1)[0]
    if times > 1:
        raise TileError(
            f"{path}: {times} planes of the cube are named {band!r} ({', '.join(bands)}). Name "
            "each plane otherwise, with --bands g,r,z or a BANDS keyword."
        )
    return [
        Scanned(BandImage(band, path, hdu=k, plane=plane), place, stem + suffix)
        for plane, band in enumerate(bands)
    ]
