"""What Alembic runs: the steps, on the connection that `strandline.labels.migrating` hands over."""

from alembic import context

from strandline.labels.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
