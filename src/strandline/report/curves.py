"""How good the rankings are: ROC curve, completeness against contamination, scores, confusion."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from strandline.classify import Evaluation, evaluate_scores
from strandline.classify.metrics import CONTAMINATIONS
from strandline.errors import LabelError
from strandline.report.figures import Frame, axes, bars, curve, dot, guide, svg
from strandline.report.inputs import Curve

__all__ = [
    "Measured",
    "completeness_figure",
    "measure",
    "roc_area",
    "roc_figure",
    "score_figure",
]

_ROC = Frame((0, 1), (0, 1))
_COMPLETENESS = Frame((0, 0.4), (0, 1))
_POINTS_AT_MOST = 300
_BINS = 20
_THRESHOLDS = 101
_SERIES = 4


@dataclass(frozen=True)
class Measured:
    """One model's scores against the truth.

    Attributes
    ----------
    name, note : str
        As in `Curve`.
    number : int
        Which of the curves, from 0.
    series : int
        Number of its colour on the page, from 1.
    evaluation : Evaluation or None
        None when the truth holds only one class, then `problem` says so.
    problem : str
    false_rate, true_rate : ndarray of float64
        The ROC curve.
    picked_true, picked_false : list of int
        Interacting and other galaxies with score >= 0, 0.01, ... 1.
    histograms : tuple of two ndarrays
        Share of the interacting and of the other galaxies in each bin of score.
    """

    name: str
    note: str
    number: int
    series: int
    evaluation: Evaluation | None
    problem: str
    false_rate: NDArray[np.float64]
    true_rate: NDArray[np.float64]
    picked_true: list[int]
    picked_false: list[int]
    histograms: tuple[NDArray[np.float64], NDArray[np.float64]]

    def counts(self) -> dict[str, Any]:
        """Return what the page's script needs to redo the confusion at another threshold."""
        return {"true": self.picked_true, "false": self.picked_false}


def measure(curves: tuple[Curve, ...]) -> list[Measured]:
    """Measure every curve; those that cannot be measured say why."""
    return [_measure(one, number) for number, one in enumerate(curves)]


def _measure(one: Curve, number: int) -> Measured:
    truth = np.asarray(one.truth, dtype=np.int64)
    score = np.asarray(one.score, dtype=np.float64)
    series = number % _SERIES + 1
    empty = np.array([], dtype=np.float64)
    try:
        evaluation = evaluate_scores(truth, score)
    except LabelError as error:
        none = (empty, empty)
        return Measured(
            one.name, one.note, number, series, None, str(error), empty, empty, [], [], none
        )
    false_rate, true_rate, _ = roc_curve(truth, score)
    keep = _thinned(len(false_rate))
    positive, negative = score[truth == 1], score[truth == 0]
    return Measured(
        one.name,
        one.note,
        number,
        series,
        evaluation,
        "",
        false_rate[keep],
        true_rate[keep],
        _at_least(positive),
        _at_least(negative),
        (_shares(positive), _shares(negative)),
    )


def _thinned(number: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, number - 1, min(number, _POINTS_AT_MOST)).astype(np.int64))


def _at_least(score: NDArray[np.float64]) -> list[int]:
    thresholds = np.round(np.linspace(0, 1, _THRESHOLDS), 2)
    below = np.searchsorted(np.sort(score), thresholds, side="left")
    return [int(len(score) - k) for k in below]


def _shares(score: NDArray[np.float64]) -> NDArray[np.float64]:
    counts, _ = np.histogram(np.clip(score, 0, 1), bins=_BINS, range=(0, 1))
    return np.asarray(counts / max(len(score), 1), dtype=np.float64)


def roc_figure(measured: list[Measured]) -> Markup:
    """Draw true- against false-positive rate."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    parts = [axes(_ROC, ticks, ticks, "false-positive rate", "true-positive rate")]
    parts.append(curve(_ROC, [0, 1], [0, 1], "chance"))
    drawn = _drawn(measured)
    parts += [curve(_ROC, one.false_rate, one.true_rate, f"s{one.series}") for one in drawn]
    parts += [_mark(_ROC, one) for one in drawn]
    return svg(_ROC, "ROC curves: true-positive rate against false-positive rate", parts)


def roc_area() -> list[float]:
    """Return the plotting area of the ROC figure: left, right, bottom, top in SVG units."""
    x, y = _ROC.to_x([0, 1]), _ROC.to_y([0, 1])
    return [float(value) for value in (*x, *y)]


def completeness_figure(measured: list[Measured]) -> Markup:
    """Draw completeness against contamination (false-positive rate), where it matters: low."""
    frame = _COMPLETENESS
    parts = [
        axes(
            frame,
            [0, 0.1, 0.2, 0.3, 0.4],
            [0, 0.25, 0.5, 0.75, 1],
            "contamination (false-positive rate)",
            "completeness",
        )
    ]
    parts += [guide(frame, value, f"{value:g}") for value in CONTAMINATIONS]
    for one in _drawn(measured):
        x, y = _cut(one.false_rate, one.true_rate, frame.x[1])
        parts.append(curve(frame, x, y, f"s{one.series}"))
    for one in _drawn(measured):
        completeness = one.evaluation.completeness if one.evaluation else {}
        for value, found in completeness.items():
            title = f"{one.name}: completeness {found:.2f} at contamination {value}"
            parts.append(dot(frame, float(value), found, f"s{one.series}", title))
    return svg(frame, "Completeness against contamination", parts)


def score_figure(one: Measured) -> Markup:
    """Draw how one model's scores are spread in both classes."""
    top = max(float(np.max(part, initial=0.05)) for part in one.histograms)
    frame = Frame((0, 1), (0, top * 1.06), height=230)
    edges = np.linspace(0, 1, _BINS + 1)
    parts = [axes(frame, [0, 0.25, 0.5, 0.75, 1], [], "probability", "share of the class")]
    parts.append(bars(frame, edges, one.histograms[1], "other"))
    parts.append(bars(frame, edges, one.histograms[0], "interacting"))
    return svg(frame, f"Scores of {one.name} by class", parts)


def _drawn(measured: list[Measured]) -> list[Measured]:
    return [one for one in measured if one.evaluation is not None]


def _mark(frame: Frame, one: Measured) -> Markup:
    """Return the point of the current threshold, which the page's script moves."""
    middle = _THRESHOLDS // 2
    true = one.picked_true[middle] / one.picked_true[0]
    false = one.picked_false[middle] / one.picked_false[0]
    point = Markup('<circle class="now s{}" data-model="{:d}" cx="{:.1f}" cy="{:.1f}" r="5"/>')
    return point.format(one.series, one.number, float(frame.to_x(false)), float(frame.to_y(true)))


def _cut(
    x: NDArray[np.float64], y: NDArray[np.float64], end: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the part of a rising curve up to `end`, where it is interpolated."""
    inside = x <= end
    last = float(np.interp(end, x, y))
    return np.append(x[inside], end), np.append(y[inside], last)
