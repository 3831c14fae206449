"""Log-odds of labels left out: how they are come by, scaled and judged."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from strandline.learn.heads import Head
from strandline.seeding import generator, stable_seed

__all__ = [
    "Fit",
    "balanced_loss",
    "folds_of",
    "judged",
    "left_out",
    "platt",
    "shared",
    "shares",
]

_DOUBT = 0.3
_SHARES_OF_TWO = 41
_SHARES_OF_MORE = 2000

Fit = Callable[[NDArray[np.float64], NDArray[np.int64]], Head]
"""From inputs of shape (row, input) and values 0 or 1 to a head."""


def folds_of(
    values: NDArray[np.int64], folds: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return which rows are inside and outside of each stratified fold."""
    count = int(min(folds, np.bincount(values, minlength=2).min()))
    splitter = StratifiedKFold(count, shuffle=True, random_state=stable_seed(seed, "folds") % 2**32)
    return list(splitter.split(np.zeros((len(values), 1)), values))


def left_out(
    wide: NDArray[np.float64], values: NDArray[np.int64], fit: Fit, folds: int, seed: int
) -> NDArray[np.float64]:
    """Return each row's log-odds by a head that was fitted without its fold."""
    logits = np.empty(len(values))
    for inside, outside in folds_of(values, folds, seed):
        logits[outside] = fit(wide[inside], values[inside]).logit(wide[outside].astype(np.float32))
    return logits


def platt(logits: NDArray[np.float64], values: NDArray[np.int64]) -> tuple[float, float]:
    """Return the scale and offset of log-odds that fit `values` best, classes weighted alike.

    Platt 1999 (in Advances in Large Margin Classifiers), with a weak penalty on the scale.
    """
    spread = max(float(logits.std()), 1e-12)
    model = LogisticRegression(C=1.0, class_weight="balanced")
    model.fit((logits / spread)[:, None], values)
    # a negative scale would turn the ranking round for the sake of a few left-out labels
    return max(float(model.coef_[0, 0]) / spread, 1e-6), float(model.intercept_[0])


def shared(
    one: NDArray[np.float64], other: NDArray[np.float64], values: NDArray[np.int64]
) -> tuple[tuple[float, float], float]:
    """Return weights of two log-odds, and an offset, whose sum fits `values` best.

    A logistic regression (stacking, Wolpert 1992) on the sum and on the difference of the two,
    each divided by its spread. The difference is penalised about ten times as much as the sum, so
    that few labels leave both with the same weight; none is negative.

    Parameters
    ----------
    one, other : ndarray of float64, shape (row,)
        By heads that were fitted without the row.
    values : ndarray of int64, shape (row,)
    """
    spread = [max(float(odds.std()), 1e-12) for odds in (one, other)]
    first, second = one / spread[0], other / spread[1]
    model = LogisticRegression(C=1.0, class_weight="balanced")
    model.fit(np.stack([first + second, _DOUBT * (first - second)], axis=1), values)
    both = max(float(model.coef_[0, 0]), 1e-6)
    apart = float(np.clip(_DOUBT * model.coef_[0, 1], -both, both))
    weights = (both + apart) / spread[0], (both - apart) / spread[1]
    return weights, float(model.intercept_[0])


def shares(odds: NDArray[np.float64], values: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """Return what each of several calibrated log-odds counts for in their average.

    The mean over a flat prior (all shares that sum to 1 alike) times the likelihood of `values`,
    so that few of them leave the shares near equal; none is negative.

    Parameters
    ----------
    odds : ndarray of float64, shape (row, one of several)
        By classifiers that were fitted without the row.
    values : ndarray of int64, shape (row,)
    seed : int
        Of the draws from the prior, of more than two.
    """
    count = odds.shape[1]
    if count == 1:
        return np.ones(1)
    if count == 2:
        first = np.linspace(0, 1, _SHARES_OF_TWO)
        drawn = np.stack([first, 1 - first], axis=1)
    else:
        drawn = generator(seed, "shares").dirichlet(np.ones(count), _SHARES_OF_MORE)
    loss = np.array([balanced_loss(odds @ share, values) for share in drawn])
    labels = 2 * np.bincount(values, minlength=2).min()  # the worth of both classes weighted alike
    likelihood = np.exp(-labels * (loss - loss.min()))
    return np.asarray(likelihood @ drawn / likelihood.sum())


def balanced_loss(logits: NDArray[np.float64], values: NDArray[np.int64]) -> float:
    """Return the mean cross-entropy, both classes weighted alike."""
    weights = np.where(values == 1, 1 / (values == 1).sum(), 1 / (values == 0).sum())
    each = np.logaddexp(0, np.where(values == 1, -logits, logits))
    return float(np.average(each, weights=weights))


def judged(logits: NDArray[np.float64], values: NDArray[np.int64]) -> dict[str, float]:
    """Return ``auc`` and balanced ``log_loss`` of log-odds."""
    return {
        "auc": float(roc_auc_score(values, logits)),
        "log_loss": balanced_loss(logits, values),
    }
