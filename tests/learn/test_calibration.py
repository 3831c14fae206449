"""How much each of two log-odds counts for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn.calibration import balanced_loss, shared

Floats = NDArray[np.float64]


def drawn(
    one: float, other: float, count: int, seed: int = 0
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Two log-odds of unequal width, whose means of the classes lie so far apart, and values."""
    random = np.random.default_rng(seed)
    values = np.arange(count) % 2
    noise = random.normal(size=(2, count))
    told = np.array([[one], [other]]) * (values - 0.5)
    first, second = noise + told
    return 10 * first, second, values


def shares(one: float, other: float, count: int, seed: int = 0) -> Floats:
    first, second, values = drawn(one, other, count, seed)
    weights, _ = shared(first, second, values)
    return np.array([weights[0] * first.std(), weights[1] * second.std()])


def test_weights_are_those_of_logistic_regression_where_labels_are_many() -> None:
    first, second, values = drawn(1.0, 2.0, 20_000)
    weights, offset = shared(first, second, values)
    # normal classes of unit variance: the log-odds are the distance times the value
    np.testing.assert_allclose(weights, [0.1, 2.0], rtol=0.08)  # sigma 0.02
    assert offset == pytest.approx(0, abs=0.08)
    both = weights[0] * first + weights[1] * second + offset
    assert balanced_loss(both, values) < balanced_loss(2 * second, values) - 0.02


def test_what_tells_nothing_counts_for_nothing_and_never_less() -> None:
    first, second = shares(2.0, 0.0, 600)
    assert 0 <= second < 0.2 * first
    first, second = shares(2.0, -1.0, 600)
    assert second == 0


def test_few_labels_leave_both_alike() -> None:
    ratios = [np.divide(*shares(1.5, 1.5, 10, seed)) for seed in range(20)]
    assert 0.6 < np.median(ratios) < 1.7
    assert sum(0.25 < ratio < 4 for ratio in ratios) >= 16


def test_what_is_the_same_for_all_does_no_harm() -> None:
    first, second, values = drawn(1.0, 2.0, 100)
    weights, offset = shared(np.zeros_like(first), second, values)
    assert np.isfinite([*weights, offset]).all()
