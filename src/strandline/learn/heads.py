"""Heads: a linear layer that turns features into a probability.

A supervised network's last layer and a logistic regression on a frozen encoder's features are the
same thing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from strandline.seeding import stable_seed

__all__ = ["Head", "fit_head"]


@dataclass(frozen=True)
class Head:
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
    def linear(cls, weight: NDArray[np.float32], bias: float) -> Self:
        """Make a head of a network's last layer, without standardisation."""
        return cls(np.zeros_like(weight), np.ones_like(weight), weight, bias)

    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of features of shape (row, feature)."""
        standard = (features.astype(np.float64) - self.mean) / self.std
        return np.asarray(standard @ self.weight.astype(np.float64) + self.bias)

    def probability(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities, shape (row,), of features of shape (row, feature)."""
        odds = np.clip(self.logit(features), -80, 80)  # exp(80) still is a float
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


def fit_head(
    features: NDArray[np.float32],
    values: NDArray[np.int64],
    strengths: Sequence[float],
    folds: int,
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> tuple[Head, dict[str, float]]:
    """Fit a balanced logistic regression whose strength is chosen by cross-validation.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    values : ndarray of int64, shape (row,)
        0 or 1, each at least twice.
    strengths : sequence of float
        Candidates of the inverse penalty C. The one of the lowest balanced log loss on the folds
        left out is taken.
    folds : int
        At most; no more than the rarer class has rows.
    seed : int
        Of the folds.
    groups : ndarray of int64, shape (row,), optional
        Rows of the same group (views of the same stamp) stay in the same fold.

    Returns
    -------
    head : Head
    chosen : dict
        ``strength``, and the cross-validated ``auc`` and ``log_loss`` at it.
    """
    groups = np.arange(len(values)) if groups is None else groups
    tried = {
        strength: _cross_validate(features, values, groups, strength, folds, seed)
        for strength in dict.fromkeys(strengths)
    }
    best = min(tried, key=lambda strength: tried[strength]["log_loss"])
    return _fit(features, values, best), {"strength": best, **tried[best]}


def _fit(features: NDArray[np.float32], values: NDArray[np.int64], strength: float) -> Head:
    wide = features.astype(np.float64)
    mean, std = wide.mean(axis=0), wide.std(axis=0)
    std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    model.fit((wide - mean) / std, values)
    return Head(
        mean.astype(np.float32),
        std.astype(np.float32),
        model.coef_[0].astype(np.float32),
        float(model.intercept_[0]),
    )


def _cross_validate(
    features: NDArray[np.float32],
    values: NDArray[np.int64],
    groups: NDArray[np.int64],
    strength: float,
    folds: int,
    seed: int,
) -> dict[str, float]:
    names, first = np.unique(groups, return_index=True)
    classes = values[first]
    count = int(min(folds, np.bincount(classes, minlength=2).min()))
    splitter = StratifiedKFold(count, shuffle=True, random_state=stable_seed(seed, "folds") % 2**32)
    truth, scores = [], []
    for fitted, left_out in splitter.split(names, classes):
        inside = np.isin(groups, names[fitted])
        outside = np.isin(groups, names[left_out])
        head = _fit(features[inside], values[inside], strength)
        truth.append(values[outside])
        scores.append(head.probability(features[outside]))
    y, p = np.concatenate(truth), np.concatenate(scores).astype(np.float64)
    weights = np.where(y == 1, 1 / max(1, (y == 1).sum()), 1 / max(1, (y == 0).sum()))
    return {
        "auc": float(roc_auc_score(y, p)),
        "log_loss": float(log_loss(y, np.clip(p, 1e-7, 1 - 1e-7), sample_weight=weights)),
    }
