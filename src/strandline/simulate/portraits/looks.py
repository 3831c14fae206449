"""What a disc looks like: its arms, how young it is, its knots and its dust."""

from dataclasses import dataclass

import numpy as np

from strandline.simulate.portraits.arms import Arms

__all__ = ["DiscLook"]

_FADING_SHARE = 0.15


@dataclass(frozen=True)
class DiscLook:
    """What a disc is made of.

    Attributes
    ----------
    arms : Arms
    youth : float
        Of its old stars' population.
    young_share : float
        Of its light, from the young population of the arms.
    knot_share : float
        Of the young light, in knots.
    knots : int
    dust : float
        r optical depth of its lanes, face on.
    hole : float
        The young population is missing within this many scale lengths.
    """

    arms: Arms
    youth: float
    young_share: float
    knot_share: float
    knots: int
    dust: float
    hole: float

    @classmethod
    def draw(cls, lateness: float, rng: np.random.Generator, *, start: float = 0.35) -> "DiscLook":
        """Draw the look of a disc of `lateness` 0 (S0/a) to 1 (Sd); arms begin at `start`."""
        # some discs fade, with their arms still there: the green valley
        active = float(rng.uniform(0.15, 0.6)) if rng.random() < _FADING_SHARE else 1.0
        youth = float(np.clip(rng.normal(0.12 + 0.3 * lateness, 0.09), 0, 0.7))
        young_share = float(np.clip(rng.normal(0.22 + 0.28 * lateness, 0.08), 0.06, 0.7))
        return cls(
            arms=Arms.draw(lateness, rng, start=start),
            youth=youth * active,
            young_share=young_share * active,
            knot_share=float(rng.uniform(0.06, 0.16) * (0.5 + lateness)) * active,
            knots=int(rng.integers(90, 200) * (0.5 + lateness)),
            dust=float(rng.lognormal(np.log(0.5), 0.5)),
            hole=float(rng.uniform(0.4, 0.9)) * start,
        )
