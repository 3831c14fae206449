"""A class of 2 % that differs from the crowd along one of 40 features."""

import time
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from strandline.errors import OptionError, TrainingError
from strandline.learn.progressing import learning_progress
from strandline.learn.rare import draw_background, fit_rare

COUNT = 5000


@pytest.fixture(scope="module")
def sky() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features (5000, 40), of unlike scales, and truth."""
    rng = np.random.default_rng(5)
    truth = (rng.random(COUNT) < 0.02).astype(np.int64)
    features = rng.normal(0, 1, (COUNT, 40)) + 3.0 * truth[:, None] * np.eye(40)[7]
    return (features * np.geomspace(0.01, 100, 40) + 5).astype(np.float32), truth


def test_a_few_examples_among_unlabelled_rank_the_rest(
    sky: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    features, truth = sky
    examples = np.flatnonzero(truth)[:8]
    background = draw_background(COUNT, examples, seed=1)
    assert not np.isin(background, examples).any()
    fit = fit_rare(features[examples], np.ones(8, dtype=np.int64), features[background], 1)
    rest = np.setdiff1d(np.arange(COUNT), np.concatenate([examples, background]))
    auc = roc_auc_score(truth[rest], fit.head.logit(features[rest]))
    assert auc > 0.9  # the best there is: 0.983, d' = 3
    # what is left out tells of the rest; 8 examples tell it to about 0.1
    assert fit.auc == pytest.approx(auc, abs=0.15)
    assert fit.left_out.shape == (8,)
    assert fit.background.shape == background.shape
    again = fit_rare(features[examples], np.ones(8, dtype=np.int64), features[background], 1)
    np.testing.assert_array_equal(again.head.weight, fit.head.weight)


def test_negatives_that_were_chosen_for_being_hard_do_not_hide_the_crowd(
    sky: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    """All labelled negatives look like the class in feature 7: only the crowd can teach it."""
    features, truth = sky
    examples = np.flatnonzero(truth)[:20]
    hard = np.flatnonzero(truth == 0)
    hard = hard[np.argsort(-features[hard, 7])][:30]
    rows = np.concatenate([examples, hard])
    background = draw_background(COUNT, rows, seed=0)
    fit = fit_rare(features[rows], truth[rows], features[background], 0)
    rest = np.setdiff1d(np.arange(COUNT), np.concatenate([rows, background]))
    assert roc_auc_score(truth[rest], fit.head.logit(features[rest])) > 0.8


def test_too_few_examples_and_gaps_are_refused() -> None:
    some = np.zeros((4, 3), dtype=np.float32)
    with pytest.raises(TrainingError, match="There are 1 examples"):
        fit_rare(some, np.array([1, 0, 0, 0]), some, 0)
    with pytest.raises(TrainingError, match="NaN"):
        fit_rare(some * np.nan, np.ones(4, dtype=np.int64), some, 0)


def test_completeness_is_estimated_as_labels_come(
    sky: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    features, truth = sky
    features = features.copy()
    features[11] = np.nan
    rng = np.random.default_rng(2)
    rows = np.concatenate([np.flatnonzero(truth)[:30], rng.choice(COUNT, 65, replace=False)])
    rows = rng.permutation(np.unique(np.concatenate([rows, [11]])))
    found = learning_progress(features, rows, truth[rows], seed=3)
    assert found.labels.tolist() == [*range(10, len(rows), 10), len(rows)]
    assert found.examples[-1] == truth[rows].sum()
    assert found.latest is not None
    good = np.isfinite(features).all(axis=1)
    odds = np.where(good, found.latest.head.logit(np.nan_to_num(features)), -np.inf)
    for share, told, error in zip(
        found.inspected, found.completeness[-1], found.error[-1], strict=True
    ):
        first = np.argsort(-odds)[: int(share * COUNT)]
        real = truth[first].sum() / truth[good].sum()
        assert told == pytest.approx(real, abs=3 * error)
    assert (np.diff(found.completeness, axis=1)[np.isfinite(found.auc)] >= 0).all()
    before = learning_progress(features, rows[:80], truth[rows[:80]], seed=3)
    start = time.process_time()
    grown = learning_progress(features, rows, truth[rows], seed=3, earlier=before)
    assert time.process_time() - start < 2
    np.testing.assert_array_equal(grown.completeness[-1], found.completeness[-1])
    np.testing.assert_array_equal(grown.auc[:7], before.auc[:7])


def test_without_examples_nothing_is_known(
    sky: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    features, _ = sky
    found = learning_progress(features, np.arange(25), np.zeros(25, dtype=int), seed=0)
    assert found.labels.tolist() == [10, 20, 25]
    assert np.isnan(found.auc).all()
    assert found.latest is None
    assert not len(learning_progress(features, [], [], seed=0).labels)
    with pytest.raises(OptionError, match="0 or 1 for each"):
        learning_progress(features, [1, 2], [1], seed=0)
    with pytest.raises(OptionError, match="Rows are 0 to 4999"):
        learning_progress(features, [5000], [1], seed=0)


def test_two_examples_are_enough_and_warn_of_nothing(
    sky: tuple[NDArray[np.float32], NDArray[np.int64]],
) -> None:
    features, truth = sky
    examples = np.flatnonzero(truth)[:2]
    background = draw_background(COUNT, examples, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_rare(features[examples], np.ones(2, dtype=np.int64), features[background], 1)
    rest = np.setdiff1d(np.arange(COUNT), np.concatenate([examples, background]))
    assert roc_auc_score(truth[rest], fit.head.logit(features[rest])) > 0.7
