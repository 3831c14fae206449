"""The tiles of a survey: from a list of files and URLs, or a folder of images."""

import csv
import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from strandline.errors import NothingFoundError, OptionError, TileError
from strandline.progress import say
from strandline.survey.places import is_remote, joined, read_bytes
from strandline.survey.regions import Box, box_regions
from strandline.tiles import ZEROPOINT_RANGE, ReadOptions, Skipped, TileSource, discover, sort_bands

__all__ = ["ListedImage", "SurveyTile", "TileList", "list_tiles"]

_NEEDED = ("tile", "band", "image")
_OPTIONAL = ("weight", "mask", "zeropoint", "psf_fwhm_arcsec")
_BOX = ("ra_min", "ra_max", "dec_min", "dec_max")
_LISTS = (".csv", ".parquet")


@dataclass(frozen=True)
class ListedImage:
    """One band of a listed tile; files are paths or URLs and need not be there yet."""

    band: str
    image: str
    weight: str | None = None
    mask: str | None = None
    zeropoint: float | None = None
    psf_fwhm_arcsec: float | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """All its files."""
        return tuple(name for name in (self.image, self.weight, self.mask) if name)


@dataclass(frozen=True)
class SurveyTile:
    """One task of a survey.

    Attributes
    ----------
    name : str
    listed : tuple of ListedImage
        Empty if the tile was found in a folder.
    source : TileSource or None
        As it was found in a folder.
    """

    name: str
    listed: tuple[ListedImage, ...] = ()
    source: TileSource | None = None

    @property
    def first_file(self) -> str:
        """Path or URL of the first image; catalogues and messages call the tile by it."""
        return self.source.path if self.source is not None else self.listed[0].image

    @property
    def files(self) -> tuple[str, ...]:
        """All files that are read for it, each once."""
        if self.source is None:
            names = [name for image in self.listed for name in image.files]
        else:
            paths = [(image.path, image.weight, image.mask) for image in self.source.images]
            names = [str(path) for entry in paths for path in entry if path is not None]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class TileList:
    """All tiles of a survey.

    Attributes
    ----------
    tiles : tuple of SurveyTile
        Sorted by name.
    boxes : tuple of Box, or None
        Their primary regions, if the list gives them.
    bands : tuple of str
        Of all tiles, blue to red.
    skipped : tuple of Skipped
        What a folder holds that cannot be used.
    """

    tiles: tuple[SurveyTile, ...]
    boxes: tuple[Box, ...] | None
    bands: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()


def list_tiles(inputs: Sequence[str | Path], read: ReadOptions) -> TileList:
    """Return the tiles that the inputs name.

    Parameters
    ----------
    inputs : sequence of str or path
        One list of tiles, ``.csv`` or ``.parquet``, a path or a URL, with columns tile, band, image
        and optional weight, mask, zeropoint, psf_fwhm_arcsec, and ra_min, ra_max, dec_min, dec_max
        (deg) for the primary region. Files are paths or URLs, relative ones as seen from the list.
        Or folders, files and globs of FITS images on this machine.
    read : ReadOptions

    Raises
    ------
    TileError
        If the list cannot be read, or a row makes no sense; names it.
    NothingFoundError
        If there is no tile.
    OptionError
        If the images are colour pictures, or a list comes with other inputs.
    """
    texts = [_absolute(str(entry)) for entry in inputs]
    lists = [text for text in texts if text.lower().endswith(_LISTS)]
    if lists and len(texts) > 1:
        raise OptionError(
            f"A survey has one list of tiles, or images: give {lists[0]} alone, or no list."
        )
    if lists:
        return _of_list(lists[0])
    if remote := [text for text in texts if is_remote(text)]:
        raise OptionError(
            f"{remote[0]}: what is not on this machine must be named in a list: a tiles.csv with "
            "columns tile, band, image, in which image may be such a URL."
        )
    return _of_images(texts, read)


def _absolute(text: str) -> str:
    """Return a path that means the same on workers, which run in other folders."""
    return text if is_remote(text) else os.path.abspath(text)  # noqa: PTH100 - links stay


def _of_images(inputs: Sequence[str], read: ReadOptions) -> TileList:
    found = discover(inputs, read)
    for item in found.skipped:
        say(f"skipped {item.path}: {item.reason}")
    if not found.sources:
        raise NothingFoundError(
            f"Nothing among the inputs can be read as an image ({', '.join(inputs[:3])}). Give a "
            "tiles.csv, or a folder of FITS files."
        )
    if found.sources[0].kind == "picture":
        raise OptionError(
            f"{found.sources[0].path}: is a colour picture. A survey is of calibrated images with "
            "positions on the sky; use strandline find for pictures."
        )
    tiles = tuple(SurveyTile(source.name, source=source) for source in found.sources)
    return TileList(tiles, None, found.bands, found.skipped)


def _of_list(address: str) -> TileList:
    rows = _rows(address)
    if not rows:
        raise TileError(f"{address}: lists no tile: it has a header but no rows.")
    _check_columns(address, tuple(rows[0]))
    folder = address.rpartition("/")[0]
    images: dict[str, list[ListedImage]] = {}
    boxes: dict[str, tuple[float, float, float, float]] = {}
    boxed = all(name in rows[0] for name in _BOX)
    for number, row in enumerate(rows, start=2):
        try:
            name, image = _image(row, folder)
            if any(image.band == other.band for other in images.get(name, ())):
                raise ValueError(f"tile {name!r} has band {image.band!r} already")
            images.setdefault(name, []).append(image)
            if boxed:
                box = _box(row)
                if boxes.setdefault(name, box) != box:
                    raise ValueError(f"tile {name!r} has another primary region in a row before")
        except ValueError as error:
            raise TileError(f"{address}: line {number}: {error}.") from error
    names = sorted(images)
    tiles = []
    for name in names:
        order = sort_bands(image.band for image in images[name])
        listed = sorted(images[name], key=lambda image: order.index(image.band))
        tiles.append(SurveyTile(name, tuple(listed)))
    bands = sort_bands(image.band for entry in images.values() for image in entry)
    regions = tuple(box_regions([boxes[name] for name in names])) if boxed else None
    return TileList(tuple(tiles), regions, bands)


def _rows(address: str) -> list[dict[str, Any]]:
    content = read_bytes(address)
    try:
        if address.lower().endswith(".parquet"):
            table = pa.parquet.read_table(io.BytesIO(content))
            rows: list[dict[str, Any]] = table.to_pylist()
            return rows
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        reader = csv.DictReader(text, skipinitialspace=True)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        return list(reader)
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise TileError(
            f"{address}: cannot be read as a list of tiles ({error}). Save it as a CSV text in "
            "UTF-8, or as Parquet."
        ) from error


def _check_columns(address: str, columns: tuple[str, ...]) -> None:
    known = _NEEDED + _OPTIONAL + _BOX
    missing = [name for name in _NEEDED if name not in columns]
    unknown = [str(name) for name in columns if name not in known]
    some = [name for name in _BOX if name in columns]
    if some and len(some) < len(_BOX):
        missing += [name for name in _BOX if name not in columns]
    if missing or unknown:
        raise TileError(
            f"{address}: is no list of tiles: "
            + (f"column {', '.join(missing)} is missing" if missing else "")
            + ("; " if missing and unknown else "")
            + (f"column {', '.join(unknown)} is not known" if unknown else "")
            + f". Needed: {', '.join(_NEEDED)}; optional: {', '.join(_OPTIONAL)}, and for primary "
            f"regions all of {', '.join(_BOX)}."
        )


def _image(row: dict[str, Any], folder: str) -> tuple[str, ListedImage]:
    texts = {key: _text(row.get(key)) for key in ("tile", "band", "image", "weight", "mask")}
    for key in _NEEDED:
        if not texts[key]:
            raise ValueError(f"column {key} is empty")
    files = {key: joined(folder, texts[key]) for key in ("image", "weight", "mask") if texts[key]}
    image = ListedImage(
        texts["band"].lower(),
        files["image"],
        files.get("weight"),
        files.get("mask"),
        _number(row, "zeropoint", *ZEROPOINT_RANGE),
        _number(row, "psf_fwhm_arcsec", 0.001, 100),
    )
    return texts["tile"], image


def _box(row: dict[str, Any]) -> tuple[float, float, float, float]:
    sides = [_number(row, name, -360, 720) for name in _BOX]
    if None in sides:
        raise ValueError(f"one of {', '.join(_BOX)} is empty")
    ra_min, ra_max, dec_min, dec_max = (side for side in sides if side is not None)
    return ra_min, ra_max, dec_min, dec_max


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _number(row: dict[str, Any], column: str, least: float, most: float) -> float | None:
    text = _text(row.get(column))
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise ValueError(f"column {column}: {text!r} is no number between {least:g} and {most:g}")
    return number
