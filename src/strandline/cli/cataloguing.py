"""What a table says: ``embed``, ``classify``, ``shapes``, ``measure``, ``evaluate``, ``export``."""

from pathlib import Path
from typing import Annotated

import typer

from strandline.cli.app import app
from strandline.cli.options import BatchSize, Models, Prevalence, Scheduler, Table, Workers

__all__ = ["classify", "embed", "environment", "evaluate", "export", "measure", "shapes"]


@app.command(epilog="Example: strandline embed stamps.lance --model encoder")
def embed(
    table: Table,
    model: Annotated[
        str | None,
        typer.Option(
            help="A model's folder or name; of several members, the first. "
            "[default: what ships for such stamps]"
        ),
    ] = None,
    batch_size: BatchSize = 128,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Write a model's features of every stamp into the table, for search and maps."""
    from strandline import api

    width = api.embed(table, model, batch_size=batch_size, scheduler=scheduler, workers=workers)
    by = f" by {model}" if model else ""
    typer.echo(f"{table}: column embedding, {width} features{by}")


@app.command(epilog="Example: strandline classify stamps.lance --model cnn --out scores.csv")
def classify(
    table: Table,
    out: Annotated[Path, typer.Option(help="Catalogue: .parquet, .csv, .fits or .votable.")],
    model: Models = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="Folder made by newclass, for a column of its own; repeat for several."),
    ] = None,
    prevalence: Prevalence = "0.01",
    batch_size: BatchSize = 128,
    scheduler: Scheduler = None,
    workers: Workers = None,
) -> None:
    """Score every galaxy of a table and write the ranked catalogue."""
    from strandline import api
    from strandline.classify import read_prevalence

    asked = read_prevalence(prevalence)
    scores = api.classify(
        table,
        model or (),
        out,
        heads=head or (),
        prevalence=asked,
        batch_size=batch_size,
        scheduler=scheduler,
        workers=workers,
    )
    typer.echo(f"{out}: {len(scores.probability)} galaxies by {', '.join(scores.by_model)}")
    if scores.sky is not None:
        typer.echo(scores.sky.words())


@app.command(epilog="Example: strandline shapes stamps.lance --band r")
def shapes(
    table: Table,
    band: Annotated[
        str | None, typer.Option(help="Where to measure. [default: all bands together]")
    ] = None,
) -> None:
    """Write shape statistics (Gini, M20, asymmetries, ...) of every stamp into the table."""
    from strandline import api

    whole = api.shapes(table, band=band)
    typer.echo(f"{table}: columns shape_*, complete for {whole} galaxies")


@app.command(
    epilog="Example: strandline measure stamps.lance --catalogue top.csv --redshift 0.076 "
    "--out features.votable"
)
def measure(
    table: Table,
    out: Annotated[Path, typer.Option(help="File: .parquet, .fits, .votable or .csv.")],
    catalogue: Annotated[
        Path | None, typer.Option(help="Only its galaxies; its column redshift is taken.")
    ] = None,
    redshift: Annotated[
        float | None, typer.Option(help="Of galaxies without their own. [default: unknown]")
    ] = None,
    cluster_ra: Annotated[
        float | None, typer.Option(help="Centre of their cluster, deg. [default: unknown]")
    ] = None,
    cluster_dec: Annotated[float | None, typer.Option(help="The same, deg.")] = None,
    cluster_redshift: Annotated[float | None, typer.Option(help="Of that cluster.")] = None,
    clusters: Annotated[
        Path | None,
        typer.Option(
            help="Instead: a table of clusters, as for `environment`; the nearest counts."
        ),
    ] = None,
    psf: Annotated[
        str | None,
        typer.Option(help="Width of stars, arcsec: 1.1, or g=1.2,r=1.1. [default: measured]"),
    ] = None,
    camera: Annotated[
        str, typer.Option(help="Whose filters the bands are, decam or sdss: for ages from colours.")
    ] = "decam",
    tiles: Annotated[
        Path | None,
        typer.Option(
            help="Folder or tiles.csv of the table's images: features that reach a stamp's edge "
            "are measured on a wider cut."
        ),
    ] = None,
    tracer: Annotated[
        Path | None, typer.Option(help="A tracer of your own, see train-tracer. [default: ships]")
    ] = None,
    score: Annotated[
        float,
        typer.Option(
            help="Evidence beyond that of 4 % of undisturbed galaxies: lower finds more, and more "
            "that is none."
        ),
    ] = 0.0,
    pages: Annotated[
        Path | None, typer.Option(help="Folder for a picture page of each galaxy with features.")
    ] = None,
    scheduler: Scheduler = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Find tails, streams and shells of every galaxy and measure them."""
    from math import isfinite, nan

    from strandline import api
    from strandline.api.injecting.options import parse_by_band
    from strandline.api.measuring import Cluster
    from strandline.measure import FindOptions

    ra, dec, z = (
        nan if one is None else one for one in (cluster_ra, cluster_dec, cluster_redshift)
    )
    cluster = Cluster(ra, dec, z) if any(map(isfinite, (ra, dec, z))) else None
    report = api.measure(
        table,
        out,
        catalogue=catalogue,
        redshift=redshift,
        cluster=cluster,
        clusters=clusters,
        psf_arcsec=parse_by_band(psf, "psf", 0.02, 30.0),
        camera=camera,
        tiles=tiles,
        options=FindOptions(tracer=tracer, score=score),
        pages=pages,
        workers=workers,
        scheduler=scheduler,
    )
    typer.echo(report.summary())
    if pages is not None:
        typer.echo(f"{pages}: index.html and a page of each")


@app.command(
    epilog="Example: strandline environment features.parquet --clusters clusters.csv --out where"
)
def environment(
    catalogue: Annotated[
        Path,
        typer.Argument(
            metavar="CATALOGUE", help="With ra, dec, and interacting, probability or features."
        ),
    ],
    clusters: Annotated[
        Path,
        typer.Option(
            help="Table with name, ra, dec, redshift and r200_kpc, r200_mpc, m200 or sigma_kms."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for tables and figures.")],
    threshold: Annotated[float, typer.Option(help="Of the probability.")] = 0.5,
    nth: Annotated[int, typer.Option(min=1, help="Neighbour that tells the density.")] = 5,
    kernel_kpc: Annotated[float, typer.Option(help="Width of the other density's kernel.")] = 300,
) -> None:
    """Say where in clusters galaxies interact: fractions by radius and density, alignment."""
    from strandline import api

    report = api.environment(
        catalogue, clusters, out, threshold=threshold, nth=nth, kernel_kpc=kernel_kpc
    )
    for line in report.lines():
        typer.echo(line)
    tables = ", ".join(f"{name}.csv" for name in ("environment", *report.against))
    typer.echo(f"{out}: {tables}, alignment.json, figures")


@app.command(epilog="Example: strandline evaluate scores.csv --truth labels.csv")
def evaluate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A catalogue made by `classify` or `find`.")
    ],
    truth: Annotated[str, typer.Option(help="CSV or store of labels, as for `train`.")],
    out: Annotated[
        Path | None, typer.Option(help="JSON to write. [default: FILE with .evaluation.json]")
    ] = None,
    column: Annotated[str, typer.Option(help="Which probability to measure.")] = "probability",
    threshold: Annotated[float, typer.Option(help="For the counts of right and wrong.")] = 0.5,
    prevalence: Annotated[
        float, typer.Option(help="Share of interacting galaxies at which probabilities shall hold.")
    ] = 0.5,
) -> None:
    """Measure a scored catalogue against labels."""
    from strandline import api

    evaluation = api.evaluate(
        file, truth, out=out, column=column, threshold=threshold, prevalence=prevalence
    )
    for line in evaluation.lines():
        typer.echo(line)


@app.command(epilog="Example: strandline export scores.parquet --where 'mag_r < 20' --out top.fits")
def export(
    catalogue: Annotated[
        Path, typer.Argument(metavar="CATALOGUE", help="Made by `classify` or `find`, or a table.")
    ],
    out: Annotated[
        Path, typer.Option(help="File: .csv, .fits, .votable, .parquet, or .reg for DS9.")
    ],
    where: Annotated[
        str | None, typer.Option(help="A condition as in SQL, e.g. 'probability > 0.9'.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Column to sort by, largest first. [default: as it is]")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the first of what is left.")] = None,
    ids: Annotated[
        Path | None, typer.Option(help="Only galaxies named here: CSV with id, or a list.")
    ] = None,
) -> None:
    """Write a selection of a catalogue for TOPCAT, DS9, Aladin and others, with units."""
    from strandline import api

    count = api.export(catalogue, out, ids=ids, where=where, by=by, top=top)
    typer.echo(f"{out}: {count} galaxies")
