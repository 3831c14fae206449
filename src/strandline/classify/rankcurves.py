"""The benchmark's curves: completeness against contamination, recall against what is inspected."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.classify.weighted import shares_reached

__all__ = ["CURVES", "RankCurve", "rank_curves"]

CURVES = ("completeness", "recall")
"""Of a false-positive rate; of the fraction inspected, at the stated prevalence."""

_GRID = {
    "completeness": np.round(np.linspace(0, 1, 201), 4),
    "recall": np.round(np.concatenate([[0], np.geomspace(1e-3, 1, 121)]), 5),
}


@dataclass(frozen=True)
class RankCurve:
    """One curve of one contestant with one number of labels.

    Attributes
    ----------
    contestant : str
    labels : int
    curve : str
        One of `CURVES`.
    x : tuple of float
    mean, spread : tuple of float
        Over draws of labels; the spread is 0 for one draw.
    """

    contestant: str
    labels: int
    curve: str
    x: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]


def rank_curves(
    contestant: str,
    labels: int,
    truth: NDArray[np.int64],
    scores: Sequence[NDArray[np.float64]],
    prevalence: float,
) -> list[RankCurve]:
    """Measure the curves of scores of the same galaxies, one for each draw of labels.

    Parameters
    ----------
    contestant : str
    labels : int
    truth : ndarray of int64, shape (n,)
    scores : sequence of ndarray of float64, shape (n,)
    prevalence : float
        Of interacting galaxies, for the fraction inspected.
    """
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in CURVES}
    for score in scores:
        positive, negative = (part[0] for part in shares_reached(truth, score))
        # the best that is reached at a rate of at most x
        last = np.searchsorted(negative, _GRID["completeness"] + 1e-12, side="right") - 1
        drawn["completeness"].append(positive[last])
        picked = prevalence * positive + (1 - prevalence) * negative
        drawn["recall"].append(np.interp(_GRID["recall"], picked, positive))
    result = []
    for name, each in drawn.items():
        spread = np.std(each, axis=0, ddof=1) if len(each) > 1 else np.zeros(len(_GRID[name]))
        numbers = (_GRID[name], np.mean(each, axis=0), spread)
        x, mean, width = (tuple(round(float(value), 5) for value in column) for column in numbers)
        result.append(RankCurve(contestant, labels, name, x, mean, width))
    return result
