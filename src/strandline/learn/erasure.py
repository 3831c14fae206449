"""Linear concept erasure: an affine map after which no linear predictor knows a nuisance.

After Belrose et al. (2023, arXiv:2306.03819, "LEACE: Perfect linear concept erasure in closed
form"): x -> x - W^-1 P W (x - mean), where W whitens x and P projects on the column space of
W cov(x, z). The covariance of x with every z becomes zero, and of all affine maps that do so this
one changes x least. W says only what "least" means: whatever it is, what is erased is erased, so
that the covariance may be shrunk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from torch import Tensor

from strandline.learn.heads import LinearHead

__all__ = ["Erasure", "between", "fit_erasure", "response"]


@dataclass(frozen=True)
class Erasure:
    """x -> x - (x - mean) read^T remove, of low rank.

    Attributes
    ----------
    mean : ndarray of float32, shape (feature,)
        Stays where it is.
    read : ndarray of float32, shape (direction, feature)
        What is read of x: the nuisances, as far as x knows them linearly.
    remove : ndarray of float32, shape (direction, feature)
        What is taken away for it; ``read @ remove.T`` is the identity.
    """

    mean: NDArray[np.float32]
    read: NDArray[np.float32]
    remove: NDArray[np.float32]

    @property
    def rank(self) -> int:
        """How many directions are erased."""
        return len(self.read)

    def __call__(self, features: Tensor) -> Tensor:
        """Return features, float32 (row, feature), without what is erased."""
        parts = (torch.from_numpy(part) for part in (self.mean, self.read, self.remove))
        mean, read, remove = (part.to(features.device) for part in parts)
        return features - (features - mean) @ read.T @ remove

    def undone(self, head: LinearHead) -> LinearHead:
        """Return the head that gives on features as they were what `head` gives on erased ones."""
        weight = head.weight.astype(np.float64) / head.std
        bias = head.bias - float(weight @ head.mean)
        taken = (self.remove.astype(np.float64) @ weight) @ self.read.astype(np.float64)
        whole = (weight - taken).astype(np.float32)
        return LinearHead.plain(whole, bias + float(taken @ self.mean))

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return all that it is made of, by name."""
        return {"mean": self.mean, "read": self.read, "remove": self.remove}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.float32]], width: int) -> Self:
        """Put it together of `arrays`, for features of this width.

        Raises
        ------
        ValueError
            If an array is missing or of another shape.
        """
        missing = {"mean", "read", "remove"} - set(arrays)
        if missing:
            raise ValueError(f"the erasure lacks {', '.join(sorted(missing))}")
        shapes = [arrays[name].shape for name in ("mean", "read", "remove")]
        rank = shapes[1][0] if shapes[1] else 0
        if shapes != [(width,), (rank, width), (rank, width)]:
            raise ValueError(f"the erasure has arrays of {shapes} for {width} features")
        return cls(arrays["mean"], arrays["read"], arrays["remove"])


def response(change: NDArray[np.float64], told: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the covariance of features with a nuisance, shape (feature, column).

    Parameters
    ----------
    change : ndarray of float64, shape (row, feature)
        Features with the nuisance put on, less those of the same stamps as they are. Since a
        nuisance that is drawn at random is independent of the galaxy, its covariance with the
        change is that with the features, and free of the scatter between galaxies.
    told : ndarray of float64, shape (row, number)
        What was put on, several functions of it side by side where the response may be curved.

    Returns
    -------
    ndarray
        With uncorrelated columns of unit variance that span those of `told`.
    """
    centred = told - told.mean(axis=0)
    centred /= np.where(centred.std(axis=0) > 0, centred.std(axis=0), 1.0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    columns = left[:, sizes > 1e-6 * sizes.max(initial=0.0)] * np.sqrt(len(told))
    return np.asarray(change.T @ columns / len(told))


def between(
    features: NDArray[np.float32], groups: NDArray[np.int64], most: int
) -> NDArray[np.float64]:
    """Return the covariance of features with groups, as far as it is more than chance.

    Means of groups differ by chance too: in whitened units, of n stamps with d features in k
    groups, by up to (sqrt(d) + sqrt(k))^2 / n in square (Marchenko & Pastur 1967). What is less is
    left out, so that many small groups do not eat the embedding.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    groups : ndarray of int64, shape (row,)
        Numbered from 0.
    most : int
        Directions that are taken at most.

    Returns
    -------
    ndarray of float64, shape (feature, column)
        As that of `response`; no column where there is one group or nothing beyond chance.
    """
    x = features.astype(np.float64)
    count = np.bincount(groups)
    means = np.stack([x[groups == k].mean(axis=0) for k in range(len(count))], axis=1)
    found = (means - x.mean(axis=0)[:, None]) * np.sqrt(count / len(x))
    whitener = _Whitener(x)
    directions, sizes, _ = np.linalg.svd(whitener.whiten(found), full_matrices=False)
    chance = (np.sqrt(x.shape[1]) + np.sqrt(len(count))) ** 2 / len(x)
    taken = np.flatnonzero(sizes**2 > chance)[:most]
    return whitener.colour(directions[:, taken] * sizes[taken])


def fit_erasure(
    features: NDArray[np.float32], responses: NDArray[np.float64], tolerance: float
) -> Erasure:
    """Fit an erasure.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
        On whose distribution the change is least.
    responses : ndarray of float64, shape (feature, column)
        From `response`, of several nuisances side by side.
    tolerance : float
        What may be left, as the sum over columns of the part of their variance that a linear
        predictor finds; the directions that matter least are kept as far as this allows.

    Notes
    -----
    The covariance is shrunk as by Ledoit & Wolf (2004), in units of each feature's spread.
    """
    whitener = _Whitener(features.astype(np.float64))
    directions, sizes, _ = np.linalg.svd(whitener.whiten(responses), full_matrices=False)
    left = np.cumsum(sizes[::-1] ** 2)[::-1]  # were this direction and all after it kept
    kept = directions[:, left > tolerance]
    read, remove = whitener.whiten_transposed(kept), whitener.colour(kept)
    parts = (whitener.mean, read.T, remove.T)
    return Erasure(*(np.ascontiguousarray(part, dtype=np.float32) for part in parts))


class _Whitener:
    """Whitening by a covariance shrunk as by Ledoit & Wolf, in units of each feature's spread."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        self.mean, spread = x.mean(axis=0), x.std(axis=0)
        self._spread = np.where(spread > 1e-9 * spread.max(initial=0.0), spread, 1.0)[:, None]
        covariance, _ = ledoit_wolf((x - self.mean) / self._spread[:, 0], assume_centered=True)
        values, vectors = np.linalg.eigh(covariance)
        root = np.sqrt(np.maximum(values, 1e-6 * values[-1]))
        self._whiten, self._colour = (vectors / root) @ vectors.T, (vectors * root) @ vectors.T

    def whiten(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self._whiten @ (columns / self._spread))

    def whiten_transposed(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what reads these directions of whitened space from features."""
        return np.asarray((self._whiten @ columns) / self._spread)

    def colour(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((self._colour @ columns) * self._spread)
