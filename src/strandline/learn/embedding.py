"""A model's features and probabilities of stamps of a table, streamed."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strandline.learn.model import Model
from strandline.progress import track
from strandline.shapes import ShapeReader
from strandline.stamps import StampTable

__all__ = ["embed_table", "score_rows"]


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


def score_rows(
    table: StampTable, model: Model, rows: ArrayLike, *, batch_size: int = 128
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return features (row, feature) and probabilities (row,) of rows of a table.

    Shapes are measured, or taken from the table, only if the model needs them.

    Raises
    ------
    ModelError
        If the table's stamps do not suit the model, or it has no head.
    """
    model.check(table.spec)
    wanted = np.asarray(rows, dtype=np.int64)
    reader = ShapeReader(table) if model.uses_shapes else None
    features = [np.zeros((0, model.feature_count), dtype=np.float32)]
    scores = [np.zeros(0, dtype=np.float32)]
    with track("Scoring", len(wanted)) as advance:
        for batch in table.batches(batch_size, rows=wanted):
            features.append(model.embed(batch, table.spec.bands))
            shapes = reader(batch) if reader is not None else None
            scores.append(model.probability(features[-1], shapes))
            advance(len(batch.rows))
    return np.concatenate(features), np.concatenate(scores)
