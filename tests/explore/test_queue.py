import time

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.explore.queue import QueueMix, next_to_label


@pytest.fixture(scope="module")
def places() -> NDArray[np.float32]:
    """Shape (400, 3), one far off."""
    places = np.random.default_rng(1).normal(0, 1, (400, 3)).astype(np.float32)
    places[123] = 30
    return places


@pytest.fixture(scope="module")
def probability() -> NDArray[np.float64]:
    """Of 400 rows, rising."""
    return np.linspace(0.01, 0.99, 400)


def test_the_queue_holds_some_of_each_kind(
    places: NDArray[np.float32], probability: NDArray[np.float64]
) -> None:
    novelty = np.zeros(400)
    novelty[50] = 1
    labelled = np.arange(390, 400)
    found = next_to_label(places, probability, labelled, novelty, 10, seed=0)
    assert len(set(found.tolist())) == 10
    assert not np.isin(found, labelled).any()
    assert np.isin(found, np.arange(360, 390)).sum() == 6  # of the 30 likeliest left
    assert 389 in found  # the likeliest itself
    assert (np.abs(probability[found] - 0.5) < 0.05).sum() >= 2
    assert 50 in found
    assert 123 in found  # the farthest from all labels
    # nobody who stops after five has seen likely ones only
    assert not np.isin(found[:5], np.arange(360, 390)).all()
    np.testing.assert_array_equal(
        found, next_to_label(places, probability, labelled, novelty, 10, seed=0)
    )


def test_copies_do_not_fill_it(
    places: NDArray[np.float32], probability: NDArray[np.float64]
) -> None:
    copies = places.copy()
    copies[380:] = copies[399]
    mix = QueueMix(likely=1, uncertain=0, diverse=0, novel=0)
    found = next_to_label(copies, probability, [], None, 10, seed=0, mix=mix)
    assert np.isin(found, np.arange(380, 400)).sum() == 1


def test_without_a_head_it_looks_around(places: NDArray[np.float32]) -> None:
    novelty = np.linspace(0, 1, 400)
    found = next_to_label(places, None, [0], novelty, 4, seed=0)
    assert {398, 399} <= set(found.tolist())
    assert 123 in found
    assert 123 in next_to_label(places, None, [0], None, 2, seed=0)


def test_rows_without_a_vector_never_come_and_the_rest_all_do(
    places: NDArray[np.float32], probability: NDArray[np.float64]
) -> None:
    holes = places[:30].copy()
    holes[4] = np.nan
    found = next_to_label(holes, probability[:30], [4, 7], np.full(30, np.nan), 50, seed=0)
    assert sorted(found.tolist()) == [row for row in range(30) if row not in (4, 7)]
    assert not len(next_to_label(holes, probability[:30], np.arange(30), None, 5, seed=0))


def test_a_hundred_thousand_galaxies_take_less_than_a_second() -> None:
    rng = np.random.default_rng(0)
    places = rng.normal(0, 1, (100_000, 32)).astype(np.float32)
    labelled = rng.choice(100_000, 1000, replace=False)
    start = time.process_time()
    next_to_label(places, rng.random(100_000), labelled, rng.random(100_000), 20, seed=0)
    assert time.process_time() - start < 1


def test_impossible_queues(places: NDArray[np.float32]) -> None:
    with pytest.raises(OptionError, match="n is 0"):
        next_to_label(places, None, [], None, 0, seed=0)
    with pytest.raises(OptionError, match="probability has shape"):
        next_to_label(places, np.zeros(3), [], None, 5, seed=0)
    with pytest.raises(OptionError, match="none may be negative"):
        QueueMix(likely=-1)
    assert QueueMix().counts(10) == {"likely": 6, "uncertain": 2, "diverse": 1, "novel": 1}
    assert sum(QueueMix(1, 1, 1, 0).counts(10).values()) == 10
