"""Paired comparisons: by how much one ranking is better than another, with both errors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.classify.weighted import areas, resampled
from strandline.seeding import generator

__all__ = ["Difference", "Ranked", "differences"]

_RESAMPLES = 200
_INTERVAL = (0.025, 0.975)
_NOTHING = 1e-6  # remaining error that counts as none


@dataclass(frozen=True)
class Ranked:
    """Scores of one contestant with one number of labels.

    Attributes
    ----------
    contestant : str
    labels : int
    scores : ndarray of float64, shape (draw, galaxy)
    only : bool
        There is one draw alone because there is no choice: of no labels, or of all. It makes a pair
        with each draw of another.
    """

    contestant: str
    labels: int
    scores: NDArray[np.float64]
    only: bool = False


@dataclass(frozen=True)
class Difference:
    """AUC of one contestant minus that of another, on the same galaxies and draws of labels.

    Attributes
    ----------
    contestant, against : str
    labels, against_labels : int
    draws : int
        Pairs: draws of the same number, of which the fewer labels are part of the more.
    mean : float
        Of the difference over the draws.
    spread : float
        Its standard deviation over the draws; NaN of one.
    sampling_error : float
        1 sigma of the mean difference by paired bootstrap of the test galaxies.
    low, high : float
        95 % interval of the mean difference: draws and galaxies resampled together.
    error_ratio, ratio_low, ratio_high : float
        Remaining error (1 - AUC) of the one over that of the other, and its interval.
    """

    contestant: str
    labels: int
    against: str
    against_labels: int
    draws: int
    mean: float
    spread: float
    sampling_error: float
    low: float
    high: float
    error_ratio: float
    ratio_low: float
    ratio_high: float


def differences(
    ranked: Sequence[Ranked], truth: NDArray[np.int64], against: str, seed: int
) -> tuple[Difference, ...]:
    """Compare all with one, at the same number of labels and at its largest.

    Parameters
    ----------
    ranked : sequence of Ranked
    truth : ndarray of int64, shape (galaxy,)
    against : str
        Contestant that the others are compared with; without it there is nothing to say.
    seed : int
        Of the bootstrap.

    Returns
    -------
    tuple of Difference
        Empty if a class has fewer than two galaxies.
    """
    counts = resampled(truth, seed=seed, resamples=_RESAMPLES)
    if counts is None or all(one.contestant != against for one in ranked):
        return ()
    whole = np.ones((1, len(truth)))
    # the AUC of each draw; first that of the galaxies themselves, then of each resample
    found = {
        (one.contestant, one.labels): np.stack(
            [areas(truth, score, np.concatenate([whole, counts])) for score in one.scores]
        )
        for one in ranked
    }
    only = {(one.contestant, one.labels) for one in ranked if one.only}
    result = []
    for one, other in _pairs(list(found), against):
        draws = [len(found[key]) for key in (one, other) if key not in only]
        shape = (min(draws, default=1), 1 + _RESAMPLES)
        better, worse = (np.broadcast_to(found[key][: shape[0]], shape) for key in (one, other))
        result.append(_difference(one, other, better, worse, seed))
    return tuple(result)


def _pairs(
    keys: Sequence[tuple[str, int]], against: str
) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    theirs = [labels for name, labels in keys if name == against]
    for name, labels in keys:
        if name == against:
            continue
        if labels in theirs and labels != max(theirs):
            yield (name, labels), (against, labels)
        yield (name, labels), (against, max(theirs))


def _difference(
    one: tuple[str, int],
    other: tuple[str, int],
    better: NDArray[np.float64],
    worse: NDArray[np.float64],
    seed: int,
) -> Difference:
    pair, draws = (better, worse), len(better)
    each = better - worse
    picked = generator(seed, "draws").integers(draws, size=(draws, _RESAMPLES))
    resamples = [part[:, 1:][picked, np.arange(_RESAMPLES)].mean(axis=0) for part in pair]
    low, high = np.quantile(resamples[0] - resamples[1], _INTERVAL)
    ratio_low, ratio_high = np.quantile(_ratio(*resamples), _INTERVAL)
    return Difference(
        *one,
        *other,
        draws=draws,
        mean=float(each[:, 0].mean()),
        spread=float(each[:, 0].std(ddof=1)) if draws > 1 else float("nan"),
        sampling_error=float(each[:, 1:].mean(axis=0).std(ddof=1)),
        low=float(low),
        high=float(high),
        error_ratio=float(_ratio(pair[0][:, 0].mean(), pair[1][:, 0].mean())),
        ratio_low=float(ratio_low),
        ratio_high=float(ratio_high),
    )


def _ratio(
    better: NDArray[np.float64] | np.float64, worse: NDArray[np.float64] | np.float64
) -> NDArray[np.float64]:
    """Return the ratio of remaining errors: 1 where nothing remains of both, else at most 1e6."""
    one, other = np.maximum(1 - better, 0), np.maximum(1 - worse, 0)
    return np.asarray(np.maximum(one, _NOTHING) / np.maximum(other, _NOTHING))
