"""The head that an encoder brings, beside one fitted to new labels."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn import Model, train
from strandline.learn.blend import BlendHead
from strandline.learn.headfiles import head_from
from strandline.learn.metrics import auc
from strandline.learn.prior import Prior
from strandline.learn.shapedfit import ShapedFit, fit_shaped
from strandline.recipe import HeadSettings
from strandline.stamps import StampTable
from tests.learn.conftest import MakeTable, _galaxies, _small
from tests.learn.test_shapedfit import Shapes, drawn

SETTINGS = HeadSettings(kind="blend", shapes="beside", trees=30)


def learned(count: int, seed: int, settings: HeadSettings = SETTINGS) -> tuple[Prior, ShapedFit]:
    features, measured, values = drawn(count, seed=seed)
    fitted = fit_shaped(features, measured, values, settings, seed=0)
    return Prior(fitted.head, fitted.inputs), fitted


def score(fitted: ShapedFit, seed: int = 99) -> float:
    features, measured, values = drawn(2000, seed=seed)
    return auc(values, fitted.probability(features, measured))


def test_what_is_known_outweighs_few_labels_and_yields_to_many() -> None:
    prior, much = learned(2000, seed=1)
    told: dict[int, tuple[float, float]] = {}
    for count in (20, 2000):
        features, measured, values = drawn(count, seed=2)
        alone = fit_shaped(features, measured, values, SETTINGS, seed=0)
        both = prior.joined(alone, features, measured, values, seed=0)
        told[count] = score(alone), score(both)
    few, many = told[20], told[2000]
    assert few[1] > few[0] + 0.02  # the discriminant of 20 labels has much to learn
    assert few[1] == pytest.approx(score(much), abs=0.01)
    assert many[1] == pytest.approx(many[0], abs=0.005)


def test_a_head_that_is_of_no_use_here_counts_for_little() -> None:
    features, measured, values = drawn(400, seed=3)
    random = np.random.default_rng(0)
    nonsense = fit_shaped(features, measured, random.permutation(values), SETTINGS, seed=0)
    alone = fit_shaped(features, measured, values, SETTINGS, seed=0)
    prior = Prior(nonsense.head, nonsense.inputs)
    both = prior.joined(alone, features, measured, values, seed=0)
    assert both.chosen["prior"] < 0.35
    assert score(both) > score(alone) - 0.01


@pytest.mark.parametrize("own", ["none", "beside", "only"])
@pytest.mark.parametrize("new", ["none", "beside", "only"])
@pytest.mark.parametrize("controls", [False, True])
def test_each_sees_its_own_inputs(own: Shapes, new: Shapes, *, controls: bool) -> None:
    kinds = SETTINGS.model_copy(update={"shapes": own, "shape_controls": controls})
    prior, first = learned(200, seed=1, settings=kinds)
    features, measured, values = drawn(60, seed=2)
    alone = fit_shaped(
        features, measured, values, SETTINGS.model_copy(update={"shapes": new}), seed=0
    )
    both = prior.joined(alone, features, measured, values, seed=0)
    asked, shown, _ = drawn(50, seed=4)
    odds = np.stack(
        [fit.head.logit(fit.inputs.matrix(asked, shown)) for fit in (alone, first)], axis=1
    )
    found = both.head.logit(both.inputs.matrix(asked, shown))
    solution, *_ = np.linalg.lstsq(np.column_stack([odds, np.ones(50)]), found, rcond=None)
    np.testing.assert_allclose(np.column_stack([odds, np.ones(50)]) @ solution, found, atol=1e-5)
    assert (solution[:2] >= 0).all()
    read = head_from(both.head.arrays(), both.inputs.width)
    assert isinstance(read, BlendHead)
    np.testing.assert_allclose(read.logit(both.inputs.matrix(asked, shown)), found, atol=1e-6)


def test_without_shapes_a_head_that_needs_them_is_left_out() -> None:
    prior, _ = learned(100, seed=1)
    features, _, values = drawn(60, seed=2)
    plain = SETTINGS.model_copy(update={"shapes": "none", "kind": "lda"})
    alone = fit_shaped(features, None, values, plain, seed=0)
    assert prior.joined(alone, features, None, values, seed=0) is alone


def test_a_model_that_was_trained_on_other_stamps_brings_its_head(
    make_table: MakeTable, table: StampTable, values: NDArray[np.int64], tmp_path: Path
) -> None:
    recipe = _small("brown2025-cnn", encoder={"input_px": 24}, optimiser={"epochs": 8})
    first = train(table, np.arange(len(values)), values, recipe, tmp_path / "first", seed=1)
    assert Prior.of(first, table) is None  # it knows these labels by heart
    images, truth = _galaxies(400, seed=7)
    other = make_table(tmp_path / "other.lance", images)
    assert Prior.of(first, other) is not None
    few = np.r_[np.flatnonzero(truth == 1)[:8], np.flatnonzero(truth == 0)[:8]]
    told: dict[bool, Model] = {}
    for wanted in (True, False):
        head = recipe.model_copy(update={"head": HeadSettings(prior=wanted)})
        out = tmp_path / f"second-{wanted}"
        told[wanted] = train(other, few, truth[few], head, out, encoder=first, seed=1)
    assert "prior" in told[True].card["head"]
    assert "prior" not in told[False].card["head"]
    rest = np.setdiff1d(np.arange(400), few)
    features = first.embed(other.read(rest), other.spec.bands)
    scores = {
        wanted: auc(truth[rest], model.probability(features)) for wanted, model in told.items()
    }
    own = auc(truth[rest], first.probability(features))
    assert scores[True] > min(scores[False], own) - 0.01  # which is better, 16 labels decide
    loaded = Model.load(tmp_path / "second-True")
    np.testing.assert_array_equal(loaded.probability(features), told[True].probability(features))


def test_with_shapes_of_another_version_it_brings_none(
    table: StampTable, values: NDArray[np.int64], tmp_path: Path
) -> None:
    recipe = _small(
        "brown2025-cnn",
        encoder={"input_px": 24},
        optimiser={"epochs": 1},
        head={"shapes": "beside"},
    )
    model = train(table, np.arange(len(values)), values, recipe, tmp_path / "model", seed=1)
    assert Prior.of(model) is not None
    inputs = model.inputs
    old = type(inputs)(inputs.embedding, inputs.shapes, inputs.fill, inputs.version - 1)
    model.inputs = old
    assert Prior.of(model) is None
