"""Galaxies that look alike: nearest neighbours in the embedding, by the table's vector index."""

import difflib
import heapq
from collections.abc import Iterable, Sequence
from itertools import takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from strandline.errors import OptionError, TableError
from strandline.stamps import StampTable

__all__ = ["similar"]

_SPELLINGS_COMPARED = 2000


def similar(
    table: StampTable,
    *,
    like: str | None = None,
    vector: ArrayLike | None = None,
    n: int = 20,
    column: str = "embedding",
) -> pa.Table:
    """Return the galaxies most like a given one.

    Parameters
    ----------
    table : StampTable
    like : str, optional
        Id of a galaxy in the table, which is itself left out of the answer.
    vector : array_like of float, shape (feature,), optional
        Instead of `like`: a vector made by the same model.
    n : int
        How many; fewer are returned when the table has fewer.
    column : str
        The embedding.

    Returns
    -------
    pyarrow.Table
        Nearest first: ``id``, ``source``, ``ra``, ``dec`` (deg), ``distance`` (1 - cosine of the
        angle between embeddings, 0 to 2), ``similarity`` (the cosine), ``row`` in the table.

    Raises
    ------
    OptionError
        Unless exactly one of `like` and `vector` is given, and `n` is positive.
    TableError
        For an unknown id (names similar ones), a missing embedding, or a vector of other length.
    """
    if (like is None) == (vector is None):
        raise OptionError("Give either an id to be like or a vector, and not both.")
    if n < 1:
        raise OptionError(f"n is {n}; it must be at least 1.")
    table.check_columns([column])
    row = -1
    if like is not None:
        row = _row_of(table, like)
        vector = _vector_of(table, row, column)
    target = np.asarray(vector, dtype=np.float32)
    if not np.isfinite(target).all() or not target.any():
        whose = f"galaxy {like!r} in {table.path}" if like is not None else "vector"
        raise TableError(
            f"The embedding of {whose} has no direction: it is zero or holds NaN. "
            "Its stamp may have no data; choose another galaxy."
        )
    found = table.nearest(target, n + 1, column)
    usable = pc.and_(pc.is_finite(found["distance"]), pc.not_equal(found["row"], row))
    found = found.filter(usable).slice(0, n)
    return _described(table, found)


def _row_of(table: StampTable, like: str) -> int:
    ids = table.columns("id")["id"]
    row = int(pc.index(ids, like).as_py())
    if row < 0:
        close = _close_spellings(like, ids.to_pylist())
        hint = f" Ids nearest in spelling: {', '.join(close)}." if close else ""
        raise TableError(
            f"{table.path}: has no galaxy with id {like!r}.{hint} "
            "The ids are in column id of the catalogue."
        )
    return row


def _vector_of(table: StampTable, row: int, column: str) -> NDArray[np.float32]:
    value = table.columns(column, rows=[row])[column].combine_chunks()
    return np.asarray(value.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)


def _described(table: StampTable, found: pa.Table) -> pa.Table:
    details = table.columns("source", "ra", "dec", rows=found["row"].to_numpy())
    return pa.table(
        {
            "id": found["id"],
            "source": details["source"],
            "ra": details["ra"],
            "dec": details["dec"],
            "distance": found["distance"],
            "similarity": pc.subtract(pa.scalar(1, pa.float32()), found["distance"]),
            "row": found["row"],
        }
    )


def _close_spellings(wanted: str, ids: Sequence[str]) -> list[str]:
    """Return up to three ids that are spelled like `wanted`.

    difflib is slow, so it sees only those that begin and end most alike.
    """

    def alike(text: str) -> int:
        return _shared(wanted, text) + _shared(reversed(wanted), reversed(text))

    best = heapq.nlargest(_SPELLINGS_COMPARED, ids, key=alike)
    return difflib.get_close_matches(wanted, best, n=3, cutoff=0.5)


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many letters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
