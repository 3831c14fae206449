"""Connections to the database of a label store, and its errors in words that help."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from strandline.errors import LabelError
from strandline.labels.address import shown_name

__all__ = ["WRITES", "explained", "make_engine"]

WRITES = {"strandline_writes": True}
"""Options of a connection whose transaction is going to write."""

_WAIT_S = 30
_CONNECT_S = 10


def make_engine(url: str, *, create: bool) -> sa.Engine:
    """Return an engine for a database; nothing is opened yet.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE`` or ``postgresql://...``.
    create : bool
        Whether a file may be made that is not there.

    Raises
    ------
    LabelError
        If the address cannot be read, or the file is not there and may not be made.

    Notes
    -----
    SQLite keeps a write-ahead log, so that readers never wait, and writes every vote through to the
    disk before it says that it is stored. A transaction that will write takes its turn at its
    beginning (``BEGIN IMMEDIATE``): one that began by reading could not wait for others.
    """
    address = _read(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
        return sa.create_engine(
            address, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S}
        )
    _check_file(address, url, create)
    engine = sa.create_engine(address.set(drivername="sqlite+pysqlite"))
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what the database complains of into a `LabelError` that says what to do.

    Raises
    ------
    LabelError
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise LabelError(_words(url, str(error.orig))) from error
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise LabelError(_words(url, str(error))) from error


def _read(url: str) -> URL:
    broken = LabelError(
        f"{shown_name(url)}: cannot be read as the address of a database; expected "
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Write @ : / ? # and % "
        "in a password as %40 %3A %2F %3F %23 %25."
    )
    try:
        address = make_url(url)
        port, host = address.port, address.host or ""
    except (sa.exc.ArgumentError, ValueError):
        raise broken from None  # what it could not read may be part of a password
    known = address.get_backend_name() in ("sqlite", "postgresql", "postgres")
    if not known or "@" in host or (port is not None and not 0 < port < 65536):
        raise broken
    return address.set(drivername="postgresql") if "postgres" in address.drivername else address


def _check_file(address: URL, url: str, create: bool) -> None:
    if not address.database or address.database == ":memory:" or address.host:
        raise LabelError(
            f"{shown_name(url)}: names no file; expected sqlite:///labels.db (three slashes and a "
            "relative path, or four and an absolute one)."
        )
    file = Path(address.database)
    if file.is_dir():
        raise LabelError(f"{file}: is a folder; a label store is a file, such as labels.db.")
    if not file.exists() and not create:
        raise LabelError(
            f"{file}: there is no such label store. Check the name; strandline labels import "
            "makes one."
        )
    if not file.parent.is_dir():
        raise LabelError(f"{file.parent}: there is no such folder for a label store. Make it.")


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, see `_begin_sqlite`
    for setting in (f"busy_timeout = {_WAIT_S * 1000}", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("strandline_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_HINTS = (
    (
        r"file is not a database|malformed",
        "is no label store: it is not a SQLite file, or is damaged",
    ),
    (r"database is locked", "is in use by others for longer than 30 s. Try again"),
    (r"readonly|read-only", "may not be written. Ask for write permission, or copy it"),
    (r"unable to open database", "cannot be opened. Check that file and folder may be read"),
    (
        r"disk (is )?full|no space left",
        "the disk is full. Free some space; votes stored so far are safe",
    ),
    (
        r"password authentication failed|no password supplied|authentication failed",
        "the server refuses this user and password. Check both, or put the password into ~/.pgpass",
    ),
    (
        r"permission denied",
        "this user lacks a right that a label store needs. Ask the database's owner for it (GRANT)",
    ),
    (r"role .* does not exist", "the server does not know this user. Make it with: createuser"),
    (r"database .* does not exist", "there is no such database. Make it with: createdb"),
    (
        r"connection (to server|failed|refused|is bad|timeout)|could not (connect|translate)"
        r"|failed to resolve|server closed|name or service not known",
        "the server cannot be reached. Check that it runs, its address and port",
    ),
)


def _words(url: str, text: str) -> str:
    text = " ".join(text.split())
    try:
        secret = make_url(url).password
    except (sa.exc.ArgumentError, ValueError):
        secret = None
    if secret:
        text = text.replace(str(secret), "***")
    for pattern, hint in _HINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{shown_name(url)}: {hint} ({text})."
    return f"{shown_name(url)}: the database reports: {text}."
