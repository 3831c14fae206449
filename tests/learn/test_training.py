"""Training as a user calls it: tables and labels in, a model that works out."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from strandline.errors import ModelError, RecipeError, TrainingError
from strandline.learn import Model, pretrain, train
from strandline.learn.metrics import auc
from strandline.recipe import Recipe
from strandline.stamps import StampTable

Make = Callable[..., Recipe]
Labels = NDArray[np.int64]
MakeTable = Callable[..., StampTable]
MakeGalaxies = Callable[..., tuple[NDArray[np.float32], Labels]]

LEARNS = {"epochs": 12, "learning_rate": 5e-3, "batch_size": 32, "average": 0.5}


def rows_of(table: StampTable, *parts: str) -> Labels:
    split = np.asarray(table.columns("split")["split"].to_pylist())
    return np.flatnonzero(np.isin(split, parts))


def scores(model: Model, table: StampTable, rows: Labels) -> NDArray[np.float32]:
    return model.probability(model.embed(table.read(rows), table.spec.bands))


def test_the_cnn_learns_tails_and_its_folder_says_how(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe("brown2025-cnn", optimiser=LEARNS, encoder={"input_px": 24})
    out = tmp_path / "cnn"
    model = train(table, np.arange(160), values, recipe, out, seed=1)
    test = rows_of(table, "test")
    # 32 stamps never seen, 8 with tails: a coin has 0.5 with sigma 0.12
    assert auc(values[test], scores(model, table, test)) > 0.9

    loaded = Model.load(out)
    assert np.array_equal(scores(loaded, table, test), scores(model, table, test))
    card = loaded.card
    validation = rows_of(table, "validation")
    assert card["validation_scores"]["truth"] == values[validation].tolist()
    np.testing.assert_allclose(
        card["validation_scores"]["score"], scores(loaded, table, validation), atol=1e-5
    )
    assert card["validation"]["auc"] == pytest.approx(
        auc(values[validation], scores(loaded, table, validation))
    )
    assert card["training"]["labels"] == {
        "training_interacting": int(values[rows_of(table, "train")].sum()),
        "training_non_interacting": int((1 - values[rows_of(table, "train")]).sum()),
        "validation_interacting": int(values[validation].sum()),
        "validation_non_interacting": int((1 - values[validation]).sum()),
    }
    assert (card["bands"], card["kind"], card["seed"]) == (["g", "r", "z"], "fits", 1)
    assert card["pixel_scale_arcsec"] == pytest.approx(0.263)
    losses = card["history"]["validation_loss"]
    assert card["training"]["best_epoch"] == int(np.argmin(losses)) + 1
    with (out / "metrics.csv").open(newline="") as file:
        told = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in told] == list(range(1, 13))
    np.testing.assert_allclose([float(row["validation_loss"]) for row in told], losses, rtol=1e-8)
    assert {"train_loss", "validation_auc", "train_feature_spread"} <= told[0].keys()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cnn"]


def test_pretraining_and_a_head_on_frozen_features(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe(
        "brown2025-nnclr", optimiser={"epochs": 6, "learning_rate": 5e-3}, encoder={"input_px": 24}
    )
    encoder = pretrain([table], recipe, tmp_path / "encoder", seed=1)
    assert not encoder.has_head
    losses = encoder.card["history"]["train_loss"]
    assert losses[-1] < losses[0] - 0.2
    for name in ("alignment", "uniformity", "feature_spread", "effective_rank"):
        assert np.isfinite(encoder.card["validation"][name])
    assert encoder.card["validation"]["effective_rank"] > 2  # not collapsed

    model = train(
        table, np.arange(160), values, recipe, tmp_path / "model", encoder=encoder, seed=1
    )
    batch = table.read(np.arange(30))
    bands = table.spec.bands
    assert np.array_equal(model.embed(batch, bands), encoder.embed(batch, bands))
    test = rows_of(table, "test")
    assert auc(values[test], scores(model, table, test)) > 0.8
    loaded = Model.load(tmp_path / "model")
    assert (
        loaded.card["encoder"]["history"]
        == json.loads((tmp_path / "encoder" / "card.json").read_text())["history"]
    )


def test_several_tables_train_together(
    nnclr: Recipe,
    table: StampTable,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    other = make_table(tmp_path / "other.lance", make_galaxies(50, seed=3)[0])
    model = pretrain([table, other], nnclr, tmp_path / "encoder")
    assert model.card["training"]["images"] == 96 + 30
    assert [entry["stamps"] for entry in model.card["training"]["tables"]] == [160, 50]


def test_the_test_part_is_never_looked_at(
    cnn: Recipe,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images, values = make_galaxies(60)
    changed = images.copy()
    test = np.arange(60) % 5 == 4  # as make_table splits
    changed[test] = 1e4
    flipped = np.where(test, 1 - values, values)
    features = []
    for name, pixels, told in (("a", images, values), ("b", changed, flipped)):
        table = make_table(tmp_path / f"{name}.lance", pixels)
        model = train(table, np.arange(60), told, cnn, tmp_path / name)
        features.append(scores(model, table, np.flatnonzero(~test)))
    assert np.array_equal(features[0], features[1])


def test_what_does_not_fit_in_memory_is_streamed_with_the_same_result(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    weights = []
    for cache in (100, 0):
        recipe = make_recipe("brown2025-cnn", sampling={"cache_mb": cache})
        out = tmp_path / f"cache-{cache}"
        train(table, np.arange(160), values, recipe, out)
        weights.append((out / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_the_same_seed_gives_the_same_model_and_another_seed_another(
    cnn: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    def weights(name: str, seed: int) -> bytes:
        train(table, np.arange(160), values, cnn, tmp_path / name, seed=seed)
        return (tmp_path / name / "weights.safetensors").read_bytes()

    first = weights("first", 1)
    assert weights("again", 1) == first
    assert weights("other", 2) != first


def test_epochs_can_be_given(
    cnn: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    model = train(table, np.arange(160), values, cnn, tmp_path / "m", epochs=1)
    assert model.card["history"]["epoch"] == [1]
    assert model.recipe.optimiser.epochs == 1


def test_missing_bands_and_pixels_do_not_disturb_training(
    cnn: Recipe,
    nnclr: Recipe,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images, values = make_galaxies(60)
    images[::3, 1] = np.nan
    images[::4, :, :15] = np.nan
    images[7] = np.nan
    table = make_table(tmp_path / "stamps.lance", images)
    encoder = pretrain([table], nnclr, tmp_path / "encoder")
    model = train(table, np.arange(60), values, cnn, tmp_path / "cnn")
    for made in (encoder, model):
        assert np.isfinite(made.embed(table.read(np.arange(60)), table.spec.bands)).all()


def test_labels_without_a_validation_part_are_divided(
    cnn: Recipe,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images, values = make_galaxies(60)
    table = make_table(tmp_path / "stamps.lance", images, split=["train"] * 60)
    model = train(table, np.arange(60), values, cnn, tmp_path / "m")
    assert model.card["training"]["labels"] == {
        "training_interacting": 12,
        "training_non_interacting": 36,
        "validation_interacting": 3,
        "validation_non_interacting": 9,
    }


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ([0, 4], "too few labels to train on: 0 interacting and 4 non-interacting"),
        ([1, 40], "too few labels to train on: 1 interacting and 40 non-interacting"),
        ([3, 40], "too few .* and to validate with: 3 interacting and 40 .*At least 4 of each"),
    ],
)
def test_too_few_labels_are_counted(
    kept: list[int],
    message: str,
    cnn: Recipe,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images, values = make_galaxies(80)
    table = make_table(tmp_path / "stamps.lance", images, split=["train"] * 80)
    ones, zeros = np.flatnonzero(values == 1)[: kept[0]], np.flatnonzero(values == 0)[: kept[1]]
    rows = np.concatenate([ones, zeros])
    with pytest.raises(TrainingError, match=message):
        train(table, rows, values[rows], cnn, tmp_path / "m")


def test_labels_in_the_test_part_do_not_count(
    cnn: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    test = rows_of(table, "test")
    with pytest.raises(TrainingError, match=r"of 7 interacting and 25 .*in all; the table's"):
        train(table, test, values[test], cnn, tmp_path / "m")


def test_a_self_supervised_recipe_without_an_encoder_says_what_to_do(
    nnclr: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="strandline pretrain TABLE --recipe brown2025-nnclr"):
        train(table, np.arange(160), values, nnclr, tmp_path / "m")


def test_a_supervised_recipe_cannot_pretrain(
    cnn: Recipe, table: StampTable, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="brown2025-cnn learns from labels"):
        pretrain([table], cnn, tmp_path / "m")


def test_too_few_stamps_to_pretrain_are_counted(
    nnclr: Recipe, make_table: MakeTable, make_galaxies: MakeGalaxies, tmp_path: Path
) -> None:
    table = make_table(tmp_path / "stamps.lance", make_galaxies(8)[0])
    with pytest.raises(TrainingError, match="only 6 stamps are in the training part"):
        pretrain([table], nnclr, tmp_path / "m")


def test_tables_that_differ_are_named(
    nnclr: Recipe,
    table: StampTable,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images = make_galaxies(10)[0]
    other = make_table(tmp_path / "two.lance", images[:, :2], bands=("g", "r"))
    with pytest.raises(TrainingError, match=r"two\.lance \(fits, bands g r, 40 px\) cannot be"):
        pretrain([table, other], nnclr, tmp_path / "m")


def test_an_encoder_of_pictures_is_refused_for_images(
    nnclr: Recipe,
    table: StampTable,
    values: Labels,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    pictures = make_table(
        tmp_path / "pictures.lance", make_galaxies(40)[0], bands=("r", "g", "b"), kind="picture"
    )
    encoder = pretrain([pictures], nnclr, tmp_path / "encoder", epochs=1)
    with pytest.raises(ModelError, match="was trained on colour pictures"):
        train(table, np.arange(160), values, nnclr, tmp_path / "m", encoder=encoder)


def test_a_loss_that_is_not_finite_stops_the_training(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe("brown2025-cnn", optimiser={"learning_rate": 1e30, "kind": "sgd"})
    with pytest.raises(TrainingError, match=r"loss became (nan|inf) in epoch .*learning_rate"):
        train(table, np.arange(160), values, recipe, tmp_path / "m")


def test_training_leaves_the_callers_random_state_alone(
    cnn: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    torch.manual_seed(4)
    state = torch.random.get_rng_state()
    train(table, np.arange(160), values, cnn, tmp_path / "m", epochs=1)
    assert torch.equal(torch.random.get_rng_state(), state)
