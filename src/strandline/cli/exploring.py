"""What a person looks for: ``explore``, ``search``, ``novelty``, ``newclass``."""

import math
from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app
from strandline.cli.options import Models, Seed, Table

__all__ = ["explore", "newclass", "novelty", "search"]

Column = Annotated[str, typer.Option(help="The table's embedding.")]


@app.command(epilog="Example: strandline explore stamps.lance --labels sqlite:///labels.db")
def explore(
    table: Table,
    model: Models = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="Label store: sqlite:///FILE or postgresql://USER@HOST/DATABASE. "
            "[default: labels.db beside the table]"
        ),
    ] = None,
    heads: Annotated[
        Path | None,
        typer.Option(help="Folder for heads of new classes. [default: heads beside the table]"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 5006,
    address: Annotated[
        str, typer.Option(help="Where it listens; others than this machine need a guard.")
    ] = "127.0.0.1",
    password_file: Annotated[
        Path | None,
        typer.Option(help="One password, or JSON by name; or STRANDLINE_PASSWORD is set."),
    ] = None,
    oauth: Annotated[
        str | None,
        typer.Option(help="Provider, e.g. github; PANEL_OAUTH_KEY, PANEL_OAUTH_SECRET are set."),
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT that browsers know it by; repeat.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    seed: Seed = 0,
) -> None:
    """Look around in a browser: map, similar galaxies, labels, new classes, the unexpected.

    Probabilities, map and novelty are added to the table where it has none.
    """
    from strandline import api

    api.explore(
        table,
        model or (),
        labels=labels,
        heads=heads,
        port=port,
        address=address,
        password_file=password_file,
        oauth=oauth,
        origins=origin or (),
        open_browser=show,
        seed=seed,
    )


@app.command(epilog="Example: strandline search stamps.lance --like field-003-00042 -n 20")
def search(
    table: Table,
    like: Annotated[
        list[str], typer.Option(help="Id of a galaxy in the table; repeat for several.")
    ],
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    column: Column = "embedding",
    like_any: Annotated[
        bool, typer.Option("--any", help="Like any one of several, not like their mean.")
    ] = False,
) -> None:
    """List the galaxies that look most like one of them, or like several."""
    from strandline import api

    found = api.search(table, like, n=n, column=column, together="any" if like_any else "mean")
    typer.echo(f"{'id':32s} {'ra':>11s} {'dec':>11s} {'similarity':>10s}  source")
    for row in found.to_pylist():
        place = f"{row['ra']:11.6f} {row['dec']:+11.6f}"
        if math.isnan(row["ra"]):  # a picture
            place = f"{'-':>11s} {'-':>11s}"
        typer.echo(f"{row['id']:32s} {place} {row['similarity']:10.3f}  {row['source']}")


@app.command(epilog="Example: strandline novelty stamps.lance --uninteresting dull.csv")
def novelty(
    table: Table,
    uninteresting: Annotated[
        Path | None, typer.Option(help="Ids that you found dull: CSV with column id, or a list.")
    ] = None,
    interesting: Annotated[
        Path | None, typer.Option(help="Ids that you found interesting, likewise.")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many to list.")] = 20,
    column: Column = "embedding",
    seed: Seed = 0,
) -> None:
    """Write how unlike all others each galaxy is into the table, and list the most novel.

    Galaxies that are nearly the same, as copies and artefacts are, count as one.
    """
    from strandline import api

    found = api.novelty(
        table, uninteresting=uninteresting, interesting=interesting, column=column, seed=seed
    )
    typer.echo(f"{'id':32s} {'novelty':>8s}  alike")
    for name, score, alike in list(zip(found.ids, found.score, found.alike, strict=True))[:n]:
        typer.echo(f"{name:32s} {score:8.4f}  {alike}")
    typer.echo(f"{table}: columns novelty, novelty_group")


@app.command(
    epilog="Example: strandline newclass stamps.lance --name polar_ring --examples rings.csv "
    "--out polar_ring"
)
def newclass(
    table: Table,
    name: Annotated[str, typer.Option(help="Of the class, e.g. polar_ring.")],
    examples: Annotated[Path, typer.Option(help="Ids of five or more: CSV with id, or a list.")],
    out: Annotated[Path, typer.Option(help="Folder of the head, for classify --head.")],
    unlike: Annotated[
        Path | None, typer.Option(help="Ids of galaxies that look like it and are not.")
    ] = None,
    shapes: Annotated[
        bool | None,
        typer.Option(
            help="Let the head see shape statistics too. [default: where the table has them]"
        ),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many to list.")] = 20,
    column: Column = "embedding",
    seed: Seed = 0,
) -> None:
    """Make a head for a new class from a few examples, and list what is most like them."""
    from strandline import api

    made = api.newclass(
        table, name, examples, out, unlike=unlike or (), shapes=shapes, column=column, seed=seed
    )
    typer.echo(f"{'id':32s} {'probability':>11s}  source")
    for row in made.ranking.slice(0, n).to_pylist():
        typer.echo(f"{row['id']:32s} {row['probability']:11.3f}  {row['source']}")
    typer.echo(f"{out}: head of {name}, AUC {made.auc:.3f} on examples left out")
