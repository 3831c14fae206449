"""Heads: what turns features into a probability.

A supervised network's last layer and a linear classifier on a frozen encoder's features are the
same thing here. Nearest neighbours are another kind; so are forests (`forest`) and averages of
heads (`blend`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Head", "LinearHead", "NeighbourHead"]

_TEMPERATURE = 0.1  # of the votes of neighbours, Wu et al. 2018 (arXiv:1805.01978) take 0.07


class Head(ABC):
    """Base of the heads."""

    @abstractmethod
    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of features of shape (row, feature)."""

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return all that it is made of, by name, to be read back by `headfiles.head_from`."""

    def probability(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities, shape (row,), of features of shape (row, feature)."""
        odds = np.clip(self.logit(features), -80, 80)  # exp(80) still is a float
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


@dataclass(frozen=True)
class LinearHead(Head):
    """Probability = sigmoid(weight . (features - mean) / std + bias).

    Attributes
    ----------
    mean, std, weight : ndarray of float32, shape (feature,)
    bias : float
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: float

    @classmethod
    def plain(cls, weight: NDArray[np.float32], bias: float) -> Self:
        """Make a head of a network's last layer, without standardisation."""
        return cls(np.zeros_like(weight), np.ones_like(weight), weight, bias)

    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of features of shape (row, feature)."""
        standard = (features.astype(np.float64) - self.mean) / self.std
        return np.asarray(standard @ self.weight.astype(np.float64) + self.bias)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return mean, std, weight and bias."""
        bias = np.array([self.bias], dtype=np.float64)
        return {"mean": self.mean, "std": self.std, "weight": self.weight, "bias": bias}


@dataclass(frozen=True)
class NeighbourHead(Head):
    """Votes of the nearest labelled galaxies, by the angle between standardised features.

    A vote weighs exp(cosine / 0.1) over how many members its class has, so that both classes are
    taken as equally frequent; each class is given one vote at cosine 0 in advance.

    Attributes
    ----------
    mean, std : ndarray of float32, shape (feature,)
    members : ndarray of float32, shape (member, feature)
        Standardised, of length 1.
    values : ndarray of float32, shape (member,)
        0 or 1.
    count : int
        Neighbours that vote.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    members: NDArray[np.float32]
    values: NDArray[np.float32]
    count: int

    @classmethod
    def of(
        cls,
        features: NDArray[np.float64],
        values: NDArray[np.int64],
        mean: NDArray[np.float32],
        std: NDArray[np.float32],
        count: int,
    ) -> Self:
        """Make a head of labelled features, shape (row, feature)."""
        members = _directions(features, mean, std).astype(np.float32)
        return cls(mean, std, members, values.astype(np.float32), min(count, len(values)))

    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of features of shape (row, feature)."""
        cosine = _directions(features.astype(np.float64), self.mean, self.std) @ self.members.T
        nearest = np.argpartition(-cosine, self.count - 1, axis=1)[:, : self.count]
        weight = np.exp(np.take_along_axis(cosine, nearest, axis=1) / _TEMPERATURE)
        ones = self.values[nearest] > 0.5
        share = self.values.mean()
        for_one = (weight * ones).sum(axis=1) / share + 1
        for_zero = (weight * ~ones).sum(axis=1) / (1 - share) + 1
        return np.asarray(np.log(for_one / for_zero), dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return mean, std, members, values and count."""
        count = np.array([self.count], dtype=np.int64)
        return {
            "mean": self.mean,
            "std": self.std,
            "members": self.members,
            "values": self.values,
            "count": count,
        }


def _directions(
    features: NDArray[np.float64], mean: NDArray[np.float32], std: NDArray[np.float32]
) -> NDArray[np.float64]:
    standard = (features - mean) / std
    length = np.linalg.norm(standard, axis=1, keepdims=True)
    return np.asarray(standard / np.maximum(length, 1e-12))
