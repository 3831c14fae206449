"""From parts to the catalogue: each galaxy once, sorted along the sky, with what needs them all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from strandline.errors import NothingFoundError, OutputError
from strandline.explore.noveltyscale import NoveltyScale
from strandline.progress import track
from strandline.survey.borders import settle
from strandline.survey.engine import Engine
from strandline.survey.hatsfiles import MARK, write_hats
from strandline.survey.looking import (
    Damaged,
    Look,
    LookTask,
    cell_of,
    look,
    look_at_corners,
)
from strandline.survey.partitions import (
    Finish,
    PartitionDone,
    PartitionTask,
    Share,
    assign,
    divide,
    partition_file,
    write_partition,
)
from strandline.survey.parts import Part, PartInfo
from strandline.survey.places import Place
from strandline.survey.regions import Region, covered_regions
from strandline.survey.wishes import Candidates, Wish

__all__ = ["CATALOGUE", "DamagedError", "Gathered", "gather"]

CATALOGUE = "catalogue"
"""Folder of the catalogue in that of the survey."""

_SAMPLE = 10_000
_SAMPLE_MARGIN = 4  # a part may hold so many times its share of the sample
_FINISH = "strandline-finish"

R = TypeVar("R")


class DamagedError(OutputError):
    """Parts are damaged; their tiles must be done again."""

    def __init__(self, damaged: Sequence[Damaged]) -> None:
        super().__init__(damaged[0].reason)
        self.damaged = tuple(damaged)


@dataclass(frozen=True)
class Gathered:
    """The catalogue that was written.

    Attributes
    ----------
    rows : int
    files : dict of str to str
        SHA-256 of each partition's file, by its name in the catalogue.
    candidates : list of tuple of Candidates
        Of each partition, for each wish.
    infos : dict of PartInfo
        Of each tile.
    doubled : int
        Rows that were left out because another tile has the galaxy.
    """

    rows: int
    files: dict[str, str]
    candidates: list[tuple[Candidates, ...]]
    infos: dict[str, PartInfo]
    doubled: int


def gather(
    engine: Engine,
    desk: str,
    out: Place,
    parts: dict[str, Part],
    boxes: dict[str, Region] | None,
    *,
    prevalence: float,
    wishes: Sequence[Wish],
    seed: int,
) -> Gathered:
    """Write the catalogue of all parts.

    Parameters
    ----------
    engine : Engine
    desk : str
        What the workers were given for the tiles.
    out : Place
    parts : dict of Part
        By tile.
    boxes : dict of Region, optional
        Primary regions by tile, if they were given; else they follow from the images' corners.
    prevalence : float
        Of interacting galaxies.
    wishes : sequence of Wish
    seed : int
        Of novelty.

    Raises
    ------
    DamagedError
        If parts are damaged.
    NothingFoundError
        If no tile has a galaxy.
    """
    names = sorted(parts)
    with track("Gathering", len(names) * 2, "tiles") as advance:
        told = [(f"corners-{name}", parts[name]) for name in names]
        corners = _whole(engine.each(look_at_corners, told, desk, advance))
        infos = {found.part.tile: found.info for found in corners}
        regions = boxes or _covered(names, infos)
        sample = -(-_SAMPLE * _SAMPLE_MARGIN // len(names))
        tasks = [(f"look-{n}", LookTask(parts[n], regions[n], sample)) for n in names]
        seen = _whole(engine.each(look, tasks, desk, advance))
        looks = {found.part.tile: found for found in seen}
    borders = settle([looks[name].border for name in names])
    to_write, rows = _partition_tasks(names, parts, regions, looks, borders)
    if not rows:
        raise NothingFoundError(f"No galaxy was found on any of the {len(names)} tiles.")
    scale = _scale(engine, desk, [looks[name] for name in names], seed)
    folder = CATALOGUE if out.local is None else f".{CATALOGUE}.partial"
    out.remove(f"{folder}/{MARK}" if out.local is None else folder)
    finish = Finish(out, folder, prevalence, scale, tuple(wishes))
    with (
        engine.given(_FINISH, finish),
        track("Writing the catalogue", len(to_write), "partitions") as advance,
    ):
        done = engine.each(write_partition, to_write, _FINISH, advance)
    done.sort(key=lambda one: one.partition)
    _finish_hats(out, folder, done)
    total = sum(one.rows for one in done)
    kept = {partition_file(one.partition): one.checksum for one in done}
    found = sum(info.galaxies for info in infos.values())
    return Gathered(total, kept, [one.candidates for one in done], infos, found - total)


def _covered(names: Sequence[str], infos: dict[str, PartInfo]) -> dict[str, Region]:
    corners = np.array([infos[name].corners_deg for name in names])
    return dict(zip(names, covered_regions(corners), strict=True))


def _partition_tasks(
    names: Sequence[str],
    parts: dict[str, Part],
    regions: dict[str, Region],
    looks: dict[str, Look],
    borders: dict[str, NDArray[np.int64]],
) -> tuple[list[tuple[str, PartitionTask]], int]:
    counts: Counter[int] = Counter()
    cells = {}
    for name in names:
        seen = looks[name]
        counts.update(dict(zip(seen.cells.tolist(), seen.counts.tolist(), strict=True)))
        border = cell_of(seen.border.healpix[np.isin(seen.border.rows, borders[name])])
        counts.update(border.tolist())
        here = np.union1d(seen.cells, border)
        if len(here):
            cells[name] = here
    if not counts:
        return [], 0
    shares = {name: Share(parts[name], regions[name], borders[name]) for name in names}
    tasks = [
        (
            f"partition-{partition.order}-{partition.pixel}",
            PartitionTask(partition, tuple(shares[name] for name in tiles)),
        )
        for partition, tiles in assign(divide(counts), cells).items()
    ]
    return tasks, sum(counts.values())


def _scale(engine: Engine, desk: str, looks: Sequence[Look], seed: int) -> NoveltyScale | None:
    """Return the scale of novelty, fitted by a worker: its libraries count with one thread."""
    lots = np.concatenate([seen.lots for seen in looks])
    vectors = np.concatenate([seen.vectors for seen in looks])
    chosen = np.argsort(lots, kind="stable")[:_SAMPLE]
    if len(chosen) < 3:
        return None
    return engine.each(_fit, [("novelty", (vectors[chosen], seed))], desk)[0]


def _fit(_: object, sample: tuple[Any, int]) -> NoveltyScale:
    vectors, seed = sample
    return NoveltyScale.of(vectors.astype(np.float32), seed=seed)


def _finish_hats(out: Place, folder: str, done: Sequence[PartitionDone]) -> None:
    write_hats(out, folder, str(out).rpartition("/")[2], done)
    if out.local is not None:
        old = out.local / f".{CATALOGUE}.old"
        out.remove(old.name)
        if (out.local / CATALOGUE).exists():
            (out.local / CATALOGUE).rename(old)
        (out.local / folder).rename(out.local / CATALOGUE)
        out.remove(old.name)


def _whole(found: Sequence[R | Damaged]) -> list[R]:
    """Return what was found, if nothing is damaged."""
    damaged = [one for one in found if isinstance(one, Damaged)]
    if damaged:
        raise DamagedError(damaged)
    return [one for one in found if not isinstance(one, Damaged)]
