"""A model on disk and in memory: what goes in comes out, and what is broken is said."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import ModelError
from strandline.learn import Model, embed_table
from strandline.learn.encoders import make_encoder
from strandline.learn.geometry import dihedral
from strandline.learn.heads import LinearHead
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampBatch, StampTable, TableSpec

BANDS = ("g", "r", "z")


def build(recipe: Recipe, *, head: bool = True, kind: str = "fits") -> Model:
    scaling = Scaling(
        BANDS,
        "picture" if kind == "picture" else "fits",
        3.0,
        "image",
        (10.0, 20.0, 40.0),
        (0.5, 0.6, 0.7),
        (1.0, 1.1, 1.2),
    )
    encoder = make_encoder(3, recipe.encoder, seed=3)
    width = encoder.feature_count
    weight = np.linspace(-1, 1, width).astype(np.float32)
    std = np.linspace(1, 2, width).astype(np.float32)
    fitted = LinearHead(np.abs(weight), std, weight, 0.25)
    return Model(recipe, scaling, encoder, fitted if head else None, {"seed": 3})


@pytest.fixture
def model(nnclr: Recipe) -> Model:
    return build(nnclr)


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_is_the_same_after_saving_and_loading(
    model: Model, saved: Path, table: StampTable
) -> None:
    loaded = Model.load(saved)
    batch = table.read(np.arange(20))
    features = model.embed(batch, BANDS)
    assert np.array_equal(loaded.embed(batch, BANDS), features)
    assert np.array_equal(loaded.probability(features), model.probability(features))
    assert (loaded.recipe, loaded.scaling, loaded.bands) == (model.recipe, model.scaling, BANDS)
    assert loaded.card["seed"] == 3
    assert sorted(path.name for path in saved.iterdir()) == [
        "card.json",
        "recipe.toml",
        "weights.safetensors",
    ]


def test_a_loaded_model_is_saved_again_unchanged(saved: Path, tmp_path: Path) -> None:
    Model.load(saved).save(tmp_path / "again")
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_streaming_a_table_gives_what_one_batch_gives(model: Model, table: StampTable) -> None:
    rows, features = zip(*embed_table(table, model, batch_size=30), strict=True)
    assert np.array_equal(np.concatenate(rows), np.arange(len(table)))
    whole = model.embed(table.read(np.arange(len(table))), BANDS)
    # other batch sizes sum in another order
    np.testing.assert_allclose(np.concatenate(features), whole, atol=1e-5)


def test_chosen_rows_come_in_the_order_asked_for(model: Model, table: StampTable) -> None:
    rows = np.array([7, 3, 120])
    ((found, features),) = embed_table(table, model, rows=rows)
    assert found.tolist() == rows.tolist()
    np.testing.assert_allclose(features, model.embed(table.read(rows), BANDS), atol=1e-6)


def test_a_prediction_does_not_change_from_call_to_call(model: Model, table: StampTable) -> None:
    batch = table.read(np.arange(10))
    assert np.array_equal(model.embed(batch, BANDS), model.embed(batch, BANDS))


def turned(batch: StampBatch, quarters: int, *, flip: bool) -> StampBatch:
    pixels = np.rot90(batch.pixels, quarters, axes=(2, 3))
    return replace(batch, pixels=pixels[..., ::-1].copy() if flip else pixels.copy())


@pytest.mark.parametrize(
    ("orientations", "quarters", "flip"),
    [(4, 1, False), (4, 2, False), (8, 1, False), (8, 2, True), (8, 0, True)],
)
def test_averaged_features_do_not_depend_on_how_a_galaxy_is_turned(
    orientations: int, quarters: int, flip: bool, make_recipe: object, table: StampTable
) -> None:
    assert callable(make_recipe)
    plain = build(make_recipe("brown2025-nnclr", inference={"orientations": 1}))
    averaged = build(make_recipe("brown2025-nnclr", inference={"orientations": orientations}))
    batch = table.read(np.arange(10))
    other = turned(batch, quarters, flip=flip)
    before, after = averaged.embed(batch, BANDS), averaged.embed(other, BANDS)
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert np.abs(plain.embed(batch, BANDS) - plain.embed(other, BANDS)).max() > 1e-3
    values, present = plain.prepare(batch, BANDS)
    slow = np.mean(
        [plain.encode(view, present).cpu() for view in dihedral(values, orientations)], axis=0
    )
    np.testing.assert_allclose(before, slow, atol=1e-5)


def picked(batch: StampBatch, bands: list[int]) -> StampBatch:
    return replace(
        batch,
        pixels=batch.pixels[:, bands],
        unit_njy=batch.unit_njy[:, bands],
        noise_njy=batch.noise_njy[:, bands],
    )


def test_bands_are_taken_by_name_not_by_place(model: Model, table: StampTable) -> None:
    batch = table.read(np.arange(10))
    expected = model.embed(batch, BANDS)
    assert np.array_equal(model.embed(picked(batch, [2, 0, 1]), ("z", "g", "r")), expected)
    extended = picked(batch, [0, 1, 1, 2])
    assert np.array_equal(model.embed(extended, ("g", "r", "i", "z")), expected)


def test_a_band_that_is_not_there_counts_as_missing(model: Model, table: StampTable) -> None:
    batch = table.read(np.arange(10))
    emptied = batch.pixels.copy()
    emptied[:, 1] = np.nan
    expected = model.embed(replace(batch, pixels=emptied), BANDS)
    assert np.array_equal(model.embed(picked(batch, [0, 2]), ("g", "z")), expected)
    assert np.abs(expected - model.embed(batch, BANDS)).max() > 1e-3
    _, present = model.prepare(picked(batch, [0, 2]), ("g", "z"))
    assert present.tolist() == [[1.0, 0.0, 1.0]] * 10


def test_a_stamp_without_a_single_pixel_still_gets_finite_features(
    model: Model, table: StampTable
) -> None:
    batch = table.read(np.arange(3))
    empty = replace(batch, pixels=np.full_like(batch.pixels, np.nan))
    assert np.isfinite(model.embed(empty, BANDS)).all()


def test_no_stamps_give_no_features(model: Model, table: StampTable) -> None:
    assert model.embed(picked(table.read([]), [0, 1, 2]), BANDS).shape == (0, model.feature_count)


def test_bands_without_any_in_common_are_named(model: Model, table: StampTable) -> None:
    with pytest.raises(ModelError, match="knows bands g, r, z, the stamps have u, vis: none in"):
        model.embed(picked(table.read([0]), [0, 1]), ("u", "vis"))


def test_pictures_are_not_given_to_a_model_of_calibrated_images(model: Model) -> None:
    with pytest.raises(ModelError, match="trained on calibrated FITS images, the stamps were cut"):
        model.check(TableSpec(("r", "g", "b"), 40, "picture"))


def test_an_encoder_without_a_head_gives_no_probability(nnclr: Recipe) -> None:
    model = build(nnclr, head=False)
    assert not model.has_head
    with pytest.raises(ModelError, match=r"without a head.*strandline train TABLE --labels"):
        model.probability(np.zeros((1, model.feature_count), dtype=np.float32))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere: there is no such model folder"):
        Model.load(tmp_path / "nowhere")


def test_an_unfinished_training_is_pointed_to(tmp_path: Path) -> None:
    (tmp_path / ".cnn.training").mkdir()
    with pytest.raises(ModelError, match=r"unfinished training of it is in .*\.cnn\.training"):
        Model.load(tmp_path / "cnn")


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("no")
    with pytest.raises(ModelError, match="is a file; a model is a folder"):
        Model.load(tmp_path / "model")


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.toml", "card.json"])
def test_a_missing_part_is_named(name: str, saved: Path) -> None:
    (saved / name).unlink()
    with pytest.raises(ModelError, match=f"not a complete model, {name} is missing"):
        Model.load(saved)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_weights_cut_short_are_said_so(share: float, saved: Path) -> None:
    weights = saved / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelError, match=r"weights\.safetensors: is damaged or cut short"):
        Model.load(saved)


def test_loading_runs_no_code(saved: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(victim),)

    (saved / "weights.safetensors").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ModelError, match="damaged"):
        Model.load(saved)
    assert not victim.exists()


def test_weights_of_another_recipe_are_said_so(saved: Path) -> None:
    recipe = saved / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("widths = [8, 16]", "widths = [8, 32]"))
    with pytest.raises(ModelError, match=r"weights do not fit recipe\.toml beside it"):
        Model.load(saved)


@pytest.mark.parametrize(
    "change", [{"bands": None}, {"kind": "drawing"}, {"mean": ["x", 0, 0]}], ids=str
)
def test_a_damaged_card_is_said_so(change: dict[str, object], saved: Path) -> None:
    card = json.loads((saved / "card.json").read_text())
    card["scaling"] |= change
    (saved / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match=r"card\.json: is damaged"):
        Model.load(saved)


def test_a_card_of_a_later_version_is_refused(saved: Path) -> None:
    card = json.loads((saved / "card.json").read_text()) | {"format": 99}
    (saved / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="model format 99; this version of strandline reads up to"):
        Model.load(saved)


def test_a_card_holds_numpy_and_nan_as_plain_json(nnclr: Recipe, tmp_path: Path) -> None:
    model = build(nnclr)
    scores: NDArray[np.float32] = np.array([0.5, 0.25], dtype=np.float32)
    model.card |= {"scores": scores, "count": np.int64(3), "loss": float("nan")}
    model.save(tmp_path / "model")
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert (card["scores"], card["count"], card["loss"]) == ([0.5, 0.25], 3, None)
