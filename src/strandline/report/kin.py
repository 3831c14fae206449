"""Nearest neighbours of the galaxies that a report pictures."""

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from strandline.explore import similar
from strandline.stamps import StampTable

__all__ = ["NEIGHBOURS", "alike_among", "alike_in_table"]

NEIGHBOURS = 10
_COLUMN = "embedding"


def alike_in_table(table: StampTable, rows: NDArray[np.int64]) -> list[list[int]]:
    """Return for each galaxy those of the whole table that are most like it, nearest first.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (n,)
        Rows of the table.

    Returns
    -------
    list of list of int
        Rows of the table, at most `NEIGHBOURS` for each galaxy and not itself; empty where there is
        no embedding or where it has no direction.
    """
    if not len(rows) or _COLUMN not in table.column_names:
        return [[] for _ in rows]
    found: list[list[int]] = []
    for row, vector in zip(rows.tolist(), _vectors(table, rows), strict=True):
        if not np.isfinite(vector).all() or not vector.any():
            found.append([])
            continue
        near = similar(table, vector=vector, n=NEIGHBOURS + 1, column=_COLUMN)["row"]
        others = near.filter(pc.not_equal(near, row)).to_pylist()
        found.append(others[:NEIGHBOURS])
    return found


def alike_among(table: StampTable, rows: NDArray[np.int64]) -> list[list[int]]:
    """Return for each galaxy the most similar of the others in `rows`, nearest first.

    Similar is what points in the same direction in the table's ``embedding`` (cosine).

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (n,)
        Rows of the table; n is bounded by what a report pictures.

    Returns
    -------
    list of list of int
        Positions in `rows`; empty lists if the table has no embedding.
    """
    if _COLUMN not in table.column_names or len(rows) < 2:
        return [[] for _ in rows]
    vectors = np.nan_to_num(_vectors(table, rows))
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = (vectors / np.where(length > 0, length, 1)).astype(np.float32)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -np.inf)
    number = min(NEIGHBOURS, len(rows) - 1)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :number]
    return [[int(k) for k in line] for line in nearest]


def _vectors(table: StampTable, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    column = table.columns(_COLUMN, rows=rows)[_COLUMN].combine_chunks()
    values = column.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values.reshape(len(rows), -1), np.float32)
