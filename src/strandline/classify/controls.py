"""What any learned classifier must beat: size and brightness alone, and shape statistics."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from strandline.seeding import stable_seed
from strandline.shapes import CONTROL_NAMES, SHAPE_NAMES

__all__ = ["Fit", "Score", "shape_forest", "shape_logistic", "size_and_brightness"]

Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""Scores, shape (row,), of features of shape (row, feature); larger for more likely."""

Fit = Callable[[NDArray[np.float32], NDArray[np.int64], int], Score]
"""From features (row, feature), values 0 or 1 and a seed to what scores others."""

_TREES = 500
_FEWEST_IN_LEAF = 3
_CONTROLS = [SHAPE_NAMES.index(name) for name in CONTROL_NAMES]
_SHAPES = [k for k, name in enumerate(SHAPE_NAMES) if name not in CONTROL_NAMES]


def size_and_brightness(
    features: NDArray[np.float32], values: NDArray[np.int64], seed: int
) -> Score:
    """Fit what anybody could tell without looking at shapes: a quadratic of size and brightness.

    Parameters
    ----------
    features : ndarray of float32, shape (row, len(SHAPE_NAMES))
        As `strandline.shapes.measure_shapes` gives them; NaN counts as the median.
    values : ndarray of int64, shape (row,)
    seed : int
        Unused; there is nothing at random.
    """
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        PolynomialFeatures(2, include_bias=False),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    ).fit(features[:, _CONTROLS], values)
    return lambda asked: np.asarray(model.decision_function(asked[:, _CONTROLS]))


def shape_forest(features: NDArray[np.float32], values: NDArray[np.int64], seed: int) -> Score:
    """Fit a random forest (Breiman 2001) of 500 trees to the shape statistics.

    Parameters
    ----------
    features : ndarray of float32, shape (row, len(SHAPE_NAMES))
        NaN counts as the median; size and brightness are left out.
    values : ndarray of int64, shape (row,)
    seed : int
    """
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        RandomForestClassifier(
            _TREES,
            min_samples_leaf=_FEWEST_IN_LEAF,
            class_weight="balanced_subsample",
            random_state=stable_seed(seed, "forest") % 2**32,
        ),
    ).fit(features[:, _SHAPES], values)
    return lambda asked: np.asarray(model.predict_proba(asked[:, _SHAPES])[:, 1])


def shape_logistic(features: NDArray[np.float32], values: NDArray[np.int64], seed: int) -> Score:
    """Fit a penalised logistic regression to the shape statistics; better with few labels.

    Parameters
    ----------
    features : ndarray of float32, shape (row, len(SHAPE_NAMES))
        NaN counts as the median; size and brightness are left out.
    values : ndarray of int64, shape (row,)
    seed : int
        Unused; there is nothing at random.
    """
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000),
    ).fit(features[:, _SHAPES], values)
    return lambda asked: np.asarray(model.decision_function(asked[:, _SHAPES]))
