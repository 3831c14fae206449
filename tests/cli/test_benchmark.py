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


FINETUNED = (
    TINY.replace("tiny-nnclr", "tiny-tuned")
    + """
[head]
kind = "finetune"
[head.finetune]
epochs = 1
batch_size = 8
keep = "last"
"""
)

HYBRID = TINY.replace("tiny-nnclr", "tiny-hybrid").replace(
    '[objective]\nkind = "nnclr"',
    '[objective]\nkind = "hybrid"\n[objective.unlabelled]\nkind = "nnclr"',
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _make(tmp_path_factory.mktemp("bench") / "sim.lance", "r", 0)


def _make(path: Path, bands: str, seed: int) -> Path:
    """120 galaxies with labels and truth beside the table; every third has a companion."""
    random = np.random.default_rng(seed)
    y, x = np.indices((48, 48)) - 23.5
    ones = np.arange(120) % 3 == 0
    images = random.normal(size=(120, len(bands), 48, 48))
    for image, double in zip(images, ones, strict=True):
        image += 100 * np.exp(-np.hypot(x, y) / random.uniform(2, 3))
        if double:
            image += 60 * np.exp(-np.hypot(x - 7, y - random.uniform(-4, 4)) / 2)
    names = [f"g{k}" for k in range(120)]
    parts = ["train", "train", "validation", "test", "test"]
    columns: dict[str, ArrayLike] = {
        "id": names,
        "split": [parts[k % 5] for k in range(120)],
        "ra": 10.0 + seed + np.arange(120) / 10,
        "dec": np.zeros(120),
        **{f"noise_{band}": np.ones(120) for band in bands},
        "pixel_scale_arcsec": np.full(120, 0.3),
    }
    with StampTable.writer(path, TableSpec(tuple(bands), 48, "fits")) as writer:
        writer.append(
            columns, images.astype(np.float16), np.ones((120, len(bands)), dtype=np.float32)
        )
    told = [f"{name},{int(one)}" for name, one in zip(names, ones, strict=True)]
    path.with_name(f"{path.stem}.labels.csv").write_text("\n".join(["id,label", *told]))
    truth = [
        f"{name},{'merger' if one else 'undisturbed'},{25.5 if one else ''},{0.03 + k % 2 / 10}"
        for k, (name, one) in enumerate(zip(names, ones, strict=True))
    ]
    path.with_name(f"{path.stem}.truth.csv").write_text(
        "\n".join(["id,kind,feature_sb,redshift", *truth])
    )
    return path


def test_recipes_and_controls_are_compared(run: Run, table: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    command = ["benchmark", table, "--recipes", recipe, "--labels", "10,20", "--draws", "2"]
    ran = run(*command, "--out", tmp_path / "bench")
    assert ran.status == 0, ran.err
    table_, differences = ran.out.split("AUC of each")
    for name in ("tiny-nnclr", "size and brightness", "forest on shapes", "logistic on shapes"):
        assert f"\n{table_}".count(f"\n{name}  ") == 2, ran.out
    assert table_.count("tiny-nnclr and shapes  ") == 2
    assert "tiny-nnclr: images to train on, without labels: 48 of sim.lance" in differences
    with (tmp_path / "bench" / "differences.csv").open() as file:
        pairs = {(row["contestant"], row["labels"]) for row in csv.DictReader(file)}
    assert ("tiny-nnclr", "20") in pairs
    assert all(name != "forest on shapes" for name, _ in pairs)
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
    for name in ("learning", "variants", "completeness", "inspected", "groups"):
        assert (tmp_path / "bench" / f"{name}.svg").read_text().startswith("<?xml")
        assert (tmp_path / "bench" / f"{name}.png").stat().st_size > 10_000
    first = (tmp_path / "bench" / "benchmark.csv").read_text()

    again = run(*command, "--out", tmp_path / "bench")
    assert "Pretraining" in ran.err
    assert "Pretraining" not in again.err
    assert (tmp_path / "bench" / "benchmark.csv").read_text() == first
    facts = json.loads((tmp_path / "bench" / "benchmark.json").read_text())["rows"][0]["facts"]
    assert facts["training_seconds"] > 0
    assert facts["training_rate"] == pytest.approx(48 / facts["training_seconds"])


def test_networks_trained_anew_are_tested_on_another_survey(
    run: Run, table: Path, tmp_path: Path
) -> None:
    recipes = []
    for name, text in {"tuned": FINETUNED, "hybrid": HYBRID}.items():
        recipes.append(tmp_path / f"{name}.toml")
        recipes[-1].write_text(text)
    other = _make(tmp_path / "other.lance", "gr", 200)
    command = ["benchmark", table, "--test", table, "--test", other, "--labels", "12,20"]
    command += ["--recipes", ",".join(map(str, recipes)), "--draws", "2", "--trained-draws", "1"]
    ran = run(*command, "--out", tmp_path / "bench", "--against", "tiny-tuned")
    assert ran.status == 0, ran.err
    # of the table that is trained on, only what it is not trained on is left
    assert "48 of 120 test galaxies are among those to train on" in ran.err
    assert "tiny-hybrid: pretrained for each draw with its labels; images to train on" in ran.out
    with (tmp_path / "bench" / "benchmark.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "auc"]
    sizes = {
        (row["group"], row["value"]): int(row["positives"]) + int(row["negatives"]) for row in rows
    }
    assert sizes["all", ""] == sizes["tested on", "sim"] == 72
    assert sizes["tested on", "other"] == 120
    draws = {(row["contestant"], row["draws"]) for row in rows}
    assert ("tiny-tuned", "1") in draws
    assert ("tiny-hybrid", "1") in draws
    assert ("tiny-tuned, embedding alone", "2") in draws
    # networks are gone when they have scored
    trained = tmp_path / "bench" / "work" / "trained"
    assert not [path for path in trained.rglob("*") if path.is_file()]


def test_labels_of_tables_to_pretrain_on_are_named(run: Run, table: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "hybrid.toml"
    recipe.write_text(HYBRID)
    free = _make(tmp_path / "free.lance", "r", 300)
    command = ["benchmark", table, free, "--labels", "12", "--draws", "1", "--recipes", recipe]
    ran = run(*command, "--out", tmp_path / "bench")
    assert ran.status == 0, ran.err
    assert "with labels that count for nothing here: 72 of free.lance" in ran.out
    assert "\ntiny-hybrid, as it is  " in f"\n{ran.out}"  # a head on those labels: none of the draw
    refused = run(*command[:2], *command[3:], "--hybrid", "tables", "--out", tmp_path / "other")
    assert refused.status == 1
    assert "there are no labels beside the tables to pretrain on" in refused.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "ten"], "labels is 'ten'"),
        (["--labels", "2"], "at least 4"),
        (["--data", "moon"], "data is 'moon'"),
        (["--data", "real"], "has no sdss_labelled.csv"),
        (["--truth", "none.csv"], "none.csv"),
        (["--recipes", "no-such-recipe"], "no-such-recipe"),
        (["--recipes", "brown2025-cnn", "--labels", "4"], "needs 8"),
        (["--against", "nobody"], "against is 'nobody'"),
        (["--hybrid", "all"], "hybrid is 'all'"),
        (["--recipes", "simclr,simclr"], "simclr is there twice"),
        (["--test-truth", "labels.csv"], "1 label files were given for 0 tables"),
    ],
)
def test_what_makes_no_sense_is_said(
    run: Run, table: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    ran = run("benchmark", table, "--out", tmp_path / "bench", *options)
    assert ran.status == 1
    assert message in ran.err
