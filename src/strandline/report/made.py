"""How a report was made: models, tiles, versions, and what flags and probabilities mean."""

import math
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pyarrow as pa

from strandline.report.inputs import ReportInputs
from strandline.report.words import FLAG_WORDS, number, plain_name

__all__ = ["CardLines", "TileLine", "card_lines", "flag_lines", "software", "tile_lines"]

TILES_AT_MOST = 200

_LIBRARIES = (
    "strandline",
    "numpy",
    "scipy",
    "astropy",
    "sep",
    "pylance",
    "torch",
    "lightning",
    "scikit-learn",
    "umap-learn",
    "pillow",
)
_DRAWN_ELSEWHERE = {"name", "history", "validation_scores"}
_LONGEST_LIST = 12


@dataclass(frozen=True)
class CardLines:
    """A model's card as lines of text: name of an entry, its value."""

    name: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TileLine:
    """One tile: its name, the image it came from, its galaxies and what was odd."""

    name: str
    source: str
    galaxies: int
    notes: tuple[str, ...]


def card_lines(card: Mapping[str, Any]) -> CardLines:
    """Return the entries of a card that can be read; long lists and curves are left out."""
    lines: list[tuple[str, str]] = []
    for key, value in card.items():
        if key not in _DRAWN_ELSEWHERE:
            text = _value(value)
            if text:
                lines.append((plain_name(str(key)), text))
    return CardLines(str(card.get("name", "model")), tuple(lines))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ((plain_name(str(key)), _value(part)) for key, part in value.items())
        return "; ".join(f"{key} {text}" for key, text in inner if text)
    if isinstance(value, list | tuple):
        if len(value) > _LONGEST_LIST:
            return f"{len(value):,} values"
        return ", ".join(_value(part) for part in value)
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return "" if value is None else number(value)


def tile_lines(inputs: ReportInputs) -> tuple[list[TileLine], int]:
    """Return the tiles, those with notes first, and how many are left out of a long list.

    Of pictures, each of which is a tile, only those with notes.
    """
    catalogue = inputs.catalogue
    notes: dict[str, list[str]] = {}
    for tile, note in inputs.notes:
        if note not in notes.setdefault(tile, []):
            notes[tile].append(note)
    sources: dict[str, str] = {}
    galaxies: Counter[str] = Counter()
    if "tile" in catalogue.column_names:
        names = _strings(catalogue, "tile")
        galaxies.update(names)
        if "source" in catalogue.column_names:
            sources = dict(zip(names, _strings(catalogue, "source"), strict=True))
    named = set(notes) if inputs.table.spec.kind == "picture" else set(galaxies) | set(notes)
    every = sorted(named, key=lambda tile: (tile not in notes, tile))
    lines = [
        TileLine(tile, sources.get(tile, ""), galaxies[tile], tuple(notes.get(tile, ())))
        for tile in every[:TILES_AT_MOST]
    ]
    return lines, len(every) - len(lines)


def _strings(table: pa.Table, name: str) -> list[str]:
    return ["" if value is None else str(value) for value in table[name].to_pylist()]


def flag_lines(catalogue: pa.Table) -> list[tuple[str, str, int]]:
    """Return for each flag its words, what it means, and how many galaxies have it."""
    counts: Counter[int] = Counter()
    if "flags" in catalogue.column_names:
        counts.update(value or 0 for value in catalogue["flags"].to_pylist())
    return [
        (words, meaning, sum(n for value, n in counts.items() if value & flag))
        for flag, (words, meaning) in FLAG_WORDS.items()
    ]


def software() -> list[tuple[str, str]]:
    """Return the versions of Python and of the libraries that the numbers depend on."""
    versions = [("python", platform.python_version())]
    for library in _LIBRARIES:
        try:
            versions.append((library, version(library)))
        except PackageNotFoundError:
            continue
    return versions
