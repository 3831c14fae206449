"""The tables of a label store, as the newest migration leaves them."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

__all__ = [
    "GALAXY",
    "LABEL_CLASS",
    "METADATA",
    "NOTE",
    "STAMP_TABLE",
    "VOTE",
    "WITHDRAWAL",
    "UtcTime",
]


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment, kept in UTC also by databases that know no time zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn any zone into UTC on the way in."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Say that it is UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite counts rows of itself only in a column declared INTEGER
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")

METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

STAMP_TABLE = sa.Table(
    "stamp_table",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
)
"""Where galaxies were seen; fingerprint '' stands for no table, as in imported files."""

GALAXY = sa.Table(
    "galaxy",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("stamp_table_id", _COUNTER, sa.ForeignKey("stamp_table.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("ra_deg", sa.Double),
    sa.Column("dec_deg", sa.Double),
    sa.UniqueConstraint("stamp_table_id", "name"),
)

LABEL_CLASS = sa.Table(
    "label_class",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("key", sa.Text, unique=True),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
)

VOTE = sa.Table(
    "vote",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("key", sa.Uuid, nullable=False, unique=True),
    sa.Column("galaxy_id", _COUNTER, sa.ForeignKey("galaxy.id"), nullable=False),
    sa.Column("class_id", _COUNTER, sa.ForeignKey("label_class.id"), nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("cast_at", UtcTime, nullable=False),
    sa.Column("shown", _JSON, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.CheckConstraint("value IN ('yes', 'no', 'unsure')", name="value"),
    sa.Index(None, "class_id", "galaxy_id", "person"),
    sa.Index(None, "person", "id"),
)

WITHDRAWAL = sa.Table(
    "withdrawal",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("vote_id", _COUNTER, sa.ForeignKey("vote.id"), nullable=False, unique=True),
    sa.Column("withdrawn_at", UtcTime, nullable=False),
)
"""A vote that its own person took back; one for a vote, however often it is sent."""

NOTE = sa.Table(
    "note",
    METADATA,
    sa.Column("id", _COUNTER, primary_key=True),
    sa.Column("key", sa.Uuid, nullable=False, unique=True),
    sa.Column("galaxy_id", _COUNTER, sa.ForeignKey("galaxy.id"), nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("written_at", UtcTime, nullable=False),
)
"""What people write of a galaxy; all notes stay."""
