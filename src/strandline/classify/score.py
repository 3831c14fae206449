"""Scores of every galaxy of a stamp table, by one model or several."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.classify.prevalence import Prevalence, Sky, at_prevalence
from strandline.learn import Ensemble
from strandline.progress import track
from strandline.shapes import ShapeReader
from strandline.stamps import StampBatch, StampTable

__all__ = [
    "ScoredBatch",
    "Scores",
    "ranked",
    "score_batch",
    "score_features",
    "score_stream",
    "score_table",
]

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class ScoredBatch:
    """Some rows' features and probabilities.

    Attributes
    ----------
    rows : ndarray of int64, shape (row,)
    features : ndarray of float32, shape (row, feature)
        Of the first model.
    scores : Scores
        Of these rows.
    """

    rows: NDArray[np.int64]
    features: NDArray[np.float32]
    scores: "Scores"


@dataclass(frozen=True)
class Scores:
    """Probabilities of rows of a table, on the balanced scale that models are trained on.

    Attributes
    ----------
    probability : ndarray of float32, shape (row,)
        By all models together: see `strandline.learn.Ensemble`.
    by_model : dict of ndarray of float32, shape (row,)
        By each alone.
    prevalence : Prevalence, optional
        Of interactions on this sky.
    """

    probability: NDArray[np.float32]
    by_model: dict[str, NDArray[np.float32]]
    prevalence: Prevalence | None = None

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the scores of parts of a table as one."""
        names = parts[0].by_model if parts else ()
        return cls(
            np.concatenate([part.probability for part in parts]),
            {name: np.concatenate([part.by_model[name] for part in parts]) for name in names},
        )

    def at(self, prevalence: float | Literal["estimate"]) -> Self:
        """Return them with the prevalence that is given, or estimated from them."""
        return replace(self, prevalence=Prevalence.of(prevalence, self.probability))

    @property
    def sky(self) -> Sky | None:
        """What the galaxies hold at the prevalence."""
        return None if self.prevalence is None else Sky.of(self.probability, self.prevalence)

    def columns(self) -> dict[str, NDArray[np.float32]]:
        """Return the catalogue's columns: ``probability``, and one for each of several models.

        ``probability_sky`` is that at the prevalence, if there is one.
        """
        columns = {"probability": self.probability}
        if self.prevalence is not None:
            columns["probability_sky"] = at_prevalence(self.probability, self.prevalence.value)
        if len(self.by_model) > 1:
            columns |= {f"probability_{name}": p for name, p in self.by_model.items()}
        return columns


def score_batch(
    models: Ensemble,
    batch: StampBatch,
    bands: tuple[str, ...],
    shapes: NDArray[np.float32] | None = None,
) -> ScoredBatch:
    """Score stamps in memory by every model.

    Parameters
    ----------
    models : Ensemble
    batch : StampBatch
    bands : tuple of str
        Of its band axis.
    shapes : ndarray of float32, shape (row, len(SHAPE_NAMES)), optional
        Needed if `models.uses_shapes`.
    """
    features = {name: model.embed(batch, bands) for name, model in models.models.items()}
    scores = score_features(models, features, shapes)
    return ScoredBatch(batch.rows, features[models.first], scores)


def score_features(
    models: Ensemble,
    features: Mapping[str, NDArray[np.float32]],
    shapes: NDArray[np.float32] | None = None,
) -> Scores:
    """Score stamps by what each model's encoder sees in them.

    Parameters
    ----------
    models : Ensemble
    features : mapping of ndarray of float32, shape (row, feature)
        By model.
    shapes : ndarray of float32, shape (row, len(SHAPE_NAMES)), optional
        Needed if `models.uses_shapes`.
    """
    odds = {name: model.logit(features[name], shapes) for name, model in models.models.items()}
    return Scores(models.combine(odds), models.each(odds))


def score_stream(
    table: StampTable, models: Ensemble, *, batch_size: int = 128
) -> Iterator[ScoredBatch]:
    """Read the table's pixels once, in order, and score each batch by every model.

    Shapes are measured once for all models that need them, or taken from the table.
    """
    reader = ShapeReader(table) if models.uses_shapes else None
    with track("Classifying", len(table)) as advance:
        for batch in table.batches(batch_size):
            shapes = reader(batch) if reader is not None else None
            yield score_batch(models, batch, table.spec.bands, shapes)
            advance(len(batch.rows))


def score_table(table: StampTable, models: Ensemble, *, batch_size: int = 128) -> Scores:
    """Score every row of the table; keeps a number per row and model, never the pixels."""
    stream = score_stream(table, models, batch_size=batch_size)
    return Scores.joined([batch.scores for batch in stream])


def ranked(
    table: StampTable, scores: Scores, classes: Mapping[str, NDArray[np.float32]] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the catalogue, most likely interacting first, in batches of bounded size.

    Columns: ``rank`` from 1, the table's own scalar columns, ``row`` (in the table), then the
    probabilities, not those of earlier models that the table may hold. Galaxies of equal
    probability keep the table's order. `classes` are probabilities of further classes, shape
    (row,), for columns ``probability_<class>``.
    """
    columns = scores.columns()
    columns |= {f"probability_{name}": values for name, values in (classes or {}).items()}
    order = np.argsort(-columns["probability"], kind="stable").astype(np.int64)
    earlier = [name for name in table.column_names if name.startswith("probability")]
    for start in range(0, len(order), _ROWS_AT_ONCE):
        rows = order[start : start + _ROWS_AT_ONCE]
        part = table.columns(rows=rows)
        ranks = np.arange(start + 1, start + 1 + len(rows), dtype=np.int64)
        part = part.add_column(0, "rank", pa.array(ranks)).append_column("row", pa.array(rows))
        part = part.drop_columns([name for name in earlier if name in part.column_names])
        for name, values in columns.items():
            part = part.append_column(name, pa.array(values[rows]))
        yield from part.combine_chunks().to_batches()
