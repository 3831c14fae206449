"""What a person looks for: ``search``, ``novelty``, ``newclass``."""

import math
from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app
from strandline.cli.options import Seed, Table

__all__ = ["newclass", "novelty", "search"]

Column = Annotated[str, typer.Option(help="The table's embedding.")]


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
