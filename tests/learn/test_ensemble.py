"""Several models that score together: what is added, kept on disk, and refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from strandline.errors import ModelError
from strandline.learn import Ensemble, Member, Model
from strandline.learn.encoders import make_encoder
from strandline.learn.heads import LinearHead
from strandline.learn.inputs import HeadInputs
from strandline.learn.scaling import Scaling
from strandline.learn.shelf import find_model, member_names, model_names, shipped_models
from strandline.recipe import Recipe
from strandline.shapes import SHAPE_NAMES, SHAPES_VERSION
from strandline.stamps import StampTable, TableSpec

BANDS = ("g", "r", "z")
ODDS = {"one": np.array([-3.0, 0.0, 2.0]), "two": np.array([1.0, -1.0, 4.0])}


def build(recipe: Recipe, seed: int, *, head: bool = True, picture: bool = False) -> Model:
    scaling = Scaling(
        BANDS,
        "picture" if picture else "fits",
        3.0,
        "image",
        (10.0, 20.0, 40.0),
        (0.5,) * 3,
        (1.0,) * 3,
    )
    encoder = make_encoder(3, recipe.encoder, seed=seed)
    weight = np.linspace(-1, 1, encoder.feature_count).astype(np.float32)
    fitted = LinearHead.plain(weight, 0.1 * seed)
    return Model(recipe, scaling, encoder, fitted if head else None, {"seed": seed})


@pytest.fixture
def pair(nnclr: Recipe) -> Ensemble:
    members = {
        "one": Member(build(nnclr, 1), scale=2.0, offset=0.5, weight=0.75),
        "two": Member(build(nnclr, 2), scale=0.5, offset=-1.0, weight=0.3),
    }
    return Ensemble("pair", members, -0.25, {"name": "pair", "description": "For tests."})


def sigmoid(odds: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> object:
    return pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-6)


def test_calibrated_log_odds_are_weighted_and_added(pair: Ensemble) -> None:
    one, two = 2 * ODDS["one"] + 0.5, 0.5 * ODDS["two"] - 1
    assert pair.combine(ODDS) == sigmoid(0.75 * one + 0.3 * two - 0.25)
    assert pair.each(ODDS)["one"] == sigmoid(one)
    assert pair.each(ODDS)["two"] == sigmoid(two)


def test_models_with_equal_rights_are_averaged_as_log_odds(nnclr: Recipe) -> None:
    both = Ensemble.equal({"one": build(nnclr, 1), "two": build(nnclr, 2)})
    assert both.combine(ODDS) == sigmoid((ODDS["one"] + ODDS["two"]) / 2)


def test_a_single_model_gives_what_it_gives_alone(nnclr: Recipe, table: StampTable) -> None:
    model = build(nnclr, 1)
    features = model.embed(table.read(np.arange(9)), BANDS)
    alone = Ensemble.equal({"one": model})
    found = alone.combine({"one": model.logit(features)})
    assert np.array_equal(found, model.probability(features))


def test_joining_averages_the_log_odds_of_each_part(pair: Ensemble, nnclr: Recipe) -> None:
    single = Ensemble.equal({"x": build(nnclr, 3)})
    joined = Ensemble.joined({"pair": pair, "x": single})
    assert list(joined.members) == ["pair-one", "pair-two", "x"]
    third = np.array([0.5, 0.5, -6.0])
    odds = {"pair-one": ODDS["one"], "pair-two": ODDS["two"], "x": third}
    whole = pair.combine(ODDS).astype(np.float64)
    assert joined.combine(odds) == pytest.approx(
        1 / (1 + np.exp(-(np.log(whole / (1 - whole)) + third) / 2)), rel=1e-4
    )


def test_an_ensemble_is_the_same_after_saving_and_loading(
    pair: Ensemble, table: StampTable, tmp_path: Path
) -> None:
    pair.save(tmp_path / "pair")
    loaded = Ensemble.load(tmp_path / "pair")
    assert (loaded.name, list(loaded.members)) == ("pair", ["one", "two"])
    assert loaded.card["description"] == "For tests."
    batch = table.read(np.arange(20))
    odds = [
        {name: m.logit(m.embed(batch, BANDS)) for name, m in ensemble.models.items()}
        for ensemble in (pair, loaded)
    ]
    assert np.array_equal(pair.combine(odds[0]), loaded.combine(odds[1]))
    loaded.save(tmp_path / "pair")  # takes the place of the earlier one
    again = Ensemble.load(tmp_path / "pair")
    assert np.array_equal(loaded.combine(odds[1]), again.combine(odds[1]))


def test_as_a_model_it_is_its_first_member_or_the_one_named(
    pair: Ensemble, table: StampTable, tmp_path: Path
) -> None:
    pair.save(tmp_path / "pair")
    batch = table.read(np.arange(5))
    for path, name in ((tmp_path / "pair", "one"), (tmp_path / "pair" / "two", "two")):
        expected = pair.models[name].embed(batch, BANDS)
        assert np.array_equal(Model.load(path).embed(batch, BANDS), expected)


def test_what_cannot_score_together_is_refused(nnclr: Recipe) -> None:
    with pytest.raises(ModelError, match="two: is an encoder without a head"):
        Ensemble.equal({"one": build(nnclr, 1), "two": build(nnclr, 2, head=False)})
    with pytest.raises(ModelError, match="one of fits images, two of picture images"):
        Ensemble.equal({"one": build(nnclr, 1), "two": build(nnclr, 2, picture=True)})
    with pytest.raises(ModelError, match="No model was given"):
        Ensemble.equal({})


def test_stamps_of_other_bands_are_refused_by_member(pair: Ensemble) -> None:
    pair.check(TableSpec(("r", "J"), 40, "fits"))
    with pytest.raises(ModelError, match=r"one: The model .* knows bands g, r, z"):
        pair.check(TableSpec(("J", "H"), 40, "fits"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": [{"name": "one"}]}, r"card\.json: is damaged \(KeyError"),
        ({"members": [{"name": "../pair"}]}, r"a member '\.\./pair', which is no folder beside"),
        ({"members": [{"name": "gone"}]}, "a member 'gone', which is no folder beside"),
        ({"members": [7]}, r"card\.json: is damaged"),
        ({"bias": None}, r"card\.json: is damaged"),
        ({"format": 99}, "was written in model format 99"),
    ],
    ids=str,
)
def test_a_damaged_card_is_said_so(
    change: dict[str, object], message: str, pair: Ensemble, tmp_path: Path
) -> None:
    pair.save(tmp_path / "pair")
    path = tmp_path / "pair" / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=message):
        Ensemble.load(tmp_path / "pair")


def test_a_missing_member_is_said_so(pair: Ensemble, tmp_path: Path) -> None:
    pair.save(tmp_path / "pair")
    shutil.rmtree(tmp_path / "pair" / "two")
    with pytest.raises(ModelError, match="names a member 'two'"):
        Model.load(tmp_path / "pair")


def test_members_of_models_that_ship_are_found_by_name() -> None:
    name = model_names()[0]
    members = member_names(find_model(name))
    assert find_model(f"{name}/{members[-1]}") == find_model(name) / members[-1]
    with pytest.raises(ModelError, match=f"{name} has no such member .it has {members[0]}"):
        find_model(f"{name}/nobody")
    with pytest.raises(ModelError, match=r"there are: strandline-picture, strandline-survey"):
        find_model("nobody")


def test_what_ships_fits_into_20_mb_and_tells_what_it_takes() -> None:
    assert model_names() == ("strandline-picture", "strandline-survey")
    told = shipped_models()
    assert set(told["strandline-picture"].bands) == {"r", "g", "b"}
    assert set(told["strandline-survey"].bands) == {"u", "g", "r", "i", "z"}
    for name in model_names():
        files = [path for path in find_model(name).rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) < 20e6
        loaded = Ensemble.load(name)
        assert (loaded.kind, loaded.bands) == (told[name].kind, told[name].bands)
        assert {"description", "combined_on", "validation"} <= loaded.card.keys()


def test_shapes_of_another_version_are_warned_of_once(
    nnclr: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build(nnclr, 1)
    count = model.feature_count
    head = LinearHead.plain(np.ones(count + 1, dtype=np.float32), 0.0)
    for version, times in ((SHAPES_VERSION, 0), (SHAPES_VERSION - 1, 1)):
        inputs = HeadInputs(count, SHAPE_NAMES[:1], (0.0,), version)
        old = Model(nnclr, model.scaling, model.encoder, head, {}, inputs)
        for _ in range(2):
            features = np.zeros((2, count), dtype=np.float32)
            old.probability(features, np.zeros((2, len(SHAPE_NAMES)), dtype=np.float32))
        said = capsys.readouterr().err
        assert said.count("Train the head again") == times
        assert (f"version {SHAPES_VERSION - 1};" in said) == bool(times)
