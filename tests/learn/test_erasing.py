"""Models whose features were made to forget nuisances."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from strandline.errors import ModelError, TrainingError
from strandline.explore.probes import probe
from strandline.learn import Model, erase_nuisances, pretrain, train
from strandline.learn.erasing import _groups, _sample
from strandline.recipe import ErasureSettings, Recipe
from strandline.stamps import StampTable
from strandline.stamps.perturbing import PERTURBATIONS, added_noise
from tests.learn.conftest import _galaxies, _small, _write_table

Labels = NDArray[np.int64]
ALL = np.arange(160)
SETTINGS = ErasureSettings(
    nuisances=("noise", "depth", "blur", "shift", "rotation"), tolerance=1e-4
)


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> StampTable:
    """1200 galaxies, none of them in `table`."""
    path = tmp_path_factory.mktemp("sky") / "sky.lance"
    return _write_table(path, _galaxies(1200, seed=5)[0], split=["train"] * 800 + ["test"] * 400)


@pytest.fixture(scope="module")
def encoder(table: StampTable, tmp_path_factory: pytest.TempPathFactory) -> Model:
    recipe = _small("brown2025-nnclr", encoder={"input_px": 24})
    return pretrain([table], recipe, tmp_path_factory.mktemp("encoder") / "encoder", seed=1)


@pytest.fixture(scope="module")
def erased(encoder: Model, sky: StampTable) -> Model:
    return erase_nuisances(encoder, [sky], [np.arange(800)], SETTINGS, seed=0)


@pytest.mark.parametrize("name", ["noise added", "depth", "blur"])
def test_nuisances_are_forgotten_on_stamps_never_seen(
    name: str, encoder: Model, erased: Model, sky: StampTable
) -> None:
    batch, told = PERTURBATIONS[name](sky.read(np.arange(800, 1200)), np.random.default_rng(3))
    bands, blocks = sky.spec.bands, np.arange(400)
    before = probe(encoder.embed(batch, bands), told, blocks).value
    after = probe(erased.embed(batch, bands), told, blocks).value
    assert before > 0.3
    # of 400 rows a share of nothing is told to 1 / sqrt(400)
    assert after < 0.05


def test_the_encoder_is_not_changed_and_what_is_erased_is_told(
    encoder: Model, erased: Model
) -> None:
    assert encoder.erasure is None
    assert erased.erasure is not None
    told = erased.card["erasure"]
    assert told["stamps"] == 800
    assert told["directions"] == erased.erasure.rank <= 2 + 2 + 2 + 4 + 4
    assert f"{erased.erasure.rank} directions" in erased.summary()
    assert erased.recipe.erasure == SETTINGS


def test_an_erasure_survives_on_disk(erased: Model, table: StampTable, tmp_path: Path) -> None:
    erased.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model")
    batch = table.read(ALL[:20])
    assert np.array_equal(
        loaded.embed(batch, table.spec.bands), erased.embed(batch, table.spec.bands)
    )
    assert loaded.recipe == erased.recipe
    path = tmp_path / "model" / "weights.safetensors"
    tensors = load_file(path)
    save_file({**tensors, "erasure.mean": tensors["erasure.mean"][:3]}, path)
    with pytest.raises(ModelError, match=r"damaged or was put together of two .the erasure"):
        Model.load(tmp_path / "model")


def test_the_response_of_each_table_is_erased(
    encoder: Model, erased: Model, sky: StampTable, tmp_path: Path
) -> None:
    images = _galaxies(1000, seed=6)[0][:, :2]  # of another survey: a band is missing
    split = ["train"] * 600 + ["test"] * 400
    other = _write_table(tmp_path / "gr.lance", images, bands=("g", "r"), split=split)
    rows = [np.arange(800), np.arange(600)]
    both = erase_nuisances(encoder, [sky, other], rows, SETTINGS, seed=0)
    assert both.erasure is not None
    assert erased.erasure is not None
    assert both.erasure.rank > erased.erasure.rank
    assert [table["name"] for table in both.card["erasure"]["tables"]] == ["sky.lance", "gr.lance"]
    for table, first in ((sky, 800), (other, 600)):
        stamps = table.read(np.arange(first, first + 400))
        batch, told = added_noise(stamps, np.random.default_rng(3))
        assert probe(both.embed(batch, table.spec.bands), told, np.arange(400)).value < 0.05


def test_tables_are_looked_at_evenly_as_far_as_they_have_stamps() -> None:
    rows = [np.arange(5000), np.arange(150), np.arange(5000)]
    chosen = _sample(rows, 1000, seed=0)
    assert [len(part) for part in chosen] == [425, 150, 425]
    assert all((np.diff(part) > 0).all() for part in chosen)
    assert [len(part) for part in _sample(rows, 20_000, seed=0)] == [5000, 150, 5000]


def test_tables_of_few_stamps_count_together() -> None:
    groups = _groups([200, 30, 150, 40])
    assert sorted(len(part) for part in groups) == [70, 150, 200]
    together = next(part for part in groups if len(part) == 70)
    np.testing.assert_array_equal(together, [*range(200, 230), *range(380, 420)])


def test_what_was_erased_before_does_not_matter(
    encoder: Model, erased: Model, sky: StampTable, table: StampTable
) -> None:
    settings = SETTINGS.model_copy(update={"sample": 100})
    first, second = (
        erase_nuisances(model, [sky, table], [np.arange(800), ALL], settings, seed=0)
        for model in (encoder, erased)
    )
    batch = table.read(ALL[:20])
    assert np.array_equal(
        first.embed(batch, table.spec.bands), second.embed(batch, table.spec.bands)
    )
    assert first.card["erasure"]["stamps"] <= 100


def test_a_head_on_an_erased_encoder_keeps_the_erasure(
    erased: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = erased.recipe.with_head(kind="lda")
    model = train(table, ALL, values, recipe, tmp_path / "lda", encoder=erased, seed=1)
    assert model.erasure is not None
    batch = table.read(ALL[:20])
    assert np.array_equal(
        model.embed(batch, table.spec.bands), erased.embed(batch, table.spec.bands)
    )
    # a head is of features as they were: erasing again leaves it out
    again = erase_nuisances(model, [table], [ALL], SETTINGS, seed=0)
    assert not again.has_head
    assert "head" not in again.card
    assert "auc" not in again.card.get("validation", {})


def test_fine_tuning_begins_as_the_discriminant_on_erased_features(
    erased: Model, table: StampTable, values: Labels, tmp_path: Path
) -> None:
    content = erased.recipe.model_dump(mode="json")
    content["head"]["finetune"] |= {"learning_rate": 1e-12, "epochs": 1, "average": 0.0}
    content["head"]["finetune"] |= {"weight_decay": 0.0}
    recipe = Recipe.model_validate(content)
    tuned, plain = (
        train(
            table, ALL, values, recipe.with_head(kind=kind), tmp_path / kind, encoder=erased, seed=1
        )
        for kind in ("finetune", "lda")
    )
    assert tuned.erasure is None  # its features are others
    # the discriminant's validation scores are those before the validation labels joined it
    scores = [np.asarray(model.card["validation_scores"]["score"]) for model in (tuned, plain)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


def test_a_recipe_erases_before_its_head_is_fitted(
    make_recipe: Callable[..., Recipe], table: StampTable, values: Labels, tmp_path: Path
) -> None:
    recipe = make_recipe(
        "strandline",
        encoder={"input_px": 16, "two_scale": True},
        head={"kind": "lda", "shapes": "none"},
        erasure={"nuisances": ["noise"], "sample": 100},
    )
    model = pretrain([table], recipe, tmp_path / "model", labels=[(ALL, values)], epochs=1)
    assert model.erasure is not None
    assert model.has_head
    loaded = Model.load(tmp_path / "model")
    batch = table.read(ALL[:20])
    features = loaded.embed(batch, table.spec.bands)
    assert np.array_equal(loaded.probability(features), model.probability(features))
    assert model.card["erasure"]["nuisances"] == ["noise"]


def test_too_few_stamps_are_refused(encoder: Model, table: StampTable) -> None:
    with pytest.raises(TrainingError, match=r"only 5 stamps .* needs at least 8"):
        erase_nuisances(encoder, [table], [ALL[:5]], SETTINGS, seed=0)
