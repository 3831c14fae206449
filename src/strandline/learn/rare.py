"""A head for a rare class, from a few examples and galaxies that nobody has labelled.

Almost none of the galaxies drawn at random from a table is of a rare class, so that they stand for
what is not (learning from positive and unlabelled examples; Elkan & Noto 2008). This matters most
where labels were chosen, not drawn: the negatives among them are the hard ones, and a head that
saw no others loses sight of the crowd.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from strandline.errors import TrainingError
from strandline.learn.calibration import platt
from strandline.learn.heads import LinearHead
from strandline.seeding import generator

__all__ = ["RareFit", "draw_background", "fit_rare"]

_BACKGROUND = 1000
_STRENGTH = 1e-3
_DISCRIMINANT = 0.5
_WEIGHTED = 400.0
_FOLDS = 5
_FARTHEST = 6.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RareFit:
    """A head, and what it says of each example when that is left out.

    Attributes
    ----------
    head : LinearHead
        On the balanced scale: examples and all others weigh the same.
    left_out : ndarray of float64, shape (label,)
        Log-odds of each labelled row by a head like it that was fitted without the row's fold.
    background : ndarray of float64, shape (unlabelled,)
        Log-odds of the unlabelled rows, likewise.
    auc : float
        Of the examples against the unlabelled, both left out. It is a little low: some of the
        unlabelled may be of the class.
    """

    head: LinearHead
    left_out: Floats
    background: Floats
    auc: float


def draw_background(
    count: int, labelled: ArrayLike, seed: int, most: int = _BACKGROUND
) -> NDArray[np.int64]:
    """Draw at most `most` of `count` rows at random that are not `labelled`.

    The same rows are drawn whatever is labelled, so that a page can retrain without reading.
    """
    order = generator(seed, "background").permutation(count)[: most + np.size(labelled)]
    free = order[~np.isin(order, np.asarray(labelled, dtype=np.int64))]
    return np.asarray(free[:most], dtype=np.int64)


def fit_rare(
    inputs: NDArray[np.float32],
    values: NDArray[np.int64],
    background: NDArray[np.float32],
    seed: int,
) -> RareFit:
    """Fit a linear head to examples of a class against others and against unlabelled rows.

    It is the sum, each divided by its spread over the unlabelled, of a logistic regression so
    strongly penalised that it follows what the examples have in common, and of half a
    discriminant (see `fit_head`), which follows what sets them apart. Examples weigh as much as
    all others together; of these, rows labelled 0 and unlabelled rows weigh the same.

    Parameters
    ----------
    inputs : ndarray of float32, shape (label, input)
    values : ndarray of int64, shape (label,)
        1 for examples of the class, at least two; 0 for what is not. There may be no 0.
    background : ndarray of float32, shape (unlabelled, input)
        See `draw_background`.
    seed : int
        Of the folds: five, or as many as there are examples.

    Raises
    ------
    TrainingError
        With fewer than two examples or two unlabelled rows, or values that are not finite.
    """
    values = np.asarray(values, dtype=np.int64)
    if (values == 1).sum() < 2 or len(background) < 2:
        raise TrainingError(
            f"There are {(values == 1).sum()} examples and {len(background)} unlabelled galaxies; "
            "at least 2 of each are needed. Mark more examples."
        )
    known = np.concatenate([inputs, background]).astype(np.float64)
    if not np.isfinite(known).all():
        raise TrainingError("Inputs of labelled or unlabelled galaxies hold NaN; leave these out.")
    mean, std = known.mean(axis=0), known.std(axis=0)
    std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
    wide = np.clip((known - mean) / std, -_FARTHEST, _FARTHEST)
    part = np.where(values == 1, 1, 0)
    part = np.concatenate([part, np.full(len(background), -1)])
    left_out = np.empty(len(wide))
    for fold in _folds(part, seed):
        weight, bias = _fit(wide[~fold], part[~fold])
        left_out[fold] = wide[fold] @ weight + bias
    is_example = (part == 1).astype(np.int64)
    scale, offset = platt(left_out, is_example)
    weight, bias = _fit(wide, part)
    head = LinearHead(
        mean.astype(np.float32),
        std.astype(np.float32),
        (weight * scale).astype(np.float32),
        bias * scale + offset,
    )
    left_out = left_out * scale + offset
    labelled, others = left_out[: len(values)], left_out[len(values) :]
    examples = labelled[values == 1]
    truth = np.repeat([1, 0], [len(examples), len(others)])
    auc = float(roc_auc_score(truth, np.concatenate([examples, others])))
    return RareFit(head, labelled, others, auc)


def _folds(part: NDArray[np.int64], seed: int) -> list[NDArray[np.bool_]]:
    """Divide each part evenly into folds at random."""
    count = min(_FOLDS, int((part == 1).sum()))
    number = np.empty(len(part), dtype=np.int64)
    for value in (-1, 0, 1):
        rows = np.flatnonzero(part == value)
        rows = generator(seed, "folds", value).permutation(rows)
        number[rows] = np.arange(len(rows)) % count
    return [number == k for k in range(count)]


def _fit(wide: Floats, part: NDArray[np.int64]) -> tuple[Floats, float]:
    """Return weights and bias; `part` is 1 for examples, 0 for others, -1 for unlabelled."""
    is_example = (part == 1).astype(np.int64)
    share = {1: 0.5, 0: 0.25, -1: 0.25} if (part == 0).any() else {1: 0.5, -1: 0.5}
    each = np.zeros(len(part))
    for value, of_all in share.items():
        each[part == value] = of_all / (part == value).sum()
    common = LogisticRegression(C=_STRENGTH, max_iter=500)
    common.fit(wide, is_example, sample_weight=_WEIGHTED * each)
    apart = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
    rows = np.arange(len(wide))
    if is_example.sum() == 1:  # a class of one has no covariance; counted twice, it is zero
        rows = np.append(rows, np.flatnonzero(is_example))
    apart.fit(wide[rows], is_example[rows])
    weight, bias = np.zeros(wide.shape[1]), 0.0
    for model, much in ((common, 1.0), (apart, _DISCRIMINANT)):
        own, shift = model.coef_[0], float(model.intercept_[0])
        spread = max(float((wide[part == -1] @ own).std()), 1e-12)
        weight += much * own / spread
        bias += much * shift / spread
    return weight, bias
