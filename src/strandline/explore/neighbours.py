"""Galaxies that look alike: nearest neighbours in the embedding, by the table's vector index."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from strandline.errors import OptionError, TableError
from strandline.explore.marks import rows_of
from strandline.explore.vectors import read_vectors
from strandline.stamps import StampTable

__all__ = ["Together", "similar"]

_NO_DIRECTION = 1e-3

Together = Literal["mean", "any"]
"""What it is to be like several galaxies: like their mean, or like any one of them."""


def similar(
    table: StampTable,
    *,
    like: str | Sequence[str] = (),
    vector: ArrayLike | None = None,
    n: int = 20,
    column: str = "embedding",
    together: Together = "mean",
) -> pa.Table:
    """Return the galaxies most like a given one, or like several.

    Parameters
    ----------
    table : StampTable
    like : str or sequence of str
        Ids of galaxies in the table, which are themselves left out of the answer.
    vector : array_like of float, shape (feature,) or (example, feature), optional
        Instead of `like`: made by the same model, e.g. of a picture that is not in the table.
    n : int
        How many; fewer are returned when the table has fewer.
    column : str
        The embedding.
    together : {"mean", "any"}
        Of several examples: ``mean``, nearest to the mean of their directions, which is that of
        what they have in common; ``any``, nearest to the one that is nearest, for examples that
        are not much like each other.

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
    names = [like] if isinstance(like, str) else list(like)
    if bool(names) == (vector is not None):
        raise OptionError("Give either an id to be like or a vector, and not both.")
    if n < 1:
        raise OptionError(f"n is {n}; it must be at least 1.")
    if together not in ("mean", "any"):
        raise OptionError(f"together is {together!r}; there are 'mean' and 'any'.")
    table.check_columns([column])
    own = rows_of(table, names)
    if names:
        vector = read_vectors(table, column, own)
    targets = _directions(np.atleast_2d(np.asarray(vector, dtype=np.float32)), names, table)
    if together == "mean":
        targets = targets.mean(axis=0, keepdims=True)
        if np.linalg.norm(targets) < _NO_DIRECTION:
            raise OptionError(
                "The examples point every way: their mean has no direction. "
                "Give fewer, or ask for together='any'."
            )
    wanted = n + len(own)
    found = [table.nearest(target, wanted, column) for target in targets]
    return _described(table, _best(pa.concat_tables(found), own, n))


def _directions(
    vectors: NDArray[np.float32], names: list[str], table: StampTable
) -> NDArray[np.float32]:
    for k, vector in enumerate(vectors):
        if not np.isfinite(vector).all() or not vector.any():
            whose = f"galaxy {names[k]!r} in {table.path}" if names else "vector"
            raise TableError(
                f"The embedding of {whose} has no direction: it is zero or holds NaN. "
                "Its stamp may have no data; choose another galaxy."
            )
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _best(found: pa.Table, own: NDArray[np.int64], n: int) -> pa.Table:
    """Return the `n` nearest of all answers, each row once, without the examples themselves."""
    is_own = pc.is_in(found["row"], pa.array(own, type=pa.int64()))
    found = found.filter(pc.and_(pc.is_finite(found["distance"]), pc.invert(is_own)))
    order = np.argsort(found["distance"].to_numpy(), kind="stable")
    _, first = np.unique(found["row"].to_numpy()[order], return_index=True)
    return found.take(order[np.sort(first)][:n])


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
