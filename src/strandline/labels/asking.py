"""What is asked of a store's tables, and the answers as votes or Arrow tables."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from strandline.labels.notes import Note
from strandline.labels.schema import GALAXY, LABEL_CLASS, NOTE, STAMP_TABLE, VOTE, WITHDRAWAL
from strandline.labels.votes import Galaxy, Vote

__all__ = [
    "VOTE_COLUMNS",
    "all_votes",
    "as_note",
    "as_table",
    "as_vote",
    "current_votes",
    "last_vote",
    "notes_on",
]

_MOMENT = pa.timestamp("us", tz="UTC")

VOTE_COLUMNS = pa.schema(
    [
        ("key", pa.string()),
        ("id", pa.string()),
        ("ra", pa.float64()),
        ("dec", pa.float64()),
        ("table", pa.string()),
        ("fingerprint", pa.string()),
        ("class", pa.string()),
        ("value", pa.string()),
        ("person", pa.string()),
        ("cast_at", _MOMENT),
        ("shown", pa.string()),
        ("origin", pa.string()),
        ("withdrawn_at", _MOMENT),
    ]
)
"""Columns of votes in memory and in exported files."""


def all_votes(class_id: int | None = None) -> sa.Select[Any]:
    """Select everything that was said, in the order of arrival, or of one class."""
    joined = (
        VOTE.join(GALAXY, GALAXY.c.id == VOTE.c.galaxy_id)
        .join(STAMP_TABLE, STAMP_TABLE.c.id == GALAXY.c.stamp_table_id)
        .join(LABEL_CLASS, LABEL_CLASS.c.id == VOTE.c.class_id)
        .outerjoin(WITHDRAWAL, WITHDRAWAL.c.vote_id == VOTE.c.id)
    )
    query = (
        sa.select(
            VOTE.c.key,
            GALAXY.c.name.label("id"),
            GALAXY.c.ra_deg.label("ra"),
            GALAXY.c.dec_deg.label("dec"),
            STAMP_TABLE.c.name.label("table"),
            STAMP_TABLE.c.fingerprint,
            LABEL_CLASS.c.name.label("class"),
            VOTE.c.value,
            VOTE.c.person,
            VOTE.c.cast_at,
            VOTE.c.shown,
            VOTE.c.origin,
            WITHDRAWAL.c.withdrawn_at,
        )
        .select_from(joined)
        .order_by(VOTE.c.id)
    )
    return query if class_id is None else query.where(VOTE.c.class_id == class_id)


def current_votes(class_id: int | None = None) -> sa.Select[Any]:
    """Select the last vote not withdrawn of each person, galaxy and class."""
    standing = (
        sa.select(
            VOTE.c.id,
            sa.func.row_number()
            .over(
                partition_by=(VOTE.c.class_id, VOTE.c.galaxy_id, VOTE.c.person),
                order_by=(VOTE.c.cast_at.desc(), VOTE.c.id.desc()),
            )
            .label("age"),
        )
        .outerjoin(WITHDRAWAL, WITHDRAWAL.c.vote_id == VOTE.c.id)
        .where(WITHDRAWAL.c.id.is_(None))
    )
    if class_id is not None:
        standing = standing.where(VOTE.c.class_id == class_id)
    last = standing.subquery()
    return all_votes().join(last, last.c.id == VOTE.c.id).where(last.c.age == 1)


def last_vote(person: str) -> sa.Select[Any]:
    """Select the vote of a person that arrived last and is not withdrawn."""
    mine = all_votes().where(VOTE.c.person == person, WITHDRAWAL.c.id.is_(None))
    return mine.order_by(None).order_by(VOTE.c.id.desc()).limit(1)


def notes_on(fingerprint: str, galaxy: str | None = None) -> sa.Select[Any]:
    """Select the notes on the galaxies of a stamp table, or on one of them, oldest first."""
    query = (
        sa.select(
            NOTE.c.key,
            NOTE.c.person,
            NOTE.c.text,
            NOTE.c.written_at,
            GALAXY.c.name.label("id"),
            GALAXY.c.ra_deg.label("ra"),
            GALAXY.c.dec_deg.label("dec"),
            STAMP_TABLE.c.name.label("table"),
            STAMP_TABLE.c.fingerprint,
        )
        .join(GALAXY, GALAXY.c.id == NOTE.c.galaxy_id)
        .join(STAMP_TABLE, STAMP_TABLE.c.id == GALAXY.c.stamp_table_id)
        .where(STAMP_TABLE.c.fingerprint == fingerprint)
        .order_by(NOTE.c.id)
    )
    return query if galaxy is None else query.where(GALAXY.c.name == galaxy)


def as_note(row: sa.Row[Any]) -> Note:
    """Return one selected note."""
    told = row._asdict()
    galaxy = Galaxy(told["id"], told["ra"], told["dec"], told["table"], told["fingerprint"])
    return Note(galaxy, told["text"], told["person"], told["written_at"], told["key"])


def as_table(rows: Sequence[sa.Row[Any]]) -> pa.Table:
    """Return selected votes with the columns `VOTE_COLUMNS`."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    if not rows:
        return VOTE_COLUMNS.empty_table()
    names = VOTE_COLUMNS.names
    columns[names.index("key")] = [str(key) for key in columns[names.index("key")]]
    shown = names.index("shown")
    columns[shown] = [json.dumps(what, sort_keys=True) for what in columns[shown]]
    arrays = [
        pa.array(column, field.type) for column, field in zip(columns, VOTE_COLUMNS, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=VOTE_COLUMNS)


def as_vote(row: sa.Row[Any]) -> Vote:
    """Return one selected vote."""
    told = row._asdict()
    galaxy = Galaxy(told["id"], told["ra"], told["dec"], told["table"], told["fingerprint"])
    return Vote(
        galaxy,
        told["class"],
        told["value"],
        told["person"],
        shown=told["shown"],
        cast_at=told["cast_at"],
        key=told["key"],
        origin=told["origin"],
    )
