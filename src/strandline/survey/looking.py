"""A first look at every part: which rows may count, how many there are where, and a sample."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.errors import OutputError
from strandline.stamps.splits import POSITION_ORDER
from strandline.survey.borders import Border, border_of
from strandline.survey.desk import Desk
from strandline.survey.parts import Part, PartInfo, read_part
from strandline.survey.regions import BORDER_ARCSEC, Region

__all__ = [
    "CELL_ORDER",
    "Corners",
    "Damaged",
    "Look",
    "LookTask",
    "cell_of",
    "look",
    "look_at_corners",
    "lots",
    "own_rows",
    "vectors_of",
]

CELL_ORDER = 10
"""Of the cells in which galaxies are counted, 3.4 arcmin wide: the smallest partitions."""

_COLUMNS = ["id", "ra", "dec", "healpix", "radius_arcsec", "embedding"]


@dataclass(frozen=True)
class Damaged:
    """A part that cannot be used, so that its tile must be done again."""

    part: Part
    reason: str


@dataclass(frozen=True)
class Corners:
    """What a part says of its tile."""

    part: Part
    info: PartInfo


@dataclass(frozen=True)
class LookTask:
    """A part, its region, and how many of its rows may be of the sample."""

    part: Part
    region: Region
    sample: int


@dataclass(frozen=True)
class Look:
    """What a part holds.

    Attributes
    ----------
    part : Part
    cells, counts : ndarray of int64, shape (cell,)
        HEALPix cells of order `CELL_ORDER`, and how many rows are this tile's there without doubt.
    border : Border
    lots : ndarray of uint64, shape (sample,)
        See `lots`; the lowest of all rows inside.
    vectors : ndarray of float16, shape (sample, feature)
        Embeddings of those.
    """

    part: Part
    cells: NDArray[np.int64]
    counts: NDArray[np.int64]
    border: Border
    lots: NDArray[np.uint64]
    vectors: NDArray[np.float16]


def look_at_corners(desk: Desk, part: Part) -> Corners | Damaged:
    """Read what a part says of its tile; checks all of it."""
    try:
        return Corners(part, read_part(desk.orders.out, part, ["id"])[1])
    except OutputError as error:
        return Damaged(part, str(error))


def look(desk: Desk, task: LookTask) -> Look | Damaged:
    """Look at a part whose tile's region is known."""
    try:
        table, _ = read_part(desk.orders.out, task.part, _COLUMNS)
    except OutputError as error:
        return Damaged(task.part, str(error))
    ra, dec = (table[name].to_numpy() for name in ("ra", "dec"))
    index = table["healpix"].to_numpy()
    inside = task.region.inside_arcsec(ra, dec)
    radius = table["radius_arcsec"].to_numpy()
    border = border_of(task.part.tile, index, ra, dec, inside, radius)
    own = own_rows(inside)
    cells, counts = np.unique(cell_of(index[own]), return_counts=True)
    drawn = lots(index[own])
    order = np.argsort(drawn, kind="stable")[: task.sample]
    vectors = vectors_of(table.take(own[order]))
    return Look(task.part, cells, counts, border, drawn[order], vectors)


def own_rows(inside_arcsec: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows that are their tile's without doubt."""
    return np.flatnonzero(inside_arcsec > BORDER_ARCSEC).astype(np.int64)


def cell_of(healpix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cell of order `CELL_ORDER` in which positions of order 29 lie."""
    return healpix >> 2 * (POSITION_ORDER - CELL_ORDER)


def lots(healpix: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return a number for each position as if drawn at random, the same whoever draws it.

    The finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    """
    z = healpix.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def vectors_of(table: pa.Table) -> NDArray[np.float16]:
    """Return a table's embeddings, shape (row, feature)."""
    column = table["embedding"].combine_chunks()
    flat = np.asarray(column.flatten().to_numpy(zero_copy_only=False), dtype=np.float16)
    return flat.reshape(-1, int(column.type.list_size))
