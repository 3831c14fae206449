"""The ``labels`` commands as a user calls them; and stores where labels are asked for."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from strandline import api
from strandline.labels import Galaxy, LabelStore, Vote
from strandline.stamps import StampTable
from tests.cli.conftest import World, said_and_done
from tests.conftest import Run


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'labels.db'}"


def test_labels_in_and_to_learning(run: Run, world: World, store: str, tmp_path: Path) -> None:
    """A store learns and measures as the file does that it was made from."""
    ran = run("labels", "import", world.labels, "--store", store, "--person", "ann")
    assert "holds labels" not in ran.err
    assert ran.status == 0, ran.err
    count = len(world.labels.read_text().splitlines()) - 1
    assert f"{count} votes stored, 0 were there already" in ran.out
    ran = run(
        *("labels", "import", world.labels, "--store", store, "--person", "ann"),
        *("--table", world.table),
    )
    assert f"{count} votes stored" in ran.out, ran.err  # of the table, with positions
    for labels in (store, world.labels):
        scores = tmp_path / "scores.csv"
        api.classify(world.table, [world.cnn], scores)
        ran = run("evaluate", scores, "--truth", labels, "--out", tmp_path / "e.json")
        assert ran.status == 0, ran.err
        found = json.loads((tmp_path / "e.json").read_text())
        if labels == store:
            first = found
    assert found == first
    model = tmp_path / "lda"
    ran = run(
        *("train", world.table, "--labels", f"{store}?consensus=dawid-skene", "--out", model),
        *("--encoder", world.nnclr, "--head", "lda"),
    )
    assert ran.status == 0, ran.err
    assert f"{store}?consensus=dawid-skene: {count} labels: " in ran.err
    assert (model / "weights.safetensors").is_file()


def test_votes_out_in_and_summed_up(run: Run, store: str, tmp_path: Path) -> None:
    with LabelStore(store) as opened:
        votes = [
            Vote(Galaxy(f"g{k}"), "tail", "yes" if k < 4 - (who == "bob") else "no", who)
            for k in range(8)
            for who in ("ann", "bob")
        ]
        opened.record_all(votes)
        opened.withdraw(votes[-1].key, "bob")
    ran = run("labels", "summary", "--store", store)
    assert ran.status == 0, ran.err
    lines = [line.split() for line in ran.out.splitlines()]
    assert ran.out.startswith("16 votes, 1 of them withdrawn")
    assert ["ann", "8"] in lines
    assert ["tail", "7", "8", "0", "3", "4", "1"] in lines
    assert ["tail", "ann", "bob", "7", "0.86", "0.72"] in lines
    assert ["tail", "g3", "1.00"] in lines

    out = tmp_path / "votes.parquet"
    assert run("labels", "export", "--store", store, "--out", out).status == 0
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    ran = run("labels", "import", out, "--store", copy)
    assert "16 votes stored" in ran.out
    assert (
        run("labels", "summary", "--store", copy).out
        == run("labels", "summary", "--store", store).out
    )
    csv_out = tmp_path / "labels.csv"
    ran = run(
        *("labels", "export", "--store", f"{copy}?class=tail", "--out", csv_out),
        *("--what", "labels"),
    )
    assert ran.out == f"{csv_out}: 7 labels\n"
    with csv_out.open(newline="") as file:
        told = {row["id"]: row["label"] for row in csv.DictReader(file)}
    assert told == {f"g{k}": "1" if k < 3 else "0" for k in (0, 1, 2, 4, 5, 6, 7)}


def test_classes_are_defined(run: Run, store: str) -> None:
    words = ("labels", "define", "Tidal-Fan", "--store", store, "--key", "f", "--person", "ann")
    assert run(*words).out == "class 'tidal fan' is defined\n"
    ran = run("labels", "define", "plume", "--store", store, "--key", "t")
    assert ran.status == 1
    assert "key 't' is that of class 'tail'" in ran.err


def test_subjects_and_what_comes_back(run: Run, world: World, store: str, tmp_path: Path) -> None:
    out = tmp_path / "subjects"
    ran = run("labels", "subjects", world.table, "--out", out, "-n", 3)
    assert ran.out == f"{out}: 3 subjects, two pictures each, and manifest.csv\n"
    with (out / "manifest.csv").open(newline="") as file:
        subjects = list(csv.DictReader(file))
    table = StampTable.open(world.table)
    assert [row["#id"] for row in subjects] == table.columns("id")["id"].to_pylist()[:3]
    for row in subjects:
        with Image.open(out / row["image1"]) as colour, Image.open(out / row["image2"]) as faint:
            assert colour.size == faint.size == (table.spec.size_px,) * 2
            assert (colour.format, colour.mode, faint.mode) == ("PNG", "RGB", "L")
            assert colour.getextrema() != ((0, 0),) * 3
    export = tmp_path / "classifications.csv"
    with export.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["classification_id", "user_name", "created_at", "annotations", "subject_data"]
        )
        for number, row in enumerate(subjects):
            answer = [{"task": "T0", "task_label": "?", "value": ("No", "Yes")[number % 2]}]
            subject = {"1": row}
            moment = "2026-02-20 10:44:42 UTC"
            writer.writerow([number, "zoe", moment, json.dumps(answer), json.dumps(subject)])
    ran = run(
        *("labels", "import", export, "--store", store, "--table", world.table),
        *("--answer", "Yes=interacting", "--answer", "No=interacting:no"),
    )
    assert "3 votes stored" in ran.out, ran.err
    with LabelStore(store) as opened:
        found = opened.labels("interacting")
    assert list(found.ids) == [row["#id"] for row in subjects]
    assert found.values.tolist() == [0, 1, 0]


def test_bad_input(run: Run, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    store = f"sqlite:///{folder / 'labels.db'}"
    mine = tmp_path / "labels.csv"
    mine.write_text("id,label\nx,1\ny,0\n")
    out = folder / "votes.csv"
    for words, message in (
        (("import", mine, "--store", store), ("say whose they are: --person",)),
        (("import", mine, "--store", "labels.db", "--person", "a"), ("no address of a label",)),
        (("import", mine, "--store", store, "--format", "fits"), ("expected votes, labels",)),
        (
            ("import", mine, "--store", store, "--person", "a", "--table", world.table),
            ("none of its 2 labelled names is in the table",),
        ),
        (("export", "--store", store, "--out", out), ("there is no such label store",)),
        (("export", "--store", store, "--out", folder / "v.fits"), ("ends in .csv or .parquet",)),
        (("summary", "--store", "postgresql://me:word@127.0.0.1:1/x"), ("me:***@", "be reached")),
    ):
        ran = run("labels", *words)
        said_and_done(ran, folder, *message)
        assert "word" not in ran.err.replace("password", "")
        assert list(folder.iterdir()) == []
    ran = run(
        *("labels", "import", mine, "--store", store, "--person", "a", "--class", "tales"),
    )
    assert "no class 'tales'; did you mean" in ran.err
    with LabelStore(store) as opened:
        assert len(opened.votes()) == 0
    ran = run("train", world.table, "--labels", f"{store}?class=tail", "--out", folder / "m")
    said_and_done(ran, folder, "holds no vote in class 'tail' yet")
