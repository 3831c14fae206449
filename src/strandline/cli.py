"""The command line: thin commands over `strandline.api`, which is imported only when one runs."""

import logging
import math
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from strandline._version import __version__
from strandline.errors import StrandlineError

if TYPE_CHECKING:
    from strandline.stamps import DetectOptions, StampReport

__all__ = ["app", "main"]

app = typer.Typer(
    name="strandline",
    help="Find interacting galaxies in multi-band survey images.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGES...", help="FITS files, colour pictures, folders, globs, or a tiles.csv."
    ),
]
Table = Annotated[
    Path, typer.Argument(metavar="TABLE", help="A stamp table made by `strandline stamps`.")
]
OneModel = Annotated[str, typer.Option(help="A model's folder, or the name of one that ships.")]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", help="A model's folder or name; repeat for several. Default: those that ship."
    ),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's.")]
Seed = Annotated[int, typer.Option(help="Same seed, same machine: same result.")]
SizePx = Annotated[
    int | None,
    typer.Option(min=16, help="Side of a stamp in px. [default: 200, a picture's own size]"),
]
SizeArcsec = Annotated[float | None, typer.Option(help="Side of a stamp in arcsec, instead of px.")]
Positions = Annotated[
    Path | None, typer.Option(help="Table of ra, dec in degrees that replaces detection.")
]
Zeropoint = Annotated[
    float | None, typer.Option(help="AB magnitude of one image unit; wins over the headers.")
]
BandNames = Annotated[
    str | None,
    typer.Option("--bands", help="A cube's planes, e.g. g,r,z, if its header has no BANDS."),
]
MinSnr = Annotated[
    float | None, typer.Option(min=0, help="Least signal-to-noise of a galaxy to get a stamp.")
]
MaxMag = Annotated[
    float | None, typer.Option(min=-50, max=100, help="Faintest magnitude that gets a stamp.")
]
BatchSize = Annotated[int, typer.Option(min=1, help="Stamps scored at once.")]


_INTERRUPTED = 130
_NOTES_SHOWN = 8


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


def _detect_options(min_snr: float | None, max_mag: float | None) -> "DetectOptions":
    from strandline.stamps import DetectOptions

    usual = DetectOptions()
    return DetectOptions(min_snr=usual.min_snr if min_snr is None else min_snr, max_mag=max_mag)


@app.command(epilog="Example: strandline demo --out demo")
def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything; report.html is in it.")],
    seed: Seed = 0,
) -> None:
    """Make a small survey with known interacting galaxies and do the whole job on it."""
    from strandline import api

    result = api.demo(out, seed=seed)
    typer.echo(result.summary())


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
        str | None, typer.Option(help="Of interaction, e.g. tails,shells. [default: all]")
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
        seed=seed,
        workers=workers,
    )
    typer.echo(f"{out}: {made.summary()}")


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
    seed: Seed = 0,
) -> None:
    """Rank all galaxies in survey images by how likely they interact."""
    from strandline import api

    result = api.find(
        images,
        out,
        models=model or (),
        size_px=size_px,
        size_arcsec=size_arcsec,
        positions=positions,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        detect=_detect_options(min_snr, max_mag),
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
        detect=_detect_options(min_snr, max_mag),
        seed=seed,
    )
    for tile, note in report.notes[:_NOTES_SHOWN]:
        typer.echo(f"note on {tile}: {note}", err=True)
    if len(report.notes) > _NOTES_SHOWN:
        more = len(report.notes) - _NOTES_SHOWN
        typer.echo(f"{more} more notes of this kind; `strandline find` reports them all", err=True)
    typer.echo(f"{out}: {report.summary()}")


@app.command(
    epilog="Example: strandline pretrain stamps.lance --recipe brown2025-nnclr --out encoder"
)
def pretrain(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Stamp tables of the same bands.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    recipe: Annotated[
        str, typer.Option(help="Name of a recipe, or a TOML file.")
    ] = "brown2025-nnclr",
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="CSV of labels of the first table, for a hybrid recipe; repeat for the next."
        ),
    ] = None,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Train an encoder on unlabelled stamps by self-supervision, or also on labels."""
    from strandline import api

    model = api.pretrain(tables, out, labels=labels or (), recipe=recipe, epochs=epochs, seed=seed)
    typer.echo(f"{out}: {model.summary()}")


@app.command(
    epilog="Example: strandline train stamps.lance --labels labels.csv "
    "--recipe brown2025-cnn --out cnn"
)
def train(
    table: Table,
    labels: Annotated[
        Path,
        typer.Option(help="CSV with id or file, and label: 1/0 or interacting/non_interacting."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    recipe: Annotated[
        str | None,
        typer.Option(help="Name or TOML file. [default: the encoder's, else brown2025-cnn]"),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="A pretrained model to train a classifier on.")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="On an encoder: lda, logistic, knn, finetune or best. [default: the recipe's]"
        ),
    ] = None,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Train a classifier on labels: end to end, or on a pretrained encoder."""
    from strandline import api

    model = api.train(
        table, labels, out, recipe=recipe, encoder=encoder, head=head, epochs=epochs, seed=seed
    )
    typer.echo(f"{out}: {model.summary()}")


@app.command(epilog="Example: strandline embed stamps.lance --model encoder")
def embed(table: Table, model: OneModel, batch_size: BatchSize = 128) -> None:
    """Write a model's features of every stamp into the table, for search and maps."""
    from strandline import api

    width = api.embed(table, model, batch_size=batch_size)
    typer.echo(f"{table}: column embedding, {width} features by {model}")


@app.command(epilog="Example: strandline classify stamps.lance --model cnn --out scores.csv")
def classify(
    table: Table,
    out: Annotated[Path, typer.Option(help="Catalogue: .parquet, .csv, .fits or .votable.")],
    model: Models = None,
    batch_size: BatchSize = 128,
) -> None:
    """Score every galaxy of a table and write the ranked catalogue."""
    from strandline import api

    scores = api.classify(table, model or (), out, batch_size=batch_size)
    typer.echo(f"{out}: {len(scores.probability)} galaxies by {', '.join(scores.by_model)}")


@app.command(epilog="Example: strandline search stamps.lance --like field-003-00042 -n 20")
def search(
    table: Table,
    like: Annotated[str, typer.Option(help="Id of a galaxy in the table.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
) -> None:
    """List the galaxies that look most like one of them."""
    from strandline import api

    found = api.search(table, like, n=n)
    typer.echo(f"{'id':32s} {'ra':>11s} {'dec':>11s} {'similarity':>10s}  source")
    for row in found.to_pylist():
        place = f"{row['ra']:11.6f} {row['dec']:+11.6f}"
        if math.isnan(row["ra"]):  # a picture
            place = f"{'-':>11s} {'-':>11s}"
        typer.echo(f"{row['id']:32s} {place} {row['similarity']:10.3f}  {row['source']}")


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
        copies=copies,
        zeropoint=zeropoint,
        bands=bands.split(",") if bands else None,
        seed=seed,
    )
    typer.echo(report.summary())


@app.command(epilog="Example: strandline evaluate scores.csv --truth labels.csv")
def evaluate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A catalogue made by `classify` or `find`.")
    ],
    truth: Annotated[Path, typer.Option(help="CSV of labels, as for `train`.")],
    out: Annotated[
        Path | None, typer.Option(help="JSON to write. [default: FILE with .evaluation.json]")
    ] = None,
    column: Annotated[str, typer.Option(help="Which probability to measure.")] = "probability",
    threshold: Annotated[float, typer.Option(help="For the counts of right and wrong.")] = 0.5,
) -> None:
    """Measure a scored catalogue against labels."""
    from strandline import api

    evaluation = api.evaluate(file, truth, out=out, column=column, threshold=threshold)
    for line in evaluation.lines():
        typer.echo(line)


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
        Path | None, typer.Option(help="CSV of labels. [default: <table>.labels.csv]")
    ] = None,
    about: Annotated[
        Path | None,
        typer.Option(help="CSV of kind, feature_sb, redshift. [default: <table>.truth.csv]"),
    ] = None,
    recipes: Annotated[str, typer.Option(help="Names or TOML files, separated by commas.")] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="An encoder that is there; repeat for several.")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="How many to train on, separated by commas.")
    ] = "10,50,100,300,600",
    draws: Annotated[int, typer.Option(min=1, help="Of labels, for each number.")] = 20,
    epochs: Epochs = None,
    seed: Seed = 0,
) -> None:
    """Compare recipes, models and controls by how many labels they need."""
    from strandline import api

    result = api.benchmark(
        paths or (),
        out,
        data=data,
        labels=truth,
        truth=about,
        recipes=[name for name in recipes.split(",") if name],
        models=model or (),
        counts=labels.split(","),
        draws=draws,
        epochs=epochs,
        seed=seed,
    )
    _show(list(result.lines()))
    if result.groups:
        typer.echo(f"{out}/benchmark.csv: the same by {', '.join(result.groups)}")


@app.command(epilog="Example: strandline nuisance stamps.lance --model encoder --labels labels.csv")
def nuisance(
    table: Table,
    model: OneModel,
    labels: Annotated[
        Path | None, typer.Option(help="CSV of labels: what it knows of interactions, too.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="JSON to write.")] = None,
    count: Annotated[int, typer.Option(min=20, help="Galaxies to look at, at random.")] = 2000,
    seed: Seed = 0,
) -> None:
    """Measure what a model's embedding knows of seeing, noise, offset, rotation and field."""
    from strandline import api

    report = api.nuisance(table, model, labels=labels, out=out, count=count, seed=seed)
    _show(report.lines())
    for name, reason in report.left_out.items():
        typer.echo(f"{name} was left out: {reason}")


def _show(lines: list[tuple[str, ...]]) -> None:
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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; what the user can mend is said without a traceback, exit status 1.

    Ctrl-C and a termination signal end alike (exit status 130), so that unfinished output is
    cleaned away in both cases. Anything unforeseen is said in one line as well; the traceback is
    shown if the environment variable STRANDLINE_TRACEBACK is set.
    """
    with _interrupts() as caught:
        try:
            with _only_our_words():
                app(arguments)
        except SystemExit as end:
            if end.code == _INTERRUPTED:
                _interrupted()
            raise
        except Exception as error:
            if caught:  # some libraries turn Ctrl-C into an error of their own
                _interrupted()
            _explain(error)


def _interrupted() -> NoReturn:
    typer.echo("strandline: interrupted; no output was left half-written.", err=True)
    sys.exit(_INTERRUPTED)


def _explain(error: Exception) -> NoReturn:
    """Say in one line what went wrong, and end."""
    if isinstance(error, StrandlineError):
        _fail(str(error))
    if os.environ.get("STRANDLINE_TRACEBACK"):
        raise error
    if isinstance(error, MemoryError):
        _fail(
            f"the memory of this machine does not suffice ({str(error) or 'none was left'}). Close "
            "other programs, cut the images into smaller ones, or choose a smaller --batch-size "
            "or stamp."
        )
    text = str(error).split("\n")[0]
    _fail(
        f"{type(error).__name__}: {text} - this should not have happened. Please report it "
        "with what is printed when STRANDLINE_TRACEBACK=1 is set in the environment."
    )


def _fail(message: str) -> NoReturn:
    typer.echo(f"strandline: {message}", err=True)
    sys.exit(1)


@contextmanager
def _only_our_words() -> Iterator[None]:
    """Keep warnings and log messages of libraries from the user, who can do nothing about them.

    Filters that are there already (``python -W``, PYTHONWARNINGS, pytest's) come first.
    """
    logging_before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", append=True)
            yield
    finally:
        logging.disable(logging_before)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Yield a list that holds the signals that have interrupted the program so far.

    Where Ctrl-C is ignored, as in jobs that a shell runs behind a script, it stays so.
    """
    caught: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
