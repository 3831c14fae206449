"""Scores of every galaxy of a stamp table, by one model or several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.errors import ModelError
from strandline.learn import Model
from strandline.progress import track
from strandline.shapes import ShapeReader
from strandline.stamps import StampTable

__all__ = ["ScoredBatch", "Scores", "combine", "ranked", "score_stream", "score_table"]

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class ScoredBatch:
    """Some rows' features and probabilities.

    Attributes
    ----------
    rows : ndarray of int64, shape (row,)
    features : dict of ndarray of float32, shape (row, feature)
        By model name.
    probability : dict of ndarray of float32, shape (row,)
        By model name; on the balanced scale that the models were trained on.
    """

    rows: NDArray[np.int64]
    features: dict[str, NDArray[np.float32]]
    probability: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Scores:
    """Probabilities of all rows of a table: each model's, and all models' together."""

    by_model: dict[str, NDArray[np.float32]]

    @property
    def probability(self) -> NDArray[np.float32]:
        """All models together, shape (row,): see `combine`."""
        return combine(list(self.by_model.values()))

    def columns(self) -> dict[str, NDArray[np.float32]]:
        """Return the catalogue's columns: ``probability``, and one for each of several models."""
        columns = {"probability": self.probability}
        if len(self.by_model) > 1:
            columns |= {f"probability_{name}": p for name, p in self.by_model.items()}
        return columns


def combine(probabilities: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Average probabilities as log-odds, so that a sure model outweighs an undecided one."""
    clipped = np.clip(np.stack(probabilities).astype(np.float64), 1e-7, 1 - 1e-7)
    odds = np.log(clipped / (1 - clipped)).mean(axis=0)
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


def score_stream(
    table: StampTable, models: Mapping[str, Model], *, batch_size: int = 128
) -> Iterator[ScoredBatch]:
    """Read the table's pixels once, in order, and score each batch by every model.

    Shapes are measured once for all models that need them, or taken from the table.

    Raises
    ------
    ModelError
        If there is no model or one has no head, before anything is computed.
    """
    if not models:
        raise ModelError("No model was given to score with.")
    for name, model in models.items():
        if not model.has_head:
            raise ModelError(
                f"{name}: is an encoder without a head and gives no probability. Train a head "
                f"on labels first: strandline train TABLE --labels FILE --encoder {name}."
            )
    needed = any(model.uses_shapes for model in models.values())
    reader = ShapeReader(table) if needed else None
    with track("Classifying", len(table)) as advance:
        for batch in table.batches(batch_size):
            features = {
                name: model.embed(batch, table.spec.bands) for name, model in models.items()
            }
            shapes = reader(batch) if reader is not None else None
            probability = {
                name: model.probability(features[name], shapes) for name, model in models.items()
            }
            yield ScoredBatch(batch.rows, features, probability)
            advance(len(batch.rows))


def score_table(table: StampTable, models: Mapping[str, Model], *, batch_size: int = 128) -> Scores:
    """Score every row of the table; keeps a number per row and model, never the pixels."""
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in models}
    for batch in score_stream(table, models, batch_size=batch_size):
        for name, probability in batch.probability.items():
            parts[name].append(probability)
    return Scores({name: np.concatenate(part) for name, part in parts.items()})


def ranked(table: StampTable, scores: Scores) -> Iterator[pa.RecordBatch]:
    """Yield the catalogue, most likely interacting first, in batches of bounded size.

    Columns: ``rank`` from 1, the table's own scalar columns, ``row`` (in the table), then the
    probabilities. Galaxies of equal probability keep the table's order.
    """
    columns = scores.columns()
    order = np.argsort(-columns["probability"], kind="stable").astype(np.int64)
    for start in range(0, len(order), _ROWS_AT_ONCE):
        rows = order[start : start + _ROWS_AT_ONCE]
        part = table.columns(rows=rows)
        ranks = np.arange(start + 1, start + 1 + len(rows), dtype=np.int64)
        part = part.add_column(0, "rank", pa.array(ranks)).append_column("row", pa.array(rows))
        for name, values in columns.items():
            if name in part.column_names:
                part = part.drop_columns(name)
            part = part.append_column(name, pa.array(values[rows]))
        yield from part.combine_chunks().to_batches()
