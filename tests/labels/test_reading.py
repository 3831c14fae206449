"""Labels of a store on their way into learning."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from strandline.errors import LabelError
from strandline.labels import Galaxy, LabelKeys, LabelStore, Vote, read_labels, shown_name

ARCSEC_DEG = 1 / 3600
KEYS = LabelKeys(
    id=["g0", "g1", "g2", "g3"],
    source=["a.fits"] * 4,
    path=["in/a.fits"] * 4,
    ra_deg=[10.0, 20.0, 359.99999, 40.0],
    dec_deg=[0.0, 60.0, 0.0, -89.0],
)
PICTURES = LabelKeys(
    id=["p0", "p1"], source=["p0.jpg", "p1.jpg"], ra_deg=[np.nan, np.nan], dec_deg=[np.nan, np.nan]
)


def cast(
    store: LabelStore,
    galaxy: Galaxy,
    value: str,
    person: str = "ann",
    label_class: str = "interacting",
    day: int = 1,
) -> None:
    moment = datetime(2026, 1, day, tzinfo=UTC)
    store.record(Vote(galaxy, label_class, value, person, cast_at=moment))


def test_rows_and_values_by_id(store: LabelStore, url: str) -> None:
    cast(store, Galaxy("g3", 40.0, -89.0, "t", "f"), "yes")
    cast(store, Galaxy("g1", 20.0, 60.0, "t", "f"), "no")
    cast(store, Galaxy("g0", 10.0, 0.0, "t", "f"), "unsure")
    cast(store, Galaxy("g2"), "yes", "ann")  # an imported vote knows no position
    cast(store, Galaxy("g2"), "no", "bob")
    labels = read_labels(url, KEYS)
    assert labels.rows.tolist() == [1, 3]
    assert labels.values.tolist() == [0, 1]
    assert labels.rows.dtype == labels.values.dtype == np.int64
    assert labels.left_out == {"unsure": 1, "tied": 1}
    assert labels.summary() == (
        "2 labels: 1 interacting, 1 not; left out by value: 'unsure' 1, 'tied' 1"
    )


def test_a_table_cut_anew_keeps_its_labels_by_place(store: LabelStore, url: str) -> None:
    shift = 0.4 * ARCSEC_DEG
    cast(store, Galaxy("old-7", 20.0 + shift / np.cos(np.radians(60)), 60.0, "old", "o"), "yes")
    cast(store, Galaxy("old-8", 0.00001, 0.0, "old", "o"), "no")  # across 0 h
    cast(store, Galaxy("old-9", 200.0, 0.0, "old", "o"), "no")
    cast(store, Galaxy("g0", 40.0, -89.0, "old", "o"), "yes")  # another galaxy of that id
    labels = read_labels(url, KEYS)
    assert dict(zip(labels.rows.tolist(), labels.values.tolist(), strict=True)) == {
        1: 1,
        2: 0,
        3: 1,
    }
    assert labels.unknown == ("old-9",)


def test_what_one_person_said_in_two_tables_counts_once(store: LabelStore, url: str) -> None:
    cast(store, Galaxy("x", 10.0, 0.0, "new", "n"), "no", day=5)
    cast(store, Galaxy("g0", 10.0, 0.0, "old", "o"), "yes", day=2)
    assert read_labels(url, KEYS).values.tolist() == [0]
    cast(store, Galaxy("g0", 10.0, 0.0, "old", "o"), "yes", "bob", day=3)
    cast(store, Galaxy("g0", 10.0, 0.0, "old", "o"), "yes", "cy", day=3)
    assert read_labels(url, KEYS).values.tolist() == [1]


def test_pictures_by_id(store: LabelStore, url: str) -> None:
    cast(store, Galaxy("p1", None, None, "pics", "p"), "yes")
    assert read_labels(url, PICTURES).rows.tolist() == [1]


def test_class_and_consensus_are_part_of_the_address(store: LabelStore, url: str) -> None:
    keys = LabelKeys(id=[f"g{k}" for k in range(100)], source=["a.fits"] * 100)
    store.record_all(
        Vote(Galaxy(f"g{k}"), "polar ring", "yes" if k % 2 and person < "x" else "no", person)
        for k in range(100)
        for person in ("a", "b", "x", "y", "z")  # the last three always say no
    )
    address = url + ("&" if "?" in url else "?") + "class=Polar_Ring"
    assert read_labels(address, keys).values.tolist() == [0] * 100
    labels = read_labels(f"{address}&consensus=dawid-skene", keys)
    assert labels.values.tolist() == [0, 1] * 50
    assert "50 polar ring, 50 not" in labels.summary()


def test_withdrawn_votes_do_not_count(store: LabelStore, url: str) -> None:
    cast(store, Galaxy("g0"), "yes")
    cast(store, Galaxy("g1"), "yes")
    last = store.last_vote("ann")
    assert last is not None
    store.withdraw(last.key, "ann")
    assert read_labels(url, KEYS).rows.tolist() == [0]


def test_stores_that_cannot_be_learned_from(store: LabelStore, url: str) -> None:
    tail = url + ("&" if "?" in url else "?") + "class=tail"
    with pytest.raises(LabelError, match="holds no vote in class 'tail' yet"):
        read_labels(tail, KEYS)
    with pytest.raises(LabelError, match="there is no class 'tial'; did you mean 'tail'"):
        read_labels(tail.replace("tail", "tial"), KEYS)
    cast(store, Galaxy("g0"), "unsure", label_class="tail")
    with pytest.raises(LabelError, match=r"none of the 1 galaxies .* has a decision"):
        read_labels(tail, KEYS)
    cast(store, Galaxy("q"), "yes", label_class="shell")
    with pytest.raises(LabelError, match=r"none of its 1 galaxies .* has 'q', the table has 'g0'"):
        read_labels(tail.replace("tail", "shell"), KEYS)


def test_a_missing_store_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="there is no such label store"):
        read_labels(f"sqlite:///{tmp_path / 'none.db'}", KEYS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("labels.csv", "labels.csv"),
        ("sqlite:///labels.db?class=tail", "sqlite:///labels.db?class=tail"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:word@host:1/db?class=tail", "postgresql://me:***@host:1/db?class=tail"),
        ("postgresql://me:a@b:c@host/db", "postgresql://me:***@host/db"),
        ("postgresql://host/db?user=me&password=word", "postgresql://host/db?user=me&password=***"),
    ],
)
def test_names_are_shown_without_their_password(source: str, shown: str) -> None:
    assert shown_name(source) == shown
