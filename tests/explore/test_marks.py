from pathlib import Path

import pytest

from strandline.errors import OptionError, TableError
from strandline.explore.marks import read_ids, rows_of
from strandline.stamps import StampTable


def test_ids_are_found_in_their_own_order(table: StampTable) -> None:
    assert rows_of(table, ["field-0031", "field-0002"]).tolist() == [31, 2]
    assert rows_of(table, []).tolist() == []
    with pytest.raises(TableError, match=r"no galaxy with id 'field-0099'"):
        rows_of(table, ["field-0002", "field-0099"])


@pytest.mark.parametrize(
    "text",
    ["a\nb\n", "id\na\nb\n", "note,id\nfine,a\n,b\n", "\ufeffid,score\na,1\n\nb,2\na,3\n"],
)
def test_lists_and_csv_files_hold_the_same_ids(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text(text, encoding="utf-8")
    assert read_ids(path) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no id"),
        (b"id\n\n", "holds no id"),
        (b"name,ra\na,1\n", "has columns name, ra; expected one named id"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_files_without_ids_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(content)
    with pytest.raises(OptionError, match=message):
        read_ids(path)
    with pytest.raises(OptionError, match="cannot be read"):
        read_ids(tmp_path / "missing.csv")
