"""The card of a model: how it was made and how good it is, as plain JSON."""

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from strandline._version import __version__
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = [
    "card_text",
    "describe_tables",
    "history_columns",
    "history_csv",
    "made_now",
    "new_card",
]


def new_card(
    tables: Sequence[StampTable], recipe: Recipe, seed: int, **training: Any
) -> dict[str, Any]:
    """Return the part of a card that all models have.

    Keys: ``recipe``, ``description``, ``bands``, ``kind``, ``size_px``, ``pixel_scale_arcsec``
    (median, None for pictures), ``training`` (tables, counts, epochs), ``seed``, ``created``,
    ``versions``.
    """
    spec = tables[0].spec
    scales = np.concatenate([_floats(table, "pixel_scale_arcsec") for table in tables])
    known = scales[np.isfinite(scales)]
    return {
        "recipe": recipe.name,
        "description": recipe.description,
        "bands": list(spec.bands),
        "kind": spec.kind,
        "size_px": spec.size_px,
        "pixel_scale_arcsec": float(np.median(known)) if len(known) else None,
        "training": {"tables": describe_tables(tables), **training},
        "seed": seed,
        **made_now(),
    }


def made_now() -> dict[str, Any]:
    """Return ``created`` and ``versions`` of a card."""
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": {
            "strandline": __version__,
            "torch": torch.__version__,
            "lightning": version("lightning"),
            "python": platform.python_version(),
        },
    }


def describe_tables(tables: Sequence[StampTable]) -> list[dict[str, Any]]:
    """Return name and number of stamps of each table; no folders, so that cards can be shared."""
    return [{"name": table.path.name, "stamps": len(table)} for table in tables]


def card_text(card: Mapping[str, Any]) -> str:
    """Return a card as the text of its file."""
    return json.dumps(_plain(card), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def history_columns(history: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """Return a history by metric, one value an epoch; NaN where one was not measured."""
    names = dict.fromkeys(name for epoch in history for name in epoch)
    return {name: [epoch.get(name, float("nan")) for epoch in history] for name in names}


def history_csv(history: Sequence[Mapping[str, float]]) -> str:
    """Return a history as the text of a CSV file, one line an epoch."""
    columns = history_columns(history)
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(f"{value:.9g}" for value in row) for row in rows)]
    return "\n".join(lines) + "\n"


def _floats(table: StampTable, name: str) -> NDArray[np.float64]:
    return np.asarray(table.columns(name)[name], dtype=np.float64)


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy and tuples unwrapped, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
