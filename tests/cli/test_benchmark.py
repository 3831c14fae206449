import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from strandline.stamps import StampTable, TableSpec
from tests.conftest import Run

TINY = """
name = "tiny-nnclr"
[encoder]
kind = "resnet"
input_px = 16
widths = [8]
blocks = 1
stem_px = 3
stem_stride = 2
[objective]
kind = "nnclr"
queue = 20
projection = [8, 8]
prediction = [8, 8]
[optimiser]
epochs = 1
batch_size = 16
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 galaxies with labels and truth beside the table; every third has a companion."""
    path = tmp_path_factory.mktemp("bench") / "sim.lance"
    random = np.random.default_rng(0)
    y, x = np.indices((48, 48)) - 23.5
    ones = np.arange(120) % 3 == 0
    images = random.normal(size=(120, 1, 48, 48))
    for image, double in zip(images, ones, strict=True):
        image += 100 * np.exp(-np.hypot(x, y) / random.uniform(2, 3))
        if double:
            image += 60 * np.exp(-np.hypot(x - 7, y - random.uniform(-4, 4)) / 2)
    names = [f"g{k}" for k in range(120)]
    parts = ["train", "train", "validation", "test", "test"]
    columns: dict[str, ArrayLike] = {
        "id": names,
        "split": [parts[k % 5] for k in range(120)],
        "noise_r": np.ones(120),
        "pixel_scale_arcsec": np.full(120, 0.3),
    }
    with StampTable.writer(path, TableSpec(("r",), 48, "fits")) as writer:
        writer.append(columns, images.astype(np.float16), np.ones((120, 1), dtype=np.float32))
    told = [f"{name},{int(one)}" for name, one in zip(names, ones, strict=True)]
    path.with_name("sim.labels.csv").write_text("\n".join(["id,label", *told]))
    truth = [
        f"{name},{'merger' if one else 'undisturbed'},{25.5 if one else ''},{0.03 + k % 2 / 10}"
        for k, (name, one) in enumerate(zip(names, ones, strict=True))
    ]
    path.with_name("sim.truth.csv").write_text("\n".join(["id,kind,feature_sb,redshift", *truth]))
    return path


def test_recipes_and_controls_are_compared(run: Run, table: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    command = ["benchmark", table, "--recipes", recipe, "--labels", "10,20", "--draws", "2"]
    ran = run(*command, "--out", tmp_path / "bench")
    assert ran.status == 0, ran.err
    for name in ("tiny-nnclr", "size and brightness", "forest on shapes", "logistic on shapes"):
        assert ran.out.count(f"\n{name}  ") == 2, ran.out
    assert ran.out.count("tiny-nnclr and shapes  ") == 2
    with (tmp_path / "bench" / "benchmark.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["group"] for row in rows} == {"all", "kind", "surface brightness", "redshift"}
    assert {row["value"] for row in rows if row["group"] == "kind"} == {"merger"}
    assert {row["value"] for row in rows if row["group"] == "surface brightness"} == {"25 to 26"}
    auc = {
        (row["contestant"], row["labels"]): float(row["mean"])
        for row in rows
        if row["measure"] == "auc" and row["group"] == "all"
    }
    assert auc["forest on shapes", "20"] > 0.8
    assert (tmp_path / "bench" / "benchmark.svg").is_file()
    first = (tmp_path / "bench" / "benchmark.csv").read_text()

    again = run(*command, "--out", tmp_path / "bench")
    assert "Pretraining" in ran.err
    assert "Pretraining" not in again.err
    assert (tmp_path / "bench" / "benchmark.csv").read_text() == first
    facts = json.loads((tmp_path / "bench" / "benchmark.json").read_text())["rows"][-1]["facts"]
    assert facts["training_seconds"] > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "ten"], "labels is 'ten'"),
        (["--labels", "2"], "at least 4"),
        (["--data", "moon"], "data is 'moon'"),
        (["--data", "real"], "has no sdss_labelled.csv"),
        (["--truth", "none.csv"], "none.csv"),
        (["--recipes", "no-such-recipe"], "no-such-recipe"),
    ],
)
def test_what_makes_no_sense_is_said(
    run: Run, table: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    ran = run("benchmark", table, "--out", tmp_path / "bench", *options)
    assert ran.status == 1
    assert message in ran.err
