"""From the balanced scale to the sky: shifts, the estimate of the prevalence, what lists hold."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from strandline.classify import (
    Prevalence,
    Sky,
    at_prevalence,
    estimate_prevalence,
    read_prevalence,
)
from strandline.errors import OptionError


def sky(
    prevalence: float, count: int, seed: int, skill: float = 2.5
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Balanced probabilities that are calibrated by construction, and the truth.

    Log-odds of two normal distributions of unit width, `skill` apart, are linear.
    """
    random = np.random.default_rng(seed)
    truth = (random.random(count) < prevalence).astype(np.int64)
    score = random.normal(size=count) + skill * (truth - 0.5)
    return expit(skill * score), truth


def test_balanced_probabilities_stay_at_one_half_and_shift_by_bayes() -> None:
    given = np.array([0.01, 0.3, 0.9])
    assert at_prevalence(given, 0.5) == pytest.approx(given, rel=1e-6)
    odds = given / (1 - given) * 0.02 / 0.98
    assert at_prevalence(given, 0.02) == pytest.approx(odds / (1 + odds), rel=1e-5)
    assert np.all(np.isfinite(at_prevalence(np.array([0.0, 1.0]), 1e-3)))


@pytest.mark.parametrize("prevalence", [0.01, 0.2, 0.8])
def test_probabilities_hold_at_the_prevalence(prevalence: float) -> None:
    balanced, truth = sky(prevalence, 200_000, 1)
    found = at_prevalence(balanced, prevalence)
    for low, high in ((0.0, 0.02), (0.02, 0.2), (0.2, 0.6), (0.6, 1.0)):
        here = (found >= low) & (found < high)
        error = np.sqrt(found[here].mean() * (1 - found[here].mean()) / here.sum())
        assert truth[here].mean() == pytest.approx(found[here].mean(), abs=4 * error + 1e-6)


@pytest.mark.parametrize("prevalence", [0.005, 0.03, 0.3, 0.9])
def test_the_prevalence_is_estimated_within_its_error(prevalence: float) -> None:
    found = [estimate_prevalence(sky(prevalence, 20_000, seed)[0]) for seed in range(20)]
    values, errors = np.array(found).T
    pulls = (values - prevalence) / errors
    assert abs(pulls.mean()) < 4 / np.sqrt(20)
    assert 0.5 < pulls.std(ddof=1) < 1.6


def test_the_estimate_is_where_the_iteration_of_saerens_et_al_ends() -> None:
    balanced, _ = sky(0.05, 3000, 3)
    share = 0.5
    for _ in range(5000):
        share = float(at_prevalence(balanced, share).astype(np.float64).mean())
    assert estimate_prevalence(balanced)[0] == pytest.approx(share, rel=1e-4)


def test_an_estimate_is_never_quite_none_or_all() -> None:
    assert estimate_prevalence(np.full(50, 0.01))[0] == pytest.approx(0.01)
    assert estimate_prevalence(np.full(50, 0.99))[0] == pytest.approx(0.99)
    assert 0 < estimate_prevalence([0.2])[0] < 1


def test_a_list_says_how_many_interact_and_how_many_to_inspect() -> None:
    balanced, truth = sky(0.02, 50_000, 5)
    told = Sky.of(balanced, Prevalence(0.02))
    assert told.expected == pytest.approx(truth.sum(), abs=4 * told.error)
    assert 10 < told.error < 60
    order = np.argsort(-balanced)
    for part, count in told.inspected:
        reached = truth[order[:count]].sum() / truth.sum()
        assert reached == pytest.approx(part, abs=4 * np.sqrt(part * (1 - part) / truth.sum()))
    counts = [count for _, count in told.inspected]
    assert counts == sorted(counts)
    assert "If 2 % of galaxies interact (assumed)" in told.words()


def test_the_error_of_an_estimate_is_part_of_that_of_the_number() -> None:
    balanced, _ = sky(0.02, 5000, 6)
    estimate = Prevalence.of("estimate", balanced)
    assert estimate.estimated
    told = Sky.of(balanced, estimate)
    assert told.error > Sky.of(balanced, Prevalence(estimate.value)).error
    assert told.expected == pytest.approx(5000 * estimate.value, rel=1e-3)
    assert "estimated from the scores" in told.words()


def test_options_are_read() -> None:
    assert read_prevalence("estimate") == "estimate"
    assert read_prevalence("0.02") == 0.02


@pytest.mark.parametrize("text", ["0", "1", "-0.1", "2", "nan", "few"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match=f"prevalence is {text}; expected the share"):
        read_prevalence(text)
