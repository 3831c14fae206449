"""Irregular dwarfs: a faint disc, young light to one side, complexes of new stars."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.bars import bar_image
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import KNOT, YOUNG, population_sed
from strandline.simulate.portraits.knots import complexes, knot_flux
from strandline.simulate.portraits.maps import AZIMUTHS, RADII, lattice_noise, read_map
from strandline.simulate.portraits.profiles import sersic_image
from strandline.simulate.portraits.sheet import Sheet

__all__ = ["paint_irregular"]

Image = NDArray[np.float32]
_FIELD = 3.5  # noise repeats beyond this many half-light radii


def paint_irregular(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
) -> float:
    """Paint an irregular galaxy; return its r light on the canvas, nJy.

    Old stars are a smooth disc of Sersic index 0.6 to 1.1; the young ones are clumpy, off the
    centre, and brighter on one side (as Magellanic irregulars).
    """
    sheet = Sheet(
        canvas, plane, 4.5 * half_light_arcsec, 0.6 * half_light_arcsec * plane.axis_ratio
    )
    if sheet.empty:
        return 0.0
    young_share, knot_share = rng.uniform(0.2, 0.5), rng.uniform(0.04, 0.16)
    bar_share = rng.uniform(0.05, 0.15) if rng.random() < 0.4 else 0.0
    youth = float(rng.uniform(0.3, 0.65))
    off = rng.normal(0, 0.28, 2) * half_light_arcsec
    moved = Plane(
        plane.angle_rad, plane.axis_ratio, plane.x_arcsec + off[0], plane.y_arcsec + off[1]
    )
    clumps = _Clumps(rng)
    thick = Plane(
        plane.angle_rad, max(plane.axis_ratio, 0.65), plane.x_arcsec, plane.y_arcsec
    )  # dwarfs are thick, and so are their clumps
    along, across = (c * np.float32(1 / half_light_arcsec) for c in sheet.on_plane(thick))
    grain = clumps.at(along, across)

    smooth = sersic_image(sheet, plane, rng.uniform(0.6, 1.1), half_light_arcsec)
    patchy = sersic_image(sheet, moved, rng.uniform(0.5, 0.9), 0.85 * half_light_arcsec)
    old = _keeping_total(smooth, grain ** np.float32(0.25))
    young = _keeping_total(patchy, grain)
    sheet.paint(
        old, flux_njy * (1 - young_share - knot_share - bar_share),
        population_sed(youth, redshift=redshift),
    )  # fmt: skip
    sheet.paint(young, flux_njy * young_share, population_sed(YOUNG, redshift=redshift))
    if bar_share > 0:
        size = half_light_arcsec * rng.uniform(0.5, 0.9)
        bar = bar_image(sheet, moved, size, rng.uniform(0, np.pi), rng.uniform(0.3, 0.5), 0.4)
        sheet.paint(bar, flux_njy * bar_share, population_sed(youth + 0.1, redshift=redshift))
    knots = _knots(sheet, moved, half_light_arcsec, clumps, rng)
    on_sheet = float(smooth.sum(dtype=np.float64))
    sheet.paint(knots, flux_njy * knot_share * on_sheet, population_sed(KNOT, redshift=redshift))
    return sheet.lay()


class _Clumps:
    """Log-normal clumpiness on two scales, in coordinates of the disc (half-light radii)."""

    def __init__(self, rng: np.random.Generator) -> None:
        strength = rng.uniform(0.45, 0.85)
        log_light = (
            0.9 * lattice_noise(8, 8, rng)
            + 0.55 * lattice_noise(24, 24, rng)
            + 0.3 * lattice_noise(64, 64, rng)
        )
        self._map = np.asarray(np.exp(strength * log_light), dtype=np.float32)

    def at(self, along: NDArray[Any], across: NDArray[Any]) -> Image:
        row = (np.clip(across / (2 * _FIELD), -0.5, 0.5) + 0.5) * (RADII.size - 1.01)
        column = np.clip(along / (2 * _FIELD), -1, 1) * AZIMUTHS.size
        return read_map(self._map, row.astype(np.float32), column.astype(np.float32))


def _keeping_total(image: Image, grain: Image) -> Image:
    total = float(image.sum(dtype=np.float64))
    grained = image * grain
    return np.asarray(
        grained * np.float32(total / max(float(grained.sum(dtype=np.float64)), 1e-30))
    )


def _knots(
    sheet: Sheet, plane: Plane, half_light_arcsec: float, clumps: _Clumps, rng: np.random.Generator
) -> Image:
    """Return knots, light 1 in all: few, in the dense parts, one or two dominate."""
    tries, count = 400, int(rng.integers(5, 22))
    radius = 0.6 * np.sqrt(rng.exponential(1.0, tries))
    azimuth = rng.uniform(0, 2 * np.pi, tries)
    weight = (
        clumps.at((radius * np.cos(azimuth))[None, :], (radius * np.sin(azimuth))[None, :])[
            0
        ].astype(np.float64)
        ** 2
    )
    chosen = rng.choice(tries, count, replace=False, p=weight / weight.sum())
    x, y = plane.to_sky(radius[chosen] * half_light_arcsec, azimuth[chosen])
    flux = knot_flux(count, rng)
    return sheet.points(*complexes(x, y, flux, 0.06 * half_light_arcsec, plane, rng))
