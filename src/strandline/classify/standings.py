"""Results of a benchmark, and the tables that are printed of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from strandline.classify.contestants import Facts
from strandline.classify.differences import Difference
from strandline.classify.rankcurves import RankCurve

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

_COSTS = {
    "training_seconds": "training s",
    "training_rate": "images/s",
    "fit_seconds": "fit s",
    "stamps_per_second": "stamps/s",
}
_LARGEST_RATIO = 100
_DIFFERENCE_HEAD = (
    "contestant",
    "labels",
    "against",
    "labels",
    "draws",
    "AUC difference",
    "95 %",
    "remaining error",
    "95 %",
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
    curves : tuple of RankCurve
    differences : tuple of Difference
    given : dict of (int, int)
        By number of labels asked for: how many there were, and how many of them interacting.
    """

    rows: tuple[Row, ...]
    prevalence: float
    curves: tuple[RankCurve, ...] = ()
    differences: tuple[Difference, ...] = ()
    given: dict[int, tuple[int, int]] = field(default_factory=dict)

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

    def lines(self, group: str = EVERYTHING) -> Iterator[tuple[str, ...]]:
        """Yield the table of a group: a head, then a line for each contestant and label count.

        Each cell has the mean over draws, its spread over draws, and the sampling error.
        """
        first = ("contestant", "labels") if group == EVERYTHING else ("contestant", "labels", group)
        yield (*first, "draws", *_HEADS.values(), *_COSTS.values())
        chosen = [row for row in self.rows if row.group == group]
        for lead in (row for row in chosen if row.measure == "auc"):
            key = (lead.contestant, lead.labels, lead.value)
            cells = {
                row.measure: _cell(row)
                for row in chosen
                if (row.contestant, row.labels, row.value) == key
            }
            told = [lead.contestant, str(lead.labels), *((lead.value,) if len(first) > 2 else ())]
            told += [str(len(lead.each)) if lead.labels else ""]
            told += [cells[name] for name in _HEADS]
            told += [_number(lead.facts.get(name)) for name in _COSTS]
            yield tuple(told)

    def difference_lines(self) -> Iterator[tuple[str, ...]]:
        """Yield the table of differences: a head, then a line for each pair."""
        yield _DIFFERENCE_HEAD
        for one in self.differences:
            spread = f" ±{one.spread:.3f}" if np.isfinite(one.spread) else ""
            yield (
                one.contestant,
                str(one.labels),
                one.against,
                str(one.against_labels),
                str(one.draws),
                f"{one.mean:+.3f}{spread} ({one.sampling_error:.3f})",
                f"{one.low:+.3f} to {one.high:+.3f}",
                _ratio(one.error_ratio),
                f"{_ratio(one.ratio_low)} to {_ratio(one.ratio_high)}",
            )

    def shortages(self) -> list[str]:
        """Return what to say where there are not so many labels, half of them interacting."""
        return [
            f"{asked} labels: {count:,} were there, {ones:,} of them interacting"
            if count < asked
            else f"{asked} labels: {ones:,} of them interacting, as there are no more"
            for asked, (count, ones) in self.given.items()
            if count < asked or ones < asked // 2
        ]

    def origins(self) -> dict[str, str]:
        """Return what each contestant saw before the labels of the draws, where it saw anything."""
        told = {row.contestant: row.facts.get("seen") for row in self.rows}
        return {name: str(seen) for name, seen in told.items() if seen}

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups beside all."""
        return tuple(dict.fromkeys(r.group for r in self.rows if r.group != EVERYTHING))


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < _LARGEST_RATIO else f"over {_LARGEST_RATIO}"


def _cell(row: Row) -> str:
    spread = f" ±{row.spread:.3f}" if len(row.each) > 1 else ""
    error = f" ({row.sampling_error:.3f})" if np.isfinite(row.sampling_error) else ""
    return f"{row.mean:.3f}{spread}{error}"


def _number(value: float | str | None) -> str:
    if not isinstance(value, float):
        return ""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
