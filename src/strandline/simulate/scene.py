"""A scene: all light of a field above the atmosphere, and what is where in it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.plans import SystemPlan
from strandline.simulate.portraits.canvas import Frame
from strandline.simulate.portraits.draw import draw
from strandline.simulate.portraits.portrait import Feature, Member

__all__ = ["PAD_PX", "Scene", "Seen", "stick"]

PAD_PX = 24
"""Width of the rim around the field, so that light from beyond its edge is blurred into it."""


@dataclass(frozen=True)
class Seen:
    """A system in a scene.

    Attributes
    ----------
    plan : SystemPlan
    members : tuple of (Member, x, y)
        Galaxies that can be told apart, and their pixels in the field.
    feature : Feature or None
    middle_px : tuple of int
        Pixel of the field on which the middle of the feature's image lies, (x, y).
    notes : dict of str to float
    """

    plan: SystemPlan
    members: tuple[tuple[Member, float, float], ...]
    feature: Feature | None
    middle_px: tuple[int, int]
    notes: dict[str, float]


class Scene:
    """Light of a square field before atmosphere and noise; systems are drawn into it.

    Parameters
    ----------
    size_px : int
    frame : Frame

    Attributes
    ----------
    light_njy : ndarray of float32, shape (band, y, x)
        Of the field and a rim of `PAD_PX` around it.
    """

    def __init__(self, size_px: int, frame: Frame) -> None:
        side = size_px + 2 * PAD_PX
        self.frame = frame
        self.light_njy = np.zeros((len(frame.bands), side, side), dtype=np.float32)

    def draw(
        self,
        plan: SystemPlan,
        centred_on: int = 0,
        within_px: float = math.inf,
        torn_njy: NDArray[np.float32] | None = None,
    ) -> Seen:
        """Draw a system where its plan puts it; return what there is to know of it.

        With `centred_on`, it is moved by whole pixels so that this member comes to lie where the
        plan has the first, if there is such a member and it is no farther than `within_px`. Light
        that was torn off is also added to `torn_njy`, an array like `light_njy`.
        """
        portrait = draw(plan, self.frame)
        pixel = self.frame.pixel_arcsec
        shift_x = shift_y = 0
        if 0 < centred_on < len(portrait.members):
            member = portrait.members[centred_on]
            if math.hypot(member.x_arcsec, member.y_arcsec) <= within_px * pixel:
                shift_x = -round(member.x_arcsec / pixel)
                shift_y = -round(member.y_arcsec / pixel)
        x, y = round(plan.x) + shift_x, round(plan.y) + shift_y
        stick(self.light_njy, portrait.light_njy, x + PAD_PX, y + PAD_PX)
        if torn_njy is not None and portrait.feature is not None:
            stick(torn_njy, portrait.canvas.torn_njy, x + PAD_PX, y + PAD_PX)
        members = tuple(
            (
                member,
                plan.x + shift_x + member.x_arcsec / pixel,
                plan.y + shift_y + member.y_arcsec / pixel,
            )
            for member in portrait.members
        )
        return Seen(plan, members, portrait.feature, (x, y), portrait.notes)

    def draw_all(self, plans: Iterable[SystemPlan]) -> list[Seen]:
        """Draw systems one after the other."""
        return [self.draw(plan) for plan in plans]


def stick(sky: NDArray[np.float32], light: NDArray[np.float32], x: int, y: int) -> None:
    """Add the square `light` to `sky`, both (..., y, x), its middle pixel at `x`, `y`.

    What lies beyond the edges of `sky` is lost.
    """
    half = light.shape[-1] // 2
    rows, columns = sky.shape[-2:]
    top, left = max(y - half, 0), max(x - half, 0)
    bottom, right = min(y + half + 1, rows), min(x + half + 1, columns)
    if top >= bottom or left >= right:
        return
    part = light[..., top - y + half : bottom - y + half, left - x + half : right - x + half]
    sky[..., top:bottom, left:right] += part
