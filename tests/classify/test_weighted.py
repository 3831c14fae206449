import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from strandline.classify.metrics import CONTAMINATIONS, INSPECTED, evaluate_scores
from strandline.classify.weighted import MEASURES, measures, sampling_errors


def _sample(ties: bool = False) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rng = np.random.default_rng(5)
    truth = (rng.random(400) < 0.2).astype(np.int64)
    score = rng.normal(size=400) + truth
    return truth, np.round(score) if ties else score


@pytest.mark.parametrize("ties", [False, True])
def test_at_the_sample_s_own_prevalence_as_evaluate(ties: bool) -> None:
    truth, score = _sample(ties)
    found = dict(zip(MEASURES, measures(truth, score, truth.mean())[0], strict=True))
    plain = evaluate_scores(truth, score)
    assert found["auc"] == pytest.approx(plain.auc)
    assert found["average_precision"] == pytest.approx(plain.average_precision)
    for contamination in CONTAMINATIONS:
        key = f"completeness {contamination:g}"
        assert found[key] == pytest.approx(plain.completeness[str(contamination)])
    for fraction in INSPECTED:
        key = f"recall_inspected {fraction:g}"
        assert found[key] == pytest.approx(plain.recall_inspected[str(fraction)])


def test_prevalence_is_that_of_repeated_galaxies() -> None:
    # 2 %: every non-interacting galaxy as often as it takes
    truth, score = _sample()
    weight = np.where(truth == 1, 0.02 / truth.sum(), 0.98 / (1 - truth).sum())
    found = dict(zip(MEASURES, measures(truth, score, 0.02)[0], strict=True))
    expected = average_precision_score(truth, score, sample_weight=weight)
    assert found["average_precision"] == pytest.approx(expected)
    order = np.argsort(-score)
    inspected = np.cumsum(weight[order])
    recall = np.cumsum(truth[order]) / truth.sum()
    assert found["recall_inspected 0.1"] == pytest.approx(np.interp(0.1, inspected, recall))


def test_counting_twice_is_being_there_twice() -> None:
    truth, score = _sample()
    counts = np.random.default_rng(0).integers(0, 3, 400)
    twice = measures(np.repeat(truth, counts), np.repeat(score, counts), 0.02)
    np.testing.assert_allclose(measures(truth, score, 0.02, counts[None].astype(float)), twice)


def test_sampling_error_is_that_of_evaluate() -> None:
    truth, score = _sample()
    errors = dict(zip(MEASURES, sampling_errors(truth, score, 0.2, seed=0), strict=True))
    # both are bootstraps of 200: each is good to 5 %
    assert errors["auc"] == pytest.approx(evaluate_scores(truth, score).errors["auc"], rel=0.25)


def test_one_galaxy_of_a_class_has_no_error() -> None:
    truth = np.array([0, 0, 0, 1])
    assert np.isnan(sampling_errors(truth, np.arange(4.0), 0.02, seed=0)).all()


def test_perfect_ranking() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    assert measures(truth, truth.astype(float), 0.02)[0] == pytest.approx(1)
