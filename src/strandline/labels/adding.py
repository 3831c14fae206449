"""Adding to a store's tables; what is there already is left as it is and never changed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from strandline.errors import LabelError
from strandline.labels.classes import LabelClass, class_name, nearest_names
from strandline.labels.notes import Note
from strandline.labels.schema import GALAXY, LABEL_CLASS, NOTE, STAMP_TABLE, VOTE, WITHDRAWAL
from strandline.labels.votes import Galaxy, Vote

__all__ = ["add_class", "add_note", "add_votes", "add_withdrawals", "class_number"]

_AT_ONCE = 500
_MANY_LOCK = 0x57A4D11F

_GalaxyKey = tuple[str, str]


def class_number(connection: sa.Connection, name: str, store: str) -> int:
    """Return the number of a class.

    Raises
    ------
    LabelError
        If there is none of this name; says which there are.
    """
    return _class_numbers(connection, {class_name(name)}, store)[class_name(name)]


def add_class(connection: sa.Connection, label_class: LabelClass, store: str) -> bool:
    """Add a class; see `LabelStore.define`."""
    row = {
        "name": label_class.name,
        "description": label_class.description,
        "key": label_class.key,
        "made_by": label_class.made_by,
        "made_at": datetime.now(UTC),
    }
    if connection.execute(_insert(connection, LABEL_CLASS).returning(LABEL_CLASS.c.id), row).all():
        return True
    same_name = LABEL_CLASS.c.name == label_class.name
    same_key = LABEL_CLASS.c.key == label_class.key
    query = sa.select(LABEL_CLASS).where(same_name | same_key).order_by(LABEL_CLASS.c.id)
    for there in connection.execute(query):
        if there.name != label_class.name:
            raise LabelError(
                f"{store}: key {label_class.key!r} is that of class {there.name!r}. Choose another."
            )
        if (there.description, there.key) != (label_class.description, label_class.key):
            raise LabelError(
                f"{store}: there is a class {there.name!r} already, by {there.made_by}: "
                f"{there.description!r}, key {there.key!r}. Choose another name."
            )
    return False


def add_note(connection: sa.Connection, note: Note) -> bool:
    """Add a note; see `LabelStore.write_note`."""
    places = _add_galaxies(connection, [note.galaxy])
    row = {
        "key": note.key,
        "galaxy_id": places[_galaxy_key(note.galaxy)],
        "person": note.person,
        "text": note.text,
        "written_at": note.written_at,
    }
    return bool(
        connection.execute(_insert(connection, NOTE, "key").returning(NOTE.c.id), row).all()
    )


def add_votes(connection: sa.Connection, votes: Sequence[Vote], store: str) -> int:
    """Add votes that are not there yet and return their number; see `LabelStore.record`."""
    if not votes:
        return 0
    if len(votes) > 1 and connection.dialect.name == "postgresql":
        # two imports of the same file would otherwise wait for each other's rows
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MANY_LOCK)))
    classes = _class_numbers(connection, {vote.label_class for vote in votes}, store)
    places = _add_galaxies(connection, [vote.galaxy for vote in votes])
    rows = [
        {
            "key": vote.key,
            "galaxy_id": places[_galaxy_key(vote.galaxy)],
            "class_id": classes[vote.label_class],
            "person": vote.person,
            "value": vote.value,
            "cast_at": vote.cast_at,
            "shown": dict(vote.shown),
            "origin": vote.origin,
        }
        for vote in votes
    ]
    statement = _insert(connection, VOTE, "key").returning(VOTE.c.key)
    stored = set(connection.execute(statement, rows).scalars())
    _check_repeated(connection, rows, stored, store)
    return len(stored)


def add_withdrawals(
    connection: sa.Connection, withdrawals: Sequence[tuple[UUID, str, datetime]], store: str
) -> int:
    """Withdraw votes, given by key, person and time; return how many were not withdrawn before."""
    if not withdrawals:
        return 0
    columns = (VOTE.c.key, VOTE.c.id, VOTE.c.person)
    known = {
        vote.key: vote
        for vote in _find(connection, columns, VOTE.c.key, [key for key, _, _ in withdrawals])
    }
    rows = []
    for key, person, moment in withdrawals:
        vote = known.get(key)
        if vote is None:
            raise LabelError(f"{store}: there is no vote {key} that could be withdrawn.")
        if vote.person != person.strip():
            raise LabelError(
                f"{store}: vote {key} was cast by {vote.person!r}; {person!r} cannot withdraw it."
            )
        rows.append({"vote_id": vote.id, "withdrawn_at": moment})
    statement = _insert(connection, WITHDRAWAL, "vote_id").returning(WITHDRAWAL.c.id)
    return len(connection.execute(statement, rows).all())


def _class_numbers(connection: sa.Connection, names: set[str], store: str) -> dict[str, int]:
    query = sa.select(LABEL_CLASS.c.name, LABEL_CLASS.c.id).order_by(LABEL_CLASS.c.id)
    known = {row.name: row.id for row in connection.execute(query)}
    for name in sorted(names - known.keys()):
        raise LabelError(
            f"{store}: there is no class {name!r}; {nearest_names(name, list(known))} "
            "Define a new one with: strandline labels define."
        )
    return known


def _add_galaxies(connection: sa.Connection, seen: Sequence[Galaxy]) -> dict[_GalaxyKey, int]:
    """Add the galaxies, and their stamp tables, that are not there; return the numbers of all."""
    tables = {galaxy.fingerprint: galaxy.table for galaxy in seen}
    connection.execute(
        _insert(connection, STAMP_TABLE, "fingerprint"),
        [{"fingerprint": mark, "name": name} for mark, name in sorted(tables.items())],
    )
    marked = (STAMP_TABLE.c.fingerprint, STAMP_TABLE.c.id)
    numbers = {
        row.fingerprint: row.id
        for row in _find(connection, marked, STAMP_TABLE.c.fingerprint, list(tables))
    }
    unique = {_galaxy_key(galaxy): galaxy for galaxy in seen}
    connection.execute(
        _insert(connection, GALAXY, "stamp_table_id", "name"),
        [
            {
                "stamp_table_id": numbers[mark],
                "name": name,
                "ra_deg": galaxy.ra_deg,
                "dec_deg": galaxy.dec_deg,
            }
            for (mark, name), galaxy in sorted(unique.items())
        ],
    )
    marks = {number: mark for mark, number in numbers.items()}
    named = (GALAXY.c.stamp_table_id, GALAXY.c.name, GALAXY.c.id)
    return {
        (marks[row.stamp_table_id], row.name): row.id
        for row in _find(connection, named, GALAXY.c.name, [name for _, name in unique])
        if row.stamp_table_id in marks
    }


def _galaxy_key(galaxy: Galaxy) -> _GalaxyKey:
    return galaxy.fingerprint, galaxy.id


def _check_repeated(
    connection: sa.Connection, rows: list[dict[str, Any]], stored: set[UUID], store: str
) -> None:
    """Refuse a key that stands for two different votes; the same vote sent twice is well."""
    told = ("galaxy_id", "class_id", "person", "value")
    repeated = [row for row in rows if row["key"] not in stored]
    if len(rows) > len(stored) + len(repeated):  # a key twice among these
        repeated = rows
    columns = [VOTE.c[name] for name in ("key", *told)]
    there = {
        vote.key: vote
        for vote in _find(connection, columns, VOTE.c.key, [row["key"] for row in repeated])
    }
    for row in repeated:
        vote = there[row["key"]]
        if any(getattr(vote, name) != row[name] for name in told):
            raise LabelError(
                f"{store}: the key {row['key']} of a vote by {row['person']!r} stands for another "
                "vote already. Give each vote a key of its own. Nothing was stored."
            )


def _insert(connection: sa.Connection, table: sa.Table, *unique: str) -> Any:
    """Return an INSERT that passes over rows that are there, by these columns or by any."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing(index_elements=list(unique) or None)


def _find(
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    by: sa.Column[Any],
    values: Sequence[Any],
) -> Iterator[sa.Row[Any]]:
    """Yield rows whose column `by` has one of the values, few at a time."""
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        yield from connection.execute(sa.select(*columns).where(by.in_(part)))
