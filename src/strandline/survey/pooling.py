"""One thread of a worker that encodes the stamps of several tiles together, as GPUs like it.

Threads that have a tile each prepare their stamps and ask for features. All batches have one size,
filled up where fewer stamps wait, so that what is said of a stamp does not depend on which others
it met.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.errors import OptionError, StrandlineError
from strandline.learn import Model
from strandline.stamps import StampBatch

__all__ = ["Encode", "Features", "Pool", "encode_alone", "one_thread"]

Features = dict[str, NDArray[np.float32]]
"""Shape (row, feature), by model."""

Encode = Callable[[StampBatch, tuple[str, ...]], "Future[Features]"]
"""Promises the features of stamps whose band axis has these names."""

_ENDED = "the survey has ended."
_BATCHES_WAITING = 4  # until who asks has to wait, so that memory is bounded


def one_thread() -> None:
    """Let torch use one thread where there is no GPU: a process a core, and numbers alike on all.

    To be called in each thread that uses torch.
    """
    if not torch.cuda.is_available():
        torch.set_num_threads(1)


def encode_alone(models: Mapping[str, Model]) -> Encode:
    """Return what encodes each batch as it comes, in the thread that asks."""

    def encode(batch: StampBatch, bands: tuple[str, ...]) -> "Future[Features]":
        done: Future[Features] = Future()
        done.set_result({name: model.embed(batch, bands) for name, model in models.items()})
        return done

    return encode


@dataclass
class _Asked:
    """Stamps as each model's encoder takes them, and the promise of what it will see in them."""

    rows: int
    inputs: dict[str, tuple[Tensor, Tensor]]
    promise: "Future[Features]" = field(default_factory=Future)


class Pool:
    """A thread that encodes what all others ask for; an `Encode`.

    Parameters
    ----------
    models : mapping of Model
        By name.
    size : int
        Stamps in each batch.
    linger_seconds : float
        For which a batch that is not full waits for more.
    """

    def __init__(
        self, models: Mapping[str, Model], size: int, linger_seconds: float = 0.05
    ) -> None:
        self._models = dict(models)
        self._size = size
        self._linger_seconds = linger_seconds
        self._waiting: deque[_Asked] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.batches = 0
        """Batches encoded so far."""
        threading.Thread(target=self._work, name="strandline-pool", daemon=True).start()

    def __call__(self, batch: StampBatch, bands: tuple[str, ...]) -> "Future[Features]":
        """Ask for features; waits while too many stamps are waiting.

        Raises
        ------
        OptionError
            If there are more stamps than fit in a batch.
        """
        if len(batch) > self._size:
            raise OptionError(
                f"{len(batch)} stamps at once do not fit into a batch of {self._size} for all "
                "tiles; make --pool at least as large as --batch-size."
            )
        prepared = {name: model.prepare(batch, bands) for name, model in self._models.items()}
        asked = _Asked(len(batch), prepared)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._count() < self._most)
            if self._closed:
                raise StrandlineError(_ENDED)
            self._waiting.append(asked)
            self._changed.notify_all()
        return asked.promise

    def close(self) -> None:
        """End the thread; whoever still waits is told so."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _most(self) -> int:
        return _BATCHES_WAITING * self._size

    def _count(self) -> int:
        return sum(asked.rows for asked in self._waiting)

    def _work(self) -> None:
        one_thread()
        while taken := self._take():
            try:
                self._encode(taken)
            except Exception as error:  # belongs to who asked
                for asked in taken:
                    asked.promise.set_exception(error)
        for asked in self._waiting:
            asked.promise.set_exception(StrandlineError(_ENDED))

    def _take(self) -> list[_Asked]:
        """Wait for stamps, and a moment for more; return those of one batch, none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            self._changed.wait_for(
                lambda: self._closed or self._count() >= self._size, self._linger_seconds
            )
            taken: list[_Asked] = []
            room = 0 if self._closed else self._size
            while self._waiting and self._waiting[0].rows <= room:
                room -= self._waiting[0].rows
                taken.append(self._waiting.popleft())
            self._changed.notify_all()
        return taken

    def _encode(self, taken: list[_Asked]) -> None:
        features = {}
        for name, model in self._models.items():
            values, present = zip(*(asked.inputs[name] for asked in taken), strict=True)
            found = model.encode(self._filled(values), self._filled(present))
            features[name] = found.cpu().numpy()
        self.batches += 1
        start = 0
        for asked in taken:
            rows = slice(start, start + asked.rows)
            start += asked.rows
            asked.promise.set_result({name: all_[rows] for name, all_ in features.items()})

    def _filled(self, parts: tuple[Tensor, ...]) -> Tensor:
        """Return parts as one, with copies of the first row up to the size of a batch."""
        first = parts[0][:1]
        missing = self._size - sum(map(len, parts))
        return torch.cat([*parts, first.expand(missing, *first.shape[1:])])
