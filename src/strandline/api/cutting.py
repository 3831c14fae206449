"""``stamps``: images in, stamp table out."""

from collections.abc import Sequence
from pathlib import Path

from strandline.errors import NothingFoundError, OptionError
from strandline.files import check_target
from strandline.progress import say
from strandline.stamps import TABLE_MARKS, DetectOptions, StampReport, make_table
from strandline.tiles import ZEROPOINT_RANGE, Discovery, ReadOptions, discover

__all__ = ["look", "stamps"]


def stamps(
    images: Sequence[str | Path],
    out: str | Path,
    *,
    size_px: int | None = None,
    size_arcsec: float | None = None,
    positions: str | Path | None = None,
    zeropoint: float | None = None,
    bands: Sequence[str] | None = None,
    detect: DetectOptions | None = None,
    seed: int = 0,
) -> StampReport:
    """Cut a stamp around every galaxy of the images into one table.

    Parameters
    ----------
    images : sequence of paths
        Files, folders or globs; FITS, or colour pictures (each one stamp), or a ``tiles.csv``.
    out : path
        The table, a folder (``.lance``); replaced if it is there.
    size_px, size_arcsec : int or float, optional
        Side of a stamp: 200 px by default (a picture's own size for pictures).
    positions : path, optional
        A table with ``ra`` and ``dec`` (deg) that replaces detection.
    zeropoint : float, optional
        AB magnitude of one image unit, for all images; wins over the headers.
    bands : sequence of str, optional
        Names of a cube's planes when its header has none.
    detect : DetectOptions, optional
        Thresholds of detection.
    seed : int
        Of the split into train, validation and test.

    Returns
    -------
    StampReport
        Counts, notes and what was skipped with the reason.

    Raises
    ------
    OptionError
        For an option that makes no sense.
    OutputError
        If `out` cannot be written, or is a folder that holds other things.
    NothingFoundError
        If no input is readable or none holds a galaxy.
    """
    check_target(out, TABLE_MARKS)
    discovery, read = look(images, zeropoint, bands)
    return make_table(
        discovery,
        Path(out),
        size_px=size_px,
        size_arcsec=size_arcsec,
        positions=Path(positions) if positions else None,
        seed=seed,
        read=read,
        detect=detect or DetectOptions(),
    )


def look(
    images: Sequence[str | Path], zeropoint: float | None, bands: Sequence[str] | None
) -> tuple[Discovery, ReadOptions]:
    """Look what the inputs hold, and say which of them are passed over and why.

    Returns
    -------
    Discovery
        With one source at least.
    ReadOptions
        For `strandline.tiles.read_tile`.

    Raises
    ------
    OptionError
        If an option makes no sense.
    NothingFoundError
        If no input is readable.
    """
    if zeropoint is not None and not ZEROPOINT_RANGE[0] <= zeropoint <= ZEROPOINT_RANGE[1]:
        raise OptionError(
            f"zeropoint is {zeropoint:g}; expected an AB magnitude from {ZEROPOINT_RANGE[0]:g} to "
            f"{ZEROPOINT_RANGE[1]:g}."
        )
    read = ReadOptions(zeropoint=zeropoint, bands=_band_names(bands))
    discovery = discover(images, read)
    for item in discovery.skipped:
        say(f"skipped {item.path}: {item.reason}")
    if not discovery.sources:
        raise NothingFoundError(
            f"Nothing among the inputs can be read as an image "
            f"({', '.join(str(image) for image in images[:3])}). Give FITS files, colour pictures, "
            "folders of them, or a tiles.csv."
        )
    return discovery, read


def _band_names(bands: Sequence[str] | None) -> tuple[str, ...] | None:
    if not bands:
        return None
    names = tuple(band.strip().lower() for band in bands)
    if not all(names) or len(set(names)) < len(names):
        raise OptionError(
            f"bands is {','.join(bands)!r}; expected different names, one a plane, such as g,r,z."
        )
    return names
