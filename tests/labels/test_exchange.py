"""Votes in files: out and back in without loss, and files of all kinds that cannot be used."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from strandline.errors import LabelError, OptionError
from strandline.labels import Galaxy, LabelKeys, LabelStore, Vote, read_labels
from strandline.labels.exchange import (
    labels_as_votes,
    labels_table,
    read_votes,
    write_table,
)
from strandline.labels.incoming import Incoming, on_table

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def filled(store: LabelStore) -> LabelStore:
    votes = [
        Vote(
            Galaxy(f"g,{k}", 10.0 + k / 7, -1 / 3, "a.lance", "f1") if k % 3 else Galaxy(f'p"{k}'),
            ("tail", "polar ring")[k % 2],
            ("yes", "no", "unsure")[k % 3],
            f"Åsa {k % 4}",
            shown={"note": 'a "quoted", text\nof two lines', "p": k / 9},
            cast_at=NOON + timedelta(seconds=k),
            origin="page",
        )
        for k in range(12)
    ]
    store.record_all(votes, [(votes[4].key, votes[4].person, NOON + timedelta(hours=1))])
    return store


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_votes_go_out_and_come_back(filled: LabelStore, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"votes.{ending}"
    write_table(filled.votes(), file)
    incoming = read_votes(file)
    with LabelStore(f"sqlite:///{tmp_path / 'copy.db'}") as copy:
        assert copy.record_all(incoming.votes, incoming.withdrawals) == 12
        assert copy.votes().equals(filled.votes())
        assert copy.current().equals(filled.current())
        assert copy.record_all(incoming.votes, incoming.withdrawals) == 0
        assert len(copy.votes()) == 12


def test_a_file_of_ones_own(store: LabelStore, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("Person,id,class,value\nann,g1,Tail,YES\nbob,g1,tail,no\nann,007,tail,unsure\n")
    for stored in (3, 0):  # a file that is imported twice is stored once
        assert store.record_all(read_votes(file).votes) == stored
    assert store.votes()["id"].to_pylist() == ["g1", "g1", "007"]


def test_labels_of_one_person(store: LabelStore, url: str, tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("id,label\ng1,1\ng2,0\ng3,maybe\n")
    incoming = labels_as_votes(file, "shell", "ann")
    assert store.record_all(incoming.votes) == 2
    assert incoming.left_out == {"maybe": 1}
    keys = LabelKeys(["g1", "g2"], ["a"] * 2)
    labels = read_labels(url + ("&" if "?" in url else "?") + "class=shell", keys)
    assert labels.values.tolist() == [1, 0]


def test_labels_by_file_need_the_table(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("file,label\nb/p.jpg,1\nq.jpg,0\n")
    with pytest.raises(LabelError, match=r"names galaxies by 'file'.*--table"):
        labels_as_votes(file, "tail", "ann")
    keys = LabelKeys(["p"], ["p.jpg"])
    incoming = labels_as_votes(file, "tail", "ann", keys)
    assert [vote.galaxy.id for vote in incoming.votes] == ["p"]
    assert incoming.left_out == {"not in the table": 1}


def test_labels_go_out_as_they_are_read(filled: LabelStore, tmp_path: Path) -> None:
    found = filled.labels("tail")
    write_table(labels_table(found), tmp_path / "labels.csv")
    keys = LabelKeys(found.ids, found.ids)
    back = read_labels(tmp_path / "labels.csv", keys)
    assert back.rows.tolist() == np.flatnonzero(found.values >= 0).tolist()
    assert back.values.tolist() == found.values[found.values >= 0].tolist()


def test_votes_without_a_table_are_put_on_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id,class,value,person\ng1,tail,yes,ann\nx,tail,no,ann\n")
    here = [Galaxy("g1", 10.0, 1.0, "t.lance", "f1")]
    placed, unknown = on_table(read_votes(file), here)
    assert [vote.galaxy for vote in placed.votes] == here
    assert unknown == ("x",)
    votes = read_votes(file).votes
    back = Incoming(votes, tuple((vote.key, "ann", NOON) for vote in votes))
    again, _ = on_table(back, here)
    assert again.votes[0].key == placed.votes[0].key != votes[0].key
    assert again.withdrawals == ((placed.votes[0].key, "ann", NOON),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,class,value\ng,tail,yes\n", "has no column 'person'"),
        ("id,class,value,person\n", "has a header but no rows"),
        ("", "is damaged, or no CSV"),
        ("id,class,value,person\ng,tail,yes\n", "is damaged, or no CSV.*Expected 4 columns"),
        ("id,class,value,person\ng,tail,yes,ann\ng,tail,maybe,ann\n", "row 3: .*'maybe'"),
        ("id,class,value,person\n,tail,yes,ann\n", "row 2: galaxy ''"),
        ("id,class,value,person\ng,tail,yes,\n", "row 2: .*expected a name"),
        ("id,class,value,person,key\ng,tail,yes,ann,7\n", "row 2: badly formed"),
        ("id,class,value,person,ra\ng,tail,yes,ann,1h\n", "row 2: could not convert"),
        ("id,class,value,person,cast_at\ng,tail,yes,ann,noon\n", "row 2: Invalid isoformat"),
        ("id,class,value,person,shown\ng,tail,yes,ann,{\n", "row 2: Expecting"),
        ("id,class,value,person,shown\ng,tail,yes,ann,[1]\n", "row 2: .*a JSON object"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "votes.csv"
    file.write_text(text)
    with pytest.raises(LabelError, match=f"votes.csv: {message}"):
        read_votes(file)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"none\.csv: cannot be read"):
        read_votes(tmp_path / "none.csv")
    whole = tmp_path / "votes.parquet"
    pa.parquet.write_table(pa.table({"id": ["g"] * 100}), whole)
    whole.write_bytes(whole.read_bytes()[:-20])
    with pytest.raises(LabelError, match=r"votes\.parquet: is damaged, or no Parquet"):
        read_votes(whole)
    (tmp_path / "votes.csv").write_bytes(b"id,class\n\xff\xfe,tail\n")
    with pytest.raises(LabelError, match=r"votes\.csv: is damaged, or no CSV"):
        read_votes(tmp_path / "votes.csv")
    with pytest.raises(OptionError, match=r"ends in \.csv or \.parquet"):
        write_table(pa.table({"id": ["g"]}), tmp_path / "votes.xlsx")
