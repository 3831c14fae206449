"""A real server on the loopback address, asked by plain HTTP and a websocket."""

import asyncio
import http.client
import re
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from tornado.ioloop import IOLoop

from strandline.app.guarding import Guard
from strandline.app.serving import make_server, page_address
from strandline.app.workspace import Workspace
from strandline.errors import OptionError

PASSWORD = "a long password"


@dataclass(frozen=True)
class Running:
    """A server in a thread of its own."""

    port: int
    address: str

    def ask(
        self, path: str, headers: dict[str, str] | None = None, body: str | None = None
    ) -> tuple[int, str, dict[str, str]]:
        """Return status, text and headers; nothing is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST" if body else "GET", path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text, dict(answer.getheaders())


def _run(workspace: Workspace, guard: Guard, started: "Future[tuple[IOLoop, Any]]") -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    loop = IOLoop.current()
    try:
        server = make_server(workspace, port=0, guard=guard)
    except Exception as error:
        started.set_exception(error)
        return
    started.set_result((loop, server))
    loop.start()
    server.stop()
    loop.close(all_fds=True)


@pytest.fixture
def running(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Running]:
    guard = getattr(request, "param", Guard())
    started: Future[tuple[IOLoop, Any]] = Future()
    thread = threading.Thread(target=_run, args=(workspace, guard, started), daemon=True)
    thread.start()
    loop, server = started.result(timeout=60)
    yield Running(server.port, page_address(server))
    loop.add_callback(loop.stop)
    thread.join(timeout=20)


guarded = pytest.mark.parametrize("running", [Guard(PASSWORD)], indirect=True)


def test_the_page_comes_without_a_foreign_address(running: Running) -> None:
    status, text, _ = running.ask("/")
    assert status == 200
    assert "<title>Strandline: stamps.lance</title>" in text
    foreign = re.findall(
        r'(?:src|href)="(?!https?://(?:localhost|127)[^"]*)(https?://[^"]*)"', text
    )
    assert foreign == []


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd",
     "/stamps.lance", "/labels.db", "/components/../../../../etc/passwd"],
)  # fmt: skip
def test_no_file_can_be_fetched(running: Running, path: str) -> None:
    status, text, _ = running.ask(path)
    assert status in (400, 403, 404)
    assert "root:" not in text


def test_nothing_is_imported_because_an_address_names_it(running: Running) -> None:
    sys.modules.pop("this", None)  # a module that prints poetry when it is imported
    status, _, _ = running.ask("/components/this/d/_css/x")
    assert status == 404
    assert "this" not in sys.modules


def test_a_foreign_page_cannot_talk_to_it(running: Running) -> None:
    _, text, _ = running.ask("/")
    found = re.search(r'"token":\s*"([^"]+)"', text)
    assert found is not None

    def status(origin: str) -> int:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": origin}
        headers |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        headers["Sec-WebSocket-Protocol"] = f"bokeh, {found.group(1)}"
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as plain:
            lines = [f"{name}: {value}" for name, value in headers.items()]
            host = f"Host: 127.0.0.1:{running.port}"
            plain.sendall("\r\n".join(["GET /ws HTTP/1.1", host, *lines, "", ""]).encode())
            return int(plain.recv(100).split()[1])

    assert status("http://evil.example") == 403
    assert status(f"http://localhost:{running.port}") == 101


@guarded
def test_with_a_password_nothing_is_shown_before_it(running: Running) -> None:
    status, text, headers = running.ask("/")
    assert status == 302
    assert "/login?" in headers["Location"]
    assert "stamps.lance" not in text
    _, _, wrong = running.ask("/login", _FORM, urlencode({"username": "ann", "password": "no"}))
    assert "error" in wrong["Location"]
    _, _, right = running.ask("/login", _FORM, urlencode({"username": "ann", "password": PASSWORD}))
    cookie = "; ".join(part.split(";")[0] for part in re.split(r", (?=\w+=)", right["Set-Cookie"]))
    status, text, _ = running.ask("/", {"Cookie": cookie})
    assert status in (200, 302)


@guarded
def test_a_forged_cookie_opens_nothing(running: Running) -> None:
    status, _, headers = running.ask("/", {"Cookie": 'user="2|1:0|10:1700000000|4:user|8:YW5u|0"'})
    assert status == 302
    assert "/login?" in headers["Location"]


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_port_that_is_taken_is_named(workspace: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=rf"Port {port} of 127.0.0.1 cannot be listened on"):
            make_server(workspace, port=port)


def test_it_refuses_to_listen_for_others_without_a_guard(workspace: Workspace) -> None:
    with pytest.raises(OptionError, match="needs a guard"):
        make_server(workspace, address="0.0.0.0", port=0)
