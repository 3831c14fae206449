"""Notes on galaxies; like votes they can only be added."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, and let the database itself refuse changes."""
    op.create_table(
        "note",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("galaxy_id", _COUNTER, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        sa.UniqueConstraint("key", name="uq_note_key"),
        sa.ForeignKeyConstraint(["galaxy_id"], ["galaxy.id"], name="fk_note_galaxy_id"),
    )
    op.create_index("ix_note_galaxy_id", "note", ["galaxy_id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER note_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON note "
            "FOR EACH STATEMENT EXECUTE FUNCTION strandline_only_added()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER note_no_{change.lower()} BEFORE {change} ON note "
            "BEGIN SELECT RAISE(ABORT, 'note is append-only'); END"
        )
