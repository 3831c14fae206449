"""Whole surveys: ``survey``."""

from typing import Annotated

import typer

from strandline.cli.app import app
from strandline.cli.options import (
    BandNames,
    MaxMag,
    MinSnr,
    Models,
    Seed,
    SizePx,
    Zeropoint,
    detect_options,
)

__all__ = ["survey"]


@app.command(
    epilog="Example: strandline survey tiles.csv --model strandline-survey --out run "
    "--stamps top:1000"
)
def survey(
    tiles: Annotated[
        list[str],
        typer.Argument(
            metavar="TILES...",
            help="A tiles.csv or .parquet (paths, s3://, https://), or folders of FITS images.",
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder or s3:// URL; a run that stopped goes on.")],
    model: Models = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Dask scheduler that runs, e.g. tcp://host:8786. [default: workers here]"
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes to start here. [default: one a core, or a GPU]"),
    ] = None,
    memory: Annotated[
        float | None, typer.Option(help="GB a worker may take. [default: a share of all]")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Tiles a worker has in hand. [default: 1, with a GPU 4]"),
    ] = None,
    stamps: Annotated[
        list[str] | None,
        typer.Option(help="Stamps to keep: top:N, novel:N or random:N; repeat for several."),
    ] = None,
    shapes: Annotated[bool, typer.Option(help="Keep shape statistics of every galaxy.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Find and measure features: columns measure_*.")
    ] = False,
    measure_from: Annotated[
        float, typer.Option(min=0, max=1, help="Of galaxies of at least this probability.")
    ] = 0.5,
    size_px: SizePx = None,
    pixel_arcsec: Annotated[
        float | None, typer.Option(help="Pixels of stamps. [default: each tile's own]")
    ] = None,
    min_snr: MinSnr = None,
    max_mag: MaxMag = None,
    zeropoint: Zeropoint = None,
    bands: BandNames = None,
    prevalence: Annotated[
        float, typer.Option(help="Share of galaxies that interact, for probability_sky.")
    ] = 0.01,
    batch_size: Annotated[int, typer.Option(min=1, help="Stamps scored at once.")] = 32,
    pool: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Stamps of several tiles a worker encodes at once; 0: never. "
            "[default: 256 with a GPU, else 0]",
        ),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Score all galaxies of a survey on many workers; what is kept is a HATS catalogue."""
    from strandline import api

    outcome = api.survey(
        tiles,
        out,
        models=model or (),
        scheduler=scheduler,
        workers=workers,
        memory_gb=memory,
        threads=threads,
        stamps=stamps or (),
        shapes=shapes,
        measure_from=measure_from if measure else None,
        size_px=size_px,
        pixel_arcsec=pixel_arcsec,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        detect=detect_options(min_snr, max_mag),
        prevalence=prevalence,
        batch_size=batch_size,
        pool=pool,
        seed=seed,
    )
    typer.echo(outcome.summary())
