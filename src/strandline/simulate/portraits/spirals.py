"""Disc galaxies seen from above: bulge, bar, ring, disc; and lenticulars, which have no arms."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from strandline.simulate.portraits.bars import bar_image
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import OLD, population_sed
from strandline.simulate.portraits.discs import DiscLook, lay_disc
from strandline.simulate.portraits.profiles import (
    RadialProfile,
    disc_half_light,
    disc_profile,
    half_light_of_sum,
    sersic_profile,
)
from strandline.simulate.portraits.rings import RingLook, lay_ring
from strandline.simulate.portraits.sheet import Sheet
from strandline.simulate.portraits.spheroids import lay_spheroid

__all__ = ["lay_lenticular", "paint_lenticular", "paint_spiral"]

_REACH = 6.6  # scale lengths
_RESOLVED_PX = 3.5
Form = Literal["spiral", "barred", "ringed"]


@dataclass(frozen=True)
class _Build:
    """Parts of a disc galaxy: shares of light, and sizes in scale lengths of its disc."""

    bulge_share: float
    bulge_size: float
    bulge_index: float
    bar_share: float
    bar_length: float
    ring_share: float
    ring_radius: float
    profile: RadialProfile

    def scale_arcsec(self, half_light_arcsec: float) -> float:
        """Return the scale length that gives the galaxy this half-light radius, face on."""
        disc = 1 - self.bulge_share - self.bar_share - self.ring_share
        parts = [
            (disc, self.profile, disc_half_light(self.profile)),
            (self.bulge_share, sersic_profile(self.bulge_index), self.bulge_size),
            (self.bar_share, disc_profile(), 0.35 * self.bar_length),
            (self.ring_share, disc_profile(), self.ring_radius),
        ]
        return half_light_arcsec / half_light_of_sum(parts)


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
    build = _draw_build(late, form, rng, broken=truncation_arcsec is None)
    scale = build.scale_arcsec(half_light_arcsec)
    start = build.bar_length if build.bar_share > 0 else float(rng.uniform(0.25, 0.5))
    look = DiscLook.draw(late, rng, start=start)
    if form == "ringed":
        fainter = replace(look.arms, contrast=look.arms.contrast * rng.uniform(0.1, 0.8))
        look = replace(look, arms=fainter)
    thinnest = 0.45 * build.bar_length if build.bar_share > 0 else 1.0
    thinnest = min(thinnest, 0.2 * build.ring_radius) if build.ring_share > 0 else thinnest
    sheet = Sheet(canvas, plane, _REACH * scale, thinnest * scale * plane.axis_ratio)
    if sheet.empty:
        return 0.0
    _lay_bulge(sheet, flux_njy, scale, plane, build, late, redshift)
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
    build = _Build(
        bulge_share=float(rng.uniform(0.25, 0.65)),
        bulge_size=float(rng.lognormal(np.log(0.45), 0.3)),
        bulge_index=float(rng.uniform(1.5, 3.5)),
        bar_share=float(rng.uniform(0.06, 0.14)) if barred else 0.0,
        bar_length=float(rng.uniform(0.7, 1.3)),
        ring_share=0.0,
        ring_radius=1.0,
        profile=_draw_profile(rng),
    )
    scale = build.scale_arcsec(half_light_arcsec)
    _lay_bulge(sheet, flux_njy, scale, plane, build, 0.0, redshift, youth=youth - 0.02)
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


def _draw_build(late: float, form: Form, rng: np.random.Generator, *, broken: bool) -> _Build:
    """Draw the parts: bulges shrink along the sequence (Graham & Worley 2008, MNRAS 388, 1708)."""
    bulge = float(np.clip(10 ** rng.normal(-0.55 - 0.9 * late, 0.22), 0.005, 0.45))
    barred = form == "barred" or (form == "ringed" and rng.random() < 0.45)
    length = float(rng.uniform(0.9, 1.6)) * (1 - 0.3 * late)
    ringed = form == "ringed" or (barred and rng.random() < 0.35)
    inner = barred and rng.random() < 0.7
    bar = float(rng.uniform(0.06, 0.17)) * (1 - 0.4 * late) if barred else 0.0
    return _Build(
        bulge_share=min(bulge, 0.4 - 1.2 * bar),  # else discs would reach far in half-light radii
        bulge_size=float(rng.lognormal(np.log(0.28), 0.25)),
        bulge_index=float(np.clip(rng.normal(2.6 - 1.6 * late, 0.5), 0.8, 4.0)),
        bar_share=bar,
        bar_length=length,
        ring_share=float(rng.uniform(0.05, 0.22)) if ringed else 0.0,
        ring_radius=1.12 * length if inner else float(rng.uniform(1.5, 2.7)),
        profile=_draw_profile(rng) if broken else disc_profile(),
    )


def _draw_profile(rng: np.random.Generator) -> RadialProfile:
    """Draw a disc's profile: 60 % bend down, 30 % up (Pohlen & Trujillo 2006)."""
    at = round(float(rng.uniform(1.8, 3.4)), 1)
    kind = rng.choice(3, p=[0.55, 0.25, 0.2])
    if kind == 0:
        return disc_profile(at, round(float(rng.uniform(0.45, 0.75)), 2))
    return (
        disc_profile(at + 0.6, round(float(rng.uniform(1.15, 1.6)), 2))
        if kind == 1
        else disc_profile()
    )


def _lay_ring(
    sheet: Sheet,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    build: _Build,
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


def _lay_bulge(
    sheet: Sheet,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    build: _Build,
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
