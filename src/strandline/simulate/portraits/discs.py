"""Discs: old stars, young arms with knots, dust lanes; whole, or cut where particles take over."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.arms import Arms, Pattern
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import KNOT, YOUNG, population_sed
from strandline.simulate.portraits.knots import complexes, knot_flux, places_in_disc
from strandline.simulate.portraits.looks import DiscLook
from strandline.simulate.portraits.maps import RADII, DiscGrid
from strandline.simulate.portraits.profiles import (
    RadialProfile,
    cell_means,
    disc_profile,
)
from strandline.simulate.portraits.sheet import Sheet, turned

__all__ = ["inner_share", "lay_disc", "paint_disc"]

Image = NDArray[np.float32]
Array = NDArray[np.float64]
_REACH = 6.4  # scale lengths
_RESOLVED_PX = 2.2  # per scale length: below it, arms are not drawn
_BEHIND = 0.75  # of the light, behind dust lanes
_EDGE = 0.09  # softness of a truncation, in units of its radius


def inner_share(radius: NDArray[Any], truncation: float) -> NDArray[Any]:
    """Return the share of a disc's light at `radius` that is painted smooth, the rest handed over.

    Falls from 1 to 0 around `truncation`, within about a quarter of it; same unit as `radius`.
    Particles that take over have weights ``1 - inner_share`` of their radius in the undisturbed
    disc.
    """
    reached = np.clip((radius - truncation) / (_EDGE * truncation), -30, 30)
    return np.asarray(1 / (1 + np.exp(reached)))


def paint_disc(
    canvas: Canvas,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    truncation_arcsec: float | None = None,
    gas_edge_arcsec: float | None = None,
    arms: Arms | None = None,
    barred: bool = False,
    youth: float | None = None,
    lateness: float = 0.5,
    look: DiscLook | None = None,
    profile: RadialProfile | None = None,
) -> float:
    """Paint an exponential disc with arms, knots and dust; return its r light on the canvas, nJy.

    Parameters
    ----------
    canvas : Canvas
    flux_njy : float
        r light of the whole disc, the part beyond a truncation included.
    scale_arcsec : float
        Exponential scale length, the inner one of a broken profile.
    plane : Plane
    rng : Generator
    redshift : float
    truncation_arcsec : float, optional
        Only the share ``inner_share(radius, truncation_arcsec)`` is painted; the remaining flux
        is left to particles. The profile is a pure exponential (`disc_profile()`), so that
        their weights are known.
    gas_edge_arcsec : float, optional
        Young stars and dust end here, as in a stripped disc; the old stars take their light.
    arms : Arms, optional
        Drawn if not given.
    barred : bool
        Leaves the middle free of arms, for a bar (painted apart).
    youth : float, optional
        Of the old stars; drawn if not given.
    lateness : float
        0 (S0/a) to 1 (Sd): how open the arms, how much young light.
    look : DiscLook, optional
        All of these at once.
    profile : RadialProfile, optional
        Of all light, one of `strandline.simulate.portraits.profiles.disc_profile`.
    """
    look = look or DiscLook.draw(lateness, rng, start=1.0 if barred else 0.35)
    look = replace(look, arms=arms or look.arms, youth=look.youth if youth is None else youth)
    reach = _REACH * scale_arcsec
    if truncation_arcsec is not None:
        reach = min(reach, 2.2 * truncation_arcsec)
    sheet = Sheet(canvas, plane, reach, scale_arcsec * max(plane.axis_ratio, 0.1))
    lay_disc(
        sheet,
        flux_njy,
        scale_arcsec,
        plane,
        rng,
        look=look,
        redshift=redshift,
        profile=profile,
        truncation_arcsec=truncation_arcsec,
        gas_edge_arcsec=gas_edge_arcsec,
    )
    return sheet.lay()


def lay_disc(
    sheet: Sheet,
    flux_njy: float,
    scale_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    look: DiscLook,
    redshift: float,
    profile: RadialProfile | None = None,
    truncation_arcsec: float | None = None,
    gas_edge_arcsec: float | None = None,
) -> None:
    """Lay a disc on a sheet, before what is there already; arguments as of `paint_disc`."""
    if sheet.empty or flux_njy <= 0:
        return
    smooth = _smooth_disc(sheet, scale_arcsec, plane, profile or disc_profile(), truncation_arcsec)
    young_share = _young_share(
        look, None if gas_edge_arcsec is None else gas_edge_arcsec / scale_arcsec
    )
    if scale_arcsec < _RESOLVED_PX * sheet.pixel_arcsec:
        mean = look.youth + look.young_share * (YOUNG - look.youth)
        sheet.paint(smooth, flux_njy, population_sed(mean, redshift=redshift))
        return
    grid = DiscGrid(sheet, plane, scale_arcsec)
    pattern = Pattern.draw(look.arms, rng)
    young_part = young_share[:, None].astype(np.float32)
    fields = {
        "old": pattern.old * (1 - young_part),
        "young": pattern.young * young_part * (1 - look.knot_share),
    }
    old, young = (smooth * grid.sample(field) for field in fields.values())
    knots = _knots(
        sheet, grid, pattern, young_share, scale_arcsec, plane, look, rng, truncation_arcsec
    )
    knots *= float(smooth.sum()) * look.knot_share * _mean_share(young_share)
    # sampling a map on cells does not quite keep its mean
    total = float((old + young + knots).sum(dtype=np.float64))
    if not total > 0:  # all of it lies beyond the canvas
        return
    fix = float(smooth.sum(dtype=np.float64)) / total
    sheet.paint(old, fix * flux_njy, population_sed(look.youth, redshift=redshift))
    sheet.paint(young, fix * flux_njy, population_sed(YOUNG, redshift=redshift))
    sheet.paint(knots, fix * flux_njy, population_sed(KNOT, redshift=redshift))
    _lay_dust(sheet, grid, pattern, young_share / look.young_share, look.dust, plane)


def _lay_dust(
    sheet: Sheet, grid: DiscGrid, pattern: Pattern, gas: Array, dust: float, plane: Plane
) -> None:
    """Dim a sheet by dust lanes where there is `gas`, shape (row,), the radial profile kept."""
    slant = 1 / max(plane.axis_ratio, 0.3) ** 0.7
    face_on = dust * np.exp(-RADII / 2.2) * np.minimum(gas, 1.0)
    depth = np.asarray(pattern.dust * (slant * face_on)[:, None], dtype=np.float32)
    passed = 1 - _BEHIND * (1 - np.exp(-depth))
    back = np.broadcast_to(1 / passed.mean(axis=1, keepdims=True), depth.shape)
    sheet.dim(grid.sample(depth), behind=_BEHIND, give_back=grid.sample(back))


def _smooth_disc(
    sheet: Sheet,
    scale_arcsec: float,
    plane: Plane,
    profile: RadialProfile,
    truncation_arcsec: float | None,
) -> Image:
    """Return the share of the disc's light in each cell, without structure."""
    half_light = profile.half_light * scale_arcsec

    def light(x: NDArray[Any], y: NDArray[Any]) -> Image:
        radius = np.hypot(*turned(x, y, plane))
        brightness = profile.at(radius * np.float32(1 / half_light))
        if truncation_arcsec is None:
            return brightness
        return np.asarray(brightness * inner_share(radius, truncation_arcsec), dtype=np.float32)

    area = plane.axis_ratio * half_light**2
    return cell_means(sheet, plane, light) * np.float32(sheet.cell_arcsec**2 / area)


def _young_share(look: DiscLook, gas_edge: float | None) -> Array:
    """Return the young population's share of light at each radius of a map, shape (row,)."""
    share = look.young_share * (0.55 + 0.35 * np.minimum(RADII, 3.0) / 1.7)
    share = share * (1 - np.exp(-((RADII / max(look.hole, 0.05)) ** 2)))
    if gas_edge is not None:
        share = share * inner_share(RADII, gas_edge)
    return np.asarray(np.minimum(share, 0.9))


def _mean_share(young_share: Array) -> float:
    weight = RADII**2 * np.exp(-RADII)
    return float((weight * young_share).sum() / weight.sum())


def _knots(
    sheet: Sheet,
    grid: DiscGrid,
    pattern: Pattern,
    young_share: Array,
    scale_arcsec: float,
    plane: Plane,
    look: DiscLook,
    rng: np.random.Generator,
    truncation_arcsec: float | None,
) -> Image:
    """Return knots, light 1 in all, shape (y, x)."""
    light = young_share * np.exp(-RADII)
    if truncation_arcsec is not None:
        light = light * inner_share(RADII, truncation_arcsec / scale_arcsec)
    radius, azimuth = places_in_disc(pattern.clumps * light[:, None], look.knots, rng)
    x, y = plane.to_sky(radius * scale_arcsec, azimuth)
    flux = knot_flux(radius.size, rng) * np.exp(-0.9 * radius)  # fainter where gas is thin
    flux = flux / max(float(flux.sum()), 1e-30)
    return sheet.points(*complexes(x, y, flux, 0.035 * scale_arcsec, plane, rng))
