"""Survey images with known interacting galaxies."""

from strandline.simulate.plans import INTERACTIONS

__all__ = ["INTERACTIONS"]
