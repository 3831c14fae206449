"""Which candidates are features: a score of what is known of each, tuned to few false alarms."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.measure.finding import Candidate, candidates_of
from strandline.measure.scenery import Scenery
from strandline.measure.significance import Significance, significance_of

__all__ = ["FEATURE_SCORE", "Feature", "FindOptions", "Found", "find_features", "score_of"]

FEATURE_SCORE = 0.0
"""Candidates with a higher score are features."""

# a logistic regression whose weights may not have the wrong sign; the terms are in `_terms`
_INTERCEPT = -2.7
_WEIGHTS = {
    "total": 2.153, "faint": -1.858, "contrast": 1.037, "away": -2.313, "far": -0.139,
    "sharp": -1.401,
}  # fmt: skip


@dataclass(frozen=True)
class FindOptions:
    """How features are found.

    Attributes
    ----------
    seed_sigma : float
        A feature has a pixel so significant (on the best of three smoothings),
    grow_sigma : float
        and reaches as far as light is so significant,
    least_px : int
        over so many pixels.
    score : float
        See `FEATURE_SCORE`: lower finds more, and more that is none.
    """

    seed_sigma: float = 3.3
    grow_sigma: float = 2.0
    least_px: int = 20
    score: float = FEATURE_SCORE


@dataclass(frozen=True)
class Feature:
    """A feature of the galaxy in the middle of a stamp.

    Attributes
    ----------
    mask : ndarray of bool, shape (y, x)
    score : float
        See `score_of`.
    significance : float
        Of all its light together, in sigma.
    traits : Candidate
    """

    mask: NDArray[np.bool_]
    score: float
    significance: float
    traits: Candidate


@dataclass(frozen=True)
class Found:
    """The features of a stamp.

    Attributes
    ----------
    features : tuple of Feature
        Most significant first.
    significance : Significance
    limit_njy : float
        Light per pixel of the stamp down to which features reach where the sky is blank.
    """

    features: tuple[Feature, ...]
    significance: Significance
    limit_njy: float

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Pixels of all features, shape (y, x)."""
        out = np.zeros(self.significance.value.shape[1:], dtype=np.bool_)
        for feature in self.features:
            out |= feature.mask
        return out


def find_features(scenery: Scenery, options: FindOptions | None = None) -> Found:
    """Find the features of the galaxy in the middle of a stamp.

    Parameters
    ----------
    scenery : Scenery
    options : FindOptions, optional
    """
    options = options or FindOptions()
    told = significance_of(scenery, scenery.masked)
    candidates = candidates_of(
        scenery,
        told,
        seed_sigma=options.seed_sigma,
        grow_sigma=options.grow_sigma,
        least_px=options.least_px,
    )
    features = []
    for one in candidates:
        score = score_of(one)
        if score > options.score:
            features.append(Feature(one.mask, score, 10**one.total, one))
    return Found(tuple(features), told, options.grow_sigma * told.blank[0])


def score_of(candidate: Candidate) -> float:
    """Return the score of a candidate: log-odds by a logistic regression, shifted.

    It was fitted to candidates on simulated stamps, undisturbed and with a feature injected, and of
    each undisturbed stamp to the two that looked most like a feature, so that of a hundred
    undisturbed galaxies fewer than five have a candidate above `FEATURE_SCORE`.
    """
    terms = _terms(candidate)
    return _INTERCEPT + sum(_WEIGHTS[name] * value for name, value in terms.items())


def _terms(candidate: Candidate) -> dict[str, float]:
    """Return what the score is a weighted sum of, by name."""
    return {
        "total": candidate.total,
        "faint": min(max(1.2 - candidate.total, 0.0), 3.0),
        "contrast": candidate.contrast,
        "away": math.log10(candidate.away + 0.1),
        "far": min(max(candidate.away - 1.2, 0.0), 3.0),
        "sharp": candidate.sharp,
    }
