from pathlib import Path

import numpy as np
import pytest

from strandline.errors import LabelError
from strandline.labels import LabelKeys, read_labels

KEYS = LabelKeys(
    id=["t-1", "t-2", "p", "q", "q_2"],
    source=["t.fits", "t.fits", "p.jpg", "q.jpg", "q.jpg"],
    path=["in/t.fits", "in/t.fits", "in/p.jpg", "in/a/q.jpg", "in/b/q.jpg"],
)


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_by_id_in_any_order_with_every_spelling(tmp_path: Path) -> None:
    text = "note,label,id\n,non-interacting,q\n,1,t-2\n,0.0,p\n,Interacting,t-1\n"
    labels = read_labels(_write(tmp_path, text), KEYS)
    assert labels.rows.tolist() == [0, 1, 2, 3]
    assert labels.values.tolist() == [1, 1, 0, 0]
    assert labels.rows.dtype == labels.values.dtype == np.int64


def test_by_file_the_folder_settles_which_of_two(tmp_path: Path) -> None:
    text = "file,label\nb/q.jpg,1\nelsewhere/p.jpg,0\n/abs/in/a/q.jpg,0\n"
    labels = read_labels(_write(tmp_path, text), KEYS)
    assert labels.rows.tolist() == [2, 3, 4]
    assert labels.values.tolist() == [0, 0, 1]


def test_other_values_and_unknown_names_are_counted_and_said(tmp_path: Path) -> None:
    text = "id,label\nt-1,1\nt-2,ambiguous\np,ambiguous\nnobody,0\n"
    labels = read_labels(_write(tmp_path, text), KEYS)
    assert labels.rows.tolist() == [0]
    assert labels.left_out == {"ambiguous": 2}
    assert labels.unknown == ("nobody",)
    assert labels.summary() == (
        "1 labels: 1 interacting, 0 not; left out by value: 'ambiguous' 2; "
        "not in the table: 1 (nobody)"
    )


def test_the_same_label_twice_is_one(tmp_path: Path) -> None:
    labels = read_labels(_write(tmp_path, "id,label\np,1\np,interacting\n"), KEYS)
    assert labels.rows.tolist() == [2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\np,1\np,0\n", "'p' is labelled both 0 and 1"),
        ("file,label\nq.jpg,1\n", "'q.jpg' stands for 2 galaxies.*by 'id'"),
        ("file,label\nt.fits,1\n", "'t.fits' stands for 2 galaxies"),
        ("name,label\np,1\n", "has columns 'name', 'label'; expected a CSV"),
        ("id,label\n", "has a header but no rows"),
        ("", "is empty; expected a CSV"),
        ("id,label\nx,1\ny,0\n", "none of its 2 labelled names is in the table.*'x'.*'t-1'"),
        ("id,label\np,maybe\n", "no label is 0, 1.*'maybe'"),
    ],
)
def test_bad_files_are_named_with_the_value(tmp_path: Path, text: str, message: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(LabelError, match=f"labels.csv: .*{message}|labels.csv: {message}"):
        read_labels(path, KEYS)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"none\.csv: cannot be read"):
        read_labels(tmp_path / "none.csv", KEYS)


def test_binary_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xff\xfe\x00id")
    with pytest.raises(LabelError, match="is not a CSV text file"):
        read_labels(path, KEYS)
