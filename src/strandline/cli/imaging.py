"""From images, real or simulated: ``demo``, ``find``, ``stamps``, ``simulate``, ``inject``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strandline.cli.app import app
from strandline.cli.options import (
    BandNames,
    Images,
    MaxMag,
    MinSnr,
    Models,
    Positions,
    Prevalence,
    Seed,
    SizeArcsec,
    SizePx,
    Zeropoint,
    detect_options,
)

__all__ = ["demo", "find", "inject", "join", "simulate", "stamps"]

if TYPE_CHECKING:
    from strandline.stamps import StampReport

_NOTES_SHOWN = 8


@app.command(epilog="Example: strandline demo --out demo")
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything; report.html is in it.")],
    seed: Seed = 0,
) -> None:
    """Make a small survey with known interacting galaxies and do the whole job on it."""
    from strandline import api

    result = api.demo(out, seed=seed)
    typer.echo(result.summary())


@app.command(epilog="Example: strandline find 'images/*.fits' --out run")
def find(
    images: Images,
    out: Annotated[
        Path, typer.Option(help="Folder for catalogue.parquet, stamps.lance and report.html.")
    ],
    model: Models = None,
    size_px: SizePx = None,
    size_arcsec: SizeArcsec = None,
    positions: Positions = None,
    zeropoint: Zeropoint = None,
    bands: BandNames = None,
    min_snr: MinSnr = None,
    max_mag: MaxMag = None,
    prevalence: Prevalence = "0.01",
    seed: Seed = 0,
) -> None:
    """Rank all galaxies in survey images by how likely they interact."""
    from strandline import api
    from strandline.classify import read_prevalence

    result = api.find(
        images,
        out,
        models=model or (),
        size_px=size_px,
        size_arcsec=size_arcsec,
        positions=positions,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        detect=detect_options(min_snr, max_mag),
        prevalence=read_prevalence(prevalence),
        seed=seed,
    )
    typer.echo(result.summary())


@app.command(epilog="Example: strandline stamps field*.fits.fz --out stamps.lance")
def stamps(
    images: Images,
    out: Annotated[Path, typer.Option(help="The table to write, e.g. stamps.lance.")],
    size_px: SizePx = None,
    size_arcsec: SizeArcsec = None,
    positions: Positions = None,
    zeropoint: Zeropoint = None,
    bands: BandNames = None,
    min_snr: MinSnr = None,
    max_mag: MaxMag = None,
    seed: Seed = 0,
) -> None:
    """Cut a stamp around every galaxy of the images into one table."""
    from strandline import api

    report: StampReport = api.stamps(
        images,
        out,
        size_px=size_px,
        size_arcsec=size_arcsec,
        positions=positions,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        detect=detect_options(min_snr, max_mag),
        seed=seed,
    )
    for tile, note in report.notes[:_NOTES_SHOWN]:
        typer.echo(f"note on {tile}: {note}", err=True)
    if len(report.notes) > _NOTES_SHOWN:
        more = len(report.notes) - _NOTES_SHOWN
        typer.echo(f"{more} more notes of this kind; `strandline find` reports them all", err=True)
    typer.echo(f"{out}: {report.summary()}")


@app.command(epilog="Example: strandline join lovoccs.lance lsst.lance --out all.lance")
def join(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Of the same bands and stamp size.")
    ],
    out: Annotated[Path, typer.Option(help="The table to write, e.g. all.lance.")],
    labels: Annotated[
        list[str] | None,
        typer.Option(help="Labels of each table, given once for each; all.labels.csv joins them."),
    ] = None,
) -> None:
    """Join several stamp tables in one, to train on several surveys together."""
    from strandline import api

    joined = api.join(tables, out, labels=labels or ())
    typer.echo(f"{out}: {len(joined)} stamps")


@app.command(epilog="Example: strandline simulate sky --survey lovoccs --fields 4 --size 2000")
def simulate(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Folder of images; with --stamps, the table.")
    ],
    survey: Annotated[
        str, typer.Option(help="A survey's name, or a TOML file like those that ship.")
    ] = "lovoccs",
    stamps: Annotated[
        int | None, typer.Option(help="Make so many labelled stamps instead of images.")
    ] = None,
    fields: Annotated[int | None, typer.Option(help="How many fields. [default: 4]")] = None,
    size: Annotated[
        int | None, typer.Option(help="Side in px. [default: 1000, of stamps 200]")
    ] = None,
    bands: Annotated[
        str | None, typer.Option(help="Some of the survey's, e.g. g,r,i. [default: all]")
    ] = None,
    interacting: Annotated[
        float | None,
        typer.Option(help="Share of interacting galaxies. [default: 0.3, of stamps 0.5]"),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(help="Of interaction, e.g. tails,shells; or polar_ring. [default: all]"),
    ] = None,
    depth: Annotated[
        float | None,
        typer.Option(
            help="3-sigma limit in r in 10 x 10 arcsec, mag/arcsec2; other bands move along. "
            "[default: the survey's]"
        ),
    ] = None,
    orbits: Annotated[
        Path | None, typer.Option(help="Table of volunteers' orbits to draw encounters from.")
    ] = None,
    features: Annotated[
        bool,
        typer.Option(help="With --stamps: write the light of the features alone, too."),
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes; they do not change the result.")] = 1,
    seed: Seed = 0,
) -> None:
    """Make images, or labelled stamps, of a simulated sky whose interacting galaxies are known."""
    from strandline import api

    made = api.simulate(
        out,
        survey=survey,
        stamps=stamps,
        fields=fields,
        size_px=size,
        bands=bands.split(",") if bands is not None else None,
        interacting_fraction=interacting,
        kinds=kinds.split(",") if kinds is not None else None,
        depth_mag=depth,
        orbits=orbits,
        features=features,
        seed=seed,
        workers=workers,
    )
    typer.echo(f"{out}: {made.summary()}")


@app.command(epilog="Example: strandline inject stamps.lance --out injected --sb 24:28")
def inject(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="A stamp table, or FITS images of tiles."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for both versions and the truth.")],
    kinds: Annotated[
        str, typer.Option(help="Of tails, merger, remnant, stream, shells, jellyfish, approaching.")
    ] = "tails,stream,shells,jellyfish",
    sb: Annotated[
        str, typer.Option(help="Mean r surface brightness, mag/arcsec2: 24:28 or 24,26,28.")
    ] = "24:28",
    length_kpc: Annotated[
        str, typer.Option(help="Of the features on the sky: 20:100 or 20,50.")
    ] = "20:100",
    redshift: Annotated[
        float | None, typer.Option(help="Of all galaxies. [default: the table's column, else 0.05]")
    ] = None,
    psf: Annotated[
        str | None,
        typer.Option(
            help="FWHM of stars in arcsec: 1.1 or g=1.2,r=1.1. [default: known, or measured]"
        ),
    ] = None,
    gain: Annotated[
        str | None,
        typer.Option(help="Photoelectrons per nJy, alike. [default: by GAIN in headers]"),
    ] = None,
    rows: Annotated[
        str | None, typer.Option(help="Of a table: 0:100 or 3,7. [default: good photometry]")
    ] = None,
    ids: Annotated[str | None, typer.Option(help="Galaxies by id, separated by commas.")] = None,
    count: Annotated[
        int | None, typer.Option(help="At most so many galaxies, of images on each tile.")
    ] = None,
    max_fraction: Annotated[
        float, typer.Option(help="Of a galaxy's light, that its feature may have.")
    ] = 1.0,
    copies: Annotated[int, typer.Option(help="Versions of each galaxy with a feature.")] = 1,
    zeropoint: Zeropoint = None,
    bands: BandNames = None,
    seed: Seed = 0,
) -> None:
    """Paint simulated tails, streams, shells and companions on real galaxies."""
    from strandline import api

    report = api.inject(
        inputs,
        out,
        kinds=kinds.split(","),
        sb=sb,
        length_kpc=length_kpc,
        redshift=redshift,
        psf=psf,
        gain=gain,
        rows=rows,
        ids=ids.split(",") if ids else (),
        count=count,
        most_fraction=max_fraction,
        copies=copies,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        seed=seed,
    )
    typer.echo(report.summary())
