"""The head against scikit-learn's own pipeline, and its choice of strength."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from strandline.learn.forest import ForestHead
from strandline.learn.headfiles import head_from
from strandline.learn.headfit import compared_rows, fit_head
from strandline.learn.heads import LinearHead, NeighbourHead
from strandline.recipe import HeadSettings

STRENGTHS = (1e-3, 1e-1, 10.0)
CHOSEN = HeadSettings(kind="logistic", strengths=STRENGTHS)
PLAIN = HeadSettings(kind="logistic", strengths=(0.1,))


def sample(count: int = 300, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features of unequal scale, of which the first two tell the class."""
    random = np.random.default_rng(seed)
    values = (random.random(count) < 0.2).astype(np.int64)
    features = random.normal(size=(count, 8))
    features[:, :2] += values[:, None]
    return (features * np.logspace(-2, 2, 8) + 3).astype(np.float32), values


def test_the_head_is_a_balanced_logistic_regression_on_standardised_features() -> None:
    features, values = sample()
    head, chosen = fit_head(features, values, PLAIN, seed=0)
    oracle = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    )
    oracle.fit(features.astype(np.float64), values)
    expected = oracle.predict_proba(features.astype(np.float64))[:, 1]
    # the head's coefficients are stored as float32
    np.testing.assert_allclose(head.probability(features), expected, atol=1e-4)
    assert chosen["strength"] == 0.1


def test_pure_noise_is_given_the_strongest_penalty() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(120, 60)).astype(np.float32)
    values = np.arange(120) % 2
    _, chosen = fit_head(features, values, CHOSEN, seed=0)
    assert chosen["strength"] == min(STRENGTHS)
    assert 0.25 < chosen["auc"] < 0.75  # no class to find: 0.5, sigma 0.05


def test_the_cross_validated_auc_is_honest() -> None:
    features, values = sample()
    head, chosen = fit_head(features, values, CHOSEN, seed=0)
    fresh, truth = sample(20_000, seed=9)
    scores = head.probability(fresh)
    above = scores[truth == 1][:, None] > scores[truth == 0][None, :2000]
    # 60 positives: sigma of the AUC about 0.025
    assert chosen["auc"] == pytest.approx(above.mean(), abs=0.08)


@pytest.mark.parametrize("settings", [CHOSEN, HeadSettings(), HeadSettings(kind="best")])
def test_the_fit_repeats_with_the_seed(settings: HeadSettings) -> None:
    features, values = sample()
    one, other = (fit_head(features, values, settings, seed=3) for _ in range(2))
    for name, array in one[0].arrays().items():
        assert np.array_equal(array, other[0].arrays()[name])
    assert one[1] == other[1]


def test_folds_shrink_to_the_rarer_class() -> None:
    features, _ = sample(30)
    values = np.zeros(30, dtype=np.int64)
    values[:2] = 1
    _, chosen = fit_head(features, values, PLAIN, seed=0)
    assert np.isfinite(chosen["log_loss"])


def test_dead_features_do_no_harm() -> None:
    features, values = sample()
    dead = np.concatenate([features, np.full((300, 2), 7.0, dtype=np.float32)], axis=1)
    head, _ = fit_head(dead, values, PLAIN, seed=0)
    plain, _ = fit_head(features, values, PLAIN, seed=0)
    np.testing.assert_allclose(head.probability(dead), plain.probability(features), atol=1e-4)


def test_the_discriminant_points_where_fishers_does() -> None:
    # many rows of few features: shrinkage is next to nothing, and Fisher's direction is
    # the inverse covariance within classes times the difference of their means
    features, values = sample(20_000)
    head, _ = fit_head(features, values, HeadSettings(), seed=0)
    assert isinstance(head, LinearHead)
    wide = (features.astype(np.float64) - head.mean) / head.std
    one, other = wide[values == 1], wide[values == 0]
    within = 0.5 * (np.cov(one.T) + np.cov(other.T))
    fisher = np.linalg.solve(within, one.mean(axis=0) - other.mean(axis=0))
    cosine = fisher @ head.weight / np.linalg.norm(fisher) / np.linalg.norm(head.weight)
    assert cosine > 0.999


def test_probabilities_of_the_discriminant_hold_on_a_balanced_sample() -> None:
    random = np.random.default_rng(4)
    values = (np.arange(240) % 4 == 0).astype(np.int64)
    features = random.normal(size=(240, 100)).astype(np.float32)  # nearly as many as rows
    features[:, 0] += 2 * values
    head, _ = fit_head(features, values, HeadSettings(), seed=0)
    truth = (np.arange(20_000) % 2).astype(np.int64)
    fresh = random.normal(size=(20_000, 100)).astype(np.float32)
    fresh[:, 0] += 2 * truth
    found = head.probability(fresh)
    # in each bin as many interact as is said, but for what 60 positives leave unknown
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        here = (found >= low) & (found < low + 0.2)
        assert truth[here].mean() == pytest.approx(found[here].mean(), abs=0.15)


def test_a_ranking_is_never_turned_round() -> None:
    features, values = sample(12)
    values[:] = np.arange(12) % 2
    head, _ = fit_head(features, values, HeadSettings(), seed=0)
    mean = [head.logit(features[values == value]).mean() for value in (0, 1)]
    assert mean[1] >= mean[0]


def test_neighbours_vote_by_angle_as_a_slow_loop_does() -> None:
    features, values = sample(40)
    head, chosen = fit_head(features, values, HeadSettings(kind="knn", neighbours=(7,)), seed=0)
    assert (chosen["kind"], chosen["neighbours"]) == ("knn", 7)
    fresh, _ = sample(15, seed=4)
    mean, std = features.astype(np.float64).mean(axis=0), features.astype(np.float64).std(axis=0)
    for asked, odds in zip(fresh, head.logit(fresh), strict=True):
        votes = []
        for member, value in zip(features, values, strict=True):
            one, other = (asked - mean) / std, (member - mean) / std
            votes.append((one @ other / np.linalg.norm(one) / np.linalg.norm(other), value))
        totals = [1.0, 1.0]
        for cosine, value in sorted(votes, reverse=True)[:7]:
            totals[value] += np.exp(cosine / 0.1) / (values == value).mean()
        assert odds == pytest.approx(np.log(totals[1] / totals[0]), rel=1e-3)  # float32 members


def test_the_best_is_the_kind_of_the_highest_cross_validated_auc() -> None:
    # eight clumps around a ring, by turns of one class and the other: no line parts them
    random = np.random.default_rng(0)
    values = np.arange(200) % 2
    features = random.normal(scale=0.2, size=(200, 4)).astype(np.float32)
    angle = random.integers(4, size=200) * np.pi / 2 + values * np.pi / 4
    features[:, 0] += np.cos(angle)
    features[:, 1] += np.sin(angle)
    head, chosen = fit_head(features, values, HeadSettings(kind="best"), seed=0)
    assert isinstance(head, NeighbourHead | ForestHead)
    assert chosen["candidates"][chosen["kind"]] == chosen["auc"] > 0.9
    assert chosen["candidates"]["lda"] < 0.9
    _, told = fit_head(*sample(), HeadSettings(kind="best"), seed=0)
    assert told["auc"] == max(told["candidates"].values())


@pytest.mark.parametrize("kind", ["lda", "knn", "forest", "blend"])
def test_a_head_is_the_same_after_taking_apart(
    kind: Literal["lda", "knn", "forest", "blend"],
) -> None:
    features, values = sample(60)
    head, _ = fit_head(features, values, HeadSettings(kind=kind), seed=0)
    again = head_from(head.arrays(), features.shape[1])
    assert np.array_equal(again.probability(features), head.probability(features))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": None}, "head.count is missing"),
        ({"mean": np.zeros(3)}, r"head.mean has shape \(3,\) for 8 inputs"),
        ({"values": np.zeros(7)}, r"head.members has shape \(60, 8\) for 7 values"),
    ],
)
def test_a_head_that_does_not_fit_together_is_told(
    change: dict[str, NDArray[np.float64] | None], message: str
) -> None:
    features, values = sample(60)
    head, _ = fit_head(features, values, HeadSettings(kind="knn"), seed=0)
    arrays = {name: value for name, value in (head.arrays() | change).items() if value is not None}
    with pytest.raises(ValueError, match=message):
        head_from(arrays, 8)


def test_a_networks_last_layer_is_a_head() -> None:
    weight = np.array([1.0, -2.0], dtype=np.float32)
    head = LinearHead.plain(weight, 0.5)
    features = np.array([[0.0, 0.0], [1.0, 0.0], [400.0, -400.0], [-400.0, 400.0]], np.float32)
    expected = [1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(-1.5)), 1.0, 0.0]
    np.testing.assert_allclose(head.probability(features), expected, atol=1e-6)


def test_kinds_are_compared_on_some_of_many_labels_and_the_chosen_one_fitted_to_all() -> None:
    values = (np.arange(5000) % 5 == 0).astype(np.int64)
    rows = compared_rows(values, seed=0)
    assert len(rows) == 2000
    assert values[rows].mean() == pytest.approx(values.mean(), abs=1e-3)
    np.testing.assert_array_equal(compared_rows(values[:1500], seed=0), np.arange(1500))
    random = np.random.default_rng(0)
    inputs = random.normal(size=(5000, 2)).astype(np.float32) + values[:, None]
    settings = HeadSettings(kind="best", trees=10)
    head, chosen = fit_head(inputs, values, settings, seed=0)
    again, _ = fit_head(inputs, values, HeadSettings(kind=chosen["kind"], trees=10), seed=0)
    np.testing.assert_array_equal(head.logit(inputs), again.logit(inputs))
