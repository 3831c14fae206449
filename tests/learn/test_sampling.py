"""Batches: nothing is left out, classes are equal, the same seed gives the same epoch."""

import numpy as np
import pytest

from strandline.learn.sampling import balanced_batches, plain_batches


@pytest.mark.parametrize(("count", "size"), [(100, 32), (7, 32), (96, 32), (33, 32)])
def test_an_epoch_has_every_image_once_in_batches_of_nearly_equal_size(
    count: int, size: int
) -> None:
    batches = plain_batches(count, size, seed=1, epoch=0)
    assert sorted(np.concatenate(batches)) == list(range(count))
    lengths = [len(batch) for batch in batches]
    assert max(lengths) <= size
    assert max(lengths) - min(lengths) <= 1


def test_epochs_differ_and_repeat_with_the_seed() -> None:
    first, again = (np.concatenate(plain_batches(50, 16, 1, 0)) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, np.concatenate(plain_batches(50, 16, 1, 1)))
    assert not np.array_equal(first, np.concatenate(plain_batches(50, 16, 2, 0)))


@pytest.mark.parametrize(("ones", "zeros"), [(9, 100), (100, 9), (2, 3), (50, 50)])
def test_balanced_epochs_see_every_image_and_both_classes_alike(ones: int, zeros: int) -> None:
    values = np.random.default_rng(0).permutation(np.repeat([1, 0], [ones, zeros]))
    batches = balanced_batches(values, 32, seed=1, epoch=4)
    seen = np.bincount(np.concatenate(batches), minlength=len(values))
    for value in (0, 1):
        times = seen[values == value]
        assert times.sum() == max(ones, zeros)
        assert times.min() >= 1
        assert times.max() - times.min() <= 1
    for batch in batches:
        assert abs(2 * values[batch].sum() - len(batch)) <= 1
        assert len(batch) <= 33


def test_balanced_epochs_differ_and_repeat_with_the_seed() -> None:
    values = np.repeat([1, 0], [9, 40])

    def epoch(seed: int, number: int) -> list[int]:
        return [int(i) for i in np.concatenate(balanced_batches(values, 16, seed, number))]

    assert epoch(1, 0) == epoch(1, 0)
    assert epoch(1, 0) != epoch(1, 1)
    assert epoch(1, 0) != epoch(2, 0)
