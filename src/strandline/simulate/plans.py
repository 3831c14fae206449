"""What a galaxy shall be (the plan) and what it looks like (the portrait): the generator's seam.

Everything before the seam decides which galaxies there are; everything after it puts pictures on
the sky. A generator with more physics replaces only `strandline.simulate.portraits.draw`, which
turns a `GalaxyPlan` into a `Portrait`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.canvas import Canvas

__all__ = [
    "INTERACTIONS",
    "Feature",
    "GalaxyPlan",
    "Interaction",
    "Morphology",
    "Portrait",
    "StarPlan",
]

Morphology = Literal["elliptical", "spiral", "barred", "edge_on", "irregular", "nucleus"]
Interaction = Literal["tails", "stream", "shells", "merger", "jellyfish"]

INTERACTIONS: tuple[Interaction, ...] = ("tails", "stream", "shells", "merger", "jellyfish")
"""The kinds of interaction that can be simulated."""


@dataclass(frozen=True)
class GalaxyPlan:
    """What one galaxy shall be.

    Attributes
    ----------
    id : str
    x, y : float
        Pixel in the field, 0-based.
    mag_r : float
        AB magnitude in r of all its light, the feature included.
    redshift : float
    radius_arcsec : float
        Half-light radius of the undisturbed galaxy.
    morphology : str
    interaction : str or None
        The feature to paint with it; None for undisturbed galaxies and for companions, whose
        features are painted with the primary.
    seed : int
        Everything else about it is drawn from this.
    primary : str
        Id of the galaxy whose interaction this one takes part in; '' for undisturbed ones.
    partner_arcsec : tuple of float or None
        Where the companion is, (x, y) on the sky from this galaxy.
    wind_rad : float
        Direction into which ram pressure strips, from +x towards +y.
    """

    id: str
    x: float
    y: float
    mag_r: float
    redshift: float
    radius_arcsec: float
    morphology: Morphology
    interaction: Interaction | None
    seed: int
    primary: str = ""
    partner_arcsec: tuple[float, float] | None = None
    wind_rad: float = 0.0


@dataclass(frozen=True)
class StarPlan:
    """What one star shall be: its pixel in the field, r magnitude and colour."""

    id: str
    x: float
    y: float
    mag_r: float
    g_minus_r: float


@dataclass(frozen=True)
class Feature:
    """What an interaction left.

    Attributes
    ----------
    brightness : float
        Mean r surface brightness, mag/arcsec2, over the brightest pixels that hold 80 % of it.
    fraction : float
        Share of all r light of the portrait.
    length_arcsec : float
        Along the feature for tails and streams; otherwise its reach from the centre.
    """

    brightness: float
    fraction: float
    length_arcsec: float


@dataclass(frozen=True)
class Portrait:
    """A galaxy above the atmosphere.

    Attributes
    ----------
    canvas : Canvas
        Holds the light, nJy per pixel, in all of `strandline.simulate.colours.BANDS`; the middle
        pixel is the one that the galaxy's position falls into.
    feature : Feature or None
    """

    canvas: Canvas
    feature: Feature | None

    @property
    def light_njy(self) -> NDArray[np.float32]:
        """Light, shape (band, y, x)."""
        return self.canvas.light_njy
