"""Discs seen from the side: layers, boxy bulge, dust lane; flat or warped like an integral sign."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import k1

from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import KNOT, OLD, YOUNG, population_sed
from strandline.simulate.portraits.knots import complexes, knot_flux
from strandline.simulate.portraits.maps import AZIMUTHS, RADII, lattice_noise, read_map
from strandline.simulate.portraits.profiles import (
    disc_profile,
    half_light_of_sum,
    look_up,
    sersic_profile,
    taper,
)
from strandline.simulate.portraits.sheet import Sheet
from strandline.simulate.portraits.spheroids import Isophotes, lay_spheroid

__all__ = ["paint_edge_on"]

Image = NDArray[np.float32]
_REACH = 7.0  # scale lengths
_SAMPLES = 1024
_END = 5.8  # scale lengths; discs fade from half of it: Kregel et al. 2002, MNRAS 334, 646
_END_HALF_LIGHTS = 3.9


@dataclass(frozen=True)
class _Side:
    """A disc from the side; lengths in its scale lengths.

    `warp` is the height of the mid-plane at 4 scale lengths, on either side; it leaves the plane
    at `flat`. `tilt` is how far the near edge of the dust lies from the mid-plane.
    """

    height: float
    flare: float
    flat: float
    warp: tuple[float, float]
    tilt: float
    dust: float
    young_share: float
    thick_share: float
    bulge_share: float
    bulge_size: float
    bulge_index: float
    youth: float

    @classmethod
    def draw(cls, late: float, rng: np.random.Generator, *, warped: bool) -> "_Side":
        strength = float(rng.uniform(0.15, 0.65)) * rng.choice([-1, 1]) if warped else 0.0
        mild = float(rng.normal(0, 0.03))
        return cls(
            height=float(rng.uniform(0.17, 0.30) * (1.15 - 0.4 * late)),
            flare=float(rng.uniform(0.01, 0.06)),
            flat=float(rng.uniform(1.2, 2.4)),
            warp=(strength + mild, -strength * float(rng.uniform(0.5, 1.1)) + mild),
            tilt=float(rng.normal(0, 0.05)),
            dust=float(rng.lognormal(np.log(1.3), 0.6)),
            young_share=float(0.1 + 0.3 * late),
            thick_share=float(rng.uniform(0.08, 0.24)),
            bulge_share=float(np.clip(10 ** rng.normal(-0.5 - 0.8 * late, 0.2), 0.01, 0.5)),
            bulge_size=float(rng.lognormal(np.log(0.3), 0.25)),
            bulge_index=float(np.clip(rng.normal(2.2 - late, 0.4), 0.9, 3.5)),
            youth=float(np.clip(rng.normal(0.12 + 0.3 * late, 0.08), 0, 0.6)),
        )

    def scale_arcsec(self, half_light_arcsec: float) -> float:
        parts = [
            (1 - self.bulge_share, disc_profile(), disc_profile().half_light),
            (self.bulge_share, sersic_profile(self.bulge_index), self.bulge_size),
        ]
        return float(half_light_arcsec / half_light_of_sum(parts))

    @property
    def end(self) -> float:
        """Where the disc ends: with a large bulge, few half-light radii are many scale lengths."""
        return round(min(_END, _END_HALF_LIGHTS / self.scale_arcsec(1.0)), 1)

    def midplane(self, along: NDArray[Any]) -> NDArray[Any]:
        """Return the height of the mid-plane at `along`; all in scale lengths."""
        beyond = np.maximum(np.abs(along) - self.flat, 0) / (4 - self.flat)
        bend = np.minimum(beyond, 1.6) ** 1.6
        return np.asarray(np.where(along > 0, self.warp[0], self.warp[1]) * bend)


def paint_edge_on(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    lateness: float = 0.5,
    warped: bool = False,
) -> float:
    """Paint a disc seen from the side; return its r light on the canvas, nJy.

    Layers are exponential discs seen edge on (van der Kruit & Searle 1981, A&A 95, 105):
    ``x K1(x) sech2(z)``, of three heights: thick old disc, old disc, young disc. Of `plane` only
    the angle and the place are used. `half_light_arcsec` is that of the galaxy seen face on. A
    warped one bends to opposite sides at its ends, like an integral sign. `lateness` is 0 (S0/a:
    thick, with a large bulge, red) to 1 (Sd).
    """
    side = _Side.draw(lateness, rng, warped=warped)
    scale = side.scale_arcsec(half_light_arcsec)
    height = side.height * scale
    sheet = Sheet(canvas, plane, _REACH * scale, 0.8 * height)
    if sheet.empty:
        return 0.0
    upright = Plane(plane.angle_rad, 1.0, plane.x_arcsec, plane.y_arcsec)
    along, up = (c * np.float32(1 / scale) for c in sheet.on_plane(upright))
    up = up - side.midplane(along).astype(np.float32)
    _lay_layers(sheet, flux_njy * (1 - side.bulge_share), along, up, side, rng, scale, redshift)
    _lay_knots(sheet, flux_njy, upright, side, scale, rng, redshift)
    _lay_bulge(sheet, flux_njy * side.bulge_share, plane, side, scale, rng, redshift)
    sheet.dim(_lane(along, up, side, rng), behind=float(rng.uniform(0.75, 1.0)))
    return sheet.lay()


def _lay_layers(
    sheet: Sheet,
    flux_njy: float,
    along: Image,
    up: Image,
    side: _Side,
    rng: np.random.Generator,
    scale_arcsec: float,
    redshift: float,
) -> None:
    thin = 1 - side.young_share - side.thick_share
    clumps = np.exp(0.45 * _noise(along, up / side.height, 6, 60, rng))
    layers = (
        (side.thick_share, 2.3, 1.15, side.youth - 0.08, None),
        (thin, 1.0, 1.0, side.youth, None),
        (0.9 * side.young_share, 0.6, 1.1, YOUNG - 0.15, clumps),
    )
    for share, high, long, youth, grain in layers:
        flare = 1 + np.float32(side.flare) * along**2
        image = _layer(
            along / np.float32(long), up / (np.float32(side.height * high) * flare), side.end
        )
        image /= flare
        image *= np.float32((sheet.cell_arcsec / scale_arcsec) ** 2 / (long * high * side.height))
        if grain is not None:
            total = float(image.sum(dtype=np.float64))
            image = image * grain
            image *= np.float32(total / max(float(image.sum(dtype=np.float64)), 1e-30))
        sheet.paint(image, flux_njy * share, population_sed(youth, redshift=redshift))


def _lay_knots(
    sheet: Sheet,
    flux_njy: float,
    upright: Plane,
    side: _Side,
    scale_arcsec: float,
    rng: np.random.Generator,
    redshift: float,
) -> None:
    """Lay knots of new stars; they are a tenth of the young light."""
    count = int(rng.integers(25, 70))
    radius = disc_profile().draw(count, rng) * disc_profile().half_light
    along = radius * np.cos(rng.uniform(0, 2 * np.pi, count))
    up = 0.25 * side.height * rng.standard_normal(count) + side.midplane(along)
    cos, sin = math.cos(upright.angle_rad), math.sin(upright.angle_rad)
    x = upright.x_arcsec + scale_arcsec * (along * cos - up * sin)
    y = upright.y_arcsec + scale_arcsec * (along * sin + up * cos)
    flat = Plane(upright.angle_rad, 0.3)
    flux = knot_flux(count, rng) * np.exp(-0.7 * radius)  # fainter where gas is thin
    points = complexes(x, y, flux / flux.sum(), 0.03 * scale_arcsec, flat, rng)
    share = 0.1 * side.young_share * (1 - side.bulge_share)
    sheet.paint(sheet.points(*points), flux_njy * share, population_sed(KNOT, redshift=redshift))


def _lay_bulge(
    sheet: Sheet,
    flux_njy: float,
    plane: Plane,
    side: _Side,
    scale_arcsec: float,
    rng: np.random.Generator,
    redshift: float,
) -> None:
    """Lay the bulge: every other one is boxy, a bar seen from the side (Lutticke et al. 2000)."""
    ratio = float(rng.uniform(0.5, 0.85))
    boxy = float(rng.uniform(-0.09, -0.03)) if rng.random() < 0.45 else 0.0
    lay_spheroid(
        sheet,
        flux_njy,
        side.bulge_size * scale_arcsec,
        Plane(plane.angle_rad, ratio, plane.x_arcsec, plane.y_arcsec),
        index=side.bulge_index,
        youth=OLD + 0.6 * side.youth,
        redshift=redshift,
        gradient=0.7,
        isophotes=Isophotes(fourth=boxy),
    )


def _lane(along: Image, up: Image, side: _Side, rng: np.random.Generator) -> Image:
    """Return the dust's optical depth: a thin wavy layer, before the mid-plane when tilted."""
    bow = np.sqrt(np.clip(1 - (along / 4.0) ** 2, 0, 1))
    wave = 0.12 * side.height * _noise(along, up, 1, 16, rng)
    off = (up - np.float32(side.tilt) * bow - wave) / np.float32(0.4 * side.height)
    patchy = np.exp(0.35 * _noise(along, up / side.height, 8, 48, rng))
    depth = side.dust * np.exp(-0.5 * off**2 - np.abs(along) / 2.0) * patchy
    return np.asarray(depth, dtype=np.float32)


def _layer(along: Image, up: Image, end: float) -> Image:
    """Return light per unit area of an edge-on disc of unit scales, 1 in all."""
    table, total = _side_profile(end)
    image = look_up(table, np.abs(along) * np.float32((_SAMPLES - 1) / end))
    image /= np.cosh(np.minimum(np.abs(up), np.float32(20))) ** 2
    return np.asarray(image * np.float32(0.25 / total), dtype=np.float32)


@lru_cache(maxsize=128)
def _side_profile(end: float) -> tuple[Image, float]:
    """Return ``x K1(x)`` with a soft end at equal steps, and its integral over x > 0."""
    along = np.linspace(0, end, _SAMPLES)
    light = np.ones_like(along)
    light[1:] = along[1:] * k1(along[1:])
    light *= taper(along, 0.5 * end, end)
    return light.astype(np.float32), float(np.trapezoid(light, along))


def _noise(along: Image, up: Image, down: int, across: int, rng: np.random.Generator) -> Image:
    """Return smooth noise in coordinates along (16 scale lengths a period) and up (within 4)."""
    noise = lattice_noise(down, across, rng)
    row = np.clip((up + 4) / 8, 0, 1) * np.float32(RADII.size - 1.01)
    column = np.clip(along / 16, -1, 1) * np.float32(AZIMUTHS.size)
    return read_map(noise, row.astype(np.float32), column.astype(np.float32))
