"""Labels of people: ``labels import``, ``export``, ``summary``, ``define``, ``subjects``."""

import math
from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app, show
from strandline.cli.options import Table

__all__ = ["labels"]

labels = typer.Typer(
    help="What people say of galaxies: a store of votes, and files in and out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(labels, name="labels")

Store = Annotated[
    str,
    typer.Option(help="Label store: sqlite:///labels.db or postgresql://USER@HOST/DATABASE."),
]
Class = Annotated[str | None, typer.Option("--class", help="Only this class. [default: all]")]


@labels.command(
    "import", epilog="Example: strandline labels import votes.csv --store sqlite:///labels.db"
)
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Votes (CSV, Parquet), labels (CSV), or a Zooniverse export."
        ),
    ],
    store: Store,
    kind: Annotated[
        str | None,
        typer.Option("--format", help="votes, labels or zooniverse. [default: by its columns]"),
    ] = None,
    label_class: Annotated[
        str | None, typer.Option("--class", help="Of labels. [default: interacting]")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Of labels: who made them.")] = None,
    table: Annotated[
        Path | None, typer.Option(help="Stamp table that the ids are of; gives positions.")
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            help="Zooniverse: what an answer means, ANSWER=CLASS or ANSWER=CLASS:no; repeat."
        ),
    ] = None,
    workflow: Annotated[str | None, typer.Option(help="Zooniverse: id, if several.")] = None,
    task: Annotated[str | None, typer.Option(help="Zooniverse: such as T0, if several.")] = None,
    subject_key: Annotated[
        str, typer.Option(help="Zooniverse: the subjects' column with the table's id.")
    ] = "id",
) -> None:
    """Store the votes of a file, all or none; a file may be imported again."""
    from strandline import api

    report = api.import_labels(
        file,
        store,
        kind=kind,
        label_class=label_class,
        person=person,
        table=table,
        answers=answer or (),
        workflow=workflow,
        task=task,
        subject_key=subject_key,
    )
    typer.echo(f"{file}: {report.summary()}")


@labels.command(
    epilog="Example: strandline labels export --store sqlite:///labels.db --out votes.csv"
)
def export(
    store: Store,
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.")],
    what: Annotated[
        str,
        typer.Option(
            help="votes: all that was said; current: what counts; labels: 0 or 1 a galaxy."
        ),
    ] = "votes",
    label_class: Class = None,
    consensus: Annotated[
        str | None, typer.Option(help="Of labels: majority or dawid-skene.")
    ] = None,
) -> None:
    """Write votes or labels of a store to a file."""
    from strandline import api

    rows = api.export_labels(store, out, what=what, label_class=label_class, consensus=consensus)
    typer.echo(f"{out}: {rows} {'labels' if what == 'labels' else 'votes'}")


@labels.command(epilog="Example: strandline labels summary --store sqlite:///labels.db")
def summary(store: Store, label_class: Class = None) -> None:
    """Print who said how much of what, how well people agree, and where they do not."""
    from strandline import api

    found = api.label_summary(store, label_class)
    typer.echo(f"{found.votes} votes, {found.withdrawn} of them withdrawn")
    if not found.classes:
        return
    show([("person", "votes"), *((name, str(n)) for name, n in found.people.items())])
    heads = ("class", "yes", "no", "unsure", "galaxies: yes", "no", "undecided")
    lines: list[tuple[str, ...]] = [heads]
    for one in found.classes:
        votes = [str(one.votes[value]) for value in ("yes", "no", "unsure")]
        told = [str(number) for number in (one.yes, one.no, one.undecided)]
        lines.append((one.label_class.name, *votes, *told))
    show(lines)
    pairs: list[tuple[str, ...]] = [("class", "person", "and", "galaxies", "agree", "kappa")]
    disputed: list[tuple[str, ...]] = [("class", "disputed galaxy", "bits")]
    for one in found.classes:
        name = one.label_class.name
        for pair in one.agreement:
            kappa = "-" if math.isnan(pair.kappa) else f"{pair.kappa:.2f}"
            pairs.append(
                (name, pair.one, pair.other, str(pair.galaxies), f"{pair.share:.2f}", kappa)
            )
        disputed += [(name, galaxy, f"{bits:.2f}") for galaxy, bits in one.disputed]
    for table in (pairs, disputed):
        if len(table) > 1:
            show(table)


@labels.command(
    epilog="Example: strandline labels define fan --store sqlite:///labels.db "
    "--description 'a broad fan of debris' --key f --person ann"
)
def define(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits and blanks.")],
    store: Store,
    description: Annotated[str, typer.Option(help="What to look for.")] = "",
    key: Annotated[str | None, typer.Option(help="On the keyboard, when labelling.")] = None,
    person: Annotated[str, typer.Option(help="Who defines it.")] = "",
) -> None:
    """Add a class that galaxies may be labelled by."""
    from strandline import api

    made = api.define_class(store, name, description=description, key=key, person=person)
    typer.echo(f"class {made.name!r} is defined")


@labels.command(epilog="Example: strandline labels subjects stamps.lance --out subjects -n 500")
def subjects(
    table: Table,
    out: Annotated[Path, typer.Option(help="Folder for manifest.csv and pictures.")],
    catalogue: Annotated[
        Path | None, typer.Option(help="Only its galaxies, in its order. [default: all]")
    ] = None,
    n: Annotated[int | None, typer.Option("-n", min=1, help="Only the first.")] = None,
) -> None:
    """Draw galaxies as subjects for Zooniverse, with their manifest."""
    from strandline import api

    drawn = api.label_subjects(table, out, catalogue=catalogue, count=n)
    typer.echo(f"{out}: {drawn} subjects, two pictures each, and manifest.csv")
