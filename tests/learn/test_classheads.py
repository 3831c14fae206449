import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import ModelError, OptionError, OutputError
from strandline.learn.classheads import ClassHead, check_class_name
from strandline.learn.heads import LinearHead
from strandline.learn.inputs import HeadInputs
from strandline.shapes import HARMONICS, HARMONICS_VERSION, SHAPE_NAMES


def _head(name: str = "ring", *, shapes: bool = False) -> ClassHead:
    rng = np.random.default_rng(0)
    inputs = HeadInputs(4)
    if shapes:
        measured = rng.normal(0, 1, (9, len(SHAPE_NAMES))).astype(np.float32)
        inputs = HeadInputs.of(4, measured, controls=False)
    mean, std, weight = rng.random((3, inputs.width)).astype(np.float32)
    head = LinearHead(mean, std, weight, 0.5)
    return ClassHead(name, head, inputs, "abc123", "encoder", 4, {"examples": 5})


@pytest.fixture
def features() -> NDArray[np.float32]:
    features = np.random.default_rng(1).normal(0, 1, (6, 4)).astype(np.float32)
    features[2] = np.nan
    return features


@pytest.mark.parametrize("shapes", [False, True])
def test_it_comes_back_as_it_was(
    shapes: bool, features: NDArray[np.float32], tmp_path: Path
) -> None:
    head = _head(shapes=shapes)
    head.save(tmp_path / "ring")
    head.save(tmp_path / "ring")  # replaces its own kind
    back = ClassHead.load(tmp_path / "ring")
    measured = np.full((6, len(SHAPE_NAMES)), np.nan, dtype=np.float32) if shapes else None
    found = back.probability(features, measured)
    np.testing.assert_array_equal(found, head.probability(features, measured))
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]
    assert (back.name, back.encoder, back.card["examples"]) == ("ring", "abc123", 5)
    if shapes:
        with pytest.raises(ModelError, match="shape statistics of 6 galaxies are needed"):
            back.probability(features)


def test_a_head_that_looks_at_harmonics_too_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    mean, std, weight = rng.random((3, 4 + HARMONICS)).astype(np.float32)
    head = LinearHead(mean, std, weight, 0.5)
    made = ClassHead("ring", head, HeadInputs(len(mean)), "abc", "encoder", 4, {}, harmonics=True)
    made.save(tmp_path / "ring")
    back = ClassHead.load(tmp_path / "ring")
    looks = rng.normal(0, 1, (6, len(mean))).astype(np.float32)
    np.testing.assert_array_equal(back.probability(looks), made.probability(looks))
    assert (back.harmonics, back.features) == (True, 4)
    card = tmp_path / "ring" / "card.json"
    card.write_text(
        card.read_text().replace(f'"harmonics": "{HARMONICS_VERSION}"', '"harmonics": true')
    )
    with pytest.raises(ModelError, match="as an earlier strandline measured them"):
        ClassHead.load(tmp_path / "ring")


def test_another_encoder_is_refused() -> None:
    head = _head()
    head.check("abc123", "the table")
    with pytest.raises(ModelError, match=r"belongs to the encoder encoder .* has fingerprint fff"):
        head.check("fff", "the table")


@pytest.mark.parametrize("name", ["", "Ring", "polar ring", "a-b", "sky", "../x", "1st"])
def test_names_that_cannot_be_columns_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match="the name of a class is a word"):
        check_class_name(name)


def test_damaged_folders_say_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    with pytest.raises(ModelError, match=r"head\.safetensors is missing"):
        ClassHead.load(folder)
    _head().save(folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"class": "../evil"}))
    with pytest.raises(ModelError, match="is damaged"):
        ClassHead.load(folder)
    (folder / "card.json").write_text(
        json.dumps({**card, "encoder": {**card["encoder"], "features": 9}})
    )
    with pytest.raises(ModelError, match="for 9 inputs"):
        ClassHead.load(folder)
    (folder / "card.json").write_text(json.dumps(card | {"format": 99}))
    with pytest.raises(ModelError, match="newer"):
        ClassHead.load(folder)
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "head.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match="is damaged"):
        ClassHead.load(folder)


def test_other_folders_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    with pytest.raises(OutputError):
        _head().save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "x"
