"""Models whose heads see shapes: trained, saved, loaded and asked, as the command line does."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline import api, cli
from strandline.errors import ModelError, RecipeError
from strandline.learn import Ensemble, Model, embed_table, model_names, pretrain, score_rows, train
from strandline.learn.metrics import auc
from strandline.recipe import Recipe
from strandline.shapes import read_shapes
from strandline.stamps import StampTable
from tests.learn.conftest import BANDS, _small

Make = Callable[..., Recipe]
Labels = NDArray[np.int64]
ALL = np.arange(160)
TEST = np.arange(4, 160, 5)
FAST = {"trees": 40, "finetune_from": 1000}


@pytest.fixture(scope="module")
def encoder(table: StampTable, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("encoder") / "encoder"
    return pretrain([table], _small("brown2025-nnclr"), folder, seed=1)


@pytest.fixture(scope="module")
def beside(
    table: StampTable,
    values: Labels,
    encoder: Model,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A model with a blend on embedding and shapes, on disk."""
    out = tmp_path_factory.mktemp("beside") / "model"
    recipe = headed(encoder.recipe, kind="blend", shapes="beside")
    train(table, ALL, values, recipe, out, encoder=encoder)
    return out


def headed(recipe: Recipe, **head: object) -> Recipe:
    content = recipe.model_dump(mode="json")
    content["head"] |= FAST | head
    return Recipe.model_validate(content)


def test_shapes_beside_an_encoder_tell_tails(
    beside: Path, encoder: Model, table: StampTable, values: Labels
) -> None:
    model = Model.load(beside)
    assert model.uses_shapes
    features, scores = score_rows(table, model, TEST)
    # 32 stamps never seen, 8 with tails: a coin has 0.5 with sigma 0.12
    assert auc(values[TEST], scores) > 0.9
    # the embedding stays the encoder's
    plain = np.concatenate([part for _, part in embed_table(table, encoder, rows=TEST)])
    assert np.array_equal(features, plain)
    assert model.feature_count == encoder.feature_count
    told = model.card["head"]
    assert (told["kind"], told["shapes"]) == ("blend", "beside")
    assert "shapes beside" in model.summary()


def test_a_model_with_shapes_is_the_same_after_saving_and_loading(
    beside: Path, table: StampTable, tmp_path: Path
) -> None:
    model = Model.load(beside)
    model.save(tmp_path / "again")
    for path in beside.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    again = score_rows(table, Model.load(tmp_path / "again"), TEST)[1]
    assert np.array_equal(again, score_rows(table, model, TEST)[1])


def test_columns_of_the_table_give_what_measuring_gives(
    beside: Path, table: StampTable, tmp_path: Path
) -> None:
    copy = tmp_path / "stamps.lance"
    shutil.copytree(table.path, copy)
    api.shapes(copy)
    model = Model.load(beside)
    kept = score_rows(StampTable.open(copy), model, ALL)[1]
    assert np.array_equal(kept, score_rows(table, model, ALL)[1])


def test_training_takes_the_columns_of_the_table(
    table: StampTable,
    values: Labels,
    encoder: Model,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = tmp_path / "stamps.lance"
    shutil.copytree(table.path, copy)
    api.shapes(copy)
    recipe = headed(encoder.recipe, kind="lda", shapes="only")
    measured = train(table, ALL, values, recipe, tmp_path / "measured", encoder=encoder)
    monkeypatch.delattr("strandline.shapes.columns.measure_shapes")
    opened = StampTable.open(copy)
    kept = train(opened, ALL, values, recipe, tmp_path / "kept", encoder=encoder)
    for name, array in kept.head.arrays().items() if kept.head else ():
        assert measured.head is not None
        assert np.array_equal(array, measured.head.arrays()[name])


def test_the_command_line_trains_and_classifies_with_shapes(
    table: StampTable, values: Labels, encoder: Model, tmp_path: Path
) -> None:
    encoder.save(tmp_path / "encoder")
    lines = [f"galaxy-{row},{value}" for row, value in enumerate(values.tolist())]
    (tmp_path / "labels.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    labels, out = str(tmp_path / "labels.csv"), str(tmp_path / "model")
    options = ["--encoder", str(tmp_path / "encoder"), "--head", "forest", "--shapes", "only"]
    catalogue = tmp_path / "catalogue.csv"
    for command in (
        ["train", str(table.path), "--labels", labels, *options, "--out", out],
        ["classify", str(table.path), "--model", out, "--out", str(catalogue)],
        ["evaluate", str(catalogue), "--truth", labels],
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main(command)
        assert ended.value.code == 0
    evaluation = json.loads((tmp_path / "catalogue.evaluation.json").read_text())
    assert evaluation["auc"] > 0.9  # seen in training, most of them
    with pytest.raises(RecipeError, match=r"head\.shapes: .*\(given: 'all'\)"):
        api.train(table.path, labels, out, encoder=tmp_path / "encoder", shapes="all")


@pytest.mark.parametrize("shapes", ["beside", "only"])
def test_a_network_is_put_beside_shapes(
    shapes: str, table: StampTable, values: Labels, cnn: Recipe, tmp_path: Path
) -> None:
    recipe = headed(cnn, kind="forest", shapes=shapes)
    model = train(table, ALL, values, recipe, tmp_path / "cnn", seed=1)
    plain = train(table, ALL, values, cnn, tmp_path / "plain", seed=1)
    batch = table.read(TEST)
    assert np.array_equal(model.embed(batch, BANDS), plain.embed(batch, BANDS))
    scores = score_rows(table, Model.load(tmp_path / "cnn"), TEST)[1]
    assert np.array_equal(scores, score_rows(table, model, TEST)[1])
    assert auc(values[TEST], scores) > 0.85  # the network of two epochs knows nothing
    told = model.card["head"]
    assert told["shapes"] == shapes
    if shapes == "beside":
        assert told["network_share"] < 0.6
    assert model.card["validation"]["labels"] == 32


def test_fine_tuning_is_put_beside_shapes(
    table: StampTable, values: Labels, encoder: Model, tmp_path: Path
) -> None:
    recipe = headed(encoder.recipe, kind="best", shapes="beside", finetune_from=10, trees=20)
    model = train(table, ALL, values, recipe, tmp_path / "m", encoder=encoder, epochs=1)
    assert len(model.card["head"]["candidates"]) == 16
    tuned = headed(encoder.recipe, kind="finetune", shapes="beside")
    model = train(table, ALL, values, tuned, tmp_path / "t", encoder=encoder, epochs=1)
    assert 0 < model.card["head"]["network_share"] < 1
    assert auc(values[TEST], score_rows(table, model, TEST)[1]) > 0.8


def test_a_hybrid_recipe_gives_a_head_on_shapes(
    table: StampTable, values: Labels, make_recipe: Make, tmp_path: Path
) -> None:
    recipe = make_recipe("strandline", head=FAST | {"shapes": "beside"})
    model = pretrain([table], recipe, tmp_path / "m", labels=[(ALL, values)], seed=1)
    assert model.uses_shapes
    assert model.card["validation"]["labels"] == 32
    assert auc(values[TEST], score_rows(table, model, TEST)[1]) > 0.85


def test_shapes_that_were_not_given_are_asked_for(beside: Path, table: StampTable) -> None:
    model = Model.load(beside)
    features = model.embed(table.read(TEST), BANDS)
    with pytest.raises(ModelError, match="shape statistics of 32 galaxies are needed"):
        model.probability(features)
    assert model.probability(features, read_shapes(table, TEST)).shape == (32,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shapes": ["wings"], "fill": [0]}, "does not measure: wings"),
        ({"fill": None}, "TypeError"),
        ({"embedding": False}, r"weights\.safetensors: is damaged or was put together of two"),
    ],
    ids=str,
)
def test_a_damaged_card_is_said_so(
    change: dict[str, object], message: str, beside: Path, tmp_path: Path
) -> None:
    shutil.copytree(beside, tmp_path / "model")
    path = tmp_path / "model" / "card.json"
    card = json.loads(path.read_text())
    card["head_inputs"] |= change
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match=message):
        Model.load(tmp_path / "model")


@pytest.mark.parametrize("name", model_names())
def test_models_that_ship_are_as_they_were(name: str) -> None:
    for model in Ensemble.load(name).models.values():
        assert model.inputs.width == model.feature_count or model.uses_shapes
        if not model.uses_shapes and model.head is not None:
            features = np.random.default_rng(0).normal(size=(5, model.feature_count))
            given = features.astype(np.float32)
            assert np.array_equal(model.probability(given), model.head.probability(given))
