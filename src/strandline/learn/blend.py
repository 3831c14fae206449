"""A head of heads: the weighted sum of their log-odds, each seeing its own part of the inputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.learn.heads import Head

__all__ = ["BlendHead", "BlendPart"]


@dataclass(frozen=True)
class BlendPart:
    """A head, the inputs that it sees, from `first` up to `stop`, and its weight."""

    head: Head
    first: int
    stop: int
    weight: float

    def logit(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return its own log-odds, without the weight, of all inputs."""
        return self.head.logit(inputs[:, self.first : self.stop])


@dataclass(frozen=True)
class BlendHead(Head):
    """Log-odds = sum of weight * log-odds of each part + bias.

    Attributes
    ----------
    parts : tuple of BlendPart
    bias : float
    """

    parts: tuple[BlendPart, ...]
    bias: float

    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of inputs of shape (row, input)."""
        each = [part.weight * part.logit(features) for part in self.parts]
        return np.asarray(np.sum(each, axis=0) + self.bias)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return what the parts are made of, their number before each name, and the weights."""
        result: dict[str, NDArray[np.generic]] = {
            "seen": np.array([[part.first, part.stop] for part in self.parts], dtype=np.int64),
            "weights": np.array([part.weight for part in self.parts], dtype=np.float64),
            "bias": np.array([self.bias], dtype=np.float64),
        }
        for number, part in enumerate(self.parts):
            result |= {f"{number}.{name}": value for name, value in part.head.arrays().items()}
        return result
