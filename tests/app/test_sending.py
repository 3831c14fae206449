"""Galaxies to another program by a real SAMP hub on the loopback address."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from astropy.table import Table
from pyvo.samp import SAMPHubServer, SAMPIntegratedClient

from strandline.app.sending import Sender
from strandline.app.workspace import Workspace
from strandline.errors import OptionError
from tests.app.conftest import Heard


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep this test's hub apart from a desktop's."""
    path = tmp_path / "samp"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{path.as_uri()}")
    return path


@pytest.fixture
def hub(lock: Path) -> Iterator[SAMPHubServer]:
    """Return a hub that runs."""
    running = SAMPHubServer(web_profile=False, lockfile=str(lock), addr="127.0.0.1")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def topcat(hub: SAMPHubServer) -> Iterator[tuple[SAMPIntegratedClient, list[dict[str, Any]]]]:
    """Return a program that takes tables and positions, and what it got."""
    got: list[dict[str, Any]] = []

    def take(
        key: str, sender: str, message: str, told: dict[str, Any], extra: dict[str, Any]
    ) -> None:
        got.append({"message": message, **told})

    client = SAMPIntegratedClient(name="a table program", addr="127.0.0.1")
    client.connect()
    client.bind_receive_notification("table.load.votable", take)
    client.bind_receive_notification("coord.pointAt.sky", take)
    yield client, got
    client.disconnect()


def wait_for(got: list[dict[str, Any]]) -> dict[str, Any]:
    for _ in range(100):
        if got:
            return got.pop()
        time.sleep(0.05)
    pytest.fail("nothing came")


def test_a_list_and_a_position_arrive(
    heard: Heard, topcat: tuple[SAMPIntegratedClient, list[dict[str, Any]]]
) -> None:
    _, got = topcat
    heard.ask(do="similar", rows=[0])
    told = heard.ask(do="send")[0]
    assert told["text"] == "79 galaxies sent to a table program."
    message = wait_for(got)
    assert message["message"] == "table.load.votable"
    path = unquote(urlparse(message["url"]).path)
    table = Table.read(path, format="votable")
    assert len(table) == 79
    assert str(table["ra"].unit) == "deg"
    heard.ask(do="send", rows=[3], point=True)
    message = wait_for(got)
    assert (float(message["ra"]), float(message["dec"])) == (150.03, -1.5)
    heard.session.workspace.close()
    assert not os.path.exists(path)  # noqa: PTH110


def test_without_a_hub_or_a_listener_it_is_said_what_to_do(lock: Path, heard: Heard) -> None:
    with pytest.raises(OptionError, match=r"no SAMP hub on this machine\. Start TOPCAT"):
        heard.ask(do="send")


def test_a_hub_without_a_listener(hub: SAMPHubServer) -> None:
    sender = Sender()
    with pytest.raises(OptionError, match="no program there takes this"):
        sender.point_at(1.0, 2.0)
    sender.close()


def test_a_server_for_others_does_not_offer_it(table_path: Path, tmp_path: Path) -> None:
    from strandline.app.session import Session

    workspace = Workspace(table_path, labels=f"sqlite:///{tmp_path}/l.db", samp=False)
    session = Heard(Session(workspace))
    assert session.session.setup()["samp"] is False
    with pytest.raises(OptionError, match="which is not yours"):
        session.ask(do="send")
    workspace.close()
