"""Fitting a head to labelled inputs, and choosing among the kinds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.learn.headkinds import FROZEN_KINDS, HeadFitter
from strandline.learn.heads import Head
from strandline.recipe import HeadSettings
from strandline.seeding import generator

__all__ = ["compared_rows", "fit_chosen", "fit_head"]

_MOST_COMPARED = 2000


def compared_rows(values: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return the rows that kinds of heads are compared on: all, or 2000 drawn from both classes.

    So many tell them apart to 0.01 in AUC, and of ten times as many one cross-validation of all
    kinds on hundreds of features takes half an hour.
    """
    share = min(1.0, _MOST_COMPARED / len(values))
    if share == 1.0:
        return np.arange(len(values))
    random = generator(seed, "compared heads")
    drawn = [
        random.choice(rows, size=max(2, round(share * len(rows))), replace=False)
        for rows in (np.flatnonzero(values == value) for value in (0, 1))
    ]
    return np.sort(np.concatenate(drawn))


def fit_head(
    inputs: NDArray[np.float32],
    values: NDArray[np.int64],
    settings: HeadSettings,
    seed: int,
    *,
    trees_from: int = 0,
) -> tuple[Head, dict[str, Any]]:
    """Fit a classifier that takes both classes as equally frequent.

    Parameters
    ----------
    inputs : ndarray of float32, shape (row, input)
        Features of an encoder, shape statistics, or both side by side.
    values : ndarray of int64, shape (row,)
        0 or 1, each at least twice.
    settings : HeadSettings
        ``logistic``: of the penalties offered that of the lowest balanced log loss on the folds
        left out is taken. ``lda``: Fisher's discriminant with the covariance of Ledoit & Wolf
        (2004), which needs no choice; as its log-odds are too sure of themselves, they are
        scaled to those that fit the folds left out (Platt 1999). ``knn``: of the numbers of
        neighbours offered that of the lowest log loss. ``forest``: extremely randomised trees
        (Geurts, Ernst & Wehenkel 2006), scaled like the discriminant. ``blend``: the discriminant
        and the forest, log-odds averaged; the folds left out say how much each counts for, but
        few labels say little, and then it is the same. ``best``: of these the one of the highest
        AUC on the folds left out of `compared_rows`. ``finetune`` has no meaning here and gives
        ``lda``. Of ``shapes`` see `shapedfit`.
    seed : int
        Of the trees and the folds; there are no more of them than the rarer class has rows.
    trees_from : int
        First of the inputs that the forest of a blend sees; its discriminant sees all.

    Returns
    -------
    head : Head
    chosen : dict
        ``kind``; the cross-validated ``auc`` and ``log_loss``; ``strength`` or ``neighbours`` if
        one was chosen; of ``best``, the AUC of each kind as ``candidates``.
    """
    return fit_chosen(inputs, values, settings, seed, trees_from=trees_from)[:2]


def fit_chosen(
    inputs: NDArray[np.float32],
    values: NDArray[np.int64],
    settings: HeadSettings,
    seed: int,
    *,
    trees_from: int = 0,
) -> tuple[Head, dict[str, Any], NDArray[np.float64]]:
    """Do what `fit_head` does, and return too each row's log-odds by a head fitted without it."""
    fitter = HeadFitter(inputs, values, settings, seed, trees_from)
    if settings.kind != "best":
        kind = settings.kind if settings.kind in FROZEN_KINDS else "lda"
        return *fitter.fit(kind), fitter.left_out(kind)
    rows = compared_rows(values, seed)
    compared = fitter
    if len(rows) < len(values):
        compared = HeadFitter(inputs[rows], values[rows], settings, seed, trees_from)
    candidates = {kind: compared.told(kind)["auc"] for kind in FROZEN_KINDS}
    best = max(candidates, key=lambda kind: candidates[kind])
    head, chosen = fitter.fit(best)
    return head, {**chosen, "candidates": candidates}, fitter.left_out(best)
