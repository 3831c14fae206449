"""What an embedding knows: linear probes, measured on blocks of sky that were left out.

After Alain & Bengio (2016, arXiv:1610.01644). What a linear probe does not find may still be
there in some curved way, but a linear head cannot use it either.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from strandline.errors import OptionError

__all__ = ["Probed", "probe", "probe_classes"]

_FOLDS = 5
_PENALTIES = np.geomspace(1e-1, 1e5, 13)
_FEWEST_ROWS = 20


@dataclass(frozen=True)
class Probed:
    """How well one thing can be read from an embedding.

    Attributes
    ----------
    value : float
        R2 (1 all, 0 nothing; below 0 worse than the mean) or AUC, of all rows left out together.
    error : float
        Of that, from the scatter between folds.
    rows : int
    """

    value: float
    error: float
    rows: int


def probe(
    features: NDArray[np.float32], targets: NDArray[np.float64], blocks: NDArray[np.int64]
) -> Probed:
    """Predict numbers by ridge regression and return R2.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    targets : ndarray of float64, shape (row,) or (row, target)
        Rows with NaN are left out. Of several targets R2 is that of all together, each in units
        of its own variance.
    blocks : ndarray of int64, shape (row,)
        Rows of one block are never on both sides; see `sklearn.model_selection.GroupKFold`.

    Raises
    ------
    OptionError
        If fewer than 20 rows or 2 blocks are left.
    """
    targets = targets.reshape(len(targets), -1)
    usable = np.isfinite(targets).all(axis=1) & np.isfinite(features).all(axis=1)
    x, y, groups = features[usable].astype(np.float64), targets[usable], blocks[usable]
    spread = y.std(axis=0)
    y = (y - y.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    lost, total = np.zeros(len(y)), (y**2).sum(axis=1)
    each = []
    for inside, outside in _folds(x, groups):
        model = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES)).fit(x[inside], y[inside])
        found = model.predict(x[outside]).reshape(len(outside), -1)
        lost[outside] = ((y[outside] - found) ** 2).sum(axis=1)
        each.append(1 - lost[outside].sum() / max(float(total[outside].sum()), 1e-12))
    value = 1 - float(lost.sum()) / max(float(total.sum()), 1e-12)
    return Probed(value, _error(each), len(x))


def probe_classes(
    features: NDArray[np.float32], values: NDArray[np.int64], blocks: NDArray[np.int64]
) -> Probed:
    """Tell two classes apart by a linear discriminant with shrinkage and return AUC.

    Parameters
    ----------
    features : ndarray of float32, shape (row, feature)
    values : ndarray of int64, shape (row,)
        0 or 1.
    blocks : ndarray of int64, shape (row,)
    """
    x, scores = features.astype(np.float64), np.full(len(values), np.nan)
    each = []
    for inside, outside in _folds(x, blocks):
        if len(np.unique(values[inside])) < 2:
            continue
        discriminant = LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage="auto", priors=[0.5, 0.5]
        )
        model = make_pipeline(StandardScaler(), discriminant).fit(x[inside], values[inside])
        scores[outside] = model.decision_function(x[outside])
        if len(np.unique(values[outside])) == 2:
            each.append(float(roc_auc_score(values[outside], scores[outside])))
    known = np.isfinite(scores)
    if len(np.unique(values[known])) < 2:
        raise OptionError("The labels are too few, or all in one block of sky, for a probe.")
    return Probed(
        float(roc_auc_score(values[known], scores[known])), _error(each), int(known.sum())
    )


def _folds(
    x: NDArray[np.float64], blocks: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    count = min(_FOLDS, len(np.unique(blocks)))
    if len(x) < _FEWEST_ROWS or count < 2:
        raise OptionError(
            f"A probe needs at least {_FEWEST_ROWS} galaxies in 2 blocks of sky; there are "
            f"{len(x)} in {len(np.unique(blocks))}."
        )
    return list(GroupKFold(count).split(x, groups=blocks))


def _error(each: list[float]) -> float:
    return float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else float("nan")
