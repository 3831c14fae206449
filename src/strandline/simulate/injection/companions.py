"""The companion of an injected encounter: the second galaxy, painted without the first."""

import numpy as np
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.hosts import paint_galaxy
from strandline.simulate.portraits.portrait import Portrait

__all__ = ["companion_light", "companion_place"]


def companion_light(
    portrait: Portrait, painted: tuple[str, ...], magnified: float
) -> NDArray[np.float32]:
    """Paint the second galaxy anew, without the first.

    It stands where the magnified feature needs it, but keeps its own size.
    """
    if len(portrait.members) < 2:
        return np.zeros_like(portrait.canvas.light_njy)
    drawn = portrait.canvas
    half_px = drawn.shape[0] // 2
    middle = (float(drawn.x_arcsec[0, half_px]), float(drawn.y_arcsec[half_px, 0]))
    offset_px = (-middle[0] / drawn.pixel_arcsec, -middle[1] / drawn.pixel_arcsec)
    canvas = Canvas(Frame(drawn.pixel_arcsec * magnified, painted, half_px), half_px, offset_px)
    other = portrait.members[1]
    paint_galaxy(
        canvas,
        other.galaxy,
        float(mag_to_flux(other.mag_r)),
        generator(other.galaxy.seed, "companion"),
        x_arcsec=other.x_arcsec * magnified,
        y_arcsec=other.y_arcsec * magnified,
    )
    return canvas.light_njy


def companion_place(portrait: Portrait, magnified: float) -> tuple[float, float, float] | None:
    """Return offset x and y (arcsec) of the second galaxy and its r magnitude, if there is one."""
    if len(portrait.members) < 2:
        return None
    other = portrait.members[1]
    return other.x_arcsec * magnified, other.y_arcsec * magnified, other.mag_r
