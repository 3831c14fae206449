"""How a report was made: models, tiles, versions, and what flags and probabilities mean."""

import math
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
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
_LEFT_OUT = {"name", "format", "kind", "history", "validation_scores"}
"""Entries that stand elsewhere on the page or say nothing, at any depth of a card."""
_LONGEST_LIST = 8
_LONGEST_ENTRY = 6


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
    return CardLines(str(card.get("name", "model")), tuple(_lines(card, "")))


def _lines(entries: Mapping[str, Any], inside: str) -> Iterator[tuple[str, str]]:
    """Yield the entries as lines; a long entry is given line by line, without what it repeats."""
    for key, value in entries.items():
        if key in _LEFT_OUT:
            continue
        name = f"{inside}{plain_name(str(key))}"
        if isinstance(value, Mapping) and len(value) > _LONGEST_ENTRY:
            news = {k: part for k, part in value.items() if entries.get(k) != part}
            yield from _lines(news, f"{name}: ")
        elif text := _value(value):
            yield name, text


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        left_out = _LEFT_OUT - {"name"}
        kept = {key: part for key, part in value.items() if key not in left_out}
        inner = ((plain_name(str(key)), _value(part)) for key, part in kept.items())
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
