"""A small simulated survey, cut and learned from once, for all tests of the command line."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from strandline import api
from strandline.simulate import labels_from_truth, make_survey
from strandline.stamps import StampTable
from tests.conftest import Ran

TINY_CNN = """
name = "tiny-cnn"
description = "For tests."
[encoder]
kind = "cnn"
input_px = 32
widths = [8, 16]
stem_px = 3
stem_stride = 1
features = 16
[objective]
kind = "bce"
[optimiser]
kind = "adam"
learning_rate = 1e-3
epochs = 2
batch_size = 16
"""

TINY_NNCLR = """
name = "tiny-nnclr"
description = "For tests."
[encoder]
kind = "resnet"
input_px = 32
widths = [8, 16]
blocks = 1
stem_px = 3
stem_stride = 2
[objective]
kind = "nnclr"
queue = 64
projection = [16, 16]
prediction = [16, 16]
[optimiser]
kind = "adamw"
learning_rate = 1e-3
epochs = 1
batch_size = 16
"""


@dataclass(frozen=True)
class World:
    """Where the survey and everything made from it lie."""

    images: Path
    table: Path
    labels: Path
    cnn: Path
    nnclr: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three fields with their truth, a stamp table, and both kinds of model (hardly trained)."""
    folder = tmp_path_factory.mktemp("world")
    here = World(*(folder / name for name in ("images", "t.lance", "labels.csv", "cnn", "nnclr")))
    truth = make_survey(
        here.images, fields=4, size_px=500, bands=("g", "r", "z"), galaxies_per_field=14, seed=1
    )
    api.stamps([here.images], here.table, seed=1)
    labels_from_truth(truth, StampTable.open(here.table), here.labels)
    recipes = {}
    for name, text in (("cnn", TINY_CNN), ("nnclr", TINY_NNCLR)):
        recipes[name] = folder / f"{name}.toml"
        recipes[name].write_text(text)
    api.train(here.table, here.labels, here.cnn, recipe=recipes["cnn"])
    api.pretrain([here.table], folder / "encoder", recipe=recipes["nnclr"])
    api.train(here.table, here.labels, here.nnclr, encoder=folder / "encoder")
    return here


def said_and_done(ran: Ran, folder: Path, *words: str, status: int = 1) -> None:
    """Check that the command failed in its own words and left nothing in `folder`."""
    assert ran.status == status, ran.err
    for word in words:
        assert word in ran.err
    for never in ("Traceback", "Warning", "should not have happened"):
        assert never not in ran.err
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an empty folder for what a command writes."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
