"""From the balanced scale of training to the sky, where few galaxies interact.

Models learn from as many interacting galaxies as others, in effect: their probability says how
much more a galaxy looks like the one than like the other. Where a share of *prevalence* of all
galaxies interacts, the log-odds are those on the balanced scale plus logit(prevalence).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from strandline.errors import OptionError

__all__ = [
    "PREVALENCE",
    "Prevalence",
    "Sky",
    "at_prevalence",
    "estimate_prevalence",
    "read_prevalence",
]

PREVALENCE = 0.01
"""Assumed share of interacting galaxies: an order of magnitude, since it depends on depth,
brightness and on what counts as an interaction."""

COMPLETENESSES = (0.5, 0.8, 0.95)

_CLIP = 1e-7


def at_prevalence(probability: ArrayLike, prevalence: float) -> NDArray[np.float32]:
    """Return probabilities where `prevalence` of all galaxies interact, shape (row,).

    Parameters
    ----------
    probability : array_like of float, shape (row,)
        On the balanced scale.
    prevalence : float
        Within 0 and 1.
    """
    balanced = np.clip(np.asarray(probability, dtype=np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(expit(logit(balanced) + logit(prevalence)), dtype=np.float32)


def estimate_prevalence(probability: ArrayLike) -> tuple[float, float]:
    """Return the share of interacting galaxies that makes the scores most likely, and its error.

    The maximum that the iteration of Saerens, Latinne & Decaestecker (2002, Neural Computation 14,
    21) climbs to; the likelihood has only one, which is found directly. It is as good as the
    scores are calibrated on this sky: scores that are too high for a whole class of galaxies look
    like interactions.

    Parameters
    ----------
    probability : array_like of float, shape (row,)
        Of all galaxies of a sample, on the balanced scale.

    Returns
    -------
    value : float
        Within half a galaxy of none and all.
    error : float
        One standard deviation, by the curvature of the likelihood; NaN without galaxies.
    """
    balanced = np.clip(np.asarray(probability, dtype=np.float64), _CLIP, 1 - _CLIP)
    if not len(balanced):
        return PREVALENCE, float("nan")
    excess = balanced / (1 - balanced) - 1  # likelihood ratio less 1

    def slope(share: float) -> float:
        return float((excess / (1 + share * excess)).mean())

    low, high = 0.5 / len(balanced), 1 - 0.5 / len(balanced)
    if slope(low) <= 0 or low >= high:
        value = low
    elif slope(high) >= 0:
        value = high
    else:
        value = float(brentq(slope, low, high, xtol=1e-9))
    curvature = float(((excess / (1 + value * excess)) ** 2).sum())
    return value, float(1 / np.sqrt(curvature)) if curvature > 0 else float("nan")


def read_prevalence(text: str) -> float | Literal["estimate"]:
    """Return an option's value as `Prevalence.of` takes it.

    Raises
    ------
    OptionError
        If it is neither ``estimate`` nor a number.
    """
    if text == "estimate":
        return "estimate"
    try:
        return Prevalence(float(text)).value
    except ValueError:
        raise _refused(text) from None


def _refused(value: object) -> OptionError:
    return OptionError(
        f"prevalence is {value}; expected the share of galaxies that interact, between 0 and 1 "
        f"such as {PREVALENCE:g}, or the word estimate."
    )


@dataclass(frozen=True)
class Prevalence:
    """Share of galaxies that interact.

    Attributes
    ----------
    value : float
        Within 0 and 1.
    error : float
        NaN if it was given and not estimated.
    """

    value: float
    error: float = float("nan")

    def __post_init__(self) -> None:
        if not 0 < self.value < 1:
            raise _refused(f"{self.value:g}")

    @classmethod
    def of(cls, asked: float | Literal["estimate"], probability: ArrayLike) -> Self:
        """Return what was asked for: a share, or the estimate from balanced probabilities."""
        if asked == "estimate":
            return cls(*estimate_prevalence(probability))
        return cls(float(asked))

    @property
    def estimated(self) -> bool:
        """Whether it was estimated from the scores."""
        return bool(np.isfinite(self.error))

    def words(self) -> str:
        """Return "1 %" or "1.3 ± 0.2 %"."""
        digits = f"{100 * self.value:.2g}"
        return f"{digits} ± {100 * self.error:.1g} %" if self.estimated else f"{digits} %"


@dataclass(frozen=True)
class Sky:
    """What a list of galaxies holds at a prevalence.

    Attributes
    ----------
    prevalence : Prevalence
    galaxies : int
    expected : float
        Number that interact: the sum of the probabilities.
    error : float
        One standard deviation: of the number when each galaxy interacts by its own probability
        and, if the prevalence was estimated, of that.
    inspected : tuple of (float, int)
        Completeness, and how many of the best must be looked at to reach it.
    """

    prevalence: Prevalence
    galaxies: int
    expected: float
    error: float
    inspected: tuple[tuple[float, int], ...]

    @classmethod
    def of(
        cls,
        probability: ArrayLike,
        prevalence: Prevalence,
        completenesses: Sequence[float] = COMPLETENESSES,
    ) -> Self:
        """Count, from probabilities on the balanced scale."""
        each = np.sort(at_prevalence(probability, prevalence.value).astype(np.float64))[::-1]
        total = float(each.sum())
        scatter = float((each * (1 - each)).sum())
        if prevalence.estimated:
            scatter += (len(each) * prevalence.error) ** 2
        reached = np.cumsum(each)
        inspected = tuple(
            (part, min(int(np.searchsorted(reached, part * total)) + 1, len(each)))
            for part in completenesses
        )
        return cls(prevalence, len(each), total, float(np.sqrt(scatter)), inspected)

    def words(self) -> str:
        """Return a few sentences for people."""
        given = "estimated from the scores" if self.prevalence.estimated else "assumed"
        number, error = self.rounded()
        looks = [f"{count:,} for {part:.0%}" for part, count in self.inspected]
        return (
            f"If {self.prevalence.words()} of galaxies interact ({given}), "
            f"{number} ± {error} of these {self.galaxies:,} do. How many of the "
            f"best to inspect to find a part of them: {', '.join(looks)}."
        )

    def rounded(self) -> tuple[str, str]:
        """Return the expected number and its error with as many digits as the error allows."""
        digits = 1 if self.error < 2 else 0
        return f"{self.expected:,.{digits}f}", f"{self.error:,.{digits}f}"
