import numpy as np
import pytest

from strandline.classify.metrics import completeness_at
from strandline.classify.rankcurves import rank_curves

RANDOM = np.random.default_rng(0)
TRUTH = (np.arange(500) % 5 == 0).astype(np.int64)
SCORES = [TRUTH + RANDOM.normal(size=500) for _ in range(3)]


def test_completeness_is_that_of_the_table() -> None:
    found = {c.curve: c for c in rank_curves("one", 50, TRUTH, SCORES, 0.02)}
    curve = found["completeness"]
    place = curve.x.index(0.05)
    each = [completeness_at(TRUTH, score, 0.05) for score in SCORES]
    assert curve.mean[place] == pytest.approx(np.mean(each), abs=1e-5)
    assert curve.spread[place] == pytest.approx(np.std(each, ddof=1), abs=1e-5)


def test_recall_cannot_pass_what_is_inspected() -> None:
    perfect = [TRUTH.astype(np.float64)]
    found = {c.curve: c for c in rank_curves("one", 0, TRUTH, perfect, 0.02)}
    recall = found["recall"]
    x, mean = np.array(recall.x), np.array(recall.mean)
    np.testing.assert_allclose(mean, np.minimum(x / 0.02, 1), atol=1e-4)
    assert set(recall.spread) == {0.0}
