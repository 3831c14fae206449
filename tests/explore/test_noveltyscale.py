"""The scale of novelty is that of `novelty_of`, and goes on to galaxies that come later."""

import pickle

import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.explore.novelty import novelty_of
from strandline.explore.noveltyscale import NoveltyScale


def _vectors(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.random.default_rng(3).normal(size=(count, 12)).astype(np.float32)


def test_the_sample_itself_is_as_novel_as_by_novelty_of() -> None:
    vectors = _vectors(400)
    scale = NoveltyScale.of(vectors, seed=1)
    np.testing.assert_allclose(scale(vectors), novelty_of(vectors, seed=1).score, atol=2e-3)


def test_strangers_are_novel_and_copies_survive_pickling() -> None:
    vectors = _vectors(400)
    scale = pickle.loads(pickle.dumps(NoveltyScale.of(vectors, seed=1)))
    later = np.concatenate([np.zeros((5, 12)), np.full((2, 12), 9.0), np.full((1, 12), np.nan)])
    score = scale(later.astype(np.float32))
    assert (score[:5] < 0.3).all()
    assert (score[5:7] > 0.95).all()
    assert np.isnan(score[7])


def test_two_vectors_are_no_sample() -> None:
    with pytest.raises(OptionError, match="3 are needed"):
        NoveltyScale.of(_vectors(2), seed=0)
