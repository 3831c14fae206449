"""Fitting heads to the features of a frozen encoder, and choosing among them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from strandline.learn.heads import Head, LinearHead, NeighbourHead
from strandline.recipe import HeadSettings
from strandline.seeding import stable_seed

__all__ = ["fit_head", "folds_of"]

_FROZEN = ("lda", "logistic", "knn")


def fit_head(
    features: NDArray[np.float32], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> tuple[Head, dict[str, Any]]:
    """Fit a classifier that takes both classes as equally frequent.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    values : ndarray of int64, shape (row,)
        0 or 1, each at least twice.
    settings : HeadSettings
        ``logistic``: of the penalties offered that of the lowest balanced log loss on the folds
        left out is taken. ``lda``: Fisher's discriminant with the covariance of Ledoit & Wolf
        (2004), which needs no choice; as its log-odds are too sure of themselves, they are
        scaled to those that fit the folds left out (Platt 1999). ``knn``: of the numbers of
        neighbours offered that of the lowest log loss. ``best``: of these three the one of the
        highest AUC on the folds left out. ``finetune`` has no meaning here and gives ``lda``.
    seed : int
        Of the folds; there are no more of them than the rarer class has rows.

    Returns
    -------
    head : Head
    chosen : dict
        ``kind``; the cross-validated ``auc`` and ``log_loss``; ``strength`` or ``neighbours`` if
        one was chosen; of ``best``, the AUC of each kind as ``candidates``.
    """
    wide = features.astype(np.float64)
    fits = {"lda": _fit_lda, "logistic": _fit_logistic, "knn": _fit_neighbours}
    if settings.kind != "best":
        kind = settings.kind if settings.kind in _FROZEN else "lda"
        head, judged = fits[kind](wide, values, settings, seed)
        return head, {"kind": kind, **judged}
    tried = {kind: fits[kind](wide, values, settings, seed) for kind in _FROZEN}
    best = max(tried, key=lambda kind: tried[kind][1]["auc"])
    candidates = {kind: judged["auc"] for kind, (_, judged) in tried.items()}
    return tried[best][0], {"kind": best, **tried[best][1], "candidates": candidates}


def folds_of(
    values: NDArray[np.int64], folds: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return which rows are inside and outside of each stratified fold."""
    count = int(min(folds, np.bincount(values, minlength=2).min()))
    splitter = StratifiedKFold(count, shuffle=True, random_state=stable_seed(seed, "folds") % 2**32)
    return list(splitter.split(np.zeros((len(values), 1)), values))


_Fit = Callable[[NDArray[np.float64], NDArray[np.int64]], Head]
_Fitted = tuple[Head, dict[str, float]]


def _fit_lda(
    wide: NDArray[np.float64], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> _Fitted:
    left_out = _left_out(wide, values, _discriminant, settings.folds, seed)
    scale, offset = _platt(left_out, values)
    head = _discriminant(wide, values)
    scaled = LinearHead(head.mean, head.std, head.weight * scale, head.bias * scale + offset)
    return scaled, _judged(left_out * scale + offset, values)


def _fit_logistic(
    wide: NDArray[np.float64], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> _Fitted:
    tried = {}
    for strength in dict.fromkeys(settings.strengths):
        fit = partial(_logistic, strength=strength)
        tried[strength] = _judged(_left_out(wide, values, fit, settings.folds, seed), values)
    best = min(tried, key=lambda strength: tried[strength]["log_loss"])
    return _logistic(wide, values, best), {"strength": best, **tried[best]}


def _fit_neighbours(
    wide: NDArray[np.float64], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> _Fitted:
    tried = {}
    for count in dict.fromkeys(settings.neighbours):
        fit = partial(_neighbours, count=count)
        tried[count] = _judged(_left_out(wide, values, fit, settings.folds, seed), values)
    best = min(tried, key=lambda count: tried[count]["log_loss"])
    return _neighbours(wide, values, best), {"neighbours": float(best), **tried[best]}


def _standard(wide: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean, std = wide.mean(axis=0), wide.std(axis=0)
    std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
    return mean.astype(np.float32), std.astype(np.float32)


def _logistic(wide: NDArray[np.float64], values: NDArray[np.int64], strength: float) -> LinearHead:
    mean, std = _standard(wide)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    model.fit((wide - mean) / std, values)
    return LinearHead(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _discriminant(wide: NDArray[np.float64], values: NDArray[np.int64]) -> LinearHead:
    mean, std = _standard(wide)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
    model.fit((wide - mean) / std, values)
    return LinearHead(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _neighbours(wide: NDArray[np.float64], values: NDArray[np.int64], count: int) -> NeighbourHead:
    return NeighbourHead.of(wide, values, *_standard(wide), count)


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
    logits = np.empty(len(values))
    for inside, outside in folds_of(values, folds, seed):
        logits[outside] = fit(wide[inside], values[inside]).logit(wide[outside].astype(np.float32))
    return logits


def _judged(logits: NDArray[np.float64], values: NDArray[np.int64]) -> dict[str, float]:
    weights = np.where(values == 1, 1 / (values == 1).sum(), 1 / (values == 0).sum())
    each = np.logaddexp(0, np.where(values == 1, -logits, logits))
    return {
        "auc": float(roc_auc_score(values, logits)),
        "log_loss": float(np.average(each, weights=weights)),
    }
