from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
import sqlalchemy as sa

from strandline.errors import LabelError, OptionError
from strandline.labels import Galaxy, LabelClass, LabelStore, Vote
from strandline.labels.engine import make_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def vote(
    galaxy: str = "g1",
    value: str = "yes",
    person: str = "ann",
    label_class: str = "tail",
    minute: int = 0,
) -> Vote:
    moment = NOON + timedelta(minutes=minute)
    return Vote(
        Galaxy(galaxy, 150.5, -1.25, "a.lance", "f1"), label_class, value, person, cast_at=moment
    )


def said(store: LabelStore, label_class: str | None = None) -> set[tuple[str, str, str, str]]:
    columns = store.current(label_class).select(["id", "class", "person", "value"]).to_pydict()
    return set(zip(*columns.values(), strict=True))


def test_a_vote_comes_back_as_it_was_cast(store: LabelStore) -> None:
    shown = {"stretch": {"softening": 2.5}, "view": "inverted", "probability": 0.83, "model": "cnn"}
    moment = datetime(2026, 3, 1, 13, 30, 15, 123456, timezone(timedelta(hours=2)))
    cast = Vote(
        Galaxy("µ-1", 359.999, 89.5, "s.lance", "abc"),
        "Polar_Ring",
        "unsure",
        " Åsa ",
        shown=shown,
        cast_at=moment,
        origin="page",
    )
    assert store.record(cast)
    back = store.last_vote("Åsa")
    assert back == cast
    assert back.person == "Åsa"
    assert back.label_class == "polar ring"
    assert back.cast_at == moment
    assert back.cast_at.utcoffset() == timedelta(0)


def test_a_picture_has_no_position(store: LabelStore) -> None:
    store.record(Vote(Galaxy("p1", float("nan"), float("nan")), "tail", "no", "ann"))
    back = store.last_vote("ann")
    assert back is not None
    assert back.galaxy == Galaxy("p1")


def test_a_vote_sent_twice_is_stored_once(store: LabelStore) -> None:
    cast = vote()
    assert store.record(cast)
    assert not store.record(cast)
    assert store.record_all([cast, vote("g2"), cast]) == 1
    assert store.votes()["id"].to_pylist() == ["g1", "g2"]


@pytest.mark.parametrize("other", [vote("g2"), vote(value="no"), vote(person="bob")])
def test_one_key_for_two_votes_is_refused_and_nothing_stored(
    store: LabelStore, other: Vote
) -> None:
    first = vote()
    store.record(first)
    changed = Vote(other.galaxy, other.label_class, other.value, other.person, key=first.key)
    with pytest.raises(LabelError, match=r"stands for another vote already.*Nothing was stored"):
        store.record_all([vote("g9"), changed])
    assert store.votes()["id"].to_pylist() == ["g1"]


def test_the_last_vote_of_each_person_galaxy_and_class_counts(store: LabelStore) -> None:
    store.record_all(
        [
            vote(value="no", minute=5),
            vote(value="yes", minute=1),  # cast before, arrived later
            vote(value="unsure", person="bob"),
            vote(value="no", person="bob"),  # in the same instant: by arrival
            vote(label_class="shell", value="yes", minute=9),
            vote("g2", "yes", minute=2),
        ]
    )
    assert said(store, "tail") == {
        ("g1", "tail", "ann", "no"),
        ("g1", "tail", "bob", "no"),
        ("g2", "tail", "ann", "yes"),
    }
    assert said(store) - said(store, "tail") == {("g1", "shell", "ann", "yes")}
    assert len(store.votes()) == 6


def test_undo_withdraws_by_a_further_record(store: LabelStore) -> None:
    first, second = vote(value="no"), vote(value="yes", minute=1)
    store.record_all([first, second])
    assert store.last_vote("ann") == second
    assert store.withdraw(second.key, "ann")
    assert not store.withdraw(second.key, "ann")
    assert said(store) == {("g1", "tail", "ann", "no")}
    assert store.last_vote("ann") == first
    assert store.withdraw(first.key, "ann")
    assert said(store) == set()
    assert store.last_vote("ann") is None
    kept = store.votes()
    assert kept["value"].to_pylist() == ["no", "yes"]
    assert kept["withdrawn_at"].null_count == 0
    store.record(vote(value="unsure", minute=2))
    assert said(store) == {("g1", "tail", "ann", "unsure")}


def test_nobody_withdraws_what_another_said_or_nobody(store: LabelStore) -> None:
    cast = vote()
    store.record(cast)
    with pytest.raises(LabelError, match="was cast by 'ann'; 'bob' cannot withdraw it"):
        store.withdraw(cast.key, "bob")
    with pytest.raises(LabelError, match=r"there is no vote .* that could be withdrawn"):
        store.withdraw(uuid4(), "ann")


def test_the_database_itself_refuses_changes(store: LabelStore, url: str) -> None:
    cast = vote()
    store.record(cast)
    store.withdraw(cast.key, "ann")
    engine = make_engine(url, create=False)
    try:
        for table in ("vote", "withdrawal", "galaxy", "label_class", "stamp_table"):
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id + 1"):
                refused = pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only")
                with engine.connect() as connection, refused:
                    connection.execute(sa.text(change))
    finally:
        engine.dispose()
    assert len(store.votes()) == 1


def test_the_usual_classes_and_new_ones(store: LabelStore) -> None:
    usual = [found.name for found in store.classes()]
    assert usual[0] == "interacting"
    assert usual[1:] == [
        "tail", "stream", "shell", "merger", "jellyfish", "polar ring", "artefact",
    ]  # fmt: skip
    fan = LabelClass("Tidal-Fan", "a broad fan of debris", "f", "ann")
    assert store.define(fan)
    assert not store.define(fan)
    assert store.classes()[-1] == fan
    assert fan.name == "tidal fan"
    store.record(vote(label_class="tidal_fan"))
    assert said(store) == {("g1", "tidal fan", "ann", "yes")}
    with pytest.raises(LabelError, match="there is a class 'tidal fan' already, by ann"):
        store.define(LabelClass("tidal fan", "something else", "w", "bob"))
    with pytest.raises(LabelError, match="key 't' is that of class 'tail'"):
        store.define(LabelClass("plume", "", "t", "bob"))
    assert store.define(LabelClass("plume"))
    assert store.define(LabelClass("fuzz"))  # several may have no key


def test_an_unknown_class_names_the_nearest(store: LabelStore) -> None:
    with pytest.raises(LabelError, match=r"no class 'tails'; did you mean 'tail'\?.*labels define"):
        store.record(vote(label_class="tails"))
    with pytest.raises(LabelError, match="no class 'ring of fire'"):
        store.labels("ring of fire")


def test_galaxies_of_two_tables_may_share_an_id(store: LabelStore) -> None:
    here, there = (Galaxy("g1", 10.0, 0.0, name, name) for name in ("one", "two"))
    store.record_all([Vote(here, "tail", "yes", "ann"), Vote(there, "tail", "no", "ann")])
    found = store.labels("tail")
    assert dict(zip(found.fingerprints, found.values.tolist(), strict=True)) == {"one": 1, "two": 0}


def test_many_votes_at_once(store: LabelStore) -> None:
    votes = [vote(f"g{k}", person=f"p{k % 7}") for k in range(2500)]
    assert store.record_all(votes[:1300]) == 1300
    assert store.record_all(votes) == 1200
    assert store.votes()["key"].to_pylist() == [str(cast.key) for cast in votes]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": "maybe"}, "is 'maybe'; expected yes, no, unsure"),
        ({"person": "  "}, "expected a name"),
        ({"person": "a\nb"}, "expected a name"),
        ({"person": "x" * 201}, "expected a name"),
        ({"cast_at": datetime(2026, 1, 1)}, "has no time zone"),
        ({"shown": {"p": float("nan")}}, "cannot be kept as JSON"),
        ({"shown": {"p": object()}}, "cannot be kept as JSON"),
        ({"shown": {"p": "x" * 20_000}}, "at most 10000"),
    ],
)
def test_impossible_votes(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"value": "yes", "person": "ann"} | change
    with pytest.raises(LabelError, match=message):
        Vote(Galaxy("g1"), "tail", **given)  # type: ignore[arg-type]


def test_impossible_names() -> None:
    with pytest.raises(OptionError, match="expected a name of letters"):
        LabelClass("<b>")
    with pytest.raises(OptionError, match="expected one character"):
        LabelClass("fan", key="ab")
    with pytest.raises(LabelError, match="expected the id"):
        Galaxy("")
