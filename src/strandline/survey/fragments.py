"""``embed`` and ``classify`` of a stamp table by many workers, a stretch of rows at a time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from strandline.classify.score import Scores, score_batch
from strandline.learn import Ensemble, Model
from strandline.progress import track
from strandline.shapes import ShapeReader
from strandline.stamps import StampTable
from strandline.survey.desk import loaded_models
from strandline.survey.engine import Engine
from strandline.survey.identity import model_files

__all__ = ["embed_by_workers", "score_by_workers"]

_ROWS_AT_ONCE = 1024
_TOGETHER, _FEWEST_TOGETHER = 4, 8  # stretches for a thread at a time: features wait in memory
_NAME = "strandline-table"

R = TypeVar("R")


@dataclass(frozen=True)
class _Stretch:
    """Rows of a table, from the first up to but without the last."""

    start: int
    stop: int


class _TableDesk:
    """What a worker has at hand: the table, and the models once they are needed."""

    def __init__(self, table: StampTable, files: dict[str, bytes], batch_size: int) -> None:
        self.table = table
        self.files = files
        self.batch_size = batch_size

    def __reduce__(self) -> tuple[type["_TableDesk"], tuple[StampTable, dict[str, bytes], int]]:
        return _TableDesk, (self.table, self.files, self.batch_size)

    @cached_property
    def models(self) -> Ensemble:
        if not torch.cuda.is_available():
            torch.set_num_threads(1)
        return loaded_models(self.files, Ensemble.load)

    @cached_property
    def shapes(self) -> ShapeReader | None:
        return ShapeReader(self.table) if self.models.uses_shapes else None


class _EncoderDesk(_TableDesk):
    """The same with one model, which needs no head."""

    def __reduce__(self) -> tuple[type["_TableDesk"], tuple[StampTable, dict[str, bytes], int]]:
        return _EncoderDesk, (self.table, self.files, self.batch_size)

    @cached_property
    def encoder(self) -> Model:
        """The model."""
        if not torch.cuda.is_available():
            torch.set_num_threads(1)
        return loaded_models(self.files, Model.load)


def embed_by_workers(
    workers: AbstractContextManager[Engine], table: StampTable, model: Model, batch_size: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows and features, in row order; see `strandline.learn.embed_table`.

    Parameters
    ----------
    workers : context manager of Engine
        Each must see the table under the same path.
    table : StampTable
    model : Model
    batch_size : int

    Raises
    ------
    ModelError
        If the table's stamps do not suit the model.
    """
    model.check(table.spec)
    desk = _EncoderDesk(table, model_files(model), batch_size)
    with workers as engine, engine.given(_NAME, desk), track("Embedding", len(table)) as advance:
        for stretch, features in _in_order(engine, _embed, table, batch_size):
            yield np.arange(stretch.start, stretch.stop), features
            advance(stretch.stop - stretch.start)


def score_by_workers(
    workers: AbstractContextManager[Engine], table: StampTable, models: Ensemble, batch_size: int
) -> Scores:
    """Score every row of a table; see `strandline.classify.score_table`.

    Parameters and errors are those of `embed_by_workers`.
    """
    models.check(table.spec)
    desk = _TableDesk(table, model_files(models), batch_size)
    parts = []
    with workers as engine, engine.given(_NAME, desk), track("Classifying", len(table)) as advance:
        for stretch, scores in _in_order(engine, _score, table, batch_size):
            parts.append(scores)
            advance(stretch.stop - stretch.start)
    return Scores.joined(parts)


def _in_order(
    engine: Engine,
    function: Callable[[Any, _Stretch], R],
    table: StampTable,
    batch_size: int,
) -> Iterator[tuple[_Stretch, R]]:
    """Yield what a function says of each stretch, along the table.

    Stretches are whole batches, so that each batch is what it is for a single process.
    """
    step = max(1, _ROWS_AT_ONCE // batch_size) * batch_size
    starts = range(0, len(table), step)
    stretches = [_Stretch(start, min(start + step, len(table))) for start in starts]
    together = max(_FEWEST_TOGETHER, _TOGETHER * engine.threads)
    for first in range(0, len(stretches), together):
        group = stretches[first : first + together]
        told = engine.each(function, [(f"rows-{one.start}", one) for one in group], _NAME)
        yield from zip(group, told, strict=True)


def _embed(desk: _EncoderDesk, stretch: _Stretch) -> NDArray[np.float32]:
    rows = np.arange(stretch.start, stretch.stop)
    batches = desk.table.batches(desk.batch_size, rows=rows)
    return np.concatenate([desk.encoder.embed(batch, desk.table.spec.bands) for batch in batches])


def _score(desk: _TableDesk, stretch: _Stretch) -> Scores:
    rows = np.arange(stretch.start, stretch.stop)
    parts = []
    for batch in desk.table.batches(desk.batch_size, rows=rows):
        shapes = desk.shapes(batch) if desk.shapes is not None else None
        parts.append(score_batch(desk.models, batch, desk.table.spec.bands, shapes).scores)
    return Scores.joined(parts)
