"""A head for each class that learns anew, in the background, after every few labels."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from strandline.app.ballots import Ballots
from strandline.app.sky import Sky
from strandline.learn.heads import Head
from strandline.learn.progressing import LearningProgress, learning_progress

__all__ = ["EVERY", "Retrainer", "Trained", "probability_of"]

EVERY = 10
"""Labels after which a head learns anew."""

_MOST_STEPS = 20
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Trained:
    """A head as it is after the latest retraining.

    Attributes
    ----------
    label_class : str
    progress : LearningProgress
        Completeness as labels grew; its ``latest`` holds the head.
    probability : ndarray of float32, shape (row,), or None
        Of the class on the balanced scale; None before there are three examples.
    seconds : float
        What it took.
    """

    label_class: str
    progress: LearningProgress
    probability: NDArray[np.float32] | None
    seconds: float


class Retrainer:
    """Keeps the heads of all classes of a table up to date; may be used by many threads.

    Parameters
    ----------
    sky : Sky
    ballots : Ballots
    """

    def __init__(self, sky: Sky, ballots: Ballots) -> None:
        self._sky = sky
        self._ballots = ballots
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="strandline-retraining")
        self._lock = Lock()
        self._trained: dict[str, Trained] = {}
        self._labels: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._step: dict[str, int] = {}
        self._waiting: set[str] = set()
        self._listeners: list[Callable[[Trained], None]] = []

    def listen(self, listener: Callable[[Trained], None]) -> Callable[[], None]:
        """Call `listener` after each retraining, in the worker's thread; return what ends it."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def latest(self, label_class: str) -> Trained | None:
        """Return the head of a class as it is now, or None."""
        with self._lock:
            return self._trained.get(label_class)

    def voted(self, label_class: str) -> None:
        """Hear that there is one more vote; every tenth galaxy makes the head learn anew."""
        if self._ballots.count(label_class) % EVERY == 0:
            self.request(label_class)

    def request(self, label_class: str) -> None:
        """Let the head learn anew in the background; nothing more if it is waiting to."""
        with self._lock:
            if label_class in self._waiting:
                return
            self._waiting.add(label_class)
        self._worker.submit(self._run, label_class)

    def retrain(self, label_class: str) -> Trained:
        """Let the head learn anew now and return it."""
        started = time.perf_counter()
        rows, values = self._ballots.opinions(label_class).decided()
        with self._lock:
            if label_class not in self._step:
                self._step[label_class] = EVERY * max(1, round(len(rows) / EVERY / _MOST_STEPS))
            every, earlier = self._step[label_class], self._trained.get(label_class)
            before = self._labels.get(label_class)
        known = None
        if earlier is not None and before is not None:
            known = _as_far_as(earlier.progress, _shared(before, (rows, values)))
        with threadpool_limits(1):  # small matrices: threads would only get in each other's way
            progress = learning_progress(
                self._sky.inputs, rows, values, seed=self._sky.seed, every=every, earlier=known
            )
        probability = None
        if progress.latest is not None:
            probability = probability_of(progress.latest.head, self._sky.inputs)
        made = Trained(label_class, progress, probability, time.perf_counter() - started)
        with self._lock:
            self._trained[label_class] = made
            self._labels[label_class] = (rows, values)
        return made

    def close(self) -> None:
        """End the worker."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _run(self, label_class: str) -> None:
        with self._lock:
            self._waiting.discard(label_class)
        made = self.retrain(label_class)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(made)


def probability_of(head: Head, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a head's probability of every row, in parts; NaN where an input is."""
    told = np.full(len(inputs), np.nan, dtype=np.float32)
    for start in range(0, len(inputs), _ROWS_AT_ONCE):
        part = inputs[start : start + _ROWS_AT_ONCE]
        good = np.isfinite(part).all(axis=1)
        if good.any():
            told[start : start + _ROWS_AT_ONCE][good] = head.probability(part[good])
    return told


def _shared(
    one: tuple[NDArray[np.int64], NDArray[np.int64]],
    other: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> int:
    """Return how many labels two histories begin with alike."""
    count = min(len(one[0]), len(other[0]))
    same = (one[0][:count] == other[0][:count]) & (one[1][:count] == other[1][:count])
    return count if same.all() else int(np.argmin(same))


def _as_far_as(progress: LearningProgress, labels: int) -> LearningProgress:
    """Return the steps of at most so many labels; a vote that was changed spoils those after it."""
    keep = progress.labels <= labels
    return replace(
        progress,
        labels=progress.labels[keep],
        examples=progress.examples[keep],
        auc=progress.auc[keep],
        completeness=progress.completeness[keep],
        error=progress.error[keep],
    )
