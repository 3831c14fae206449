import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from strandline import api
from strandline.explore.galaxies import look_of
from strandline.stamps import StampTable, TableSpec
from tests.cli.conftest import TINY_NNCLR
from tests.conftest import Run


def _table(path: Path, angles: NDArray[np.float64]) -> StampTable:
    """Elongated galaxies at these angles, of different brightness and noise, in two tiles."""
    random, count = np.random.default_rng(0), len(angles)
    noise = random.uniform(0.5, 2, count).astype(np.float32)
    images = noise[:, None, None, None] * random.normal(size=(count, 1, 48, 48))
    y, x = np.indices((48, 48)) - 23.5
    for image, angle in zip(images, angles, strict=True):
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        image += random.uniform(60, 300) * np.exp(-np.hypot(along / 4, across / 2))
    columns: dict[str, ArrayLike] = {
        "id": [f"g{k}" for k in range(count)],
        "tile": [f"t{k % 2}" for k in range(count)],
        "split": ["train"] * count,
        "healpix": (np.arange(count) // 8).astype(np.int64) << 38,
        "noise_r": noise,
        "pixel_scale_arcsec": np.full(count, 0.3),
    }
    with StampTable.writer(path, TableSpec(("r",), 48, "fits")) as writer:
        writer.append(columns, images.astype(np.float16), np.ones((count, 1), dtype=np.float32))
    return StampTable.open(path)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> StampTable:
    angles = np.random.default_rng(1).uniform(-np.pi / 2, np.pi / 2, 120)
    return _table(tmp_path_factory.mktemp("nuisance") / "t.lance", angles)


def test_orientation_and_brightness_are_measured(table: StampTable) -> None:
    angles = np.random.default_rng(1).uniform(-np.pi / 2, np.pi / 2, 120)
    found = look_of(table, np.arange(120))
    expected = np.stack([np.sin(2 * angles), np.cos(2 * angles)], axis=1)
    assert np.nanmedian(np.abs(found["rotation"] - expected)) < 0.1
    assert np.isfinite(found["magnitude"]).all()


def test_a_table_of_what_is_known(run: Run, table: StampTable, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY_NNCLR)
    api.pretrain([table.path], tmp_path / "encoder", recipe=recipe)
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join(["id,label", *(f"g{k},{k % 3 // 2}" for k in range(120))]))
    command = ["nuisance", table.path, "--model", tmp_path / "encoder", "--labels", labels]
    ran = run(*command, "--out", tmp_path / "n.json", "--count", 100)
    assert ran.status == 0, ran.err
    saved = json.loads((tmp_path / "n.json").read_text())
    assert set(saved["r2"]) == {
        "noise level",
        "field",
        "rotation",
        "magnitude",
        "size",
        "position offset",
        "noise added",
        "depth",
        "blur",
    }
    for name, told in saved["r2"].items():
        assert f"{name} " in ran.out
        assert f"{told['value']:.3f}" in ran.out
        assert told["value"] <= 1
    assert saved["r2"]["field"]["value"] < 0.2  # tiles alternate: nothing tells them apart
    assert saved["interaction"]["discriminant"]["rows"] == 120
    assert "head" not in saved["interaction"]


def test_the_same_seed_gives_the_same_numbers(table: StampTable, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY_NNCLR)
    api.pretrain([table.path], tmp_path / "encoder", recipe=recipe)
    first, again = (api.nuisance(table.path, tmp_path / "encoder", count=60) for _ in range(2))
    assert first.r2 == again.r2


def test_too_few_galaxies_leave_all_out(run: Run, tmp_path: Path, table: StampTable) -> None:
    small = _table(tmp_path / "small.lance", np.zeros(10))
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY_NNCLR)
    api.pretrain([table.path], tmp_path / "encoder", recipe=recipe)
    ran = run("nuisance", small.path, "--model", tmp_path / "encoder")
    assert ran.status == 0, ran.err
    assert "blur was left out: A probe needs at least 20 galaxies" in ran.out
