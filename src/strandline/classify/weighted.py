"""Measures of a ranking of weighted galaxies, for many weightings at once.

Weights say how common a galaxy is: they bring a balanced sample to the sky's prevalence, and the
counts of a bootstrap resample are weights, too. One sorting serves all weightings.
"""

import numpy as np
from numpy.typing import NDArray

from strandline.classify.metrics import CONTAMINATIONS, INSPECTED
from strandline.seeding import generator

__all__ = ["MEASURES", "areas", "measures", "resampled", "sampling_errors", "shares_reached"]

MEASURES = (
    "auc",
    *(f"completeness {contamination:g}" for contamination in CONTAMINATIONS),
    "average_precision",
    *(f"recall_inspected {fraction:g}" for fraction in INSPECTED),
)
"""What is measured; the last four at the stated prevalence."""


def measures(
    truth: NDArray[np.int64],
    score: NDArray[np.float64],
    prevalence: float,
    counts: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Measure a ranking.

    Parameters
    ----------
    truth : ndarray of int64, shape (n,)
        0 or 1, both there.
    score : ndarray of float64, shape (n,)
        Larger means more likely to interact. Galaxies of equal score are taken together.
    prevalence : float
        Share of the positives that the last four measures refer to.
    counts : ndarray of float64, shape (weighting, n), optional
        How often each galaxy counts; by default once.

    Returns
    -------
    ndarray of float64, shape (weighting, len(MEASURES))
        With one row by default.
    """
    positive, negative = shares_reached(truth, score, counts)
    columns = [_area(positive, negative)]
    for contamination in CONTAMINATIONS:
        allowed = np.where(negative <= contamination + 1e-12, positive, 0.0)
        columns.append(allowed.max(axis=1))
    picked = prevalence * positive + (1 - prevalence) * negative
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(picked > 0, prevalence * positive / picked, 1.0)
    columns.append((np.diff(positive) * precision[:, 1:]).sum(axis=1))
    columns += [_between(picked, positive, fraction) for fraction in INSPECTED]
    return np.stack(columns, axis=1)


def areas(
    truth: NDArray[np.int64], score: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the AUC alone, shape (weighting,); see `measures`."""
    return _area(*shares_reached(truth, score, counts))


def shares_reached(
    truth: NDArray[np.int64],
    score: NDArray[np.float64],
    counts: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shares of positives and of negatives above ever lower thresholds.

    Both have the shape (weighting, threshold) and rise from 0 to 1. See `measures`.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    weight = np.ones((1, len(truth))) if counts is None else counts
    ordered = weight[:, order]
    positive = _risen(ordered * (truth[order] == 1), ends)
    return positive, _risen(ordered * (truth[order] == 0), ends)


def resampled(
    truth: NDArray[np.int64], *, seed: int, resamples: int = 200
) -> NDArray[np.float64] | None:
    """Return how often each galaxy is in each bootstrap resample, shape (resample, n).

    Positives and negatives are resampled apart; None for fewer than two of either.
    """
    rng = generator(seed, "bootstrap")
    counts = np.zeros((resamples, len(truth)))
    for value in (0, 1):
        members = np.flatnonzero(truth == value)
        if len(members) < 2:
            return None
        shares = np.full(len(members), 1 / len(members))
        counts[:, members] = rng.multinomial(len(members), shares, size=resamples)
    return counts


def sampling_errors(
    truth: NDArray[np.int64],
    score: NDArray[np.float64],
    prevalence: float,
    *,
    seed: int,
    resamples: int = 200,
) -> NDArray[np.float64]:
    """Return the bootstrap error of each measure, shape (len(MEASURES),); see `resampled`."""
    counts = resampled(truth, seed=seed, resamples=resamples)
    if counts is None:
        return np.full(len(MEASURES), np.nan)
    return np.asarray(measures(truth, score, prevalence, counts).std(axis=0, ddof=1))


def _area(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = (positive[:, 1:] + positive[:, :-1]) / 2
    return np.asarray((middle * np.diff(negative)).sum(axis=1))


def _risen(weight: NDArray[np.float64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share reached at the end of each group of equal scores, from 0 to 1."""
    total = np.cumsum(weight, axis=1)
    share = total[:, ends] / total[:, -1:]
    return np.concatenate([np.zeros((len(share), 1)), share], axis=1)


def _between(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> NDArray[np.float64]:
    return np.array([np.interp(at, *pair) for pair in zip(x, y, strict=True)])
