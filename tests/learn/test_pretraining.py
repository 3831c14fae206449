"""Pretraining by every objective, with and without labels, and as the released code does it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from strandline.errors import RecipeError, TrainingError
from strandline.learn import Model, pretrain, score_rows, train
from strandline.learn.metrics import auc
from strandline.recipe import Recipe
from strandline.stamps import StampTable

Make = Callable[..., Recipe]
Labels = NDArray[np.int64]
MakeTable = Callable[..., StampTable]
MakeGalaxies = Callable[..., tuple[NDArray[np.float32], Labels]]
LEARNS = {"epochs": 6, "learning_rate": 5e-3}


@pytest.mark.parametrize("name", ["simclr", "byol"])
def test_the_other_objectives_learn_without_collapsing(
    name: str, make_recipe: Make, table: StampTable, tmp_path: Path
) -> None:
    recipe = make_recipe(name, optimiser=LEARNS)
    card = pretrain([table], recipe, tmp_path / "encoder", seed=1).card
    assert card["history"]["train_loss"][-1] < card["history"]["train_loss"][0]
    assert card["validation"]["effective_rank"] > 2
    assert card["validation"]["feature_spread"] > 0.05


def test_a_hybrid_learns_from_labels_beside_unlabelled_stamps(
    make_recipe: Make,
    table: StampTable,
    values: Labels,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    sky = make_table(tmp_path / "sky.lance", make_galaxies(60, seed=3)[0])
    recipe = make_recipe(
        "strandline",
        optimiser=LEARNS | {"epochs": 16, "average": 0.5},
        objective={"bce": 20.0},
        encoder={"input_px": 24},
        views={"scale": [0.9, 1.1], "noise": [0.0, 0.5], "gain": 0.1, "band_dropout": 0.0},
    )
    rows = np.arange(160)
    out = tmp_path / "model"
    model = pretrain([sky, table], recipe, out, labels=[None, (rows, values)], seed=1)
    history = model.card["history"]
    assert history["train_bce"][-1] < 0.85 * history["train_bce"][0]
    assert history["train_loss"][0] == pytest.approx(
        history["train_nnclr"][0] + history["train_bce"][0]
    )
    assert model.card["training"]["images"] == 36 + 96
    assert sum(model.card["training"]["labels"].values()) == 96 + 32
    loaded = Model.load(out)
    assert loaded.card["validation"]["labels"] == 32  # of the labelled table only
    assert (loaded.card["head"]["kind"], loaded.uses_shapes) == ("blend", True)
    test = np.flatnonzero(np.asarray(table.columns("split")["split"].to_pylist()) == "test")
    scores = score_rows(table, loaded, test)[1]
    # 32 stamps never seen, 8 with tails: a coin has 0.5 with sigma 0.12
    assert auc(values[test], scores) > 0.85


def test_labels_of_the_test_part_are_never_used(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe("strandline", optimiser={"epochs": 1})
    test = np.asarray(table.columns("split")["split"].to_pylist()) == "test"
    weights = []
    for name, told in (("a", values), ("b", np.where(test, 1 - values, values))):
        pretrain([table], recipe, tmp_path / name, labels=[(np.arange(160), told)])
        weights.append((tmp_path / name / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_labels_are_asked_for_by_hybrids_alone(
    make_recipe: Make, nnclr: Recipe, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=r"strandline learns from labels beside .* --labels"):
        pretrain([table], make_recipe("strandline"), tmp_path / "m")
    with pytest.raises(RecipeError, match="brown2025-nnclr does not learn from labels"):
        pretrain([table], nnclr, tmp_path / "m", labels=[(np.arange(160), values)])


def test_too_few_labels_for_a_hybrid_are_counted(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    some = np.flatnonzero(values == 0)[:30]
    with pytest.raises(TrainingError, match="has 0 labels of interacting and 18 of non-inter"):
        pretrain([table], make_recipe("strandline"), tmp_path / "m", labels=[(some, values[some])])


def norms(model: Model) -> list[torch.Tensor]:
    state = model.encoder.state_dict()
    return [value for name, value in state.items() if "running" in name]


def test_desmons2024_as_released_keeps_its_norms_still_and_predicts_at_random(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe("desmons2024")
    encoder = pretrain([table], recipe, tmp_path / "encoder")
    assert all(torch.equal(part, torch.full_like(part, part[0].item())) for part in norms(encoder))
    assert set(encoder.scaling.mean) == {0.0}
    model = train(table, np.arange(160), values, recipe, tmp_path / "m", encoder=encoder)
    assert any(part.std() > 0 for part in norms(model))  # fine-tuning does train them
    assert model.card["training"]["labels"]["training_interacting"] > 0
    batch, bands = table.read(np.arange(9)), table.spec.bands
    loaded = Model.load(tmp_path / "m")
    first, second = loaded.embed(batch, bands), loaded.embed(batch, bands)
    assert not np.allclose(first, second)
    assert np.array_equal(Model.load(tmp_path / "m").embed(batch, bands), first)


def test_desmons2024_repaired_trains_its_norms_and_predicts_the_same_each_time(
    make_recipe: Make, table: StampTable, tmp_path: Path
) -> None:
    model = pretrain([table], make_recipe("desmons2024-repaired"), tmp_path / "encoder")
    assert any(part.std() > 0 for part in norms(model))
    batch, bands = table.read(np.arange(9)), table.spec.bands
    assert np.array_equal(model.embed(batch, bands), model.embed(batch, bands))


def test_pearson2019_trains_from_labels(
    make_recipe: Make, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    model = train(table, np.arange(160), values, make_recipe("pearson2019"), tmp_path / "m")
    assert model.feature_count == 12
    assert np.isfinite(model.card["validation"]["auc"])


def test_a_loss_that_is_not_finite_stops_pretraining(
    make_recipe: Make, table: StampTable, tmp_path: Path
) -> None:
    recipe = make_recipe("simclr", optimiser={"learning_rate": 1e30, "kind": "sgd"})
    with pytest.raises(TrainingError, match=r"loss became (nan|inf) in epoch .*learning_rate"):
        pretrain([table], recipe, tmp_path / "m")


@pytest.mark.parametrize("name", ["strandline", "desmons2024", "byol"])
def test_pictures_are_learned_from_by_the_same_recipes(
    name: str,
    make_recipe: Make,
    make_table: MakeTable,
    make_galaxies: MakeGalaxies,
    tmp_path: Path,
) -> None:
    images, values = make_galaxies(40)
    table = make_table(tmp_path / "p.lance", images, bands=("r", "g", "b"), kind="picture")
    recipe = make_recipe(name, optimiser={"epochs": 1})
    labels = [(np.arange(40), values)] if recipe.hybrid else []
    model = pretrain([table], recipe, tmp_path / "m", labels=labels)
    features = Model.load(tmp_path / "m").embed(table.read(np.arange(40)), ("r", "g", "b"))
    assert features.shape == (40, model.feature_count)
    assert features.std(axis=0).max() > 0
    assert model.scaling.std != (1.0, 1.0, 1.0)  # pictures are standardised in any case
