"""Results of a benchmark: saved as JSON and CSV, printed as a table."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from strandline.classify.contestants import Facts
from strandline.files import write_aside

__all__ = ["EVERYTHING", "Row", "Standings"]

EVERYTHING = "all"
_HEADS = {
    "auc": "AUC",
    "completeness 0.05": "C(0.05)",
    "completeness 0.1": "C(0.1)",
    "completeness 0.22": "C(0.22)",
    "average_precision": "AP",
    "recall_inspected 0.05": "R(5%)",
    "recall_inspected 0.1": "R(10%)",
    "recall_inspected 0.3": "R(30%)",
}

_CSV_COLUMNS = (
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
)


@dataclass(frozen=True)
class Row:
    """One measure of one contestant with one number of labels on one group of test galaxies.

    Attributes
    ----------
    contestant, group, value, measure : str
    labels : int
        0 for what learns from none.
    positives, negatives : int
        Test galaxies.
    each : tuple of float
        One for each draw of labels, in the order of the draws: those of two contestants are pairs.
    sampling_error : float
        1 sigma, by bootstrap of the test galaxies, of the draw in the middle.
    facts : dict
    """

    contestant: str
    labels: int
    group: str
    value: str
    measure: str
    positives: int
    negatives: int
    each: tuple[float, ...]
    sampling_error: float
    facts: Facts

    @property
    def mean(self) -> float:
        """Over the draws."""
        return float(np.mean(self.each))

    @property
    def spread(self) -> float:
        """Standard deviation over the draws; NaN of one."""
        return float(np.std(self.each, ddof=1)) if len(self.each) > 1 else float("nan")


@dataclass(frozen=True)
class Standings:
    """All rows of a benchmark.

    Attributes
    ----------
    rows : tuple of Row
    prevalence : float
        That average precision and recall refer to.
    """

    rows: tuple[Row, ...]
    prevalence: float

    def find(
        self, contestant: str, labels: int, measure: str = "auc", group: str = EVERYTHING
    ) -> Row:
        """Return one row; `KeyError` if there is none."""
        for row in self.rows:
            if (row.contestant, row.labels, row.measure, row.group) == (
                contestant,
                labels,
                measure,
                group,
            ):
                return row
        raise KeyError((contestant, labels, measure, group))

    def paired(self, better: Row, worse: Row) -> tuple[float, float]:
        """Return the mean difference of two rows over their common draws, and its error.

        The error is that of the mean over draws; it says nothing of another test set.
        """
        common = min(len(better.each), len(worse.each))
        differences = np.array(better.each[:common]) - np.array(worse.each[:common])
        error = differences.std(ddof=1) / np.sqrt(common) if common > 1 else np.nan
        return float(differences.mean()), float(error)

    def lines(self, group: str = EVERYTHING) -> Iterator[tuple[str, ...]]:
        """Yield the table of a group: a head, then a line for each contestant and label count.

        Each cell has the mean over draws, its spread over draws, and the sampling error.
        """
        first = ("contestant", "labels") if group == EVERYTHING else ("contestant", "labels", group)
        yield (*first, *_HEADS.values(), "training s", "fit s", "stamps/s")
        chosen = [row for row in self.rows if row.group == group]
        for lead in (row for row in chosen if row.measure == "auc"):
            key = (lead.contestant, lead.labels, lead.value)
            cells = {
                row.measure: _cell(row)
                for row in chosen
                if (row.contestant, row.labels, row.value) == key
            }
            told = [lead.contestant, str(lead.labels), *((lead.value,) if len(first) > 2 else ())]
            told += [cells[name] for name in _HEADS]
            told += [
                _number(lead.facts.get(name))
                for name in ("training_seconds", "fit_seconds", "stamps_per_second")
            ]
            yield tuple(told)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups beside all."""
        return tuple(dict.fromkeys(r.group for r in self.rows if r.group != EVERYTHING))

    def save(self, folder: Path, about: dict[str, object]) -> None:
        """Write ``benchmark.json``, with every draw, and ``benchmark.csv`` into a folder."""
        rows = [
            asdict(row)
            | {
                "mean": row.mean,
                "spread": _none(row.spread),
                "sampling_error": _none(row.sampling_error),
            }
            for row in self.rows
        ]
        content = about | {"prevalence": self.prevalence, "rows": rows}
        with write_aside(folder / "benchmark.json") as aside:
            text = json.dumps(content, indent=1, allow_nan=False)
            aside.write_text(text + "\n", encoding="utf-8")
        with (
            write_aside(folder / "benchmark.csv") as aside,
            aside.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(_CSV_COLUMNS)
            for row in self.rows:
                writer.writerow(
                    [row.contestant, row.labels, row.group, row.value, row.measure]
                    + [f"{number:.5f}" for number in (row.mean, row.spread, row.sampling_error)]
                    + [len(row.each), row.positives, row.negatives]
                )


def _cell(row: Row) -> str:
    spread = f" ±{row.spread:.3f}" if len(row.each) > 1 else ""
    error = f" ({row.sampling_error:.3f})" if np.isfinite(row.sampling_error) else ""
    return f"{row.mean:.3f}{spread}{error}"


def _number(value: float | str | None) -> str:
    if not isinstance(value, float):
        return ""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _none(value: float) -> float | None:
    return value if np.isfinite(value) else None
