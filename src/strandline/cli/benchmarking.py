"""How many labels does it take: ``benchmark``."""

from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app, show
from strandline.cli.options import Epochs, Seed

__all__ = ["benchmark"]


@app.command(epilog="Example: strandline benchmark sim.lance --recipes brown2025-nnclr --out bench")
def benchmark(
    out: Annotated[Path, typer.Option(help="Folder for results; a cut off run goes on from it.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Labelled stamp table, then tables to pretrain on; see --data."),
    ] = None,
    data: Annotated[
        str,
        typer.Option(help="table; sim: one from `simulate`, or none; real: folder of pictures."),
    ] = "table",
    truth: Annotated[
        str | None, typer.Option(help="CSV or store of labels. [default: <table>.labels.csv]")
    ] = None,
    about: Annotated[
        Path | None,
        typer.Option(help="CSV of kind, feature_sb, redshift. [default: <table>.truth.csv]"),
    ] = None,
    test: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labelled table to test on instead, perhaps of another survey; repeat for more."
        ),
    ] = None,
    test_truth: Annotated[
        list[str] | None,
        typer.Option(help="CSV or store of its labels; repeat. [default: <table>.labels.csv]"),
    ] = None,
    survey: Annotated[
        str, typer.Option(help="To simulate with --data sim and no table: train and test on.")
    ] = "lovoccs",
    test_survey: Annotated[
        list[str] | None, typer.Option(help="To simulate and test on, too; repeat for more.")
    ] = None,
    stamps: Annotated[int, typer.Option(min=100, help="To simulate and train on.")] = 5000,
    test_stamps: Annotated[
        int, typer.Option(min=100, help="To simulate and test on, of each survey.")
    ] = 3300,
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate, or measure.")] = 1,
    recipes: Annotated[str, typer.Option(help="Names or TOML files, separated by commas.")] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="A model that is there or ships; repeat for several.")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="How many to train on, separated by commas.")
    ] = "10,50,100,300,600",
    draws: Annotated[int, typer.Option(min=1, help="Of labels, for each number.")] = 20,
    trained_draws: Annotated[
        int | None,
        typer.Option(min=1, help="The same for networks trained anew. [default: as --draws]"),
    ] = None,
    hybrid: Annotated[
        str | None,
        typer.Option(
            help="Labels that a hybrid recipe pretrains with: drawn, anew for each draw; tables, "
            "once, those beside the tables to pretrain on; none. [default: tables if there are "
            "any, else drawn]"
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="What the others are compared with in pairs. [default: desmons2024-repaired, "
            "else forest on shapes]"
        ),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help="Instead: how well `measure` finds and measures the features of a table made by "
            "simulate --stamps N --features.",
        ),
    ] = False,
    tracer: Annotated[
        Path | None, typer.Option(help="With --measure: a trained tracer. [default: ships]")
    ] = None,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Compare recipes, models and controls by how many labels they need."""
    from strandline import api

    if measure:
        _measuring(paths or [], out, tracer, workers)
        return
    from strandline.api.benchmark_skies import Simulation

    result = api.benchmark(
        paths or (),
        out,
        data=data,
        labels=truth,
        truth=about,
        tests=test or (),
        test_labels=test_truth or (),
        simulation=Simulation(survey, test_survey or (), stamps, test_stamps, workers),
        recipes=[name for name in recipes.split(",") if name],
        models=model or (),
        counts=labels.split(","),
        draws=draws,
        trained_draws=trained_draws,
        hybrid=hybrid,
        against=against,
        epochs=epochs,
        seed=seed,
    )
    show(list(result.lines()))
    for group in ("tested on",):
        if group in result.groups:
            typer.echo("")
            show(list(result.lines(group)))
    if result.differences:
        typer.echo(
            "\nAUC of each minus that of the other on the same draws, and 1 - AUC as a ratio"
        )
        show(list(result.difference_lines()))
    typer.echo("\nNumbers: mean over draws ± spread over draws (sampling error).")
    for shortage in result.shortages():
        typer.echo(shortage)
    for name, seen in result.origins().items():
        typer.echo(f"{name}: {seen}")
    typer.echo(f"{out}: benchmark.json, tables as CSV, figures as SVG and PNG")
    if result.groups:
        typer.echo(f"{out}/benchmark.csv: the same by {', '.join(result.groups)}")


def _measuring(paths: list[Path], out: Path, tracer: Path | None, workers: int) -> None:
    from strandline import api
    from strandline.errors import OptionError
    from strandline.measure import FindOptions

    if len(paths) != 1:
        raise OptionError(f"--measure takes one table; got {len(paths)}.")
    options = FindOptions(tracer=tracer)
    scores = api.benchmark_measuring(paths[0], out, options=options, workers=workers)
    typer.echo("\n".join(scores.lines()))
    typer.echo(f"{out}: measured.csv, one row a galaxy; measured.png and .svg")
