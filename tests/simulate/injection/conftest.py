"""The sky, the table of its stamps, and both with features, made once."""

from pathlib import Path

import pytest

from strandline import api
from tests.simulate.injection.sky import Sky, make_sky


@pytest.fixture(scope="session")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Sky:
    return make_sky(tmp_path_factory.mktemp("sky"), GAIN=40.0)


@pytest.fixture(scope="session")
def table(sky: Sky, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "stamps.lance"
    api.stamps([sky.folder], path, size_px=160)
    return path


@pytest.fixture(scope="session")
def injected(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return stamps with features of moderate length, so that they lie on the stamps."""
    out = tmp_path_factory.mktemp("injected") / "injected"
    api.inject([table], out, sb="23,25", length_kpc="15:18", copies=2, count=3, seed=3)
    return out
