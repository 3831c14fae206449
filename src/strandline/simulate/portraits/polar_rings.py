"""Polar-ring galaxies: an S0 with a ring of gas and young stars nearly at right angles to it."""

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import KNOT, population_sed
from strandline.simulate.portraits.knots import complexes, knot_flux
from strandline.simulate.portraits.maps import DiscGrid, lattice_noise, level
from strandline.simulate.portraits.profiles import RadialProfile
from strandline.simulate.portraits.sheet import Sheet
from strandline.simulate.portraits.spirals import lay_lenticular

__all__ = ["paint_polar_ring"]

_REACH = 2.6  # in ring radii


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
    reach = max(7.0 * half_light_arcsec, _REACH * radius)
    finest = min(0.5 * half_light_arcsec * plane.axis_ratio, 0.4 * radius * ring.axis_ratio)
    sheet = Sheet(canvas, plane, reach, finest)
    if sheet.empty:
        return 0.0
    lay_lenticular(
        sheet, flux_njy * (1 - ring_share), half_light_arcsec, plane, rng, redshift=redshift,
        youth=youth,
    )  # fmt: skip
    _lay_ring(sheet, flux_njy * ring_share, radius, ring, rng, redshift)
    return sheet.lay()


def _lay_ring(
    sheet: Sheet,
    flux_njy: float,
    radius_arcsec: float,
    ring: Plane,
    rng: np.random.Generator,
    redshift: float,
) -> None:
    width, tail = float(rng.uniform(0.13, 0.3)), float(rng.uniform(0.2, 0.5))

    def brightness(radius: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = np.exp(-0.5 * ((radius - 1) / width) ** 2)
        outside = np.exp(-(radius - 1) / tail) / (1 + np.exp((radius - 2.2) / 0.1))
        return np.where(radius < 1, inside, 0.6 * outside + 0.4 * inside)

    profile = RadialProfile.tabulate(brightness, _REACH)
    half_light = radius_arcsec * _REACH / profile.reach
    grid = DiscGrid(sheet, ring, radius_arcsec)
    clumps = level(np.exp(0.45 * lattice_noise(6, 20, rng) + 0.4 * lattice_noise(16, 60, rng)))
    per_cell = np.float32(sheet.cell_arcsec**2 / (ring.axis_ratio * half_light**2))
    smooth = profile.at(grid.radius * np.float32(radius_arcsec / half_light)) * per_cell
    light = smooth * grid.sample(clumps)
    total = float(smooth.sum(dtype=np.float64))
    light *= np.float32(total / max(float(light.sum(dtype=np.float64)), 1e-30))

    _, across = sheet.on_plane(ring)
    near = 1 / (1 + np.exp(-rng.choice([-1, 1]) * across / np.float32(0.1 * radius_arcsec)))
    depth = float(rng.uniform(0.3, 1.0)) * near * light / max(float(light.max()), 1e-30)
    sheet.dim(np.asarray(depth, dtype=np.float32))

    count = int(rng.integers(15, 40))
    radius = radius_arcsec * rng.normal(1.05, 0.6 * width, count)
    x, y = ring.to_sky(radius, rng.uniform(0, 2 * np.pi, count))
    points = complexes(x, y, knot_flux(count, rng), 0.03 * radius_arcsec, ring, rng)
    knot_share = float(rng.uniform(0.05, 0.15))
    youth = float(rng.uniform(0.45, 0.85))
    sheet.paint(light, flux_njy * (1 - knot_share), population_sed(youth, redshift=redshift))
    sheet.paint(
        sheet.points(*points),
        flux_njy * knot_share * total,
        population_sed(KNOT, redshift=redshift),
    )
