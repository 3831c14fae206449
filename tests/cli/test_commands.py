"""Each command as its user calls it."""

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from strandline.classify import read_catalogue
from strandline.stamps import StampTable
from tests.cli.conftest import World
from tests.conftest import Run

COMMANDS = (
    "demo",
    "find",
    "inject",
    "stamps",
    "pretrain",
    "train",
    "embed",
    "classify",
    "search",
    "novelty",
    "newclass",
    "shapes",
    "benchmark",
    "nuisance",
    "evaluate",
    "export",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert ran.status == 0
    assert f"Example: strandline {command} " in ran.out


def test_wrong_usage_ends_with_status_2(run: Run) -> None:
    ran = run("find", "--out", "x")
    assert ran.status == 2
    assert "IMAGES" in ran.err


def test_find_ranks_the_galaxies_of_images(run: Run, world: World, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ran = run("find", world.images, "--out", out, "--model", world.cnn, "--model", world.nnclr)
    assert ran.status == 0, ran.err
    assert sorted(path.name for path in out.iterdir()) == [
        "catalogue.parquet",
        "report.html",
        "stamps.lance",
    ]
    catalogue = read_catalogue(out / "catalogue.parquet")
    wanted = {
        "id",
        "ra",
        "dec",
        "tile",
        "source",
        "mag_g",
        "mag_r",
        "mag_z",
        "probability",
        "flags",
    }
    assert wanted <= set(catalogue.column_names)
    probability = catalogue["probability"].to_numpy()
    assert np.all(np.diff(probability) <= 0)
    assert np.all((probability >= 0) & (probability <= 1))
    assert set(catalogue["id"].to_pylist()) == set(
        StampTable.open(out / "stamps.lance").columns("id")["id"].to_pylist()
    )
    first = catalogue.slice(0, 1).to_pylist()[0]
    assert first["id"] in (out / "report.html").read_text()
    both = [first["probability_cnn"], first["probability_nnclr"]]
    assert min(both) <= first["probability"] <= max(both)


def test_find_goes_on_past_bad_inputs_and_says_which(
    run: Run, world: World, tmp_path: Path
) -> None:
    bad = tmp_path / "notes.fits"
    bad.write_text("this is a text file")
    ran = run("find", world.images, bad, "--out", tmp_path / "run", "--model", world.cnn)
    assert ran.status == 0, ran.err
    assert "skipped" in ran.err
    assert "notes.fits" in ran.err
    assert "notes.fits" in (tmp_path / "run" / "report.html").read_text()


def test_find_with_nothing_to_use_fails_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "notes.fits"
    bad.write_text("this is a text file")
    ran = run("find", bad, "--out", tmp_path / "run")
    assert ran.status == 1
    assert "notes.fits" in ran.err
    assert not (tmp_path / "run").exists()


def test_find_that_fails_keeps_the_earlier_result(run: Run, world: World, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "catalogue.parquet").write_text("earlier")
    ran = run("find", world.images, "--out", out, "--model", tmp_path / "no-model")
    assert ran.status == 1
    assert "no-model" in ran.err
    assert [path.name for path in out.iterdir()] == ["catalogue.parquet"]
    assert (out / "catalogue.parquet").read_text() == "earlier"


def test_pictures_become_stamps_with_their_file_names(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "b.png"):
        pixels = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    ran = run("stamps", tmp_path / "a.jpg", tmp_path / "b.png", "--out", tmp_path / "t.lance")
    assert ran.status == 0, ran.err
    table = StampTable.open(tmp_path / "t.lance")
    assert table.columns("source")["source"].to_pylist() == ["a.jpg", "b.png"]
    assert table.spec.bands == ("r", "g", "b")
    original = np.asarray(Image.open(tmp_path / "b.png"), dtype=np.float32)
    np.testing.assert_array_equal(table.read([1]).flux_njy()[0], original.transpose(2, 0, 1))


@pytest.mark.parametrize("ending", ["parquet", "csv", "fits", "votable"])
def test_classify_writes_every_format(run: Run, world: World, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"scores.{ending}"
    ran = run("classify", world.table, "--model", world.cnn, "--out", out)
    assert ran.status == 0, ran.err
    catalogue = read_catalogue(out)
    assert {"source", "id", "probability"} <= set(catalogue.column_names)
    assert len(catalogue) == len(StampTable.open(world.table))


def test_evaluate_prints_and_writes_the_same(run: Run, world: World, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    run("classify", world.table, "--model", world.nnclr, "--out", scores)
    ran = run("evaluate", scores, "--truth", world.labels)
    assert ran.status == 0, ran.err
    saved = json.loads((tmp_path / "scores.evaluation.json").read_text())
    for key in ("0.05", "0.1", "0.22"):
        assert f"completeness at contamination {key}" in ran.out
        assert f"{saved['completeness'][key]:.3f}" in ran.out
    with world.labels.open() as file:
        ones = sum(row["label"] == "1" for row in csv.DictReader(file))
    assert saved["positives"] == ones


def test_embed_then_search_finds_brute_force_neighbours(
    run: Run, world: World, tmp_path: Path
) -> None:
    table = tmp_path / "t.lance"
    subprocess.run(["cp", "-r", world.table, table], check=True)
    ran = run("embed", table, "--model", world.nnclr)
    assert ran.status == 0, ran.err
    columns = StampTable.open(table).columns("id", "embedding")
    ids = columns["id"].to_pylist()
    vectors = np.array(columns["embedding"].to_pylist())
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-vectors @ vectors[3])
    ran = run("search", table, "--like", ids[3], "-n", 5)
    assert ran.status == 0, ran.err
    shown = [line.split()[0] for line in ran.out.splitlines()[1:]]
    assert shown == [ids[k] for k in order if k != 3][:5]


def test_search_among_pictures_shows_no_position(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pa.table(
        {"id": ["a"], "source": ["a.jpg"], "ra": [np.nan], "dec": [np.nan], "similarity": [0.5]}
    )
    monkeypatch.setattr("strandline.api.exploring.search", lambda *_args, **_named: found)
    ran = run("search", tmp_path, "--like", "b")
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[1].split() == ["a", "-", "-", "0.500", "a.jpg"]


def test_search_before_embed_says_what_to_do(run: Run, world: World) -> None:
    ran = run("search", world.table, "--like", "x")
    assert ran.status == 1
    assert "strandline embed" in ran.err


def test_labels_of_other_galaxies_are_refused(run: Run, world: World, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("id,label\nsomebody-else,1\n")
    ran = run("train", world.table, "--labels", labels, "--out", tmp_path / "m")
    assert ran.status == 1
    assert "labels.csv" in ran.err
    assert "somebody-else" in ran.err
    assert not (tmp_path / "m").exists()


def test_self_supervised_recipe_needs_an_encoder(run: Run, world: World, tmp_path: Path) -> None:
    ran = run(
        "train",
        world.table,
        "--labels",
        world.labels,
        "--recipe",
        "brown2025-nnclr",
        "--out",
        tmp_path / "m",
    )
    assert ran.status == 1
    assert "pretrain" in ran.err


def test_unknown_recipe_lists_those_that_there_are(run: Run, world: World, tmp_path: Path) -> None:
    ran = run("pretrain", world.table, "--recipe", "brown2052", "--out", tmp_path / "m")
    assert ran.status == 1
    assert "brown2025-nnclr" in ran.err


def test_interrupted_run_leaves_nothing(world: World, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-c", "from strandline.cli import main; main()", "find"]
    command += [str(world.images), "--out", str(out), "--model", str(world.cnn)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(out.glob(".*.partial")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "interrupted" in said
    assert not out.exists()


def test_full_disk_is_said_and_nothing_is_left(run: Run, world: World, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        ran = run("find", world.images, "--out", disk / "run", "--model", world.cnn)
        assert ran.status == 1
        assert "disk is full" in ran.err
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
