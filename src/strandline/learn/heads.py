"""Heads: a linear layer that turns features into a probability.

A supervised network's last layer and a linear classifier on a frozen encoder's features are the
same thing here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from strandline.recipe import HeadSettings
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
    features: NDArray[np.float32], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> tuple[Head, dict[str, float]]:
    """Fit a linear classifier that takes both classes as equally frequent.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    values : ndarray of int64, shape (row,)
        0 or 1, each at least twice.
    settings : HeadSettings
        ``logistic``: of the penalties offered that of the lowest balanced log loss on the folds
        left out is taken. ``lda``: Fisher's discriminant with the covariance of Ledoit & Wolf
        (2004), which needs no choice; as its log-odds are too sure of themselves, they are
        scaled to those that fit the folds left out (Platt 1999).
    seed : int
        Of the folds; there are no more of them than the rarer class has rows.

    Returns
    -------
    head : Head
    chosen : dict
        The cross-validated ``auc`` and ``log_loss``; of logistic regression the ``strength``.
    """
    wide = features.astype(np.float64)
    if settings.kind == "lda":
        left_out = _left_out(wide, values, _discriminant, settings.folds, seed)
        scale, offset = _platt(left_out, values)
        head = _discriminant(wide, values)
        scaled = Head(head.mean, head.std, head.weight * scale, head.bias * scale + offset)
        return scaled, _judged(left_out * scale + offset, values)
    tried = {}
    for strength in dict.fromkeys(settings.strengths):
        fit = partial(_logistic, strength=strength)
        tried[strength] = _judged(_left_out(wide, values, fit, settings.folds, seed), values)
    best = min(tried, key=lambda strength: tried[strength]["log_loss"])
    return _logistic(wide, values, best), {"strength": best, **tried[best]}


_Fit = Callable[[NDArray[np.float64], NDArray[np.int64]], Head]


def _standard(wide: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean, std = wide.mean(axis=0), wide.std(axis=0)
    std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
    return mean.astype(np.float32), std.astype(np.float32)


def _logistic(wide: NDArray[np.float64], values: NDArray[np.int64], strength: float) -> Head:
    mean, std = _standard(wide)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    model.fit((wide - mean) / std, values)
    return Head(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _discriminant(wide: NDArray[np.float64], values: NDArray[np.int64]) -> Head:
    mean, std = _standard(wide)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
    model.fit((wide - mean) / std, values)
    return Head(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _platt(logits: NDArray[np.float64], values: NDArray[np.int64]) -> tuple[float, float]:
    """Return the scale and offset of log-odds that fit `values` best, classes weighted alike."""
    spread = max(float(logits.std()), 1e-12)
    model = LogisticRegression(C=1.0, class_weight="balanced")
    model.fit((logits / spread)[:, None], values)
    # a negative scale would turn the ranking round for the sake of a few left-out labels
    return max(float(model.coef_[0, 0]) / spread, 1e-6), float(model.intercept_[0])


def _left_out(
    wide: NDArray[np.float64], values: NDArray[np.int64], fit: _Fit, folds: int, seed: int
) -> NDArray[np.float64]:
    """Return each row's log-odds by a head that was fitted without its fold."""
    count = int(min(folds, np.bincount(values, minlength=2).min()))
    splitter = StratifiedKFold(count, shuffle=True, random_state=stable_seed(seed, "folds") % 2**32)
    logits = np.empty(len(values))
    for inside, outside in splitter.split(wide, values):
        logits[outside] = fit(wide[inside], values[inside]).logit(wide[outside])
    return logits


def _judged(logits: NDArray[np.float64], values: NDArray[np.int64]) -> dict[str, float]:
    weights = np.where(values == 1, 1 / (values == 1).sum(), 1 / (values == 0).sum())
    each = np.logaddexp(0, np.where(values == 1, -logits, logits))
    return {
        "auc": float(roc_auc_score(values, logits)),
        "log_loss": float(np.average(each, weights=weights)),
    }
