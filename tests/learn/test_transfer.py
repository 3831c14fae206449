"""On a pretrained encoder: a head, all weights, or the better of the two."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn import Model, pretrain, train
from strandline.learn.heads import NeighbourHead
from strandline.learn.metrics import auc
from strandline.recipe import Recipe
from strandline.stamps import StampTable
from tests.learn.conftest import _small

Make = Callable[..., Recipe]
Labels = NDArray[np.int64]
ALL = np.arange(160)


@pytest.fixture(scope="module")
def encoder(table: StampTable, tmp_path_factory: pytest.TempPathFactory) -> Model:
    recipe = _small(
        "brown2025-nnclr",
        optimiser={"epochs": 4, "learning_rate": 5e-3},
        encoder={"input_px": 24},
        head={"finetune_from": 1000},
    )
    return pretrain([table], recipe, tmp_path_factory.mktemp("encoder") / "encoder", seed=1)


def headed(encoder: Model, **head: object) -> Recipe:
    content = encoder.recipe.model_dump(mode="json")
    finetune = content["head"]["finetune"] | {"epochs": 6, "learning_rate": 3e-3, "average": 0.5}
    content["head"] |= {"finetune": finetune} | head
    return Recipe.model_validate(content)


def weights(model: Model) -> NDArray[np.float64]:
    state = model.encoder.state_dict().values()
    return np.concatenate([value.double().flatten().numpy() for value in state])


def test_fine_tuning_trains_all_weights_and_leaves_the_encoder_alone(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    before = weights(encoder)
    recipe = headed(encoder, kind="finetune")
    model = train(table, ALL, values, recipe, tmp_path / "model", encoder=encoder, seed=1)
    assert np.array_equal(weights(encoder), before)
    assert not np.allclose(weights(model), before)
    assert model.scaling == encoder.scaling
    assert model.card["head"]["kind"] == "finetune"
    assert len(model.card["history"]["validation_auc"]) == 6
    assert model.card["encoder"]["history"] == encoder.card["history"]
    test = np.flatnonzero(np.asarray(table.columns("split")["split"].to_pylist()) == "test")
    features = model.embed(table.read(test), table.spec.bands)
    # 32 stamps never seen, 8 with tails: a coin has 0.5 with sigma 0.12
    assert auc(values[test], model.probability(features)) > 0.85
    loaded = Model.load(tmp_path / "model")
    assert loaded.recipe == model.recipe
    assert np.array_equal(loaded.embed(table.read(test), table.spec.bands), features)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_fine_tuning_begins_as_the_discriminant(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    still = {"learning_rate": 1e-12, "epochs": 1, "average": 0.0, "weight_decay": 0.0}
    content = headed(encoder, kind="finetune").model_dump(mode="json")
    content["head"]["finetune"] |= still
    recipe = Recipe.model_validate(content)
    tuned = train(table, ALL, values, recipe, tmp_path / "tuned", encoder=encoder, seed=1)
    plain = train(
        table, ALL, values, headed(encoder, kind="lda"), tmp_path / "lda", encoder=encoder, seed=1
    )
    scores = [np.asarray(model.card["validation_scores"]["score"]) for model in (tuned, plain)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-4)


def test_neighbours_survive_on_disk(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = headed(encoder, kind="knn")
    model = train(table, ALL, values, recipe, tmp_path / "model", encoder=encoder)
    loaded = Model.load(tmp_path / "model")
    assert isinstance(loaded.head, NeighbourHead)
    features = model.embed(table.read(ALL[:20]), table.spec.bands)
    assert np.array_equal(loaded.probability(features), model.probability(features))


def test_the_best_is_chosen_by_labels_left_out(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = headed(encoder, kind="best", finetune_from=10, finetune_start="zero")
    model = train(table, ALL, values, recipe, tmp_path / "m", encoder=encoder, seed=1, epochs=1)
    told = model.card["head"]
    assert set(told["candidates"]) == {"lda", "logistic", "knn", "forest", "blend", "finetune"}
    # one epoch from an ignorant layer is not enough
    assert told["kind"] != "finetune"
    assert told["candidates"][told["kind"]] > told["candidates"]["finetune"]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_fine_tuning_is_chosen_where_it_is_better(
    encoder: Model,
    table: StampTable,
    values: Labels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("strandline.learn.transfer._Job.judge_finetuning", lambda _job: 1.01)
    recipe = headed(encoder, kind="best", finetune_from=10)
    model = train(table, ALL, values, recipe, tmp_path / "m", encoder=encoder, epochs=1)
    assert (model.card["head"]["kind"], model.card["head"]["auc"]) == ("finetune", 1.01)
    assert not np.allclose(weights(model), weights(encoder))


def test_with_few_labels_the_best_is_a_head(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = headed(encoder, kind="best", finetune_from=1000)
    model = train(table, ALL, values, recipe, tmp_path / "model", encoder=encoder)
    assert set(model.card["head"]["candidates"]) == {"lda", "logistic", "knn", "forest", "blend"}


def test_epochs_are_those_of_fine_tuning(
    encoder: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = headed(encoder, kind="finetune")
    model = train(table, ALL, values, recipe, tmp_path / "model", encoder=encoder, epochs=1)
    assert model.card["history"]["epoch"] == [1]
    assert model.recipe.head.finetune.epochs == 1
