"""Results of a benchmark on disk: all of them as JSON, the tables as CSV."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from strandline.classify.differences import Difference
from strandline.classify.standings import Standings
from strandline.files import write_aside

__all__ = ["save_standings"]

_COLUMNS = (
    "contestant",
    "labels",
    "group",
    "value",
    "measure",
    "mean",
    "spread",
    "sampling_error",
    "draws",
    "positives",
    "negatives",
    "seen",
)


def save_standings(standings: Standings, folder: Path, about: dict[str, object]) -> None:
    """Write ``benchmark.json``, ``benchmark.csv`` and, if there are any, ``differences.csv``.

    Parameters
    ----------
    standings : Standings
    folder : Path
    about : dict
        What else the JSON says, beside every draw of every row, curves and differences.
    """
    rows = [asdict(row) | {"mean": row.mean, "spread": row.spread} for row in standings.rows]
    content = about | {
        "prevalence": standings.prevalence,
        "labels_given": {str(asked): given for asked, given in standings.given.items()},
        "rows": rows,
        "curves": [asdict(curve) for curve in standings.curves],
        "differences": [asdict(one) for one in standings.differences],
    }
    with write_aside(folder / "benchmark.json") as aside:
        text = json.dumps(_plain(content), indent=1, allow_nan=False)
        aside.write_text(text + "\n", encoding="utf-8")
    lines = (
        (
            *(row.contestant, row.labels, row.group, row.value, row.measure),
            *(f"{number:.5f}" for number in (row.mean, row.spread, row.sampling_error)),
            *(len(row.each), row.positives, row.negatives, row.facts.get("seen", "")),
        )
        for row in standings.rows
    )
    _write(folder / "benchmark.csv", _COLUMNS, lines)
    if standings.differences:
        names = [field.name for field in fields(Difference)]
        told = ([getattr(one, name) for name in names] for one in standings.differences)
        rounded = ([f"{v:.5f}" if isinstance(v, float) else v for v in line] for line in told)
        _write(folder / "differences.csv", names, rounded)


def _write(path: Path, head: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    with write_aside(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(lines)


def _plain(value: Any) -> Any:
    """Return `value` with None for what is not finite, which JSON cannot hold."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
