"""Stamp tables, galaxies, classes, votes and withdrawals; votes can only be added."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_ONLY_ADDED = ("stamp_table", "galaxy", "label_class", "vote", "withdrawal")

_CLASSES = (
    ("interacting", "disturbed by another galaxy: any sign of it", "i"),
    ("tail", "a long, curved tail or bridge of tidal debris", "t"),
    ("stream", "a thin stream of a dissolving satellite", "r"),
    ("shell", "shells or umbrellas around the galaxy", "s"),
    ("merger", "two or more bodies in the act of merging", "m"),
    ("jellyfish", "gas and young stars stripped to one side", "j"),
    ("polar ring", "a ring across the galaxy's own disc", "p"),
    ("artefact", "no galaxy, or spoilt: star, ghost, edge, satellite trail", "a"),
)


def upgrade() -> None:
    """Make everything."""
    op.create_table(
        "stamp_table",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stamp_table"),
        sa.UniqueConstraint("fingerprint", name="uq_stamp_table_fingerprint"),
    )
    op.create_table(
        "galaxy",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("stamp_table_id", _COUNTER, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ra_deg", sa.Double),
        sa.Column("dec_deg", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_galaxy"),
        sa.ForeignKeyConstraint(
            ["stamp_table_id"], ["stamp_table.id"], name="fk_galaxy_stamp_table_id"
        ),
        sa.UniqueConstraint("stamp_table_id", "name", name="uq_galaxy_stamp_table_id"),
    )
    classes = op.create_table(
        "label_class",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_label_class"),
        sa.UniqueConstraint("name", name="uq_label_class_name"),
        sa.UniqueConstraint("key", name="uq_label_class_key"),
    )
    op.create_table(
        "vote",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("galaxy_id", _COUNTER, nullable=False),
        sa.Column("class_id", _COUNTER, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("cast_at", _TIME, nullable=False),
        sa.Column("shown", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sa.UniqueConstraint("key", name="uq_vote_key"),
        sa.ForeignKeyConstraint(["galaxy_id"], ["galaxy.id"], name="fk_vote_galaxy_id"),
        sa.ForeignKeyConstraint(["class_id"], ["label_class.id"], name="fk_vote_class_id"),
        sa.CheckConstraint("value IN ('yes', 'no', 'unsure')", name="ck_vote_value"),
    )
    op.create_index("ix_vote_class_id", "vote", ["class_id", "galaxy_id", "person"])
    op.create_index("ix_vote_person", "vote", ["person", "id"])
    op.create_table(
        "withdrawal",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("vote_id", _COUNTER, nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawal"),
        sa.ForeignKeyConstraint(["vote_id"], ["vote.id"], name="fk_withdrawal_vote_id"),
        sa.UniqueConstraint("vote_id", name="uq_withdrawal_vote_id"),
    )
    now = datetime.now(UTC)
    op.bulk_insert(
        classes,
        [
            {
                "name": name,
                "description": text,
                "key": key,
                "made_by": "strandline",
                "made_at": now,
            }
            for name, text, key in _CLASSES
        ],
    )
    _forbid_changes()


def _forbid_changes() -> None:
    """Let the database itself refuse to change or delete what was said."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION strandline_only_added() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in _ONLY_ADDED:
            op.execute(
                f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION strandline_only_added()"
            )
        return
    for table in _ONLY_ADDED:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
