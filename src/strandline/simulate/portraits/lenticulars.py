"""Lenticular galaxies: a bulge and a smooth disc of old stars, sometimes a bar; no arms."""

from dataclasses import replace

import numpy as np

from strandline.simulate.portraits.bars import bar_image
from strandline.simulate.portraits.builds import DiscBuild, draw_break, lay_bulge
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import population_sed
from strandline.simulate.portraits.discs import lay_disc
from strandline.simulate.portraits.looks import DiscLook
from strandline.simulate.portraits.sheet import Sheet

__all__ = ["lay_lenticular", "paint_lenticular"]

_REACH = 6.0  # half-light radii


def paint_lenticular(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    youth: float,
) -> float:
    """Paint an S0: bulge and smooth disc of old stars, sometimes a bar; return its r light, nJy."""
    sheet = Sheet(
        canvas, plane, 8.5 * half_light_arcsec, 0.6 * half_light_arcsec * plane.axis_ratio
    )
    if not sheet.empty:
        lay_lenticular(
            sheet, flux_njy, half_light_arcsec, plane, rng, redshift=redshift, youth=youth
        )
    return sheet.lay()


def lay_lenticular(
    sheet: Sheet,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    youth: float,
) -> None:
    """Lay an S0 on a sheet; arguments as of `paint_lenticular`."""
    barred = rng.random() < 0.25
    at, beyond = draw_break(rng)
    build = DiscBuild(
        bulge_share=float(rng.uniform(0.25, 0.65)),
        bulge_size=float(rng.lognormal(np.log(0.45), 0.3)),
        bulge_index=float(rng.uniform(1.5, 3.5)),
        bar_share=float(rng.uniform(0.06, 0.14)) if barred else 0.0,
        bar_length=float(rng.uniform(0.7, 1.3)),
        ring_share=0.0,
        ring_radius=1.0,
        break_scales=at,
        beyond=beyond,
    ).ended_within(_REACH)
    scale = build.scale_arcsec(half_light_arcsec)
    lay_bulge(sheet, flux_njy, scale, plane, build, 0.0, redshift, youth=youth - 0.02)
    if barred:
        azimuth, ratio = rng.uniform(0, np.pi), rng.uniform(0.3, 0.5)
        image = bar_image(sheet, plane, build.bar_length * scale, azimuth, ratio, 0.7)
        sheet.paint(image, flux_njy * build.bar_share, population_sed(youth, redshift=redshift))
    look = DiscLook.draw(0.0, rng)
    quiet = replace(look.arms, arm_class="none", contrast=0.0, lopsided=0.3 * look.arms.lopsided)
    look = replace(
        look, arms=quiet, youth=youth + 0.02, young_share=0.02, knots=1, knot_share=0.0, dust=0.03
    )
    share = 1 - build.bulge_share - build.bar_share
    lay_disc(
        sheet, flux_njy * share, scale, plane, rng, look=look, redshift=redshift,
        profile=build.profile,
    )  # fmt: skip
