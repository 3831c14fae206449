from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from strandline.flags import ShapeFlag
from strandline.shapes import SHAPE_NAMES, measure_shapes
from strandline.stamps import StampTable, TableSpec
from tests.conftest import Run


def _table(path: Path) -> StampTable:
    """Three galaxies in two bands, and one stamp of nothing but noise."""
    random = np.random.default_rng(0)
    y, x = np.indices((64, 64)) - 31.5
    images = random.normal(size=(4, 2, 64, 64))
    for k in range(3):
        images[k] += 200 * np.exp(-np.hypot(x, y) / (2 + k))
    columns: dict[str, ArrayLike] = {
        "id": list("abcd"),
        "noise_g": np.ones(4),
        "noise_r": np.ones(4),
    }
    with StampTable.writer(path, TableSpec(("g", "r"), 64, "fits")) as writer:
        writer.append(columns, images.astype(np.float16), np.ones((4, 2), dtype=np.float32))
    return StampTable.open(path)


def test_shapes_become_columns(run: Run, tmp_path: Path) -> None:
    table = _table(tmp_path / "t.lance")
    ran = run("shapes", table.path)
    assert ran.status == 0, ran.err
    assert "complete for 3 galaxies" in ran.out
    found = StampTable.open(table.path)
    values, flags = measure_shapes(table.read(np.arange(4)))
    for k, name in enumerate(SHAPE_NAMES):
        column = found.columns(f"shape_{name}")[f"shape_{name}"].to_numpy()
        np.testing.assert_array_equal(column, values[:, k])
    assert found.columns("shape_flags")["shape_flags"].to_pylist() == flags.tolist()
    assert flags[3] & ShapeFlag.NO_GALAXY
    assert found.metadata["shapes_band"] == "all"


def test_shapes_of_one_band_replace_the_others(run: Run, tmp_path: Path) -> None:
    table = _table(tmp_path / "t.lance")
    run("shapes", table.path)
    ran = run("shapes", table.path, "--band", "r")
    assert ran.status == 0, ran.err
    found = StampTable.open(table.path)
    values, _ = measure_shapes(table.read(np.arange(4)), band=1)
    np.testing.assert_array_equal(found.columns("shape_gini")["shape_gini"], values[:, 4])
    assert found.metadata["shapes_band"] == "r"


def test_a_band_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    ran = run("shapes", _table(tmp_path / "t.lance").path, "--band", "z")
    assert ran.status == 1
    assert "band is 'z'" in ran.err
    assert "g, r" in ran.err
