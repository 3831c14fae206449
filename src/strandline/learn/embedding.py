"""A model's features of every stamp of a table, streamed."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strandline.learn.model import Model
from strandline.progress import track
from strandline.stamps import StampTable

__all__ = ["embed_table"]


def embed_table(
    table: StampTable, model: Model, *, batch_size: int = 128, rows: ArrayLike | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows and features, batch by batch, while the next stamps are read in a thread.

    Parameters
    ----------
    table : StampTable
    model : Model
    batch_size : int
    rows : array_like of int, optional
        Which, and in what order; by default all, in row order.

    Yields
    ------
    rows : ndarray of int64, shape (row,)
    features : ndarray of float32, shape (row, feature)

    Raises
    ------
    ModelError
        If the table's stamps do not suit the model.
    """
    model.check(table.spec)
    total = len(table) if rows is None else len(np.asarray(rows))
    with track("Embedding", total) as advance:
        for batch in table.batches(batch_size, rows=rows):
            yield batch.rows, model.embed(batch, table.spec.bands)
            advance(len(batch.rows))
