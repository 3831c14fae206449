"""The way from images to a stamp table: tile by tile, in bounded memory."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.errors import NothingFoundError, OptionError, TileError
from strandline.progress import say, track
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.cutting import square_picture
from strandline.stamps.detect import DetectOptions, choose_galaxies, detect
from strandline.stamps.positions import Positions, at_positions, read_positions
from strandline.stamps.quantise import quantise
from strandline.stamps.readahead import read_ahead
from strandline.stamps.rows import Rows, galaxy_rows, picture_row
from strandline.stamps.schema import TableSpec
from strandline.stamps.table import StampTable
from strandline.stamps.writer import StampWriter
from strandline.tiles import Discovery, ReadOptions, Skipped, Tile, TileSource, read_tile

__all__ = ["StampReport", "make_table"]

_USUAL_SIZE_PX = 200
_LEAST_SIZE_PX, _MOST_SIZE_PX = 16, 4096


@dataclass
class StampReport:
    """What came of the images.

    Attributes
    ----------
    stamps : int
        Rows of the table.
    tiles : int
        Tiles or pictures that gave stamps.
    skipped : list of Skipped
        Inputs that gave nothing, with the reason.
    notes : list of (str, str)
        Tile name, and what was odd there and how it was treated.
    left_out : Counter
        Objects without a stamp, by reason.
    """

    stamps: int = 0
    tiles: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        """Say in one line what was made and what was left out."""
        text = f"{self.stamps} stamps from {self.tiles} images"
        if self.left_out:
            counts = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items())
            text += f"; without a stamp: {counts}"
        if self.skipped:
            text += f"; {len(self.skipped)} inputs skipped"
        return text


@dataclass(frozen=True)
class _Plan:
    """What is to be cut, settled before the first pixel is read.

    Attributes
    ----------
    spec : TableSpec
    pixel_arcsec : float or None
        Of the stamps; None for each tile's own.
    positions : Positions or None
    detect : DetectOptions
    seed : int
    """

    spec: TableSpec
    pixel_arcsec: float | None
    positions: Positions | None
    detect: DetectOptions
    seed: int


def make_table(
    discovery: Discovery,
    out: Path,
    *,
    size_px: int | None = None,
    size_arcsec: float | None = None,
    positions: Path | None = None,
    seed: int = 0,
    read: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    detect: DetectOptions = DetectOptions(),  # noqa: B008 - frozen
) -> StampReport:
    """Read the tiles one after the other, find their galaxies, and write a stamp of each.

    Parameters
    ----------
    discovery : Discovery
        From `strandline.tiles.discover`; at least one source.
    out : Path
        The table; it appears there when it is complete.
    size_px : int, optional
        Side of a stamp: 200 by default, on each tile's own pixels. Of pictures, that of the first.
    size_arcsec : float, optional
        Side on the sky. Pixels then are those of the finest tile, and stamps of tiles with others
        are resampled and flagged.
    positions : Path, optional
        A catalogue that replaces detection; see `strandline.stamps.positions`.
    seed : int
        Of the splits.
    read : ReadOptions
    detect : DetectOptions

    Raises
    ------
    OptionError
        If an option makes no sense for these images.
    NothingFoundError
        If there is no stamp to cut in any of them; says why not.
    OutputError
        If the table cannot be written.
    """
    report = StampReport(skipped=list(discovery.skipped))
    plan = _plan(discovery, read, size_px, size_arcsec, positions, detect, seed)
    placed = np.zeros(len(plan.positions) if plan.positions else 0, dtype=np.int64)
    with StampTable.writer(out, plan.spec) as writer:
        with track("Cutting stamps", len(discovery.sources), "images") as advance:
            for source, tile in _read(discovery.sources, read):
                try:
                    if isinstance(tile, TileError):
                        raise tile
                    _add(tile, plan, placed, writer, report)
                except TileError as error:
                    reason = str(error).removeprefix(f"{source.path}: ")
                    report.skipped.append(Skipped(source.path, reason))
                    say(f"skipped {source.path}: {reason}")
                advance(1)
        if not writer.count:
            last = report.skipped[-1]
            raise NothingFoundError(
                f"There is nothing to cut a stamp of in any of the {len(discovery.sources)} "
                f"images; the last one was {last.path}: {last.reason}"
            )
    report.stamps = writer.count
    if plan.positions is not None and (placed == 0).any():
        report.left_out["positions on no image"] = int((placed == 0).sum())
    return report


def _plan(
    discovery: Discovery,
    read: ReadOptions,
    size_px: int | None,
    size_arcsec: float | None,
    positions: Path | None,
    detect: DetectOptions,
    seed: int,
) -> _Plan:
    pictures = discovery.sources[0].kind == "picture"
    if size_px is not None and size_arcsec is not None:
        raise OptionError(
            f'A stamp has one size: give size_px ({size_px}) or size_arcsec ({size_arcsec}"), '
            "not both."
        )
    if pictures and (size_arcsec is not None or positions is not None):
        raise OptionError(
            "Colour pictures have no scale and no coordinates: neither size_arcsec nor positions "
            "can be used with them. Use size_px."
        )
    pixel_arcsec = None
    if size_arcsec is not None:
        if not 0 < size_arcsec < 36000:
            raise OptionError(f"size_arcsec must be positive; got {size_arcsec}.")
        pixel_arcsec = min(source.pixel_scale_arcsec for source in discovery.sources)
        size_px = round(size_arcsec / pixel_arcsec)
    elif size_px is None:
        size_px = _own_side(discovery.sources, read) if pictures else _USUAL_SIZE_PX
    if not _LEAST_SIZE_PX <= size_px <= _MOST_SIZE_PX:
        told = f' ({size_arcsec}" at {pixel_arcsec:.3f}" a pixel)' if pixel_arcsec else ""
        raise OptionError(
            f"A stamp must be {_LEAST_SIZE_PX} to {_MOST_SIZE_PX} px wide; got {size_px} px{told}."
        )
    return _Plan(
        TableSpec(discovery.bands, size_px, discovery.sources[0].kind),
        pixel_arcsec,
        read_positions(positions) if positions else None,
        detect,
        seed,
    )


def _own_side(sources: Sequence[TileSource], read: ReadOptions) -> int:
    """Return the side of the first picture that can be read."""
    for source in sources:
        try:
            square, _ = square_picture(read_tile(source, read).image_njy, None)
        except TileError:
            continue
        return max(_LEAST_SIZE_PX, int(square.shape[-1]))
    return _USUAL_SIZE_PX


def _read(
    sources: Sequence[TileSource], read: ReadOptions
) -> Iterator[tuple[TileSource, Tile | TileError]]:
    """Yield each source with its tile, or with what is wrong with it; the next is read ahead."""

    def attempt(source: TileSource) -> tuple[TileSource, Tile | TileError]:
        try:
            return source, read_tile(source, read)
        except TileError as error:
            return source, error

    return read_ahead((attempt(source) for source in sources), depth=1)


def _add(
    tile: Tile,
    plan: _Plan,
    placed: NDArray[np.int64],
    writer: StampWriter,
    report: StampReport,
) -> None:
    """Write a tile's stamps, and what came of it into `placed` and `report`.

    Raises TileError, before anything is written, if it has none.
    """
    if tile.kind == "picture":
        _append(picture_row(tile, plan.spec, plan.seed), writer, exact=True)
    else:
        galaxies = _galaxies(tile, plan, placed, report)
        for rows in galaxy_rows(
            tile, galaxies, plan.spec, pixel_arcsec=plan.pixel_arcsec, seed=plan.seed
        ):
            _append(rows, writer)
        report.notes += [(tile.name, note) for note in galaxies.notes]
    report.notes += [(tile.name, note) for note in tile.notes]
    report.tiles += 1


def _append(rows: Rows, writer: StampWriter, *, exact: bool = False) -> None:
    # pictures are kept in their own counts, which float16 holds exactly
    noise = np.full_like(rows.noise_njy, np.nan) if exact else rows.noise_njy
    writer.append(rows.columns, *quantise(rows.pixels_njy, noise))


def _galaxies(tile: Tile, plan: _Plan, placed: NDArray[np.int64], report: StampReport) -> Catalogue:
    """Return the objects of a tile that get a stamp, and count the others."""
    found = detect(tile, plan.detect)
    if plan.positions is None:
        chosen = choose_galaxies(found, plan.detect)
        report.left_out.update(chosen.counts)
        if not len(chosen):
            counts = "".join(f", {n} {reason}" for reason, n in chosen.counts.items())
            raise TileError(
                f"no galaxy was found ({len(found)} objects{counts}; least signal-to-noise of a "
                f"galaxy {plan.detect.min_snr:g}, see --min-snr)."
            )
        return chosen
    galaxies, which = at_positions(tile, found, plan.positions)
    if not len(galaxies):
        raise TileError(f"none of the positions of {plan.positions.path} lies on it.")
    if galaxies.label is not None:
        given = set(plan.positions.name.tolist()) if plan.positions.name is not None else set()
        names = [
            _copy_name(str(name), int(count), given)
            for name, count in zip(galaxies.label, placed[which], strict=True)
        ]
        galaxies = replace(galaxies, label=np.array(names))
    placed[which] += 1
    return galaxies


def _copy_name(name: str, copies: int, given: set[str]) -> str:
    """Return the id of one more stamp of a position: a_2, a_3 where tiles overlap.

    Passes over what the catalogue itself calls another position.
    """
    number = 1
    for _ in range(copies):
        number += 1
        while f"{name}_{number}" in given:
            number += 1
    return f"{name}_{number}" if copies else name
