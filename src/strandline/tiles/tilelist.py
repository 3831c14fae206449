"""Tile lists: a CSV that says which files make a tile."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from strandline.errors import TileError
from strandline.tiles.headers import ZEROPOINT_RANGE
from strandline.tiles.tile import BandImage, Skipped

__all__ = ["TileList", "is_tile_list", "read_tile_list"]

_NEEDED = ("tile", "band", "image")
_OPTIONAL = ("weight", "mask", "zeropoint", "psf_fwhm_arcsec")


@dataclass(frozen=True)
class TileList:
    """Tiles by name, in the list's order, and rows that could not be used."""

    tiles: dict[str, tuple[BandImage, ...]]
    skipped: tuple[Skipped, ...]


def is_tile_list(path: Path) -> bool:
    """Tell whether a file is taken for a tile list: any CSV that is named as an input."""
    return path.suffix.lower() == ".csv"


def read_tile_list(path: Path) -> TileList:
    """Read a tile list.

    Parameters
    ----------
    path : Path
        CSV with columns tile, band, image and optional weight (inverse variance), mask, zeropoint
        (AB mag), psf_fwhm_arcsec. Files are relative to the list's folder.

    Raises
    ------
    TileError
        If the file is no such list. A bad row is skipped, with its tile left to the other rows.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            _check_columns(path, tuple(reader.fieldnames))
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TileError(
            f"{path}: cannot be read as a tile list ({error}). Save it as a CSV text in UTF-8."
        ) from error
    if not rows:
        raise TileError(f"{path}: lists no tile: it has a header but no rows.")
    tiles: defaultdict[str, list[BandImage]] = defaultdict(list)
    skipped = []
    for number, row in enumerate(rows, start=2):
        try:
            image = _band_image(path.parent, row)
            name = (row["tile"] or "").strip()
            if not name:
                raise ValueError("column tile is empty")
            if any(image.band == other.band for other in tiles[name]):
                raise ValueError(f"tile {name!r} has band {image.band!r} already")
        except ValueError as error:
            skipped.append(Skipped(f"{path}: line {number}", f"{error}."))
            continue
        tiles[name].append(image)
    return TileList(
        {name: tuple(images) for name, images in tiles.items() if images}, tuple(skipped)
    )


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    unknown = [name for name in columns if name not in _NEEDED + _OPTIONAL]
    if missing or unknown:
        raise TileError(
            f"{path}: is no tile list: "
            + "; ".join(
                part
                for part in (
                    f"column {', '.join(missing)} is missing" if missing else "",
                    f"column {', '.join(unknown)} is not known" if unknown else "",
                )
                if part
            )
            + f". Needed, separated by commas: {', '.join(_NEEDED)}; "
            f"optional: {', '.join(_OPTIONAL)}."
        )


def _band_image(folder: Path, row: dict[str, str]) -> BandImage:
    band = (row["band"] or "").strip().lower()
    if not band:
        raise ValueError("column band is empty")
    image = _file(folder, row, "image")
    if image is None:
        raise ValueError("column image is empty")
    return BandImage(
        band,
        image,
        weight=_file(folder, row, "weight"),
        mask=_file(folder, row, "mask"),
        zeropoint=_number(row, "zeropoint", *ZEROPOINT_RANGE),
        psf_fwhm_arcsec=_number(row, "psf_fwhm_arcsec", 0.001, 100),
    )


def _file(folder: Path, row: dict[str, str], column: str) -> Path | None:
    text = (row.get(column) or "").strip()
    if not text:
        return None
    path = folder / text
    if not path.is_file():
        raise ValueError(f"column {column}: {path} is no file")
    return path


def _number(row: dict[str, str], column: str, least: float, most: float) -> float | None:
    text = (row.get(column) or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"column {column}: {text!r} is no number") from None
    if not least <= number <= most:
        raise ValueError(f"column {column}: {text} is not between {least:g} and {most:g}")
    return number
