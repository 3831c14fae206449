"""Twenty people who label at once: nothing lost, nothing doubled, checked in the database."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
import sqlalchemy as sa

from strandline.labels import Galaxy, LabelStore, Vote
from strandline.labels.engine import make_engine

PEOPLE = 20
PROCESSES = 5
VALUES = ("yes", "no", "unsure")


def key(person: int, number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{person}/{number}")


def value(person: int, number: int) -> str:
    return VALUES[(person + number) % 3]


def label(url: str, votes: int, person: int) -> tuple[int, int]:
    """Cast votes over a connection of one's own; each seventh is sent twice, each tenth undone."""
    stored = withdrawn = 0
    with LabelStore(url) as store:
        for number in range(votes):
            galaxy = Galaxy(f"g{number}", 10.0 + number / 1000, -5.0, "t.lance", "f")
            cast = Vote(
                galaxy,
                "tail",
                value(person, number),
                f"person {person}",
                shown={"probability": number / votes},
                key=key(person, number),
            )
            stored += store.record(cast)
            if number % 7 == 0:
                stored += store.record(cast)
            if number % 10 == 0:
                withdrawn += store.withdraw(cast.key, cast.person)
    return stored, withdrawn


def label_as_several(url: str, votes: int, people: list[int]) -> list[tuple[int, int]]:
    with ThreadPoolExecutor(len(people)) as crowd:
        return list(crowd.map(label, repeat(url), repeat(votes), people))


@pytest.mark.parametrize(
    "votes", [20, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_twenty_people_at_once(url: str, votes: int) -> None:
    """All of them also meet in making the store, the galaxies and the stamp table."""
    groups = [list(range(PEOPLE))[k::PROCESSES] for k in range(PROCESSES)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as machines:
        told = list(machines.map(label_as_several, repeat(url), repeat(votes), groups))
    undone = len(range(0, votes, 10))
    assert Counter(pair for group in told for pair in group) == {(votes, undone): PEOPLE}

    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        query = (
            "SELECT v.key, v.person, v.value, g.name "
            "FROM vote v JOIN galaxy g ON g.id = v.galaxy_id"
        )
        found = [(UUID(str(row[0])), *row[1:]) for row in connection.execute(sa.text(query))]
        counts = [
            connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("vote", "withdrawal", "galaxy", "stamp_table")
        ]
    engine.dispose()
    assert counts == [PEOPLE * votes, PEOPLE * undone, votes, 1]
    assert sorted(found) == sorted(
        (key(person, number), f"person {person}", value(person, number), f"g{number}")
        for person in range(PEOPLE)
        for number in range(votes)
    )
    with LabelStore(url) as store:
        assert len(store.current("tail")) == PEOPLE * (votes - undone)
