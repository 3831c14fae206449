"""Options and arguments that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from strandline.stamps import DetectOptions

__all__ = [
    "BandNames",
    "BatchSize",
    "Epochs",
    "Images",
    "MaxMag",
    "MinSnr",
    "Models",
    "OneModel",
    "Positions",
    "Prevalence",
    "Scheduler",
    "Seed",
    "SizeArcsec",
    "SizePx",
    "Table",
    "Workers",
    "Zeropoint",
    "detect_options",
]

Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGES...", help="FITS files, colour pictures, folders, globs, or a tiles.csv."
    ),
]
Table = Annotated[
    Path, typer.Argument(metavar="TABLE", help="A stamp table made by `strandline stamps`.")
]
OneModel = Annotated[
    str,
    typer.Option(
        help="A model's folder, or the name of one that ships; of several members, the first."
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="A model's folder or name; repeat for several. [default: what ships for such images]",
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
Prevalence = Annotated[
    str,
    typer.Option(
        help="Share of galaxies that interact on this sky, for probability_sky; or: estimate."
    ),
]
BatchSize = Annotated[int, typer.Option(min=1, help="Stamps scored at once.")]
Scheduler = Annotated[
    str | None,
    typer.Option(help="Dask scheduler that runs, e.g. tcp://host:8786, for many workers."),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes to start here for it. [default: none]")
]


def detect_options(min_snr: float | None, max_mag: float | None) -> "DetectOptions":
    """Return what counts as a galaxy, the usual where nothing was asked for."""
    from strandline.stamps import DetectOptions

    usual = DetectOptions()
    return DetectOptions(min_snr=usual.min_snr if min_snr is None else min_snr, max_mag=max_mag)
