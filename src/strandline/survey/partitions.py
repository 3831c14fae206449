"""The catalogue's files: partitions of the sky, none with too many galaxies, sorted by place."""

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from numpy.typing import NDArray

from strandline.classify import at_prevalence
from strandline.classify.catalogue import with_units
from strandline.explore.noveltyscale import NoveltyScale
from strandline.stamps.splits import POSITION_ORDER
from strandline.survey.looking import CELL_ORDER, own_rows, vectors_of
from strandline.survey.parts import Part, read_part
from strandline.survey.places import Place
from strandline.survey.regions import Region
from strandline.survey.wishes import Candidates, Wish, candidates_of

__all__ = [
    "INDEX_COLUMN",
    "Finish",
    "Partition",
    "PartitionDone",
    "PartitionTask",
    "Share",
    "assign",
    "divide",
    "partition_file",
    "write_partition",
]

INDEX_COLUMN = "_healpix_29"
"""Position of a row as a nested HEALPix index of order 29; what the files are sorted by."""

ROWS_AT_MOST = 200_000
"""Of a partition, unless a single cell of 3.4 arcmin holds more: some 250 MB with 512 features."""

_ROW_GROUP = 50_000


@dataclass(frozen=True, order=True)
class Partition:
    """A HEALPix pixel, nested."""

    order: int
    pixel: int

    def holds(self, healpix: NDArray[np.int64], order: int) -> NDArray[np.bool_]:
        """Tell which indices of `order` lie in it."""
        return np.asarray(healpix >> 2 * (order - self.order) == self.pixel)


@dataclass(frozen=True)
class Share:
    """A part, and which of its rows count.

    Attributes
    ----------
    part : Part
    region : Region
        Rows well inside it count.
    border : ndarray of int64, shape (row,)
        Rows near its border that count too.
    """

    part: Part
    region: Region
    border: NDArray[np.int64]


@dataclass(frozen=True)
class PartitionTask:
    """A partition, and the parts that have rows in it."""

    partition: Partition
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class PartitionDone:
    """A partition that is written.

    Attributes
    ----------
    partition : Partition
    rows : int
    checksum : str
        SHA-256 of the file.
    footer : FileMetaData
        Of the file.
    candidates : tuple of Candidates
        For each wish.
    """

    partition: Partition
    rows: int
    checksum: str
    footer: pa.parquet.FileMetaData
    candidates: tuple[Candidates, ...]


@dataclass(frozen=True)
class Finish:
    """What workers are told of the last step.

    Attributes
    ----------
    out : Place
    folder : str
        Of the catalogue, in `out`.
    prevalence : float
        Of interacting galaxies, for ``probability_sky``.
    scale : NoveltyScale or None
        None if there are too few galaxies.
    wishes : tuple of Wish
        Which stamps to keep.
    """

    out: Place
    folder: str
    prevalence: float
    scale: NoveltyScale | None
    wishes: tuple[Wish, ...]


def divide(
    counts: Mapping[int, int], at_most: int = ROWS_AT_MOST, deepest: int = CELL_ORDER
) -> list[Partition]:
    """Divide the sky so that no partition has more than `at_most` rows, if it can be.

    Parameters
    ----------
    counts : mapping of int to int
        Rows by cell of order `deepest`; cells without rows are left out.
    at_most : int
    deepest : int
        Order of the cells, which are not divided.

    Returns
    -------
    list of Partition
        All that have a row, along the sky.
    """
    found: list[Partition] = []

    def descend(order: int, pixel: int, cells: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        if order == deepest or rows.sum() <= at_most:
            found.append(Partition(order, pixel))
            return
        child = cells >> 2 * (deepest - order - 1)
        for each in np.unique(child):
            here = child == each
            descend(order + 1, int(each), cells[here], rows[here])

    cells = np.array(sorted(cell for cell, count in counts.items() if count), dtype=np.int64)
    rows = np.array([counts[cell] for cell in cells.tolist()], dtype=np.int64)
    base = cells >> 2 * deepest
    for each in np.unique(base):
        here = base == each
        descend(0, int(each), cells[here], rows[here])
    return found


def assign(
    partitions: Sequence[Partition], cells: Mapping[str, NDArray[np.int64]]
) -> dict[Partition, list[str]]:
    """Return, for each partition, which tiles have rows in it; `cells` are those of each tile."""
    starts = np.array([p.pixel << 2 * (CELL_ORDER - p.order) for p in partitions], dtype=np.int64)
    tiles: defaultdict[Partition, list[str]] = defaultdict(list)
    for tile in sorted(cells):
        which = np.unique(np.searchsorted(starts, cells[tile], side="right") - 1)
        for number in which.tolist():
            tiles[partitions[number]].append(tile)
    return dict(tiles)


def partition_file(partition: Partition) -> str:
    """Return the file of a partition as HATS has it, as seen from the catalogue."""
    base = partition.pixel // 10_000 * 10_000
    return f"dataset/Norder={partition.order}/Dir={base}/Npix={partition.pixel}.parquet"


def write_partition(finish: Finish, task: PartitionTask) -> PartitionDone:
    """Write one partition of the catalogue, and say which of its galaxies are candidates.

    Raises
    ------
    OutputError
        If a part is damaged or the file cannot be written.
    """
    tables = [_rows(finish.out, share, task.partition) for share in task.shares]
    table = pa.concat_tables(tables).combine_chunks()
    order = pc.sort_indices(table, [("healpix", "ascending"), ("id", "ascending")])
    table = _final(table.take(order), finish)
    content = io.BytesIO()
    pa.parquet.write_table(table, content, compression="zstd", row_group_size=_ROW_GROUP)
    whole = content.getvalue()
    finish.out.write(f"{finish.folder}/{partition_file(task.partition)}", whole)
    return PartitionDone(
        task.partition,
        table.num_rows,
        hashlib.sha256(whole).hexdigest(),
        pa.parquet.read_metadata(io.BytesIO(whole)),
        tuple(candidates_of(table, wish) for wish in finish.wishes),
    )


def _rows(out: Place, share: Share, partition: Partition) -> pa.Table:
    table, _ = read_part(out, share.part)
    inside = share.region.inside_arcsec(table["ra"].to_numpy(), table["dec"].to_numpy())
    rows = np.union1d(own_rows(inside), share.border)
    here = partition.holds(table["healpix"].to_numpy()[rows], POSITION_ORDER)
    return table.take(rows[here])


def _final(table: pa.Table, finish: Finish) -> pa.Table:
    """Return the rows with their last columns, in the catalogue's order."""
    vectors = vectors_of(table).astype(np.float32)
    columns: dict[str, Any] = {INDEX_COLUMN: table["healpix"]}
    columns |= {name: table[name] for name in table.column_names if name != "healpix"}
    embedding = columns.pop("embedding")
    probability = table["probability"].to_numpy()
    columns["probability_sky"] = pa.array(at_prevalence(probability, finish.prevalence))
    novelty = np.full(len(vectors), np.nan, dtype=np.float32)
    if finish.scale is not None and len(vectors):
        novelty = finish.scale(vectors)
    columns["novelty"] = pa.array(novelty)
    columns["embedding"] = embedding
    final = pa.table(columns).combine_chunks()
    return final.cast(with_units(final.schema))
