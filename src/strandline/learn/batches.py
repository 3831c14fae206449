"""Batches as the training loop takes them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.learn.canvas import Canvases
from strandline.learn.source import StampSource
from strandline.learn.together import share

__all__ = ["Batch", "Loader"]


@dataclass(frozen=True)
class Batch:
    """Canvases with their labels.

    Attributes
    ----------
    canvases : Canvases
    values : Tensor of float32, shape (image,)
        0 or 1; NaN without labels.
    number : int
        Which batch of the epoch this is.
    start, whole : int
        Of a share of a batch that several processes divide: its first image in the batch, and the
        images of the batch. The whole batch by default.
    """

    canvases: Canvases
    values: Tensor
    number: int
    start: int = 0
    whole: int = -1

    def __post_init__(self) -> None:
        if self.whole < 0:
            object.__setattr__(self, "whole", len(self.canvases))

    def __len__(self) -> int:
        return len(self.canvases)

    def to(self, device: torch.device | str) -> "Batch":
        """Return the same on another device."""
        return Batch(
            self.canvases.to(device), self.values.to(device), self.number, self.start, self.whole
        )


class Loader:
    """One epoch's batches: an iterable with a length.

    Parameters
    ----------
    source : StampSource
    values : ndarray of float32, shape (image,)
        Labels of the source's images, NaN for none.
    plan : list of ndarray of int64
        Image numbers of each batch.
    place : (int, int)
        Which share of every batch is read, and of how many; see `strandline.learn.together`.
    """

    def __init__(
        self,
        source: StampSource,
        values: NDArray[np.float32],
        plan: list[NDArray[np.int64]],
        place: tuple[int, int] = (0, 1),
    ) -> None:
        self._source = source
        self._values = values
        self._plan = plan
        self._place = place

    def __len__(self) -> int:
        return len(self._plan)

    def __iter__(self) -> Iterator[Batch]:
        shares = [share(len(index), *self._place) for index in self._plan]
        plan = [index[part] for index, part in zip(self._plan, shares, strict=True)]
        canvases = self._source.batches(plan)
        for number, (index, part) in enumerate(zip(plan, canvases, strict=True)):
            values = torch.from_numpy(self._values[index])
            start, whole = shares[number].start, len(self._plan[number])
            yield Batch(part, values, number, start, whole)
