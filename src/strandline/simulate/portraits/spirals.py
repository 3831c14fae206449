"""Spiral galaxies seen from above: bulge, bar, ring, and a disc with arms."""

from dataclasses import replace
from typing import Literal

import numpy as np

from strandline.simulate.portraits.bars import bar_image
from strandline.simulate.portraits.builds import (
    DISC_REACH,
    DiscBuild,
    draw_break,
    lay_bulge,
)
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import OLD, population_sed
from strandline.simulate.portraits.discs import lay_disc
from strandline.simulate.portraits.looks import DiscLook
from strandline.simulate.portraits.rings import RingLook, lay_ring
from strandline.simulate.portraits.sheet import Sheet

__all__ = ["paint_spiral"]

Form = Literal["spiral", "barred", "ringed"]
_RESOLVED_PX = 3.5
_REACH = 4.5  # half-light radii


def paint_spiral(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    form: Form = "spiral",
    lateness: float | None = None,
    truncation_arcsec: float | None = None,
    gas_edge_arcsec: float | None = None,
) -> float:
    """Paint a spiral galaxy; return its r light on the canvas, nJy.

    Parameters
    ----------
    canvas : Canvas
    flux_njy : float
        All its r light.
    half_light_arcsec : float
        Of the whole galaxy, seen face on.
    plane : Plane
    rng : Generator
    redshift : float
    form : str
        Whether it has a bar, or a ring of young stars.
    lateness : float, optional
        0 (S0/a: large bulge, tight arms, red) to 1 (Sd); drawn if not given.
    truncation_arcsec, gas_edge_arcsec : float, optional
        See `strandline.simulate.portraits.discs.paint_disc`.
    """
    late = float(rng.beta(1.5, 1.3)) if lateness is None else lateness
    if half_light_arcsec < _RESOLVED_PX * canvas.pixel_arcsec:
        form = "spiral"  # neither bar nor ring would be seen
    build = _draw_build(late, form, rng)
    if truncation_arcsec is None:
        build = build.ended_within(_REACH)
    else:  # particles take over, whose weights know no break
        build = replace(build, break_scales=0.0)
    scale = build.scale_arcsec(half_light_arcsec)
    start = build.bar_length if build.bar_share > 0 else float(rng.uniform(0.25, 0.5))
    look = DiscLook.draw(late, rng, start=start)
    if form == "ringed":
        fainter = replace(look.arms, contrast=look.arms.contrast * rng.uniform(0.1, 0.8))
        look = replace(look, arms=fainter)
    thinnest = 0.45 * build.bar_length if build.bar_share > 0 else 1.0
    thinnest = min(thinnest, 0.2 * build.ring_radius) if build.ring_share > 0 else thinnest
    sheet = Sheet(canvas, plane, DISC_REACH * scale, thinnest * scale * plane.axis_ratio)
    if sheet.empty:
        return 0.0
    lay_bulge(sheet, flux_njy, scale, plane, build, late, redshift)
    if build.bar_share > 0:
        azimuth, ratio, flat = look.arms.azimuth_rad, rng.uniform(0.22, 0.42), rng.uniform(0.2, 1.0)
        image = bar_image(sheet, plane, build.bar_length * scale, azimuth, ratio, flat)
        sed = population_sed(OLD + 0.04 + 0.25 * late, redshift=redshift)
        sheet.paint(image, flux_njy * build.bar_share, sed)
    disc_share = 1 - build.bulge_share - build.bar_share - build.ring_share
    lay_disc(
        sheet,
        flux_njy * disc_share,
        scale,
        plane,
        rng,
        look=look,
        redshift=redshift,
        profile=build.profile,
        truncation_arcsec=truncation_arcsec,
        gas_edge_arcsec=gas_edge_arcsec,
    )
    if build.ring_share > 0:
        _lay_ring(sheet, flux_njy * build.ring_share, scale, plane, build, look, rng, redshift)
    return sheet.lay()


def _draw_build(late: float, form: Form, rng: np.random.Generator) -> DiscBuild:
    """Draw the parts: bulges shrink along the sequence (Graham & Worley 2008, MNRAS 388, 1708)."""
    bulge = float(np.clip(10 ** rng.normal(-0.55 - 0.9 * late, 0.22), 0.005, 0.45))
    barred = form == "barred" or (form == "ringed" and rng.random() < 0.45)
    length = float(rng.uniform(0.9, 1.6)) * (1 - 0.3 * late)
    ringed = form == "ringed" or (barred and rng.random() < 0.35)
    inner = barred and rng.random() < 0.7
    bar = float(rng.uniform(0.06, 0.17)) * (1 - 0.4 * late) if barred else 0.0
    at, beyond = draw_break(rng)
    return DiscBuild(
        bulge_share=min(bulge, 0.4 - 1.2 * bar),  # else discs would reach far in half-light radii
        bulge_size=float(rng.lognormal(np.log(0.28), 0.25)),
        bulge_index=float(np.clip(rng.normal(2.6 - 1.6 * late, 0.5), 0.8, 4.0)),
        bar_share=bar,
        bar_length=length,
        ring_share=float(rng.uniform(0.05, 0.22)) if ringed else 0.0,
        ring_radius=1.12 * length if inner else float(rng.uniform(1.5, 2.7)),
        break_scales=at,
        beyond=beyond,
    )


def _lay_ring(
    sheet: Sheet,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    build: DiscBuild,
    look: DiscLook,
    rng: np.random.Generator,
    redshift: float,
) -> None:
    """Lay an inner or outer ring, slightly oval (Buta & Combes 1996, Fundam. Cosmic Phys. 17)."""
    oval = Plane(
        plane.angle_rad + float(rng.normal(0, 0.1)),
        plane.axis_ratio * float(rng.uniform(0.86, 1.0)),
        plane.x_arcsec,
        plane.y_arcsec,
    )
    ring = RingLook(
        width=float(rng.uniform(0.07, 0.16)),
        tail=0.0,
        clumpy=float(rng.uniform(0.25, 0.6)),
        youth=float(np.clip(rng.normal(look.youth + 0.25, 0.12), 0.2, 0.85)),
        knots=int(rng.integers(10, 40)),
        knot_share=0.7 * look.knot_share,
        dust=0.0,
    )
    lay_ring(sheet, flux_njy, build.ring_radius * scale_arcsec, oval, ring, rng, redshift=redshift)
