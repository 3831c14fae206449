"""Tables, models, labels, recipes, catalogues that cannot be used: what is said and left."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from strandline.stamps import StampTable
from tests.cli.conftest import TINY_CNN, TINY_NNCLR, World, said_and_done
from tests.conftest import Run

# tables


def _other_folder(path: Path, table: Path) -> None:
    path.mkdir()


def _file(path: Path, table: Path) -> None:
    path.write_text("x")


def _half_deleted(path: Path, table: Path) -> None:
    shutil.copytree(table, path)
    next((path / "data").iterdir()).unlink()


def _cut_short(path: Path, table: Path) -> None:
    shutil.copytree(table, path)
    part = next((path / "data").iterdir())
    os.truncate(part, part.stat().st_size // 2)


@pytest.mark.parametrize("command", ["embed", "classify", "search", "train", "pretrain"])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (None, "there is no such stamp table"),
        (_other_folder, "is a folder but not a stamp table"),
        (_file, "is a file; a stamp table is a folder"),
        (_half_deleted, "is an incomplete stamp table: data/"),
        (_cut_short, "is cut short"),
    ],
)
def test_table_that_is_none(
    run: Run,
    world: World,
    tmp_path: Path,
    out: Path,
    command: str,
    make: Callable[[Path, Path], None] | None,
    told: str,
) -> None:
    table = tmp_path / "bad.lance"
    if make is not None:
        make(table, world.table)
    more: dict[str, list[object]] = {
        "embed": ["--model", world.cnn],
        "classify": ["--model", world.cnn, "--out", out / "s.csv"],
        "search": ["--like", "x"],
        "train": ["--labels", world.labels, "--out", out / "m"],
        "pretrain": ["--out", out / "m"],
    }
    ran = run(command, table, *more[command])
    said_and_done(ran, out, "bad.lance", told)
    assert list(out.iterdir()) == []


# models


def _weights(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    file = folder / "weights.safetensors"
    save_file({name: change(value) for name, value in load_file(file).items()}, file)


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _short_weights(folder: Path) -> None:
    os.truncate(folder / "weights.safetensors", 3000)


def _nan_weights(folder: Path) -> None:
    _weights(folder, lambda value: value * np.nan if value.dtype.kind == "f" else value)


def _edit_card(old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        card = folder / "card.json"
        text = card.read_text()
        assert old in text
        card.write_text(text.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_without("card.json"), "card.json is missing"),
        (_without("weights.safetensors"), "weights.safetensors is missing"),
        (_without("recipe.toml"), "recipe.toml is missing"),
        (_short_weights, "is damaged or cut short"),
        (_nan_weights, "holds values that are not finite"),
        (_edit_card("{", "["), "card.json: is damaged"),
        (_edit_card('"kind": "fits"', '"kind": "picture"'), "was trained on colour pictures"),
        (_edit_card('"g"', '"u"'), None),  # one band fewer in common is no hindrance
    ],
)
def test_model_that_cannot_be_used(
    run: Run,
    world: World,
    tmp_path: Path,
    out: Path,
    spoil: Callable[[Path], None],
    told: str | None,
) -> None:
    model = tmp_path / "model"
    shutil.copytree(world.cnn, model)
    spoil(model)
    ran = run("classify", world.table, "--model", model, "--out", out / "s.csv")
    if told is None:
        assert ran.status == 0, ran.err
        return
    said_and_done(ran, out, "model", told)
    assert list(out.iterdir()) == []
    ran = run("find", world.images, "--model", model, "--out", out / "run")
    said_and_done(ran, out, "model", told)
    assert list(out.iterdir()) == []


def test_encoder_without_head_is_refused_before_the_work(
    run: Run, world: World, out: Path, tmp_path: Path
) -> None:
    encoder = world.cnn.parent / "encoder"
    images = shutil.copytree(world.images, tmp_path / "images")
    (images / "odd_g.fits").write_bytes(b"SIMPLE  =")
    ran = run("find", images, "--model", encoder, "--out", out / "run")
    said_and_done(ran, out, "is an encoder without a head", "strandline train")
    assert "odd_g.fits" not in ran.err  # whoever reads the images says so
    assert list(out.iterdir()) == []
    assert "odd_g.fits" in run("stamps", images, "--out", out / "t.lance").err


# labels


def _ids(world: World) -> list[str]:
    return [str(value) for value in StampTable.open(world.table).columns("id")["id"].to_pylist()]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "labels.csv: is empty; expected a CSV"),
        (b"id,label\n", "has a header but no rows"),
        (b"id;label\na;1\n", "has columns 'id;label'; expected a CSV, separated by commas"),
        (b"id,label,note\n{0},1,caf\xe9\n", "Save it as CSV in UTF-8"),
        (b"id,label\n{0},1\n{0},0\n", "is labelled both 0 and 1"),
        (b"id,label\n{0},1\n{1},1\n", "too few labels to train on"),
        (b"id,label\n{0},maybe\n", "no label is 0, 1, interacting or non_interacting"),
        (b"id,label\nnobody,1\n", "none of its 1 labelled names is in the table"),
    ],
)
def test_label_files_that_cannot_be_used(
    run: Run, world: World, tmp_path: Path, out: Path, content: bytes, told: str
) -> None:
    first, second = (name.encode() for name in _ids(world)[:2])
    path = tmp_path / "labels.csv"
    path.write_bytes(content.replace(b"{0}", first).replace(b"{1}", second))
    ran = run("train", world.table, "--labels", path, "--out", out / "m")
    said_and_done(ran, out, told)
    assert list(out.iterdir()) == []


def test_labels_from_windows_with_unknown_ids_and_other_values(
    run: Run, world: World, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "labels.csv"
    lines = [*world.labels.read_text().splitlines(), "nobody,1", f"{_ids(world)[0]},unsure"]
    path.write_bytes("﻿".encode() + "\r\n".join(lines).encode())
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_CNN)
    ran = run("train", world.table, "--labels", path, "--recipe", recipe, "--out", out / "m")
    assert ran.status == 0, ran.err
    assert "not in the table: 1 (nobody)" in ran.err
    assert "left out by value: 'unsure' 1" in ran.err


# recipes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = [", "r.toml: is not valid TOML"),
        ("", "objective: is missing"),
        (TINY_NNCLR + "\nfoo = 1\n", "optimiser.foo: unknown key"),
        (TINY_NNCLR.replace("1e-3", '"fast"'), "optimiser.learning_rate: Input should be a valid"),
        (TINY_NNCLR.replace("1e-3", "1e30"), "Lower optimiser.learning_rate (1e+30)"),
        (TINY_CNN, "learns from labels: use strandline train"),
    ],
)
def test_recipe_that_cannot_be_used(
    run: Run, world: World, tmp_path: Path, out: Path, text: str, told: str
) -> None:
    (tmp_path / "r.toml").write_text(text)
    ran = run("pretrain", world.table, "--recipe", tmp_path / "r.toml", "--out", out / "m")
    said_and_done(ran, out, told)
    assert list(out.iterdir()) == []


# catalogues and search


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.csv", "id,source\na,b\n", "has no column probability; it has id, source"),
        ("s.csv", "id,source,probability\na,b,high\n", "column probability does not hold numbers"),
        ("s.csv", "id,source,probability\na,b,1\na,b,0\n", "id 'a' stands in 2 rows"),
        ("s.csv", "", "cannot be read as csv"),
        ("s.txt", "x", "use one of .parquet, .csv, .fits, .votable"),
        ("s.parquet", "x", "cannot be read as parquet"),
        ("s.fits", "x", "cannot be read as fits"),
        ("s.votable", "x", "cannot be read as votable"),
    ],
)
def test_catalogue_that_cannot_be_evaluated(
    run: Run, world: World, out: Path, name: str, content: str, told: str
) -> None:
    (out / name).write_text(content)
    ran = run("evaluate", out / name, "--truth", world.labels)
    said_and_done(ran, out, name, told)
    assert [path.name for path in out.iterdir()] == [name]


def test_unsupported_ending_is_told_before_the_work(run: Run, world: World, out: Path) -> None:
    ran = run("classify", world.table, "--model", world.cnn, "--out", out / "s.xlsx")
    said_and_done(ran, out, "s.xlsx", ".parquet, .csv, .fits, .votable")


def test_none_to_search_for(run: Run, world: World, out: Path) -> None:
    ran = run("search", world.table, "--like", "x", "-n", "0")
    said_and_done(ran, out, "-n", status=2)
