"""What a benchmark compares: features with a classifier on them, fixed scores, whole trainings."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from strandline.classify.controls import Fit
from strandline.classify.drawing import LabelDraw

__all__ = ["Contestant", "Facts", "Features", "Fixed", "Outcome", "Trained"]

Facts = dict[str, float | str]
"""What is said beside the scores.

Costs: ``training_seconds`` of what was trained once and ``training_rate`` (images a second),
``fit_seconds`` of each draw, ``stamps_per_second`` scored. Origins: ``seen``, what was seen before
the labels of the draws; ``family``, the recipe or model that it is of, and ``variant``, empty for
that itself.
"""


@dataclass(frozen=True)
class Outcome:
    """What one training came to.

    Attributes
    ----------
    scores : ndarray of float64, shape (asked,)
        Larger for more likely.
    facts : dict
        Of this training.
    """

    scores: NDArray[np.float64]
    facts: Facts = field(default_factory=dict)


class Contestant(Protocol):
    """Anything that can be given labels and asked for scores."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    @property
    def tag(self) -> str:
        """A file name for its scores, another one when what it is made of is another."""

    @property
    def learns(self) -> bool:
        """Whether it takes labels; what does not is measured once."""

    @property
    def facts(self) -> Facts:
        """Costs and origins."""

    def costly(self, count: int) -> bool:
        """Whether a network is trained anew for each draw of so many labels."""

    def scores(
        self, values: NDArray[np.int64], draw: LabelDraw, asked: NDArray[np.int64]
    ) -> Outcome:
        """Train on a draw and score others.

        Parameters
        ----------
        values : ndarray of int64, shape (labelled,)
            Only those of the draw may be looked at.
        draw : LabelDraw
        asked : ndarray of int64, shape (n,)
            Places among the labelled galaxies.
        """


@dataclass(frozen=True)
class Features:
    """Features that are there already, and a classifier fitted to those of each draw.

    Attributes
    ----------
    name : str
    features : ndarray of float32, shape (labelled, feature)
    fit : callable
        See `strandline.classify.controls.Fit`.
    facts : dict
    """

    name: str
    features: NDArray[np.float32]
    fit: Fit
    facts: Facts = field(default_factory=dict)
    learns: bool = True

    @property
    def tag(self) -> str:
        """Of the name and the numbers."""
        return _tag(self.name, self.features.tobytes())

    def costly(self, count: int) -> bool:
        """Never."""
        return False

    def scores(
        self, values: NDArray[np.int64], draw: LabelDraw, asked: NDArray[np.int64]
    ) -> Outcome:
        """Fit and score."""
        members = draw.members
        score = self.fit(self.features[members], values[members], draw.seed)
        return Outcome(score(self.features[asked]))


@dataclass(frozen=True)
class Fixed:
    """Scores that are there already: a model as it ships, without any label.

    Attributes
    ----------
    name : str
    probability : ndarray of float64, shape (labelled,)
    facts : dict
    """

    name: str
    probability: NDArray[np.float64]
    facts: Facts = field(default_factory=dict)
    learns: bool = False

    @property
    def tag(self) -> str:
        """Of the name and the numbers."""
        return _tag(self.name, self.probability.tobytes())

    def costly(self, count: int) -> bool:
        """Never."""
        return False

    def scores(
        self, values: NDArray[np.int64], draw: LabelDraw, asked: NDArray[np.int64]
    ) -> Outcome:
        """Return what was given."""
        return Outcome(self.probability[asked])


@dataclass(frozen=True)
class Trained:
    """A network that is trained anew on each draw.

    Attributes
    ----------
    name : str
    train : callable
        From a draw and places among the labelled galaxies to their scores.
    facts : dict
    origin : str
        All that it is made of: scores that were kept are those of another if this is another.
    costly_from : int
        With fewer labels no network is trained.
    """

    name: str
    train: Callable[[LabelDraw, NDArray[np.int64]], Outcome]
    facts: Facts = field(default_factory=dict)
    origin: str = ""
    costly_from: int = 0
    learns: bool = True

    @property
    def tag(self) -> str:
        """Of the name and the origin."""
        return _tag(self.name, self.origin.encode())

    def costly(self, count: int) -> bool:
        """With labels enough."""
        return count >= self.costly_from

    def scores(
        self, values: NDArray[np.int64], draw: LabelDraw, asked: NDArray[np.int64]
    ) -> Outcome:
        """Train and score."""
        return self.train(draw, asked)


def _tag(name: str, content: bytes = b"") -> str:
    digest = hashlib.blake2b(name.encode() + content, digest_size=4).hexdigest()
    return f"{re.sub('[^a-zA-Z0-9]+', '-', name)}-{digest}"
