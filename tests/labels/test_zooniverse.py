"""Exports as the Project Builder writes them, and subjects for it."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from strandline.errors import LabelError, OptionError
from strandline.labels import Galaxy, LabelStore
from strandline.labels.answers import parse_answers
from strandline.labels.zooniverse import read_classifications, write_manifest

# The columns of an export, in its order
COLUMNS = [
    *("classification_id", "user_name", "user_id", "user_ip"),
    *("workflow_id", "workflow_name", "workflow_version", "created_at"),
    *("gold_standard", "expert", "metadata", "annotations", "subject_data", "subject_ids"),
]
METADATA = {"session": "e69d", "started_at": "2026-02-20T10:41:13.381Z", "live_project": True}
SUBJECT = {"retired": None, "image1": "1.png", "#id": "g1", "#ra": "150.5", "#dec": "-1.25"}
ICON = "![tail.png](https://example.org/3f2.png) "
YES_NO = parse_answers(["A tail=tail", "Smooth=tail:no", "Cannot say=tail:unsure"])
TICKS = parse_answers(["Tail=tail", "Shells=shell", "Nothing=tail:no", "Nothing=shell:no"])


def export(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number, row in enumerate(rows):
            told: dict[str, Any] = {
                "classification_id": 9000 + number,
                "user_name": "ann",
                "workflow_id": 77,
                "workflow_version": "28.30",
                "created_at": "2026-02-20 10:44:42 UTC",
                "metadata": json.dumps(METADATA),
                "task": "T0",
                "subject": SUBJECT,
                "subject_ids": 15715879,
            } | row
            task, value, subject = (told.pop(name) for name in ("task", "value", "subject"))
            question = {"task": task, "task_label": "What do you see?", "value": value}
            told.setdefault("annotations", json.dumps([question]))
            told.setdefault("subject_data", json.dumps({"15715879": subject}))
            writer.writerow(told)
    return path


def test_answers_to_one_question(store: LabelStore, tmp_path: Path) -> None:
    other = {"Filename": "x", "!ID": "g2"}
    file = export(
        tmp_path / "classifications.csv",
        {"value": f"{ICON}A  Tail"},
        {"value": "Smooth", "user_name": "not-logged-in-a1b2"},
        {"value": "cannot say", "subject": other},
        {"value": "Is this a comet?"},
        {"value": None},
    )
    incoming = read_classifications(file, YES_NO)
    assert incoming.left_out == {"is this a comet?": 1, "no answer": 1}
    assert store.record_all(incoming.votes) == 3
    assert store.record_all(read_classifications(file, YES_NO).votes) == 0
    found = store.votes()
    assert found["id"].to_pylist() == ["g1", "g1", "g2"]
    assert found["value"].to_pylist() == ["yes", "no", "unsure"]
    assert found["person"].to_pylist() == ["ann", "not-logged-in-a1b2", "ann"]
    assert found["ra"].to_pylist() == [150.5, 150.5, None]
    assert found["cast_at"].to_pylist()[0] == datetime(2026, 2, 20, 10, 44, 42, tzinfo=UTC)
    shown = json.loads(found["shown"].to_pylist()[0])["zooniverse"]
    assert shown == {
        "classification": "9000", "workflow": "77", "version": "28.30", "subject": "15715879",
    }  # fmt: skip


def test_answers_that_are_ticked(tmp_path: Path) -> None:
    """One that is not ticked says no."""
    file = export(
        tmp_path / "classifications.csv",
        {"value": ["Tail", "Shells"]},
        {"value": ["Tail"]},
        {"value": []},
        {"value": ["Nothing"]},
    )
    votes = read_classifications(file, TICKS).votes
    said = [(vote.label_class, vote.value) for vote in votes]
    assert said[:2] == [("tail", "yes"), ("shell", "yes")]
    assert said[2:4] == [("tail", "yes"), ("shell", "no")]
    assert said[4:6] == said[6:] == [("tail", "no"), ("shell", "no")]


def test_several_workflows_and_tasks(tmp_path: Path) -> None:
    file = export(
        tmp_path / "c.csv",
        {"value": "A tail"},
        {"value": "Smooth", "workflow_id": 78},
        {"value": "A tail", "workflow_id": 78, "task": "T1"},
    )
    with pytest.raises(LabelError, match="workflows 77, 78; name the one that is meant with"):
        read_classifications(file, YES_NO)
    with pytest.raises(LabelError, match="tasks T0, T1; name the question"):
        read_classifications(file, YES_NO, workflow="78")
    (vote,) = read_classifications(file, YES_NO, workflow="78", task="T0").votes
    assert vote.value == "no"
    with pytest.raises(LabelError, match="has none; name the one"):
        read_classifications(file, YES_NO, workflow="79")


def test_the_subjects_own_name_of_the_id(tmp_path: Path) -> None:
    file = export(tmp_path / "c.csv", {"value": "Smooth", "subject": {"#objid": 4711}})
    (vote,) = read_classifications(file, YES_NO, subject_key="objid").votes
    assert vote.galaxy == Galaxy("4711")
    with pytest.raises(LabelError, match="line 2: the subject has no 'id'; it has #objid"):
        read_classifications(file, YES_NO)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"value": "Comet"}, "no answer means anything. Found: 'comet'"),
        ({"value": [{"tool": 0, "x": 3}]}, "line 2: the task is no question"),
        ({"value": "Smooth", "created_at": "yesterday"}, "line 2: created_at is 'yesterday'"),
        ({"value": "Smooth", "annotations": "[{"}, "line 2: annotations: is no JSON"),
        ({"value": "Smooth", "annotations": "{}"}, "line 2: annotations: has another form"),
        ({"value": "Smooth", "subject_data": '{"1": 2}'}, "line 2: subject_data: has another"),
        ({"value": "Smooth", "subject_data": "{}"}, "line 2: is about 0 subjects"),
        ({"value": "Smooth", "subject": {"id": "g", "ra": "1h", "dec": "2"}}, "are no numbers"),
    ],
)
def test_exports_that_cannot_be_used(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    file = export(tmp_path / "c.csv", row)
    with pytest.raises(LabelError, match=message):
        read_classifications(file, YES_NO)


def test_damaged_exports(tmp_path: Path) -> None:
    file = export(tmp_path / "c.csv", {"value": "Smooth"}, {"value": "Smooth"})
    whole = file.read_text()
    in_a_date, in_quotes = whole.rindex(" 10:44:42 UTC"), len(whole) - 30
    for end, message in ((in_a_date, r"line 3: is cut short"), (in_quotes, "is damaged")):
        file.write_text(whole[:end])
        with pytest.raises(LabelError, match=message):
            read_classifications(file, YES_NO)
    file.write_text("id,label\ng,1\n")
    with pytest.raises(LabelError, match="has no column 'classification_id'; expected a classif"):
        read_classifications(file, YES_NO)
    with pytest.raises(LabelError, match="cannot be read"):
        read_classifications(tmp_path / "none.csv", YES_NO)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "Say what each answer means"),
        (["Yes"], "expected ANSWER=CLASS"),
        (["=tail"], "expected ANSWER=CLASS"),
        (["Yes=tail:maybe"], "values are yes, no, unsure"),
        (["Yes=tail", "yes=tail:no"], "means two values of one class"),
    ],
)
def test_answers_that_mean_nothing(texts: list[str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parse_answers(texts)


def test_a_manifest_comes_back_as_the_galaxy_that_it_is_of(tmp_path: Path) -> None:
    galaxy = Galaxy("field, 1", 150.123456789, -1.5, "t.lance", "f00")
    write_manifest([galaxy, Galaxy("p1")], [["1.png"], ["2.png"]], tmp_path / "manifest.csv")
    with (tmp_path / "manifest.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first["image1"] == "1.png"
    rows = [{"value": "Smooth", "subject": subject} for subject in (first, second)]
    votes = read_classifications(export(tmp_path / "c.csv", *rows), YES_NO).votes
    assert [vote.galaxy for vote in votes] == [galaxy, Galaxy("p1")]
