"""Batches as the training loop takes them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.learn.canvas import Canvases
from strandline.learn.source import StampSource

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
    """

    canvases: Canvases
    values: Tensor
    number: int

    def __len__(self) -> int:
        return len(self.canvases)

    def to(self, device: torch.device | str) -> "Batch":
        """Return the same on another device."""
        return Batch(self.canvases.to(device), self.values.to(device), self.number)


class Loader:
    """One epoch's batches: an iterable with a length.

    Parameters
    ----------
    source : StampSource
    values : ndarray of float32, shape (image,)
        Labels of the source's images, NaN for none.
    plan : list of ndarray of int64
        Image numbers of each batch.
    """

    def __init__(
        self,
        source: StampSource,
        values: NDArray[np.float32],
        plan: list[NDArray[np.int64]],
    ) -> None:
        self._source = source
        self._values = values
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan)

    def __iter__(self) -> Iterator[Batch]:
        canvases = self._source.batches(self._plan)
        for number, (index, part) in enumerate(zip(self._plan, canvases, strict=True)):
            yield Batch(part, torch.from_numpy(self._values[index]), number)
