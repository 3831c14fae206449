"""A network beside shapes: the share of each, and that training galaxies do not tell it."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn.heads import LinearHead
from strandline.learn.metrics import auc
from strandline.learn.stacking import Stacked, stack
from strandline.recipe import HeadSettings
from strandline.shapes import SHAPE_NAMES

SETTINGS = HeadSettings(shapes="beside", trees=50)
WIDTH = 4
Floats = NDArray[np.float32]


def sky(
    network: float, shapes: float, count: int, seed: int
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Features whose first is the network's log-odds, shapes, values; how well each tells."""
    random = np.random.default_rng(seed)
    values = random.permutation(np.arange(count) % 2)
    features = random.normal(size=(count, WIDTH))
    measured = random.normal(size=(count, len(SHAPE_NAMES)))
    features[:, 0] += network * (values - 0.5)
    measured[:, 1] += shapes * (values - 0.5)
    return features.astype(np.float32), measured.astype(np.float32), values


def stacked(network: float, shapes: float, labels: int, seed: int = 0) -> Stacked:
    features, measured, values = sky(network, shapes, labels, seed)
    inside = np.arange(labels) % 3 > 0
    head = LinearHead.plain(np.array([5, 0, 0, 0], dtype=np.float32), 1.0)  # far too sure
    return stack(head, features[~inside], measured, values, inside, SETTINGS, seed)


def test_what_tells_more_counts_for_more() -> None:
    shares = [stacked(*told, 300).fit.chosen["network_share"] for told in ((3, 0), (0, 3))]
    assert shares[0] > 0.75
    assert shares[1] < 0.25


def test_few_labels_leave_the_share_near_a_half() -> None:
    shares = [stacked(2, 2, 12, seed).fit.chosen["network_share"] for seed in range(5)]
    assert 0.35 < np.mean(shares) < 0.65


def test_both_together_are_better_than_either_and_calibrated() -> None:
    found = stacked(2, 2, 600)
    features, measured, truth = sky(2, 2, 4000, seed=7)
    scores = found.fit.probability(features, measured)
    alone = max(auc(truth, features[:, 0]), auc(truth, measured[:, 1]))
    assert auc(truth, scores) > alone + 0.03  # sigma 0.005
    for low in (0.0, 0.25, 0.5, 0.75):
        here = (scores >= low) & (scores < low + 0.25)
        assert truth[here].mean() == pytest.approx(scores[here].mean(), abs=0.12)


@pytest.mark.parametrize("shapes", ["beside", "only"])
def test_the_scores_of_validation_are_of_heads_that_did_not_see_it(
    shapes: Literal["beside", "only"],
) -> None:
    features, measured, values = sky(0, 0, 200, seed=1)  # nothing to be told by
    inside = np.arange(200) % 2 > 0
    settings = HeadSettings(kind="forest", shapes=shapes, trees=50)
    head = LinearHead.plain(np.array([1, 0, 0, 0], dtype=np.float32), 0.0)
    found = stack(head, features[~inside], measured, values, inside, settings, 0)
    assert 0.3 < auc(values[~inside], found.scores) < 0.7  # sigma 0.06
    width = 0 if shapes == "only" else WIDTH
    assert found.fit.inputs.embedding == width
