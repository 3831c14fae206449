"""Opening stores: made once by many at once, brought up to date, and refused in clear words."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from strandline.errors import LabelError, OptionError, StrandlineError
from strandline.labels import LabelStore
from strandline.labels.engine import make_engine
from strandline.labels.migrating import VERSION_TABLE
from strandline.labels.schema import METADATA
from tests.labels.conftest import Server


def test_many_openers_of_a_new_store_make_it_once(url: str) -> None:
    def open_and_list(_: int) -> list[str]:
        with LabelStore(url) as store:
            return [found.name for found in store.classes()]

    with ThreadPoolExecutor(12) as crowd:
        seen = list(crowd.map(open_and_list, range(12)))
    assert all(names == seen[0] for names in seen)
    assert len(seen[0]) == 8


def test_migrations_make_the_tables_of_the_schema(store: LabelStore, url: str) -> None:
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_sqlite_is_safe_and_lets_readers_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'labels.db'}"
    with LabelStore(url):
        pass
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    engine.dispose()
    assert found == ["wal", 2, 1, 30_000]


def test_a_database_of_something_else_is_left_alone(url: str) -> None:
    engine = make_engine(url, create=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(LabelError, match=r"is a database of something else \(tables invoices"):
        LabelStore(url)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["invoices"]
    engine.dispose()


def test_a_store_of_a_newer_version_is_left_alone(store: LabelStore, url: str) -> None:
    engine = make_engine(url, create=False)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(LabelError, match="of version 9999; this Strandline knows up to 0002"):
        LabelStore(url)


def test_an_empty_database_is_no_store_for_those_who_only_read(database: str) -> None:
    with pytest.raises(LabelError, match="holds no labels yet"):
        LabelStore(database, create=False)


def test_a_missing_file_is_not_made_by_those_who_only_read(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"none\.db: there is no such label store"):
        LabelStore(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_stores(tmp_path: Path) -> None:
    text = tmp_path / "labels.csv"
    text.write_text("id,label\n" * 200)
    with pytest.raises(LabelError, match=r"labels\.csv: is no label store: it is not a SQLite"):
        LabelStore(f"sqlite:///{text}")
    assert text.read_text() == "id,label\n" * 200
    with pytest.raises(LabelError, match="is a folder"):
        LabelStore(f"sqlite:///{tmp_path}")
    with pytest.raises(LabelError, match="there is no such folder"):
        LabelStore(f"sqlite:///{tmp_path / 'none' / 'labels.db'}")


def test_a_damaged_store(tmp_path: Path) -> None:
    file = tmp_path / "labels.db"
    with LabelStore(f"sqlite:///{file}"):
        pass
    content = bytearray(file.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    file.write_bytes(content)
    with pytest.raises(LabelError, match=r"labels\.db: is no label store: .* damaged"):
        LabelStore(f"sqlite:///{file}")


def test_a_store_in_use_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strandline.labels.engine._WAIT_S", 0)
    file = tmp_path / "labels.db"
    with LabelStore(f"sqlite:///{file}") as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LabelError, match="is in use by others"):
            store.define(store.classes()[0])
        other.close()


@pytest.mark.parametrize(
    "text",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/labels.db",
        "sqlite:/labels.db",
        "postgresql://user@host:port/db",
        "postgresql://user@host:99999/db",
        "sqlite:///labels.db?clas=tail",
        "sqlite:///labels.db?consensus=mean",
        "mysql://user@host/db",
        "labels.db",
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(StrandlineError, match=r"expected|knows only"):
        LabelStore(text)


def test_a_wrong_password_is_not_printed(server: Server, database: str) -> None:
    wrong = database.replace(server.written_password, "hunter2")
    with pytest.raises(LabelError, match="refuses this user and password") as caught:
        LabelStore(wrong)
    assert "hunter2" not in str(caught.value)
    assert f"{server.user}:***@127.0.0.1" in str(caught.value)


@pytest.mark.parametrize("secret", ["pa@ss", "pa/ss", "pa:ss", "p?a@ss", "1234"])
def test_no_part_of_a_password_is_printed_even_if_it_is_written_wrongly(secret: str) -> None:
    # nobody listens on port 1
    with pytest.raises(StrandlineError, match=r"//me:\*\*\*@") as caught:
        LabelStore(f"postgresql://me:{secret}@127.0.0.1:1/labels")
    text = str(caught.value).replace("127.0.0.1:1", "")
    assert not any(part in text for part in ("pa@", "ss@", "'pa", "ss'", "1234"))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(LabelError, match="the server cannot be reached"):
        LabelStore("postgresql://me@127.0.0.1:1/labels")


def test_a_database_or_user_that_is_not_there(server: Server) -> None:
    with pytest.raises(LabelError, match=r"there is no such database\. Make it with: createdb"):
        LabelStore(server.url("nowhere"))


def test_a_user_without_rights(server: Server) -> None:
    with server.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        with pytest.raises(LabelError, match="lacks a right"):
            LabelStore(f"postgresql://guest:guest@127.0.0.1:{server.port}/postgres")
    finally:
        with server.connect() as connection:
            connection.execute("DROP ROLE guest")


def test_a_parameter_of_the_server_is_passed_on(database: str) -> None:
    with LabelStore(f"{database}&class=tail&application_name=here") as store:
        assert store.classes()
    with pytest.raises(LabelError, match="invalid"):
        LabelStore(f"{database}&no_such_parameter=1")
    with pytest.raises(OptionError, match="consensus is 'mean'"):
        LabelStore(f"{database}&consensus=mean")
