"""Votes on a table's galaxies, kept in memory beside the store so that a page never waits."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from strandline.app.sky import Sky
from strandline.labels import LabelClass, LabelStore, Note, Vote
from strandline.labels.consensus import Consensus, agree

__all__ = ["INTERESTING", "Ballots", "Opinions"]

INTERESTING = LabelClass(
    "interesting", "worth a second look; no means dull, as marked in The unexpected", None
)

_FRESH_S = 10.0
_ORIGIN = "explorer"


@dataclass(frozen=True)
class Opinions:
    """What people say of one class.

    Attributes
    ----------
    rows : ndarray of int64, shape (galaxy,)
        In the order of their first votes that count.
    consensus : Consensus
        Entry by entry of `rows`.
    """

    rows: NDArray[np.int64]
    consensus: Consensus

    def decided(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows and values, 1 or 0, of the galaxies that are not undecided."""
        known = self.consensus.values >= 0
        return self.rows[known], self.consensus.values[known]


class Ballots:
    """The votes of all people on the galaxies of one table.

    Parameters
    ----------
    store : LabelStore
        Every vote is on its disk before `cast` returns.
    sky : Sky
    consensus : {"majority", "dawid-skene"}

    Notes
    -----
    May be used by many threads. What others store, by another server or the command line, is seen
    ten seconds later at most, when somebody asks.
    """

    def __init__(self, store: LabelStore, sky: Sky, consensus: str = "majority") -> None:
        self.store = store
        self.method = consensus
        self._sky = sky
        self._ids = sky.columns["id"].combine_chunks()
        self._lock = RLock()
        self._votes: dict[str, dict[int, dict[str, str]]] = {}
        self._classes: tuple[LabelClass, ...] = ()
        self._read_at = -np.inf
        self.refresh()

    def refresh(self, *, older_than_s: float = 0.0) -> None:
        """Read the store again, unless that was done a moment ago."""
        with self._lock:
            if time.monotonic() - self._read_at < older_than_s:
                return
            self._classes = self.store.classes()
            told = self.store.current()
            ours = pc.is_in(told["fingerprint"], pa.array([self._sky.fingerprint, ""]))
            told = told.filter(ours)
            rows = pc.index_in(told["id"], self._ids).to_pylist()
            self._votes = {}
            names = (told[name].to_pylist() for name in ("class", "person", "value"))
            for row, label_class, person, value in zip(rows, *names, strict=True):
                if row is not None:
                    self._note(row, label_class, person, value)
            self._read_at = time.monotonic()

    @property
    def classes(self) -> tuple[LabelClass, ...]:
        """The classes of the store, oldest first, without that of novelty."""
        return tuple(one for one in self._classes if one.name != INTERESTING.name)

    def define(self, label_class: LabelClass) -> None:
        """Add a class; see `LabelStore.define`."""
        self.store.define(label_class)
        with self._lock:
            self._classes = self.store.classes()

    def cast(
        self,
        row: int,
        label_class: str,
        value: str,
        person: str,
        *,
        key: UUID,
        shown: Mapping[str, Any],
    ) -> bool:
        """Store a vote; return False if it was stored already (a message that came twice)."""
        galaxy = self._sky.galaxy(row)
        vote = Vote(galaxy, label_class, value, person, shown=shown, key=key, origin=_ORIGIN)
        new = self.store.record(vote)
        if new:
            with self._lock:
                self._note(row, vote.label_class, vote.person, vote.value)
        return new

    def mark(self, row: int, interesting: bool, person: str, *, key: UUID) -> None:
        """Store that a galaxy is worth a look, or dull."""
        self.store.define(INTERESTING)
        value = "yes" if interesting else "no"
        self.cast(row, INTERESTING.name, value, person, key=key, shown={})

    def undo(self, person: str) -> tuple[Vote, int | None] | None:
        """Take back the person's last vote; return it and its row, or None if there is none."""
        vote = self.store.last_vote(person)
        if vote is None:
            return None
        self.store.withdraw(vote.key, person)
        self.refresh()
        row = pc.index(self._ids, vote.galaxy.id).as_py()
        return vote, row if row >= 0 else None

    def on(self, row: int) -> dict[str, dict[str, str]]:
        """Return what is said of a galaxy: value by person, by class."""
        with self._lock:
            return {
                name: dict(galaxies[row])
                for name, galaxies in self._votes.items()
                if row in galaxies
            }

    def of_person(self, person: str, rows: list[int]) -> dict[int, dict[str, str]]:
        """Return a person's own values, by class, of those rows that have some."""
        with self._lock:
            found: dict[int, dict[str, str]] = {}
            for name, galaxies in self._votes.items():
                for row in rows:
                    value = galaxies.get(row, {}).get(person)
                    if value:
                        found.setdefault(row, {})[name] = value
            return found

    def count(self, label_class: str) -> int:
        """Return how many galaxies have a vote in a class."""
        with self._lock:
            return len(self._votes.get(label_class, {}))

    def opinions(self, label_class: str) -> Opinions:
        """Return the consensus on every galaxy that has a vote in a class."""
        self.refresh(older_than_s=_FRESH_S)
        with self._lock:
            galaxies = {row: dict(said) for row, said in self._votes.get(label_class, {}).items()}
        rows = np.array(list(galaxies), dtype=np.int64)
        each = [
            (k, who, what) for k, row in enumerate(galaxies) for who, what in galaxies[row].items()
        ]
        items = np.array([k for k, _, _ in each], dtype=np.int64)
        people, values = [who for _, who, _ in each], [what for _, _, what in each]
        return Opinions(rows, agree(items, people, values, self.method))

    def consensus_on(self, row: int, label_class: str) -> str:
        """Return what people say together of a galaxy: yes, no or undecided."""
        with self._lock:
            said = dict(self._votes.get(label_class, {}).get(row, {}))
        if self.method == "majority" or len(said) < 2:  # the others need not be asked
            items = np.zeros(len(said), dtype=np.int64)
            value = agree(items, list(said), list(said.values()), self.method).values[0]
        else:
            found = self.opinions(label_class)
            value = found.consensus.values[np.flatnonzero(found.rows == row)[0]]
        return {1: "yes", 0: "no", -1: "undecided"}[int(value)]

    def notes(self, row: int) -> list[Note]:
        """Return the notes on a galaxy, oldest first."""
        return self.store.notes(self._sky.fingerprint, self._sky.galaxy(row).id)

    def write_note(self, row: int, text: str, person: str, *, key: UUID) -> None:
        """Store a note on a galaxy."""
        self.store.write_note(Note(self._sky.galaxy(row), text, person, key=key))

    def _note(self, row: int, label_class: str, person: str, value: str) -> None:
        self._votes.setdefault(label_class, {}).setdefault(row, {})[person] = value
