"""Forests against scikit-learn's own trees, and files that would lead out of them."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from strandline.learn.forest import ForestHead
from strandline.learn.headfiles import head_from
from strandline.learn.headfit import fit_head
from strandline.recipe import HeadSettings
from tests.learn.test_heads import sample


@pytest.fixture(scope="module")
def fitted() -> tuple[ExtraTreesClassifier, NDArray[np.float32]]:
    features, values = sample(200)
    forest = ExtraTreesClassifier(40, class_weight="balanced", random_state=1)
    return forest.fit(features, values), sample(500, seed=2)[0]


@pytest.mark.parametrize("kind", [ExtraTreesClassifier, RandomForestClassifier])
@pytest.mark.parametrize("leaf", [1, 5])
def test_shares_are_exactly_those_of_scikit_learn(kind: type, leaf: int) -> None:
    features, values = sample(200)
    forest = kind(40, min_samples_leaf=leaf, class_weight="balanced", random_state=1)
    forest.fit(features, values)
    head, fresh = ForestHead.of(forest), sample(500, seed=2)[0]
    for asked in (fresh, features):
        assert np.array_equal(head.shares(asked), forest.predict_proba(asked)[:, 1])


def test_values_on_a_threshold_go_left(
    fitted: tuple[ExtraTreesClassifier, NDArray[np.float32]],
) -> None:
    forest, fresh = fitted
    head = ForestHead.of(forest)
    asked = np.tile(fresh[:1], (8, 1))
    for column in range(8):
        node = int(np.flatnonzero(head.feature == column)[0])
        asked[column, column] = head.threshold[node]
    assert np.array_equal(head.shares(asked), forest.predict_proba(asked)[:, 1])


def test_log_odds_are_finite_where_all_trees_agree(
    fitted: tuple[ExtraTreesClassifier, NDArray[np.float32]],
) -> None:
    forest, _ = fitted
    features, values = sample(200)
    head = ForestHead.of(forest)
    odds = head.logit(features)  # each tree has seen them
    np.testing.assert_allclose(odds, np.where(values == 1, 1, -1) * np.log(79), rtol=1e-12)


def test_probabilities_of_the_forest_hold_on_a_balanced_sample() -> None:
    random = np.random.default_rng(4)

    def drawn(values: NDArray[np.int64]) -> NDArray[np.float32]:
        features = random.normal(size=(len(values), 10))
        features[:, 0] += 2 * values
        return features.astype(np.float32)

    values = (np.arange(400) % 4 == 0).astype(np.int64)
    head, chosen = fit_head(drawn(values), values, HeadSettings(kind="forest"), seed=0)
    truth = (np.arange(10_000) % 2).astype(np.int64)
    found = head.probability(drawn(truth))
    # in each bin as many interact as is said, but for what 100 positives leave unknown
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        here = (found >= low) & (found < low + 0.2)
        assert truth[here].mean() == pytest.approx(found[here].mean(), abs=0.15)
    above = found[truth == 1][:, None] > found[truth == 0][None, :2000]
    assert chosen["auc"] == pytest.approx(above.mean(), abs=0.06)  # sigma 0.02


def test_a_forest_of_many_labels_stays_small() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(3000, 4)).astype(np.float32)
    values = random.integers(2, size=3000)
    head, _ = fit_head(features, values, HeadSettings(kind="forest", trees=10), seed=0)
    assert isinstance(head, ForestHead)
    assert len(head.feature) < 10 * 2 * 500  # noise alone would give each label a leaf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"roots": None, "left": None, "share": None}, "head.left, head.roots, head.share"),
        ({"roots": np.array([10**6])}, "lead out of the trees"),
        ({"right": np.zeros(0, dtype=np.int32)}, "do not fit together"),
        ({"roots": np.zeros(0, dtype=np.int32)}, "do not fit together"),
        ({"calibration": np.zeros(3)}, "do not fit together"),
    ],
)
def test_trees_that_do_not_fit_together_are_told(
    fitted: tuple[ExtraTreesClassifier, NDArray[np.float32]],
    change: dict[str, NDArray[np.float64] | None],
    message: str,
) -> None:
    arrays = ForestHead.of(fitted[0]).arrays()
    told = {name: value for name, value in (arrays | change).items() if value is not None}
    if "roots" not in told:
        told["seen"] = np.zeros((0, 2))  # else nothing would tell that it was a forest
        message = "head.bias, head.weights is missing"
    with pytest.raises(ValueError, match=message):
        head_from(told, 8)


@pytest.mark.parametrize(("name", "value"), [("left", 0), ("right", 10**6), ("left", -1)])
def test_a_way_back_or_out_of_the_trees_is_refused(
    fitted: tuple[ExtraTreesClassifier, NDArray[np.float32]], name: str, value: int
) -> None:
    arrays = ForestHead.of(fitted[0]).arrays()
    damaged = arrays[name].copy()
    damaged[0] = value  # would be walked for ever, or beyond the memory
    with pytest.raises(ValueError, match="lead out of the trees"):
        head_from(arrays | {name: damaged}, 8)


def test_inputs_that_are_not_there_are_refused(
    fitted: tuple[ExtraTreesClassifier, NDArray[np.float32]],
) -> None:
    with pytest.raises(ValueError, match=r"head.feature asks for input 7 of 5 inputs"):
        head_from(ForestHead.of(fitted[0]).arrays(), 5)
