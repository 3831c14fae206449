"""Heads on the embedding and shapes: what each sees, what stands for a gap, which is best."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn.blend import BlendHead
from strandline.learn.forest import ForestHead
from strandline.learn.headfiles import head_from
from strandline.learn.heads import LinearHead
from strandline.learn.inputs import HeadInputs
from strandline.learn.shapedfit import fit_shaped
from strandline.recipe import HeadSettings
from strandline.shapes import CONTROL_NAMES, SHAPE_NAMES

COUNT, WIDTH = len(SHAPE_NAMES), 6
SHAPES = COUNT - len(CONTROL_NAMES)
Shapes = Literal["none", "beside", "only"]


def drawn(
    count: int = 120, *, by: str = "both", seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Features, shapes and values; the class shows in one of them or both."""
    random = np.random.default_rng(seed)
    values = np.arange(count) % 2
    features = random.normal(size=(count, WIDTH))
    shapes = random.normal(size=(count, COUNT))
    if by != "shapes":
        features[:, 0] += 2 * values
    if by != "features":
        shapes[:, 3] += 2 * values
    return features.astype(np.float32), shapes.astype(np.float32), values


@pytest.mark.parametrize(
    ("shapes", "width"), [("none", WIDTH), ("beside", WIDTH + SHAPES), ("only", SHAPES)]
)
def test_a_head_sees_what_the_recipe_says(shapes: Shapes, width: int) -> None:
    features, measured, values = drawn()
    fitted = fit_shaped(features, measured, values, HeadSettings(shapes=shapes), seed=0)
    assert isinstance(fitted.head, LinearHead)
    assert len(fitted.head.weight) == fitted.inputs.width == width
    assert fitted.chosen["shapes"] == shapes
    other = features + (1 if shapes == "only" else 0)
    expected = fitted.probability(features, measured)
    assert np.array_equal(fitted.probability(other, measured), expected)


def test_size_and_brightness_count_only_where_they_are_asked_for() -> None:
    features, measured, values = drawn()
    for controls in (False, True):
        settings = HeadSettings(shapes="only", shape_controls=controls)
        inputs = fit_shaped(features, measured, values, settings, seed=0).inputs
        assert (set(CONTROL_NAMES) <= set(inputs.shapes)) is controls
        assert len(inputs.shapes) == (COUNT if controls else SHAPES)


def test_a_gap_counts_as_the_median_of_training() -> None:
    features, measured, values = drawn()
    measured[::3, 2] = np.nan
    measured[:, 5] = np.nan  # nobody has it
    fitted = fit_shaped(features, measured, values, HeadSettings(shapes="beside"), seed=0)
    median = float(np.nanmedian(measured[:, 2]))
    assert fitted.inputs.fill[2] == pytest.approx(median)
    assert fitted.inputs.fill[5] == 0
    filled = measured.copy()
    filled[::3, 2] = median
    filled[:, 5] = 0
    assert np.array_equal(
        fitted.probability(features, measured), fitted.probability(features, filled)
    )


def test_the_blend_is_the_discriminant_on_all_and_the_forest_on_shapes() -> None:
    features, measured, values = drawn()
    settings = HeadSettings(kind="blend", shapes="beside", trees=30)
    fitted = fit_shaped(features, measured, values, settings, seed=0)
    assert isinstance(fitted.head, BlendHead)
    linear, forest = fitted.head.parts
    assert (linear.first, forest.first) == (0, WIDTH)
    one = fit_shaped(features, measured, values, replace_kind(settings, "lda"), seed=0)
    other = fit_shaped(
        features, measured, values, HeadSettings(kind="forest", shapes="only", trees=30), seed=0
    )
    matrix = fitted.inputs.matrix(features, measured)
    expected = (
        linear.weight * one.head.logit(matrix)
        + forest.weight * other.head.logit(matrix[:, WIDTH:])
        + fitted.head.bias
    )
    np.testing.assert_allclose(fitted.head.logit(matrix), expected, rtol=1e-12)
    assert fitted.chosen["auc"] > max(one.chosen["auc"], other.chosen["auc"]) - 0.02


def replace_kind(settings: HeadSettings, kind: str) -> HeadSettings:
    return settings.model_copy(update={"kind": kind})


def test_the_best_tries_with_and_without_and_keeps_to_the_usual_in_doubt() -> None:
    settings = HeadSettings(kind="best", shapes="beside", trees=20)
    usual = fit_shaped(*drawn(24), settings, seed=0)
    assert (usual.chosen["kind"], usual.chosen["shapes"]) == ("blend", "beside")
    assert len(usual.chosen["candidates"]) == 15
    # two clumps of one class around the other, in the embedding only: neither a line nor the
    # shapes tell them apart
    features, measured, values = drawn(300, by="neither")
    features[:, 0] = np.where(values == 1, 4 * np.sign(features[:, 1]), 0) + features[:, 0] / 4
    measured = np.random.default_rng(1).normal(size=measured.shape).astype(np.float32)
    odd = fit_shaped(features, measured, values, settings, seed=0)
    assert odd.chosen["shapes"] != "only"
    assert odd.chosen["kind"] in ("knn", "forest", "blend")
    assert odd.chosen["auc"] > odd.chosen["candidates"]["blend, shapes beside"] + 0.02


def test_without_shapes_nothing_of_them_is_needed() -> None:
    features, _, values = drawn()
    fitted = fit_shaped(features, None, values, HeadSettings(kind="forest", trees=20), seed=0)
    assert isinstance(fitted.head, ForestHead)
    assert fitted.inputs == HeadInputs(WIDTH)
    assert fitted.probability(features, None).shape == (120,)


def test_shapes_that_are_missing_are_asked_for() -> None:
    features, measured, values = drawn()
    fitted = fit_shaped(features, measured, values, HeadSettings(shapes="beside"), seed=0)
    with pytest.raises(ValueError, match=r"statistics of 120 galaxies are needed .* got none"):
        fitted.probability(features, None)
    with pytest.raises(ValueError, match=r"got an array of shape \(120, 3\)"):
        fitted.probability(features, measured[:, :3])


def test_inputs_come_back_from_what_a_card_keeps() -> None:
    features, measured, values = drawn()
    for shapes in ("beside", "only"):
        settings = HeadSettings(kind="blend", shapes=shapes, trees=20)
        fitted = fit_shaped(features, measured, values, settings, seed=0)
        inputs = HeadInputs.read(fitted.inputs.told(), WIDTH)
        assert inputs == fitted.inputs
        again = replace(fitted, inputs=inputs, head=head_from(fitted.head.arrays(), inputs.width))
        expected = fitted.probability(features, measured)
        assert np.array_equal(again.probability(features, measured), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shapes": ["gini", "wings"], "fill": [0, 0]}, "does not measure: wings"),
        ({"fill": [0.0]}, "1 medians of 15 shape statistics"),
        ({"fill": [float("nan")] * 15}, "15 medians of 15"),
    ],
    ids=str,
)
def test_inputs_that_cannot_be_had_are_told(change: dict[str, object], message: str) -> None:
    told = HeadInputs.of(WIDTH, drawn()[1], controls=False).told()
    with pytest.raises(ValueError, match=message):
        HeadInputs.read(told | change, WIDTH)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seen": np.array([[0, 21], [6, 99]])}, "head.seen takes inputs 6 to 99 of 21"),
        ({"weights": np.zeros(3)}, r"head.seen has shape \(2, 2\) for 3 weights"),
        ({"0.mean": np.zeros(3)}, r"part 0: head.mean has shape \(3,\) for 21 inputs"),
        ({"1.seen": np.zeros((1, 2))}, "blend of blends"),
    ],
    ids=str,
)
def test_a_blend_that_does_not_fit_together_is_told(
    change: dict[str, NDArray[np.float64]], message: str
) -> None:
    settings = HeadSettings(kind="blend", shapes="beside", trees=20)
    head = fit_shaped(*drawn(), settings, seed=0).head
    with pytest.raises(ValueError, match=message):
        head_from(head.arrays() | change, WIDTH + SHAPES)
