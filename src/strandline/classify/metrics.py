"""How good a ranking is: ROC curve, completeness against contamination, precision, recall.

*Contamination* here is the false-positive rate: the part of the non-interacting galaxies that
scores above the threshold. This is what Desmons et al. 2023 (arXiv:2308.07962) quote on a balanced
set; unlike the impurity of a selected sample it does not depend on how rare interactions are.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from strandline.classify.reliability import Reliability, calibration_error
from strandline.errors import LabelError
from strandline.files import write_aside
from strandline.seeding import generator

__all__ = [
    "CONTAMINATIONS",
    "INSPECTED",
    "Confusion",
    "Evaluation",
    "completeness_at",
    "confusion",
    "evaluate_scores",
    "recall_inspected",
]

CONTAMINATIONS = (0.05, 0.1, 0.22)
INSPECTED = (0.05, 0.1, 0.3)
_RESAMPLES = 200
_RESAMPLED_ROWS_AT_MOST = 20_000_000


@dataclass(frozen=True)
class Confusion:
    """Counts at one threshold (score >= threshold means interacting)."""

    threshold: float
    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int


@dataclass(frozen=True)
class Evaluation:
    """Quality of a ranking; each number comes with its sampling error (bootstrap, 1 sigma).

    Attributes
    ----------
    positives, negatives : int
        Galaxies with a truth of 1 and 0.
    auc : float
        Area under the ROC curve.
    average_precision : float
        Area under precision against recall, at the truth's own share of positives.
    completeness : dict
        Largest true-positive rate at a false-positive rate of at most the key.
    recall_inspected : dict
        Part of the positives found when the best-scored fraction (the key) of all is looked at.
    calibration_error : float
        How far probabilities are from the truth on the balanced scale: see
        `strandline.classify.reliability`; NaN if scores are no probabilities.
    confusion : Confusion
        Counts at the chosen threshold.
    errors : dict
        The sampling errors, by the names that `lines` prints; NaN when too few galaxies.
    reliability : Reliability, optional
        What probabilities promise at a prevalence, and what is there.
    """

    positives: int
    negatives: int
    auc: float
    average_precision: float
    completeness: dict[str, float]
    recall_inspected: dict[str, float]
    calibration_error: float
    confusion: Confusion
    errors: dict[str, float]
    reliability: Reliability | None = None

    def lines(self) -> list[str]:
        """Return the table that the command line prints."""
        rows = [
            ("AUC", "auc", self.auc),
            ("average precision", "average_precision", self.average_precision),
        ]
        rows += [
            (f"completeness at contamination {key}", f"completeness {key}", value)
            for key, value in self.completeness.items()
        ]
        rows += [
            (f"recall with {float(key):.0%} inspected", f"recall_inspected {key}", value)
            for key, value in self.recall_inspected.items()
        ]
        if np.isfinite(self.calibration_error):
            text = "calibration error, balanced"
            rows.append((text, "calibration_error", self.calibration_error))
        c = self.confusion
        return [
            f"{self.positives} interacting, {self.negatives} not",
            *(f"{text:36s} {value:.3f} ± {self.errors[key]:.3f}" for text, key, value in rows),
            f"at threshold {c.threshold:g}: {c.true_positive} found, {c.false_negative} missed, "
            f"{c.false_positive} false, {c.true_negative} rightly passed over",
            *(self.reliability.lines() if self.reliability is not None else ()),
        ]

    def save(self, path: Path) -> None:
        """Write as JSON."""
        with write_aside(path) as aside:
            aside.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def completeness_at(
    truth: NDArray[np.int64], score: NDArray[np.float64], contamination: float
) -> float:
    """Return the largest true-positive rate whose false-positive rate is <= `contamination`."""
    false_rate, true_rate, _ = roc_curve(truth, score)
    return float(true_rate[false_rate <= contamination + 1e-12].max())


def recall_inspected(
    truth: NDArray[np.int64], score: NDArray[np.float64], fraction: float
) -> float:
    """Return the part of the positives among the best-scored `fraction` of all galaxies.

    Galaxies of equal score count as inspected in random order: the expected value is returned.
    """
    values, which = np.unique(-score, return_inverse=True)
    counts = np.bincount(which, minlength=len(values))
    found = np.bincount(which, weights=truth, minlength=len(values))
    inspected = np.concatenate([[0.0], np.cumsum(counts)])
    recall = np.concatenate([[0.0], np.cumsum(found)]) / truth.sum()
    return float(np.interp(fraction * len(truth), inspected, recall))


def confusion(
    truth: NDArray[np.int64], score: NDArray[np.float64], threshold: float = 0.5
) -> Confusion:
    """Count right and wrong answers at `threshold`."""
    picked, positive = score >= threshold, truth == 1
    return Confusion(
        threshold,
        int(np.sum(picked & positive)),
        int(np.sum(picked & ~positive)),
        int(np.sum(~picked & ~positive)),
        int(np.sum(~picked & positive)),
    )


def evaluate_scores(
    truth: NDArray[np.int64],
    score: NDArray[np.float64],
    *,
    threshold: float = 0.5,
    seed: int = 0,
) -> Evaluation:
    """Measure a ranking against the truth.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        1 interacting, 0 not.
    score : ndarray of float, shape (n,)
        Larger means more likely to interact.
    threshold : float
        For the confusion counts.
    seed : int
        Of the bootstrap (stratified: positives and negatives are resampled apart).

    Raises
    ------
    LabelError
        If one of the classes is absent or a score is not finite.
    """
    truth = np.asarray(truth, dtype=np.int64)
    score = np.asarray(score, dtype=np.float64)
    if not np.isfinite(score).all():
        raise LabelError(
            f"{int(np.sum(~np.isfinite(score)))} of {len(score)} labelled galaxies have no "
            "probability. Classify them first."
        )
    positives = int(truth.sum())
    if positives == 0 or positives == len(truth):
        raise LabelError(
            f"The truth holds {positives} interacting and {len(truth) - positives} other galaxies; "
            "a ranking can be measured only with both."
        )
    measures = _measures()
    if (np.abs(score - 0.5) <= 0.5).all():
        measures["calibration_error"] = calibration_error
    values = {name: measure(truth, score) for name, measure in measures.items()}
    errors = _bootstrap(truth, score, measures, seed)
    return Evaluation(
        positives=positives,
        negatives=len(truth) - positives,
        auc=values["auc"],
        average_precision=values["average_precision"],
        completeness={str(c): values[f"completeness {c}"] for c in CONTAMINATIONS},
        recall_inspected={str(f): values[f"recall_inspected {f}"] for f in INSPECTED},
        calibration_error=values.get("calibration_error", float("nan")),
        confusion=confusion(truth, score, threshold),
        errors=errors,
    )


_Measure = Callable[[NDArray[np.int64], NDArray[np.float64]], float]


def _measures() -> dict[str, _Measure]:
    measures: dict[str, _Measure] = {
        "auc": lambda truth, score: float(roc_auc_score(truth, score)),
        "average_precision": lambda truth, score: float(average_precision_score(truth, score)),
    }
    for contamination in CONTAMINATIONS:
        measures[f"completeness {contamination}"] = partial(
            completeness_at, contamination=contamination
        )
    for fraction in INSPECTED:
        measures[f"recall_inspected {fraction}"] = partial(recall_inspected, fraction=fraction)
    return measures


def _bootstrap(
    truth: NDArray[np.int64],
    score: NDArray[np.float64],
    measures: dict[str, _Measure],
    seed: int,
) -> dict[str, float]:
    positive, negative = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
    resamples = min(_RESAMPLES, _RESAMPLED_ROWS_AT_MOST // len(truth))
    if min(len(positive), len(negative)) < 2 or resamples < 2:
        return dict.fromkeys(measures, float("nan"))
    rng = generator(seed, "bootstrap")
    drawn: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(resamples):
        rows = np.concatenate(
            [rng.choice(positive, len(positive)), rng.choice(negative, len(negative))]
        )
        for name, measure in measures.items():
            drawn[name].append(measure(truth[rows], score[rows]))
    return {name: float(np.std(values, ddof=1)) for name, values in drawn.items()}
