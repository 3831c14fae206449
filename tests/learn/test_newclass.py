"""A class that a user names: from examples to a head, and from the head to a catalogue."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline import api
from strandline.classify import read_catalogue
from strandline.errors import ModelError, OptionError, TableError
from strandline.learn.classheads import ClassHead
from strandline.learn.encoders import make_encoder
from strandline.learn.fingerprint import fingerprint
from strandline.learn.heads import LinearHead
from strandline.learn.model import Model
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampTable
from tests.conftest import Run
from tests.learn.conftest import MakeTable

COUNT = 60
EXAMPLES = [f"galaxy-{row}" for row in range(0, 18, 3)]


def _model(recipe: Recipe, seed: int, *, head: bool = True) -> Model:
    scaling = Scaling(
        ("g", "r", "z"), "fits", 3.0, "image", (10.0, 20.0, 40.0), (0.5,) * 3, (1.0,) * 3
    )
    encoder = make_encoder(3, recipe.encoder, seed=seed)
    weight = np.linspace(-1, 1, encoder.feature_count).astype(np.float32)
    return Model(recipe, scaling, encoder, LinearHead.plain(weight, 0.0) if head else None)


@pytest.fixture
def model(nnclr: Recipe, tmp_path: Path) -> Path:
    _model(nnclr, 1).save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def rings(tmp_path: Path, make_table: MakeTable) -> StampTable:
    """Galaxies of which every third has a ring across it."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:40, :40] - 19.5
    images = rng.normal(0, 1, (COUNT, 3, 40, 40))
    for row in range(COUNT):
        images[row] += 60 * np.exp(-0.5 * (x**2 + y**2) / rng.uniform(4, 9))
        if row % 3 == 0:
            images[row] += 25 * np.exp(-0.5 * (np.hypot(2 * x, y) - 12) ** 2)
    return make_table(tmp_path / "rings.lance", images.astype(np.float32))


@pytest.fixture
def embedded(rings: StampTable, model: Path) -> StampTable:
    api.embed(rings.path, model)
    return StampTable.open(rings.path)


def _is_ring(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(rows % 3 == 0)


def test_six_examples_rank_the_others_first(embedded: StampTable, tmp_path: Path) -> None:
    made = api.newclass(embedded.path, "ring", EXAMPLES, tmp_path / "ring")
    rows = made.ranking["row"].to_numpy()
    assert len(rows) == COUNT - len(EXAMPLES)
    assert _is_ring(rows[:10]).mean() > 0.8  # of the others, 14 of 54 have one
    assert made.auc > 0.8
    assert {path.name for path in (tmp_path / "ring").iterdir()} == {
        "head.safetensors",
        "card.json",
    }
    card = ClassHead.load(tmp_path / "ring").card
    assert (card["examples"], card["auc_left_out"]) == (6, made.auc)


def test_classify_adds_the_column_beside_what_models_say(
    run: Run, embedded: StampTable, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "examples.csv").write_text("id\n" + "\n".join(EXAMPLES))
    options = ("--name", "ring", "--examples", tmp_path / "examples.csv")
    ring = embedded.path.parent / "heads" / "ring"  # where it is found by its name, too
    ring.parent.mkdir(exist_ok=True)
    ran = run("newclass", embedded.path, *options, "--out", ring, "-n", 4)
    assert ran.status == 0, ran.err
    assert len(ran.out.splitlines()) == 6
    for models, head in (((), ring), (("--model", model), "ring")):
        out = tmp_path / "scores.parquet"
        ran = run("classify", embedded.path, *models, "--head", head, "--out", out)
        assert ran.status == 0, ran.err
        found = read_catalogue(out)
        order = np.argsort(-found["probability_ring"].to_numpy(), kind="stable")
        first = found["row"].to_numpy()[order][: len(EXAMPLES)]
        assert _is_ring(first).mean() > 0.8
        ranked = found["probability"].to_numpy()
        assert (np.diff(ranked) <= 0).all()
        same = np.array_equal(ranked, found["probability_ring"].to_numpy())
        assert same == (not models)


def test_without_the_embedding_its_encoder_is_found_again(
    embedded: StampTable, model: Path, nnclr: Recipe, tmp_path: Path, make_table: MakeTable
) -> None:
    head = tmp_path / "ring"
    api.newclass(embedded.path, "ring", EXAMPLES, head)
    known = api.classify(embedded.path, (), tmp_path / "a.csv", heads=[head])
    images = embedded.read(np.arange(COUNT)).flux_njy() / np.array([10, 20, 40])[:, None, None]
    bare = make_table(tmp_path / "bare.lance", images)
    found = api.classify(bare.path, (), tmp_path / "b.csv", heads=[head])
    np.testing.assert_allclose(found.probability, known.probability, atol=0.05)
    shutil.rmtree(model)
    with pytest.raises(ModelError, match=r"needs the encoder .* cannot be loaded"):
        api.classify(bare.path, (), tmp_path / "c.csv", heads=[head])
    _model(nnclr, 2).save(model)  # another one under the same name
    with pytest.raises(ModelError, match=r"has fingerprint [0-9a-f]{16}\. Scores on another"):
        api.classify(bare.path, (), tmp_path / "c.csv", heads=[head])
    assert not (tmp_path / "c.csv").exists()


def test_what_cannot_be_made_or_used_is_said(
    embedded: StampTable, model: Path, rings: StampTable, tmp_path: Path
) -> None:
    out = tmp_path / "model_head"
    with pytest.raises(OptionError, match="both an example of ring"):
        api.newclass(embedded.path, "ring", EXAMPLES, out, unlike=EXAMPLES[:1])
    with pytest.raises(OptionError, match="the name of a class"):
        api.newclass(embedded.path, "a ring", EXAMPLES, out)
    with pytest.raises(TableError, match="no galaxy with id 'galaxy-99'"):
        api.newclass(embedded.path, "ring", ["galaxy-99"], out)
    api.newclass(embedded.path, "model", EXAMPLES, out)
    with pytest.raises(OptionError, match="names both a class"):
        api.classify(embedded.path, [model], tmp_path / "x.csv", heads=[out])
    with pytest.raises(ModelError, match="another head of the class model"):
        api.classify(embedded.path, (), tmp_path / "x.csv", heads=[out, out])


def test_fingerprints_tell_encoders_apart_and_nothing_else(nnclr: Recipe, model: Path) -> None:
    own = fingerprint(Model.load(model))
    assert own == fingerprint(_model(nnclr, 1, head=False))
    assert own != fingerprint(_model(nnclr, 2))
    turned = nnclr.inference.model_copy(update={"orientations": 8})
    assert own != fingerprint(_model(nnclr.model_copy(update={"inference": turned}), 1))
