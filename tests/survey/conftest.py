"""Fixtures of the survey tests: nine overlapping tiles, a small model, and two workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from strandline.learn import Ensemble
from strandline.survey import open_engine
from strandline.survey.engine import Engine
from tests.survey.sky import cut_tiles, small_model


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As in workers, so that numbers are theirs to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of 3x3 tiles of 240 px that overlap by 60 px."""
    return cut_tiles(tmp_path_factory.mktemp("sky"), field_px=600, side_px=240, step_px=180)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def ensemble(model: Path) -> Ensemble:
    return Ensemble.load(model)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Two worker processes, which all tests share: to start them takes longer than to use them."""
    with open_engine(workers=2) as workers:
        yield workers
