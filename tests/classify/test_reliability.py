"""Whether probabilities hold: on samples that are calibrated, and that are not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.classify import evaluate_scores, reliability
from strandline.classify.reliability import calibration_error
from tests.classify.test_prevalence import sky


def bent(balanced: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """Return probabilities whose log-odds are too large by `power`."""
    odds = (balanced / (1 - balanced)) ** power
    return odds / (1 + odds)


@pytest.mark.parametrize("prevalence", [0.01, 0.5])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_calibrated_probabilities_hold_at_any_prevalence_whatever_the_sample(
    prevalence: float, share: float
) -> None:
    balanced, truth = sky(share, 100_000, 0)
    found = reliability(truth, balanced, prevalence)
    assert found.expected_ratio == pytest.approx(1, abs=4.5 * found.ratio_error)
    assert found.ratio_error < 0.03
    assert sum(one.galaxies for one in found.bins) == len(truth)
    for one in found.bins:
        assert one.low <= one.predicted <= one.high
        assert abs(one.observed - one.predicted) < 4.5 * one.error


def test_probabilities_that_are_too_sure_are_caught() -> None:
    balanced, truth = sky(0.3, 20_000, 1)
    right, wrong = (calibration_error(truth, p) for p in (balanced, bent(balanced, 3.0)))
    assert right < 0.02
    assert wrong > 0.05
    found = reliability(truth, bent(balanced, 3.0), 0.01)
    assert not 0.8 < found.expected_ratio < 1.25


def test_an_evaluation_tells_the_calibration_error_with_its_own() -> None:
    balanced, truth = sky(0.3, 2000, 2)
    found = evaluate_scores(truth, balanced)
    assert found.calibration_error == pytest.approx(calibration_error(truth, balanced))
    assert 0 < found.errors["calibration_error"] < 0.03
    assert any("calibration error" in line for line in found.lines())


def test_scores_that_are_no_probabilities_have_none() -> None:
    balanced, truth = sky(0.3, 500, 3)
    found = evaluate_scores(truth, 10 * balanced)
    assert np.isnan(found.calibration_error)
    assert not any("calibration error" in line for line in found.lines())


def test_a_bin_of_one_class_has_an_error() -> None:
    truth = np.array([1, 1, 0, 0, 0, 0])
    found = reliability(truth, np.array([0.95, 0.95, 0.05, 0.05, 0.05, 0.05]), 0.5)
    low, high = found.bins
    assert (low.observed, high.observed) == (0, 1)
    assert low.error == pytest.approx(0.25 / (0.5 + 0.25))  # one of the two interacting ones
    assert high.error == pytest.approx(0.125 / (0.5 + 0.125))


def test_errors_are_those_of_resampling() -> None:
    random = np.random.default_rng(8)
    balanced, truth = sky(0.3, 800, 9)
    told = reliability(truth, balanced, 0.05)
    drawn = []
    for _ in range(300):
        rows = np.concatenate(
            [
                random.choice(np.flatnonzero(truth == value), (truth == value).sum())
                for value in (0, 1)
            ]
        )
        drawn.append(reliability(truth[rows], balanced[rows], 0.05))
    ratios = [one.expected_ratio for one in drawn]
    assert np.std(ratios) == pytest.approx(told.ratio_error, rel=0.25)
    middle = [one.bins[4].observed for one in drawn if len(one.bins) == 10]
    assert np.std(middle) == pytest.approx(told.bins[4].error, rel=0.3)


def test_the_lines_are_a_table() -> None:
    balanced, truth = sky(0.3, 500, 4)
    found = reliability(truth, balanced, 0.01)
    lines = found.lines()
    assert "at a prevalence of 1 %" in lines[0]
    assert len(lines) == 2 + len(found.bins)
