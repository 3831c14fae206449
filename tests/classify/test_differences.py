from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from strandline.classify.differences import Ranked, differences

RANDOM = np.random.default_rng(3)
TRUTH = (np.arange(400) % 4 == 0).astype(np.int64)


def _ranked(name: str, labels: int, skill: float, draws: int, seed: int = 0) -> Ranked:
    random = np.random.default_rng(seed)
    return Ranked(name, labels, skill * TRUTH + random.normal(size=(draws, len(TRUTH))))


def test_a_difference_is_that_of_the_aucs_draw_by_draw() -> None:
    one, other = _ranked("one", 50, 2.0, 5, 1), _ranked("other", 50, 1.0, 5, 2)
    (found,) = differences([one, other], TRUTH, "other", 0)
    aucs = np.array([[roc_auc_score(TRUTH, s) for s in part.scores] for part in (one, other)])
    each = aucs[0] - aucs[1]
    assert found.mean == pytest.approx(each.mean())
    assert found.spread == pytest.approx(each.std(ddof=1))
    assert found.error_ratio == pytest.approx((1 - np.mean(aucs[0])) / (1 - np.mean(aucs[1])))
    assert found.low < found.mean < found.high
    assert found.ratio_low < found.error_ratio < found.ratio_high


def test_pairs_share_galaxies_so_that_alike_rankings_differ_by_nothing() -> None:
    one = _ranked("one", 50, 1.0, 4)
    alike = Ranked("other", 50, one.scores + 1e-9 * RANDOM.normal(size=one.scores.shape))
    (found,) = differences([one, alike], TRUTH, "other", 0)
    assert found.mean == pytest.approx(0, abs=1e-6)
    assert found.sampling_error < 1e-6
    assert found.error_ratio == pytest.approx(1)


def test_the_interval_holds_what_other_galaxies_would_give() -> None:
    """The 95 % interval of the difference covers the difference of a far larger sample."""
    skills = 1.5, 1.2
    many = (np.arange(200_000) % 4 == 0).astype(np.int64)
    random = np.random.default_rng(9)
    scores = [skill * many + random.normal(size=len(many)) for skill in skills]
    truth = np.subtract(*[roc_auc_score(many, score) for score in scores])
    held = 0
    for k in range(40):
        pair = [_ranked(str(n), 50, skill, 1, 100 * k + n) for n, skill in enumerate(skills)]
        (found,) = differences(pair, TRUTH, "1", k)
        held += found.low <= truth <= found.high
    assert held >= 33  # of 38 expected; fewer has a chance of 1 %


def test_fewer_draws_are_paired_with_the_first_and_one_with_all() -> None:
    many, few = _ranked("one", 50, 1.0, 6), _ranked("other", 600, 1.0, 2, 5)
    (found,) = differences([many, few], TRUTH, "other", 0)
    assert (found.draws, found.against_labels) == (2, 600)
    lone = _ranked("other", 600, 1.0, 1, 5)
    (first,) = differences([many, lone], TRUTH, "other", 0)
    assert first.draws == 1
    (each,) = differences([many, replace(lone, only=True)], TRUTH, "other", 0)
    assert each.draws == 6


def test_without_the_other_there_is_nothing_to_say() -> None:
    assert differences([_ranked("one", 50, 1.0, 2)], TRUTH, "other", 0) == ()
