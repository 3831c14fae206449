"""What a system looks like above the atmosphere: the portrait, with its truth."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.plans import GalaxyPlan
from strandline.simulate.portraits.canvas import Canvas

__all__ = ["Feature", "Member", "Portrait"]


@dataclass(frozen=True)
class Feature:
    """What an interaction left: light that is not where an undisturbed galaxy has it.

    Attributes
    ----------
    image_njy : ndarray of float32, shape (y, x)
        Its r light on the portrait's canvas, nJy per pixel.
    fraction : float
        Share of all r light of the system.
    brightness, peak_brightness : float
        r surface brightness, mag/arcsec2: mean over the brightest pixels that hold 80 % of it,
        and of its brightest square arcsecond.
    colour_gr : float
        g-r of the feature, AB.
    length_kpc : float
        True length: from the centre of its galaxy to its far end (the 97th percentile of light
        by distance), in three dimensions.
    projected_kpc, projected_arcsec : float
        The same on the sky.
    angle_rad : float
        Direction of the feature on the sky from its galaxy's centre, +x towards +y; NaN where it
        has none (shells).
    """

    image_njy: NDArray[np.float32]
    fraction: float
    brightness: float
    peak_brightness: float
    colour_gr: float
    length_kpc: float
    projected_kpc: float
    projected_arcsec: float
    angle_rad: float


@dataclass(frozen=True)
class Member:
    """Where a galaxy of a system is seen.

    Attributes
    ----------
    galaxy : GalaxyPlan
    x_arcsec, y_arcsec : float
        From the system's position, along the pixel axes.
    mag_r : float
        Of its light without what it lost.
    """

    galaxy: GalaxyPlan
    x_arcsec: float
    y_arcsec: float
    mag_r: float


@dataclass(frozen=True)
class Portrait:
    """A system above the atmosphere.

    Attributes
    ----------
    canvas : Canvas
        Holds the light, nJy per pixel; the middle pixel is the one that the system's position
        falls into.
    members : tuple of Member
        Galaxies that can be told apart; one for a remnant.
    feature : Feature or None
    notes : dict of str to float
        Numbers of the interaction for the truth, such as ``separation_kpc`` or
        ``relative_speed_kms``.
    """

    canvas: Canvas
    members: tuple[Member, ...]
    feature: Feature | None
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def light_njy(self) -> NDArray[np.float32]:
        """Light, shape (band, y, x)."""
        return self.canvas.light_njy
