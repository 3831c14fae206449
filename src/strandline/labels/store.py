"""The label store: votes that are only ever added, in SQLite or PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa

from strandline.labels import adding, asking
from strandline.labels.address import CONSENSUS, StoreAddress, shown_name
from strandline.labels.classes import LabelClass
from strandline.labels.consensus import Consensus, find_consensus
from strandline.labels.engine import WRITES, explained, make_engine
from strandline.labels.migrating import bring_up_to_date
from strandline.labels.notes import Note
from strandline.labels.schema import LABEL_CLASS
from strandline.labels.votes import Vote

__all__ = ["LabelStore"]


class LabelStore:
    """Classes and votes in a database; may be used by many threads and processes at once.

    Parameters
    ----------
    url : str
        ``sqlite:///labels.db``, or ``postgresql://USER@HOST/DATABASE``. What is said of a class
        and of consensus there (see `StoreAddress`) is left to `read_labels`.
    create : bool
        Whether an empty database, or a file that is not there, becomes a store.

    Attributes
    ----------
    name : str
        The address without its password.

    Raises
    ------
    LabelError
        If it cannot be opened; the message says why and what to do.

    Notes
    -----
    Each method is one transaction. Tables are made, or brought up to date, when a store is opened.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        self.name = shown_name(url)
        self._url = StoreAddress.parse(url).url
        self._engine = make_engine(self._url, create=create)
        try:
            with explained(self._url):
                bring_up_to_date(self._engine, self._url, create=create)
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> "LabelStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LabelStore({self.name!r})"

    def close(self) -> None:
        """Close all connections; the store may be used again."""
        self._engine.dispose()

    def classes(self) -> tuple[LabelClass, ...]:
        """Return the classes, oldest first."""
        found = self._ask(sa.select(LABEL_CLASS).order_by(LABEL_CLASS.c.id))
        return tuple(LabelClass(c.name, c.description, c.key, c.made_by) for c in found)

    def define(self, label_class: LabelClass) -> bool:
        """Add a class.

        Returns
        -------
        bool
            False if the very same is there already.

        Raises
        ------
        LabelError
            If another has its name or key.
        """
        with self._writing() as connection:
            return adding.add_class(connection, label_class, self.name)

    def record(self, vote: Vote) -> bool:
        """Store one vote; it is on the disk when this returns.

        Returns
        -------
        bool
            False if it was stored already (a vote of the same key).

        Raises
        ------
        LabelError
            If there is no such class, or the key stands for another vote.
        """
        return self.record_all([vote]) == 1

    def record_all(
        self, votes: Iterable[Vote], withdrawals: Sequence[tuple[UUID, str, datetime]] = ()
    ) -> int:
        """Store votes, all or none; return how many were not there before.

        Parameters
        ----------
        votes : iterable of Vote
        withdrawals : sequence of (UUID, str, datetime), optional
            Votes of these or earlier ones that were taken back: key, person and when; in the same
            transaction.

        Raises
        ------
        LabelError
            As `record` and `withdraw`.
        """
        with self._writing() as connection:
            stored = adding.add_votes(connection, list(votes), self.name)
            adding.add_withdrawals(connection, withdrawals, self.name)
        return stored

    def withdraw(self, key: UUID, person: str) -> bool:
        """Take a vote back, by a further record; what its person said before counts again.

        Returns
        -------
        bool
            False if it was withdrawn already.

        Raises
        ------
        LabelError
            If there is no such vote, or another person cast it.
        """
        with self._writing() as connection:
            return (
                adding.add_withdrawals(connection, [(key, person, datetime.now(UTC))], self.name)
                == 1
            )

    def write_note(self, note: Note) -> bool:
        """Store a note; it is on the disk when this returns.

        Returns
        -------
        bool
            False if it was stored already (a note of the same key).
        """
        with self._writing() as connection:
            return adding.add_note(connection, note)

    def notes(self, fingerprint: str, galaxy: str | None = None) -> list[Note]:
        """Return the notes on the galaxies of a stamp table, or on one of them, oldest first.

        Parameters
        ----------
        fingerprint : str
            Of the stamp table.
        galaxy : str, optional
            Its id.
        """
        return [asking.as_note(row) for row in self._ask(asking.notes_on(fingerprint, galaxy))]

    def last_vote(self, person: str) -> Vote | None:
        """Return the vote that undo takes back: this person's last that is not withdrawn."""
        found = self._ask(asking.last_vote(person))
        return asking.as_vote(found[0]) if found else None

    def votes(self, label_class: str | None = None) -> pa.Table:
        """Return all that was ever said, withdrawn votes too, oldest first.

        Parameters
        ----------
        label_class : str, optional
            Of this class only.

        Returns
        -------
        Table
            Columns ``key``, ``id``, ``ra``, ``dec``, ``table``, ``fingerprint``, ``class``,
            ``value``, ``person``, ``cast_at`` (UTC), ``shown`` (JSON), ``origin`` and
            ``withdrawn_at`` (null if it was not).
        """
        return asking.as_table(self._ask(asking.all_votes(self._number(label_class))))

    def current(self, label_class: str | None = None) -> pa.Table:
        """Return what counts: the last vote not withdrawn of each person, galaxy and class.

        Last by ``cast_at``, then by arrival. Columns as for `votes`.
        """
        return asking.as_table(self._ask(asking.current_votes(self._number(label_class))))

    def labels(self, label_class: str, consensus: str = CONSENSUS[0]) -> Consensus:
        """Return one answer for each galaxy that has a vote in this class.

        Parameters
        ----------
        label_class : str
        consensus : {"majority", "dawid-skene"}

        Returns
        -------
        Consensus
            ``ids`` and ``values``: 1 yes, 0 no, -1 undecided (a tie, or nobody was sure).
        """
        return find_consensus(self.current(label_class), consensus)

    def _number(self, name: str | None) -> int | None:
        if name is None:
            return None
        with explained(self._url), self._engine.connect() as connection:
            return adding.class_number(connection, name, self.name)

    def _ask(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with explained(self._url), self._engine.connect() as connection:
            return connection.execute(query).all()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with (
            explained(self._url),
            self._engine.connect().execution_options(**WRITES) as connection,
            connection.begin(),
        ):
            yield connection
