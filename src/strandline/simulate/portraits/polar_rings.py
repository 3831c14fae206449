"""Polar-ring galaxies: an S0 with a ring of gas and young stars nearly at right angles to it."""

import numpy as np

from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.lenticulars import lay_lenticular
from strandline.simulate.portraits.rings import RING_REACH, RingLook, lay_ring
from strandline.simulate.portraits.sheet import Sheet

__all__ = ["paint_polar_ring"]


def paint_polar_ring(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    youth: float,
) -> float:
    """Paint a polar-ring galaxy; return its r light on the canvas, nJy.

    The ring (Whitmore et al. 1990, AJ 100, 1489) is within 20 degrees of a right angle to the
    host's disc, seen at a high inclination, and its near half dims the host behind it.
    `half_light_arcsec` is the host's; `plane` is the host's.
    """
    ring_share = float(rng.uniform(0.1, 0.28))
    radius = half_light_arcsec * float(rng.uniform(1.3, 2.2))
    turn = plane.angle_rad + np.pi / 2 + rng.normal(0, 0.17)
    ring = Plane(float(turn), float(rng.uniform(0.12, 0.42)), plane.x_arcsec, plane.y_arcsec)
    reach = max(7.0 * half_light_arcsec, RING_REACH * radius)
    finest = min(0.5 * half_light_arcsec * plane.axis_ratio, 0.4 * radius * ring.axis_ratio)
    sheet = Sheet(canvas, plane, reach, finest)
    if sheet.empty:
        return 0.0
    lay_lenticular(
        sheet, flux_njy * (1 - ring_share), half_light_arcsec, plane, rng, redshift=redshift,
        youth=youth,
    )  # fmt: skip
    look = RingLook(
        width=float(rng.uniform(0.13, 0.3)),
        tail=float(rng.uniform(0.12, 0.32)),
        clumpy=float(rng.uniform(0.35, 0.7)),
        youth=float(rng.uniform(0.4, 0.8)),
        knots=int(rng.integers(15, 40)),
        knot_share=float(rng.uniform(0.04, 0.12)),
        dust=float(rng.uniform(0.4, 1.4)),
    )
    lay_ring(sheet, flux_njy * ring_share, radius, ring, look, rng, redshift=redshift)
    return sheet.lay()
