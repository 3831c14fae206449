"""Fitting each kind of head to labelled inputs, with its log-odds of labels left out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from strandline.learn.blend import BlendHead, BlendPart
from strandline.learn.calibration import judged, left_out, platt, shared
from strandline.learn.forest import ForestHead
from strandline.learn.heads import Head, LinearHead, NeighbourHead
from strandline.recipe import HeadSettings
from strandline.seeding import stable_seed

__all__ = ["FROZEN_KINDS", "Fitted", "HeadFitter"]

FROZEN_KINDS = ("lda", "logistic", "knn", "forest", "blend")
"""Heads on features that stay as they are."""

_MOST_LEAVES = 500


@dataclass(frozen=True)
class Fitted:
    """A head, and what is known of it.

    Attributes
    ----------
    head : Head
    left_out : ndarray of float64, shape (row,)
        Log-odds of each row by heads like it that were fitted without the row's fold.
    chosen : dict
        What cross-validation chose.
    """

    head: Head
    left_out: NDArray[np.float64]
    chosen: dict[str, float] = field(default_factory=dict)


class HeadFitter:
    """Fits heads of several kinds to the same rows, each at most once.

    Parameters
    ----------
    inputs : ndarray of float32, shape (row, input)
    values : ndarray of int64, shape (row,)
        0 or 1, each at least twice.
    settings : HeadSettings
    seed : int
    trees_from : int
        First of the inputs that the forest of a blend sees.
    """

    def __init__(
        self,
        inputs: NDArray[np.float32],
        values: NDArray[np.int64],
        settings: HeadSettings,
        seed: int,
        trees_from: int = 0,
    ) -> None:
        self._wide = inputs.astype(np.float64)
        self._values = values
        self._settings = settings
        self._seed = seed
        self._trees_from = trees_from
        self._done: dict[tuple[str, int], Fitted] = {}

    def fit(self, kind: str) -> tuple[Head, dict[str, Any]]:
        """Return a head of a kind, and its ``kind``, what was chosen, ``auc`` and ``log_loss``."""
        fitted = self._fitted(kind)
        return fitted.head, self.told(kind)

    def told(self, kind: str) -> dict[str, Any]:
        """Return what cross-validation says of a kind."""
        fitted = self._fitted(kind)
        return {"kind": kind, **fitted.chosen, **judged(fitted.left_out, self._values)}

    def left_out(self, kind: str) -> NDArray[np.float64]:
        """Return each row's log-odds by a head of a kind that was fitted without its fold."""
        return self._fitted(kind).left_out

    def _fitted(self, kind: str, first: int = 0) -> Fitted:
        if (kind, first) not in self._done:
            fits: dict[str, Callable[[], Fitted]] = {
                "lda": self._lda,
                "logistic": self._logistic,
                "knn": self._neighbours,
                "forest": partial(self._forest, first),
                "blend": self._blend,
            }
            self._done[kind, first] = fits[kind]()
        return self._done[kind, first]

    def _lda(self) -> Fitted:
        out = left_out(self._wide, self._values, _discriminant, *self._folds)
        scale, offset = platt(out, self._values)
        head = _discriminant(self._wide, self._values)
        scaled = replace(head, weight=head.weight * scale, bias=head.bias * scale + offset)
        return Fitted(scaled, out * scale + offset)

    def _forest(self, first: int) -> Fitted:
        wide = self._wide[:, first:]
        fit = partial(_trees, settings=self._settings, seed=self._seed)
        out = left_out(wide, self._values, fit, *self._folds)
        scale, offset = platt(out, self._values)
        head = replace(fit(wide, self._values), scale=scale, offset=offset)
        return Fitted(head, out * scale + offset)

    def _blend(self) -> Fitted:
        pair = (("lda", 0), ("forest", self._trees_from))
        fitted = [self._fitted(kind, first) for kind, first in pair]
        left = [one.left_out for one in fitted]
        weights, offset = shared(left[0], left[1], self._values)
        width = self._wide.shape[1]
        parts = [
            BlendPart(one.head, first, width, weight)
            for one, (_, first), weight in zip(fitted, pair, weights, strict=True)
        ]
        both = weights[0] * left[0] + weights[1] * left[1] + offset
        return Fitted(BlendHead(tuple(parts), offset), both)

    def _logistic(self) -> Fitted:
        tried = {}
        for strength in dict.fromkeys(self._settings.strengths):
            fit = partial(_penalised, strength=strength)
            tried[strength] = left_out(self._wide, self._values, fit, *self._folds)
        best = min(tried, key=lambda strength: judged(tried[strength], self._values)["log_loss"])
        head = _penalised(self._wide, self._values, best)
        return Fitted(head, tried[best], {"strength": best})

    def _neighbours(self) -> Fitted:
        tried = {}
        for count in dict.fromkeys(self._settings.neighbours):
            fit = partial(_nearest, count=count)
            tried[count] = left_out(self._wide, self._values, fit, *self._folds)
        best = min(tried, key=lambda count: judged(tried[count], self._values)["log_loss"])
        head = _nearest(self._wide, self._values, best)
        return Fitted(head, tried[best], {"neighbours": float(best)})

    @property
    def _folds(self) -> tuple[int, int]:
        return self._settings.folds, self._seed


def _standard(wide: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean, std = wide.mean(axis=0), wide.std(axis=0)
    std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
    return mean.astype(np.float32), std.astype(np.float32)


def _penalised(wide: NDArray[np.float64], values: NDArray[np.int64], strength: float) -> LinearHead:
    mean, std = _standard(wide)
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    model.fit((wide - mean) / std, values)
    return LinearHead(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _discriminant(wide: NDArray[np.float64], values: NDArray[np.int64]) -> LinearHead:
    mean, std = _standard(wide)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
    model.fit((wide - mean) / std, values)
    return LinearHead(mean, std, model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def _nearest(wide: NDArray[np.float64], values: NDArray[np.int64], count: int) -> NeighbourHead:
    return NeighbourHead.of(wide, values, *_standard(wide), count)


def _trees(
    wide: NDArray[np.float64], values: NDArray[np.int64], settings: HeadSettings, seed: int
) -> ForestHead:
    model = ExtraTreesClassifier(
        settings.trees,
        min_samples_leaf=max(settings.leaf, len(values) // _MOST_LEAVES),
        class_weight="balanced",
        random_state=stable_seed(seed, "forest") % 2**32,
    )
    return ForestHead.of(model.fit(wide.astype(np.float32), values))
