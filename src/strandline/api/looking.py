"""``explore``: the map, neighbours, labels and discoveries of a table in the browser."""

import webbrowser
from collections.abc import Sequence
from pathlib import Path

from strandline.api.preparing import prepare_table
from strandline.errors import OptionError
from strandline.progress import say

__all__ = ["explore"]


def explore(
    table: str | Path,
    models: Sequence[str | Path] = (),
    *,
    labels: str | None = None,
    heads: str | Path | None = None,
    address: str = "127.0.0.1",
    port: int = 5006,
    password_file: str | Path | None = None,
    oauth: str | None = None,
    origins: Sequence[str] = (),
    open_browser: bool = False,
    seed: int = 0,
) -> None:
    """Serve the explorer of a table until it is interrupted.

    Parameters
    ----------
    table : path
        A stamp table; what it lacks is added first, see `prepare_table`.
    models : sequence of str or path
        Which give probabilities; by default what ships, or what the table has.
    labels : str, optional
        Address of the label store; by default ``labels.db`` beside the table.
    heads : path, optional
        Folder for heads of classes that are saved; by default ``heads`` beside the table.
    address, port
        Where it listens. Any address but this machine's own needs a password or `oauth`.
    password_file : path, optional
        See `strandline.app.guarding.Guard`; or STRANDLINE_PASSWORD in the environment.
    oauth : str, optional
        A provider that Panel knows.
    origins : sequence of str
        ``HOST:PORT`` under which browsers know the page, if others than the address.
    open_browser : bool
    seed : int

    Raises
    ------
    OptionError
        If others could reach it and nobody stands guard, the port is taken, or what it needs is
        not installed.
    """
    try:
        from strandline.app.guarding import Guard
        from strandline.app.serving import make_server, page_address
        from strandline.app.workspace import Workspace
    except ModuleNotFoundError as error:
        raise OptionError(
            f"The explorer needs {error.name}: pip install 'strandline[explore]'."
        ) from error
    guard = Guard.of(password_file, oauth)
    guard.check(address)  # refused before long work
    prepare_table(table, models, seed=seed)
    workspace = Workspace(
        table,
        labels=labels,
        heads=heads,
        models=models,
        samp=not guard.is_there,
        seed=seed,
    )
    try:
        server = make_server(workspace, address=address, port=port, guard=guard, origins=origins)
        workspace.warm()
        say(f"{page_address(server)} shows {table}; Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(page_address(server))
        server.run_until_shutdown()
    finally:
        workspace.close()
