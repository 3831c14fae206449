"""The application that the commands join, and how tables are printed."""

from typing import Annotated

import typer

from strandline._version import __version__

__all__ = ["app", "show"]

app = typer.Typer(
    name="strandline",
    help="Find interacting galaxies in multi-band survey images.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"strandline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find interacting galaxies in multi-band survey images."""


def show(lines: list[tuple[str, ...]]) -> None:
    """Print a table whose first line is its head."""
    from rich.console import Console
    from rich.table import Table as RichTable

    table = RichTable(box=None, pad_edge=False)
    for head in lines[0]:
        table.add_column(head, no_wrap=True)
    for line in lines[1:]:
        table.add_row(*line)
    # as wide as it must be: whole lines can be searched, and scrolled with less -S
    width = sum(max(len(cell) + 2 for cell in column) for column in zip(*lines, strict=True))
    Console(width=width).print(table)
