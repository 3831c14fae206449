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
from strandline.stamps.cutouts import Cutouts, galaxy_cutouts, picture_cutouts
from strandline.stamps.detect import DetectOptions, choose_galaxies, detect
from strandline.stamps.planning import CutPlan, plan_cutting
from strandline.stamps.positions import Positions, at_positions, read_positions
from strandline.stamps.readahead import read_ahead
from strandline.stamps.table import StampTable
from strandline.stamps.writer import StampWriter
from strandline.tiles import Discovery, ReadOptions, Skipped, Tile, TileSource, read_tile

__all__ = ["StampReport", "make_table"]


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
    if positions is not None and discovery.sources[0].kind == "picture":
        raise OptionError(
            "Colour pictures have no scale and no coordinates: positions cannot be used with them."
        )
    plan = plan_cutting(
        discovery, read, size_px=size_px, size_arcsec=size_arcsec, detect=detect, seed=seed
    )
    wanted = read_positions(positions) if positions else None
    placed = np.zeros(len(wanted) if wanted else 0, dtype=np.int64)
    with StampTable.writer(out, plan.spec) as writer:
        with track("Cutting stamps", len(discovery.sources), "images") as advance:
            for source, tile in _read(discovery.sources, read):
                try:
                    if isinstance(tile, TileError):
                        raise tile
                    _add(tile, plan, wanted, placed, writer, report)
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
    if wanted is not None and (placed == 0).any():
        report.left_out["positions on no image"] = int((placed == 0).sum())
    return report


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
    plan: CutPlan,
    positions: Positions | None,
    placed: NDArray[np.int64],
    writer: StampWriter,
    report: StampReport,
) -> None:
    """Write a tile's stamps, and what came of it into `placed` and `report`.

    Raises TileError, before anything is written, if it has none.
    """
    if tile.kind == "picture":
        _append(picture_cutouts(tile, plan), writer)
    else:
        galaxies = _galaxies(tile, plan, positions, placed, report)
        for cutouts in galaxy_cutouts(tile, galaxies, plan):
            _append(cutouts, writer)
        report.notes += [(tile.name, note) for note in galaxies.notes]
    report.notes += [(tile.name, note) for note in tile.notes]
    report.tiles += 1


def _append(cutouts: Cutouts, writer: StampWriter) -> None:
    writer.append(cutouts.columns, cutouts.stamps.pixels, cutouts.stamps.unit_njy)


def _galaxies(
    tile: Tile,
    plan: CutPlan,
    positions: Positions | None,
    placed: NDArray[np.int64],
    report: StampReport,
) -> Catalogue:
    """Return the objects of a tile that get a stamp, and count the others."""
    found = detect(tile, plan.detect)
    if positions is None:
        chosen = choose_galaxies(found, plan.detect)
        report.left_out.update(chosen.counts)
        if not len(chosen):
            counts = "".join(f", {n} {reason}" for reason, n in chosen.counts.items())
            raise TileError(
                f"no galaxy was found ({len(found)} objects{counts}; least signal-to-noise of a "
                f"galaxy {plan.detect.min_snr:g}, see --min-snr)."
            )
        return chosen
    galaxies, which = at_positions(tile, found, positions)
    if not len(galaxies):
        raise TileError(f"none of the positions of {positions.path} lies on it.")
    if galaxies.label is not None:
        given = set(positions.name.tolist()) if positions.name is not None else set()
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
