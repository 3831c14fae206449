"""How bright features are."""

import numpy as np

from strandline.simulate.plans import Kind

__all__ = ["draw_brightness"]

# By their masses most features would be fainter than 26 mag/arcsec2, as most in nature are (Bilek
# et al. 2020, MNRAS 498, 2138). So that there are examples to learn from, some are drawn brighter:
# r, mag/arcsec2.
_BRIGHT_SHARE = 0.6
_BRIGHT: dict[Kind, tuple[float, float]] = {
    "tails": (23.8, 25.8),
    "merger": (23.6, 25.4),
    "remnant": (23.8, 25.6),
    "stream": (24.2, 26.3),
    "shells": (24.2, 26.3),
}


def draw_brightness(kind: Kind, rng: np.random.Generator) -> float | None:
    """Draw the mean r surface brightness of a feature, mag/arcsec2; None leaves it as it comes.

    Jellyfish are as bright as their share of young light makes them.
    """
    if kind not in _BRIGHT or rng.random() > _BRIGHT_SHARE:
        return None
    return float(rng.uniform(*_BRIGHT[kind]))
