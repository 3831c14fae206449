"""A server for the page, and nothing else."""

import socket
from collections.abc import Callable, Sequence

import panel as pn
from bokeh.server.server import Server
from tornado.web import ErrorHandler

from strandline.app.guarding import Guard, is_loopback
from strandline.app.page import Page, new_page
from strandline.app.session import Session
from strandline.app.uploads import LARGEST_BYTES
from strandline.app.workspace import Workspace
from strandline.errors import OptionError

__all__ = ["make_server", "page_address"]

_LARGEST_MESSAGE = 2 * LARGEST_BYTES
# Panel imports whatever module an address below /components/ names; the page needs nothing of it
_CLOSED = [(r"/components/.*", ErrorHandler, {"status_code": 404})]
_BODY = "body { margin: 0; background: #0a0c12; } html, body { height: 100%; overflow: hidden; }"


def make_server(
    workspace: Workspace,
    *,
    address: str = "127.0.0.1",
    port: int = 5006,
    guard: Guard | None = None,
    origins: Sequence[str] = (),
) -> Server:
    """Return a server that listens; ``server.run_until_shutdown()`` lets it work.

    Parameters
    ----------
    workspace : Workspace
    address : str
        On which it listens.
    port : int
        0 for any that is free.
    guard : Guard, optional
    origins : sequence of str
        ``HOST:PORT`` under which browsers know it, if others than the address; a page that was
        fetched under another name cannot talk to it, so that no foreign page can.

    Raises
    ------
    OptionError
        If others could reach it and nobody stands guard, or the port is taken.
    """
    guard = guard or Guard()
    guard.check(address)
    with _free_socket(address, port) as found:
        port = found.getsockname()[1]
    pn.extension()
    pn.config.raw_css = [_BODY]
    known = [*origins, *(f"{host}:{port}" for host in _names_of(address))]
    try:
        server = pn.io.server.get_server(
            {"/": _pages(workspace)},
            address=address,
            port=port,
            websocket_origin=known,
            title=f"Strandline: {workspace.sky.table.path.name}",
            start=False,
            show=False,
            verbose=False,
            websocket_max_message_size=_LARGEST_MESSAGE,
            extra_patterns=_CLOSED,
            **guard.settings(),
        )
    except OSError as error:
        raise OptionError(_taken(address, port, error)) from error
    Session(workspace).close()  # compiles what draws the map, so that the first page need not
    server.start()
    return server


def page_address(server: Server) -> str:
    """Return the page's address for people."""
    host = server.address or "127.0.0.1"
    return f"http://{'localhost' if is_loopback(host) else host}:{server.port}/"


def _pages(workspace: Workspace) -> Callable[[], Page]:
    def make() -> Page:
        user = pn.state.user
        page = new_page(workspace, user or None)
        pn.state.on_session_destroyed(lambda context: page.close())
        return page

    return make


def _names_of(address: str) -> list[str]:
    if is_loopback(address):
        return ["localhost", "127.0.0.1"]
    names = [address, socket.gethostname(), socket.getfqdn()]
    return [name for name in dict.fromkeys(names) if name not in ("", "0.0.0.0", "::")]


def _free_socket(address: str, port: int) -> socket.socket:
    """Return a socket bound to the port, to say in time that it is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((address.strip("[]"), port))
    except OSError as error:
        found.close()
        raise OptionError(_taken(address, port, error)) from error
    return found


def _taken(address: str, port: int, error: OSError) -> str:
    return (
        f"Port {port} of {address} cannot be listened on ({error.strerror or error}). "
        "Choose another: --port."
    )
