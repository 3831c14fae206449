"""``embed``, ``classify`` and ``measure`` of a stamp table by many workers, some rows at a time."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from strandline.classify.score import Scores, score_batch
from strandline.learn import Ensemble, Model
from strandline.progress import track
from strandline.shapes import ShapeReader
from strandline.stamps import StampTable
from strandline.survey.desk import loaded_models
from strandline.survey.engine import Engine
from strandline.survey.identity import model_files
from strandline.survey.pooling import one_thread

__all__ = ["embed_by_workers", "in_order_by_workers", "score_by_workers"]

_ROWS_AT_ONCE = 1024
_TOGETHER, _FEWEST_TOGETHER = 4, 8  # stretches for a thread at a time: features wait in memory
_NAME = "strandline-table"

T = TypeVar("T")
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
        one_thread()
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
        one_thread()
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
        for stretch, features in _in_order(engine, _embed, _stretches(table, batch_size)):
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
        for stretch, scores in _in_order(engine, _score, _stretches(table, batch_size)):
            parts.append(scores)
            advance(stretch.stop - stretch.start)
    return Scores.joined(parts)


def in_order_by_workers(
    workers: AbstractContextManager[Engine],
    work: Callable[[T, Any], R],
    tasks: Sequence[T],
    given: Any,
) -> Generator[R]:
    """Yield what `work` makes of each task, in their order.

    Close the generator when its results are no longer wanted.

    Parameters
    ----------
    workers : context manager of Engine
    work : callable
        Of a module, called with a task and what was given.
    tasks : sequence
    given : object
        The same for all tasks; every worker gets it once.
    """
    with workers as engine, engine.given(_NAME, (work, given)):
        for _, made in _in_order(engine, _call, tasks):
            yield made


def _call(told: tuple[Callable[[T, Any], R], Any], task: T) -> R:
    work, given = told
    return work(task, given)


def _stretches(table: StampTable, batch_size: int) -> list[_Stretch]:
    """Return rows to be done together: whole batches, so that each is what a process has alone."""
    step = max(1, _ROWS_AT_ONCE // batch_size) * batch_size
    starts = range(0, len(table), step)
    return [_Stretch(start, min(start + step, len(table))) for start in starts]


def _in_order(
    engine: Engine, function: Callable[[Any, T], R], tasks: Sequence[T]
) -> Iterator[tuple[T, R]]:
    """Yield each task and what a function says of it."""
    together = max(_FEWEST_TOGETHER, _TOGETHER * engine.threads)
    for first in range(0, len(tasks), together):
        group = tasks[first : first + together]
        named = [(f"rows-{first + k}", task) for k, task in enumerate(group)]
        yield from zip(group, engine.each(function, named, _NAME), strict=True)


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
