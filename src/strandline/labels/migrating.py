"""Bringing a store's tables up to date when it is opened, safely with several who open it at once.

To change the tables: change `schema.py`, and add a module to ``migrations/versions`` with the next
number that does the same to a store that is there already.
"""

import sqlite3
import time

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from strandline.errors import LabelError
from strandline.labels.address import shown_name
from strandline.labels.engine import WRITES

__all__ = ["VERSION_TABLE", "bring_up_to_date"]

VERSION_TABLE = "strandline_version"

_LOCK = 0x57A4D11E  # any number that others of the same database do not use
_TRIES, _PAUSE_S = 100, 0.05


def bring_up_to_date(engine: sa.Engine, url: str, *, create: bool) -> None:
    """Make the tables, or bring those of an older version up to date; all of it or nothing.

    Parameters
    ----------
    engine : Engine
    url : str
        For messages.
    create : bool
        Whether an empty database may become a store.

    Raises
    ------
    LabelError
        If the database holds other things, is a store of a newer version, or is empty and may not
        be made a store.
    """
    config = Config()
    config.set_main_option("script_location", "strandline.labels:migrations")
    config.attributes["version_table"] = VERSION_TABLE
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:  # the usual case: nobody has to wait
        if _is_current(connection, scripts, url, create):
            return
    if engine.dialect.name == "sqlite":
        _keep_log(engine)
    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if not _is_current(connection, scripts, url, create):  # another may have been faster
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _is_current(
    connection: sa.Connection, scripts: ScriptDirectory, url: str, create: bool
) -> bool:
    """Return whether there is nothing to do; refuse a database that is not ours to change."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        if create:
            return False
        raise LabelError(
            f"{shown_name(url)}: holds no labels yet. strandline labels import makes it a store."
        )
    if VERSION_TABLE not in tables:
        some = ", ".join(sorted(tables)[:3]) + (", …" if len(tables) > 3 else "")
        raise LabelError(
            f"{shown_name(url)}: is a database of something else (tables {some}). Give one that is "
            "empty or new."
        )
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    try:
        scripts.get_revision(version or "base")
    except CommandError as error:
        raise LabelError(
            f"{shown_name(url)}: is a label store of version {version}; this Strandline knows up "
            f"to {scripts.get_current_head()}. Use a newer Strandline."
        ) from error
    return version == scripts.get_current_head()


def _keep_log(engine: sa.Engine) -> None:
    """Switch SQLite's write-ahead log on; it stays on. Several at once have to take turns."""
    for attempt in range(_TRIES):
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == _TRIES - 1:
                raise
        finally:
            connection.close()
        time.sleep(_PAUSE_S)
