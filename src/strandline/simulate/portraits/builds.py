"""What disc galaxies are built of: shares and sizes of bulge, bar, ring and disc."""

import math
from dataclasses import dataclass, replace

import numpy as np

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.colours import OLD
from strandline.simulate.portraits.profiles import (
    RadialProfile,
    disc_profile,
    half_light_of_sum,
    sersic_profile,
)
from strandline.simulate.portraits.rings import ring_profile
from strandline.simulate.portraits.sheet import Sheet
from strandline.simulate.portraits.spheroids import lay_spheroid

__all__ = ["DISC_REACH", "DiscBuild", "draw_break", "lay_bulge"]

DISC_REACH = 6.6
"""How far a disc galaxy's light goes, in scale lengths."""

_RING = ring_profile(0.11)  # one of middling width, for half-light radii


@dataclass(frozen=True)
class DiscBuild:
    """Parts of a disc galaxy: shares of light, and sizes in scale lengths of its disc."""

    bulge_share: float
    bulge_size: float
    bulge_index: float
    bar_share: float
    bar_length: float
    ring_share: float
    ring_radius: float
    break_scales: float = 0.0
    beyond: float = 1.0
    end: float = 6.3

    @property
    def profile(self) -> RadialProfile:
        """Radial profile of the disc, see `disc_profile`."""
        return disc_profile(self.break_scales, self.beyond, self.end)

    def scale_arcsec(self, half_light_arcsec: float) -> float:
        """Return the scale length that gives the galaxy this half-light radius, face on."""
        disc = 1 - self.bulge_share - self.bar_share - self.ring_share
        parts = [
            (disc, self.profile, self.profile.half_light),
            (self.bulge_share, sersic_profile(self.bulge_index), self.bulge_size),
            (self.bar_share, disc_profile(), 0.35 * self.bar_length),
            (self.ring_share, _RING, _RING.half_light * self.ring_radius),
        ]
        return half_light_arcsec / half_light_of_sum(parts)

    def ended_within(self, half_lights: float) -> "DiscBuild":
        """Return the same with a disc that ends within so many half-light radii of the galaxy.

        Bulges make the half-light radius small beside the disc; without an end their discs
        would reach beyond any canvas that is sized by it.
        """
        build = self
        for _ in range(2):
            end = round(half_lights / build.scale_arcsec(1.0), 1)
            build = replace(self, end=min(self.end, end))
        return build


def draw_break(rng: np.random.Generator) -> tuple[float, float]:
    """Draw a disc's break (scale lengths) and its scale beyond it, see `disc_profile`.

    More than half bend down, a quarter up (Pohlen & Trujillo 2006, A&A 454, 759).
    """
    at = round(float(rng.uniform(1.8, 3.4)), 1)
    kind = rng.choice(3, p=[0.55, 0.25, 0.2])
    if kind == 0:
        return at, round(float(rng.uniform(0.45, 0.75)), 1)
    return (at + 0.6, round(float(rng.uniform(1.15, 1.6)), 1)) if kind == 1 else (0.0, 1.0)


def lay_bulge(
    sheet: Sheet,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    build: DiscBuild,
    late: float,
    redshift: float,
    *,
    youth: float | None = None,
) -> None:
    """Lay a bulge: an oblate of intrinsic axis ratio 0.7 in the plane of the disc."""
    cos2 = max((plane.axis_ratio**2 - 0.04) / 0.96, 0.0)
    ratio = math.sqrt(0.49 + 0.51 * cos2)
    form = Plane(plane.angle_rad, ratio, plane.x_arcsec, plane.y_arcsec)
    lay_spheroid(
        sheet,
        flux_njy * build.bulge_share,
        build.bulge_size * scale_arcsec * math.sqrt(ratio),
        form,
        index=build.bulge_index,
        youth=OLD + 0.02 + 0.3 * late if youth is None else youth,
        redshift=redshift,
        gradient=0.7,
    )
