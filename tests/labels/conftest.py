"""A real PostgreSQL server on loopback, and label stores in it and in SQLite."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from strandline.labels import LabelStore

_STARTS_S = 60
_NUMBERS = count()


@dataclass(frozen=True)
class Server:
    """A server that the tests started."""

    port: int
    user: str = "strandline"
    password: str = "s3cr3t/@word"
    written_password: str = "s3cr3t%2F%40word"

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{self.user}:{self.written_password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection of its own, in which each statement is a transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


def _programs() -> Path | None:
    """Return the folder of the newest server's programs; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start PostgreSQL in a temporary folder, as another user if this one is root."""
    programs = _programs()
    if programs is None:
        message = "there is no PostgreSQL server: make postgresql"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = Path(tempfile.mkdtemp(prefix="strandline-postgresql-"))
    as_user: dict[str, object] = {"cwd": folder}
    if os.geteuid() == 0:  # it refuses to run as root
        as_user |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Server(free.getsockname()[1])
    secret = folder / "password"
    secret.write_text(made.password)
    secret.chmod(0o644)
    subprocess.run(
        [
            *(programs / "initdb", "--pgdata", folder / "data", "--username", made.user),
            *("--auth=scram-sha-256", "--pwfile", secret, "--encoding=UTF8", "--locale=C"),
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        **as_user,  # type: ignore[call-overload]
    )
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [
                *(programs / "postgres", "-D", folder / "data", "-p", str(made.port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"),
                *("-c", "fsync=off"),
            ],
            stdout=log,
            stderr=log,
            **as_user,  # type: ignore[call-overload]
        )
    try:
        _wait_for(made, running, folder / "log")
        yield made
    finally:
        running.send_signal(signal.SIGINT)  # ends at once, in good order
        running.wait(timeout=_STARTS_S)
        shutil.rmtree(folder)


def _wait_for(server: Server, running: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(_STARTS_S * 10):
        if running.poll() is not None:
            break
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not start: {log.read_text()}")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """Return the address of an empty schema in PostgreSQL; a database takes longer to make."""
    name = f"labels{next(_NUMBERS)}"
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    yield f"{server.url('postgres')}?options=-csearch_path%3D{name}"
    with server.connect() as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that is yet to be made, in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'labels.db'}"
    return str(request.getfixturevalue("database"))


@pytest.fixture
def store(url: str) -> Iterator[LabelStore]:
    """Return an empty store, in each kind of database."""
    with LabelStore(url) as opened:
        yield opened
