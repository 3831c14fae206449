"""Rings: inner and outer rings of barred discs, polar rings; clumpy bands of young stars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.colours import KNOT, population_sed
from strandline.simulate.portraits.knots import complexes, knot_flux
from strandline.simulate.portraits.maps import DiscGrid, lattice_noise, level
from strandline.simulate.portraits.profiles import RadialProfile
from strandline.simulate.portraits.sheet import Sheet

__all__ = ["RING_REACH", "RingLook", "lay_ring", "ring_profile"]

Image = NDArray[np.float32]

RING_REACH = 2.6
"""How far a ring's light goes, in its radii."""


@dataclass(frozen=True)
class RingLook:
    """What a ring is like; lengths in its radius.

    Attributes
    ----------
    width : float
        Gaussian sigma of its inner side.
    tail : float
        Scale over which it fades outwards; 0 makes it symmetric.
    clumpy : float
        Deviation of log light along it.
    youth : float
    knots : int
    knot_share : float
    dust : float
        r optical depth of its near half before what lies behind; 0 for a ring in its disc's plane.
    """

    width: float
    tail: float
    clumpy: float
    youth: float
    knots: int
    knot_share: float
    dust: float


def ring_profile(width: float, tail: float = 0.0) -> RadialProfile:
    """Return the radial profile of a ring of radius 1; its ``half_light`` is in ring radii."""

    def brightness(radius: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.exp(-0.5 * ((radius - 1) / width) ** 2)
        if tail == 0:
            return np.asarray(inside)
        outside = np.exp(-(radius - 1) / tail) / (1 + np.exp((radius - 2.2) / 0.1))
        return np.where(radius < 1, inside, 0.6 * outside + 0.4 * inside)

    return RadialProfile.tabulate(brightness, RING_REACH)


def lay_ring(
    sheet: Sheet,
    flux_njy: float,
    radius_arcsec: float,
    plane: Plane,
    look: RingLook,
    rng: np.random.Generator,
    *,
    redshift: float,
) -> None:
    """Lay a ring of `flux_njy` in r on a sheet, its near half's dust before what is there."""
    profile = ring_profile(look.width, look.tail)
    half_light = radius_arcsec * profile.half_light
    grid = DiscGrid(sheet, plane, radius_arcsec)
    noise = 0.8 * lattice_noise(16, 16, rng) + 0.6 * lattice_noise(50, 60, rng)
    per_cell = np.float32(sheet.cell_arcsec**2 / (plane.axis_ratio * half_light**2))
    smooth = profile.at(grid.radius * np.float32(radius_arcsec / half_light)) * per_cell
    light = smooth * grid.sample(level(np.exp(look.clumpy * noise)))
    total = 1.0 if sheet.whole else float(smooth.sum(dtype=np.float64))
    light *= np.float32(total / max(float(light.sum(dtype=np.float64)), 1e-30))
    if look.dust > 0:
        _, across = sheet.on_plane(plane)
        towards = rng.choice([-1, 1])
        near = 1 / (1 + np.exp(-towards * np.clip(across / (0.1 * radius_arcsec), -30, 30)))
        depth = look.dust * near * light / max(float(light.max(initial=0)), 1e-30)
        sheet.dim(np.asarray(depth, dtype=np.float32))
    radius = radius_arcsec * rng.normal(1.0, 0.6 * look.width, look.knots)
    x, y = plane.to_sky(radius, rng.uniform(0, 2 * np.pi, look.knots))
    points = complexes(x, y, knot_flux(look.knots, rng), 0.03 * radius_arcsec, plane, rng)
    smooth_flux, knot_flux_njy = flux_njy * (1 - look.knot_share), flux_njy * look.knot_share
    sheet.paint(light, smooth_flux, population_sed(look.youth, redshift=redshift))
    sheet.paint(
        sheet.points(*points), knot_flux_njy * total, population_sed(KNOT, redshift=redshift)
    )
