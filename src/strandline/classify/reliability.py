"""Do probabilities hold? What was predicted against what is, in bins, at a stated prevalence.

Labelled samples are not the sky: both classes are weighted so that the interacting galaxies have
the share that is asked for, and the probabilities are brought to the same share.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.classify.prevalence import at_prevalence

__all__ = ["Bin", "Reliability", "calibration_error", "reliability"]

_EDGES = np.linspace(0, 1, 11)
_BALANCED = 0.5


@dataclass(frozen=True)
class Bin:
    """Galaxies of about the same score.

    Attributes
    ----------
    low, high : float
        Of the probability at the prevalence.
    galaxies : int
        How many labelled ones are in it.
    predicted : float
        Mean probability at the prevalence.
    observed, error : float
        Share that interacts there, and its sampling error.
    """

    low: float
    high: float
    galaxies: int
    predicted: float
    observed: float
    error: float


@dataclass(frozen=True)
class Reliability:
    """How probabilities compare with the truth at a prevalence.

    Attributes
    ----------
    prevalence : float
    bins : tuple of Bin
        The same groups of galaxies at any prevalence: tenths of the balanced probability.
        Empty ones are left out.
    expected_ratio, ratio_error : float
        Number of interacting galaxies that the probabilities promise, by the number there are, and
        its sampling error.
    """

    prevalence: float
    bins: tuple[Bin, ...]
    expected_ratio: float
    ratio_error: float

    def lines(self) -> list[str]:
        """Return the table that the command line prints."""
        head = f"probabilities at a prevalence of {100 * self.prevalence:.2g} %"
        lines = [
            f"{head}: they promise {self.expected_ratio:.2f} ± {self.ratio_error:.2f} times as "
            "many interacting galaxies as there are",
            f"{'probability':>17s} {'galaxies':>9s} {'predicted':>10s} {'observed':>9s}",
        ]
        for one in self.bins:
            where = f"{one.low:.3g} to {one.high:.3g}"
            lines.append(
                f"{where:>17s} {one.galaxies:9d} {one.predicted:10.3g} "
                f"{one.observed:9.3g} ± {one.error:.2g}"
            )
        return lines


def reliability(
    truth: NDArray[np.int64], balanced: NDArray[np.float64], prevalence: float = _BALANCED
) -> Reliability:
    """Compare probabilities with the truth.

    Parameters
    ----------
    truth : ndarray of int64, shape (row,)
        0 or 1, both there.
    balanced : ndarray of float64, shape (row,)
        Probabilities on the balanced scale.
    prevalence : float
        Within 0 and 1.
    """
    weight = _weights(truth, prevalence)
    weights = weight[truth == 1][0], weight[truth == 0][0]
    predicted = at_prevalence(balanced, prevalence).astype(np.float64)
    edges = at_prevalence(_EDGES, prevalence)
    which = _bins(balanced)
    bins = []
    for number in range(len(_EDGES) - 1):
        here = which == number
        if not here.any():
            continue
        observed = float(np.average(truth[here], weights=weight[here]))
        bins.append(
            Bin(
                float(edges[number]),
                float(edges[number + 1]),
                int(here.sum()),
                float(np.average(predicted[here], weights=weight[here])),
                observed,
                _share_error(truth[here] == 1, weights),
            )
        )
    parts = [predicted[truth == value] for value in (1, 0)]
    variance = sum(
        (w * len(p)) ** 2 * p.var() / len(p) for w, p in zip(weights, parts, strict=True)
    )
    ratio = float(weight @ predicted / prevalence)
    return Reliability(prevalence, tuple(bins), ratio, float(np.sqrt(variance)) / prevalence)


def calibration_error(truth: NDArray[np.int64], balanced: NDArray[np.float64]) -> float:
    """Return the expected calibration error on the balanced scale.

    The mean, over tenths of the probability, of how far prediction and truth are apart (Naeini,
    Cooper & Hauskrecht 2015), both classes weighted alike. Of few galaxies it is above 0 by chance.
    """
    weight, which = _weights(truth, _BALANCED), _bins(balanced)
    apart = np.bincount(which, weights=weight * (balanced - truth), minlength=len(_EDGES) - 1)
    return float(np.abs(apart).sum())


def _weights(truth: NDArray[np.int64], prevalence: float) -> NDArray[np.float64]:
    ones = truth == 1
    return np.asarray(np.where(ones, prevalence / ones.sum(), (1 - prevalence) / (~ones).sum()))


def _bins(balanced: NDArray[np.float64]) -> NDArray[np.int64]:
    which = np.searchsorted(_EDGES, balanced, side="right") - 1
    return np.clip(which, 0, len(_EDGES) - 2).astype(np.int64)


def _share_error(interacting: NDArray[np.bool_], weights: tuple[float, float]) -> float:
    """Return the error of a weighted share, counts of both classes scattering like Poisson's.

    Where one class is missing, it is what one galaxy of it would change.
    """
    counts = interacting.sum(), (~interacting).sum()
    one, zero = (weight * count for weight, count in zip(weights, counts, strict=True))
    if not one or not zero:
        other = weights[1] if one else weights[0]
        return float(other / (one + zero + other))
    variance = zero**2 * one * weights[0] + one**2 * zero * weights[1]
    return float(np.sqrt(variance) / (one + zero) ** 2)
