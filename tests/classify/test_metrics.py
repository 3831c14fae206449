import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.classify.metrics import (
    completeness_at,
    confusion,
    evaluate_scores,
    recall_inspected,
)
from strandline.errors import LabelError


def _sample(n: int = 400, ties: bool = False) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rng = np.random.default_rng(5)
    truth = (rng.random(n) < 0.2).astype(np.int64)
    score = rng.normal(size=n) + truth
    return truth, np.round(score) if ties else score


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("contamination", [0.0, 0.05, 0.22, 1.0])
def test_completeness_against_trying_every_threshold(ties: bool, contamination: float) -> None:
    truth, score = _sample(ties=ties)
    best = 0.0
    for threshold in [*np.unique(score), np.inf]:
        picked = score >= threshold
        if picked[truth == 0].mean() <= contamination:
            best = max(best, float(picked[truth == 1].mean()))
    assert completeness_at(truth, score, contamination) == pytest.approx(best)


def test_recall_inspected_is_the_mean_over_orders_of_equal_scores() -> None:
    truth, score = _sample(60, ties=True)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(4000):
        order = np.lexsort((rng.random(len(score)), -score))
        draws.append(truth[order[:18]].sum() / truth.sum())
    error = np.std(draws) / np.sqrt(len(draws))
    assert recall_inspected(truth, score, 0.3) == pytest.approx(np.mean(draws), abs=4 * error)


def test_perfect_and_reversed_ranking() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    perfect = evaluate_scores(truth, truth.astype(float))
    assert perfect.auc == perfect.average_precision == 1.0
    assert perfect.completeness == {"0.05": 1.0, "0.1": 1.0, "0.22": 1.0}
    assert perfect.recall_inspected == {"0.05": 0.5, "0.1": 1.0, "0.3": 1.0}
    assert evaluate_scores(truth, -truth.astype(float)).auc == 0.0


def test_confusion_counts_every_galaxy_once() -> None:
    truth, score = _sample()
    counts = confusion(truth, score, 0.3)
    total = (
        counts.true_positive + counts.false_positive + counts.true_negative + counts.false_negative
    )
    assert total == len(truth)
    assert counts.true_positive == np.sum((truth == 1) & (score >= 0.3))


def test_sampling_error_of_auc_agrees_with_hanley_and_mcneil() -> None:
    # Hanley & McNeil 1982, eq. 2, with Q1 and Q2 of the exponential model: good to about 20 %
    truth, score = _sample(1000)
    result = evaluate_scores(truth, score)
    a, ones, zeros = result.auc, result.positives, result.negatives
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = a * (1 - a) + (ones - 1) * (q1 - a * a) + (zeros - 1) * (q2 - a * a)
    assert result.errors["auc"] == pytest.approx(np.sqrt(variance / (ones * zeros)), rel=0.3)


def test_what_is_printed_and_saved_are_the_same_numbers(tmp_path: Path) -> None:
    result = evaluate_scores(*_sample())
    result.save(tmp_path / "e.json")
    saved = json.loads((tmp_path / "e.json").read_text())
    assert f"{saved['auc']:.3f}" in result.lines()[1]
    assert saved["completeness"].keys() == {"0.05", "0.1", "0.22"}
    assert saved["recall_inspected"].keys() == {"0.05", "0.1", "0.3"}


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(LabelError, match="holds 0 interacting and 3 other"):
        evaluate_scores(np.zeros(3, dtype=np.int64), np.arange(3.0))


def test_missing_scores_are_refused() -> None:
    with pytest.raises(LabelError, match="1 of 2 labelled galaxies have no probability"):
        evaluate_scores(np.array([0, 1]), np.array([0.5, np.nan]))
