"""Encounters of two galaxies: tails, bridges, mergers with two nuclei, and what is left of them.

Restricted dynamics (Toomre & Toomre 1972, ApJ 178, 623): the galaxies' potentials move on a common
orbit with friction, and carry test particles, of which there are more in the outskirts. What tides
leave whole is painted as discs and spheroids.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import kpc_per_arcsec
from strandline.photometry import flux_to_mag, mag_to_flux
from strandline.simulate.plans import Encounter, SystemPlan
from strandline.simulate.portraits.canvas import Canvas
from strandline.simulate.portraits.colours import KNOT, population_sed
from strandline.simulate.portraits.debris import Debris, area_holding, measure_feature
from strandline.simulate.portraits.grain import widths_by_density
from strandline.simulate.portraits.hosts import paint_galaxy
from strandline.simulate.portraits.nuclei import disc_plane, paint_middle, paint_remnant
from strandline.simulate.portraits.pairs import Setting
from strandline.simulate.portraits.portrait import Member, Portrait
from strandline.simulate.portraits.scene import Scene, Seen, see
from strandline.simulate.portraits.young import draw_new_stars

__all__ = ["paint_encounter"]

Array = NDArray[np.float64]
Image = NDArray[np.float32]

_HELD, _HELD_MIXED = 60.0, 160.0  # particles that a smoothing kernel holds
_MOST_TORN = 0.4  # of all light, when a surface brightness is asked for
_BRIGHT_HELD = 0.8
_TOLD_APART_ARCSEC = 1.0


@dataclass(frozen=True)
class _Images:
    """A galaxy's outer stars as images of r light, nJy, shape (y, x): those that stayed, and torn.

    `width_arcsec`, shape (particle,), is what each star is spread over.
    """

    stayed: Image
    torn: Image
    width_arcsec: Array


@dataclass(frozen=True)
class _Light:
    """How much brighter torn light, and all other light, is painted than it came out."""

    torn: float
    rest: float


def paint_encounter(
    canvas: Canvas, plan: SystemPlan, rng: np.random.Generator, *, setting: Setting | None = None
) -> Portrait:
    """Paint two galaxies of an encounter, at any time of it.

    The first galaxy's nucleus (or what both became) is at the system's position.

    Parameters
    ----------
    canvas : Canvas
    plan : SystemPlan
        Its interaction is an `Encounter`, of two galaxies.
    rng : Generator
    setting : Setting, optional
        Potentials and track, where they shall not follow from the plan.

    Returns
    -------
    Portrait
        Notes: ``separation_kpc``, ``projected_kpc`` (of the nuclei), ``relative_speed_kms``,
        ``radial_speed_kms`` (of the second galaxy, away from the observer), ``coalescence_gyr``
        (since the first passage; infinite when it is yet to come), ``passages``, and
        ``whole_1_kpc``, ``whole_2_kpc`` (radius within which tides left each galaxy whole).

    Raises
    ------
    OptionError
        For other than two galaxies, or an orbit that makes no sense.
    """
    encounter = plan.interaction
    assert isinstance(encounter, Encounter)
    scale = kpc_per_arcsec(plan.galaxies[0].redshift)
    scene = see(plan, encounter, rng, setting)
    images = [_images(canvas, one, scene, scale) for one in scene.galaxies]
    light = _light(canvas, plan, scene, [image.torn for image in images])
    debris = [
        _paint_stars(canvas, one, image, light, scene, scale, rng)
        for one, image in zip(scene.galaxies, images, strict=True)
        if not one.untouched
    ]
    if scene.merged:
        paint_remnant(canvas, scene, light.rest, scale, rng)
    else:
        for one in scene.galaxies:
            _paint_middle(canvas, one, scene, light.rest, scale, rng)
    return _portrait(canvas, plan, scene, light, debris, scale)


def _images(canvas: Canvas, one: Seen, scene: Scene, scale: float) -> _Images:
    # hot stars, and those of which the phases have mixed, cannot be in narrow streams
    held = _HELD_MIXED if one.build.early or scene.passages > 1 else _HELD
    x, y = (one.star_kpc[:, :2] / scale).T
    pixel = canvas.pixel_arcsec
    most = 30 * pixel
    width = np.full(x.shape, most)
    half = -min(float(canvas.x_arcsec[0, 0]), float(canvas.y_arcsec[0, 0])) + 3 * most
    near = (np.abs(x) < half) & (np.abs(y) < half)  # what is farther is not seen
    width[near] = widths_by_density(
        x[near], y[near], held=held, least_arcsec=0.6 * pixel, most_arcsec=most
    )
    stayed, torn = (
        canvas.splat(x[these], y[these], one.star_njy[these], width[these])
        for these in (~one.torn, one.torn)
    )
    return _Images(stayed, torn, width)


def _light(canvas: Canvas, plan: SystemPlan, scene: Scene, torn: list[Image]) -> _Light:
    """Return the factors on light that give the torn part the surface brightness asked for."""
    if plan.brightness is None or not any(image.any() for image in torn):
        return _Light(1.0, 1.0)
    total = sum(one.build.flux_njy for one in scene.galaxies)
    torn_njy = sum(one.torn_njy for one in scene.galaxies)
    image = sum(torn, np.zeros(canvas.shape, dtype=np.float32))
    area = area_holding(image, _BRIGHT_HELD) * canvas.pixel_arcsec**2
    is_njy = _BRIGHT_HELD * float(image.sum(dtype=np.float64)) / area
    factor = min(float(mag_to_flux(plan.brightness)) / is_njy, _MOST_TORN * total / torn_njy)
    return _Light(factor, (total - factor * torn_njy) / (total - torn_njy))


def _paint_stars(
    canvas: Canvas,
    one: Seen,
    images: _Images,
    light: _Light,
    scene: Scene,
    scale: float,
    rng: np.random.Generator,
) -> Debris:
    """Paint a galaxy's outer stars with knots of new ones; return them all."""
    redshift = one.build.galaxy.redshift
    flux = one.star_njy * np.where(one.torn, light.torn, light.rest)
    new = draw_new_stars(one, flux, scale * images.width_arcsec, scene.time_gyr, rng)
    old_sed = population_sed(one.youth, redshift=redshift)
    new_sed = population_sed(KNOT, redshift=redshift)
    x, y = (one.star_kpc[new.place, :2] / scale).T
    for torn in (False, True):
        brighter = (1 - new.share[int(torn)]) * (light.torn if torn else light.rest)
        canvas.paint(images.torn if torn else images.stayed, brighter, old_sed, torn=torn)
        these = one.torn[new.place] == torn
        if these.any():
            knots = canvas.splat(
                x[these], y[these], new.flux_njy[these], new.size_kpc[these] / scale
            )
            canvas.paint(knots, 1.0, new_sed, torn=torn)
    return Debris(
        position_kpc=np.concatenate([one.star_kpc, one.star_kpc[new.place]]),
        home_kpc=np.concatenate([one.home_kpc, one.home_kpc[new.place]]),
        flux_njy=np.concatenate([flux * (1 - new.share[one.torn.astype(int)]), new.flux_njy]),
        youth=np.concatenate([np.full(len(flux), one.youth), np.full(len(new.place), KNOT)]),
        torn=np.concatenate([one.torn, one.torn[new.place]]),
    )


def _paint_middle(
    canvas: Canvas, one: Seen, scene: Scene, brighter: float, scale: float, rng: np.random.Generator
) -> None:
    x, y = (float(v) for v in one.middle_kpc[:2] / scale)
    if one.untouched:
        galaxy = one.build.galaxy
        plane = None if one.build.early else disc_plane(one.spin, 0.0, 0.0)
        flux = brighter * one.build.flux_njy
        paint_galaxy(canvas, galaxy, flux, rng, x_arcsec=x, y_arcsec=y, plane=plane)
    else:
        paint_middle(canvas, one, scene, brighter, scale, rng)


def _portrait(
    canvas: Canvas,
    plan: SystemPlan,
    scene: Scene,
    light: _Light,
    debris: list[Debris],
    scale: float,
) -> Portrait:
    total = sum(one.build.flux_njy for one in scene.galaxies)
    feature = None
    if debris and plan.kind != "approaching":
        feature = measure_feature(
            Debris(
                *(
                    np.concatenate([getattr(part, name) for part in debris])
                    for name in ("position_kpc", "home_kpc", "flux_njy", "youth", "torn")
                )
            ),
            canvas.torn_r_njy,
            total_flux_njy=total,
            pixel_arcsec=canvas.pixel_arcsec,
            kpc_per_arcsec=scale,
            redshift=plan.galaxies[0].redshift,
        )
    apart = scene.relative_kpc
    notes = {
        "separation_kpc": float(np.linalg.norm(apart)),
        "projected_kpc": float(np.hypot(apart[0], apart[1])),
        "relative_speed_kms": float(np.linalg.norm(scene.relative_kms)),
        "radial_speed_kms": -float(scene.relative_kms[2]),
        "coalescence_gyr": scene.track.coalescence_gyr,
        "passages": float(scene.passages),
        "whole_1_kpc": scene.galaxies[0].whole_kpc,
        "whole_2_kpc": scene.galaxies[1].whole_kpc,
    }
    return Portrait(canvas, _members(scene, light, scale), feature, notes)


def _members(scene: Scene, light: _Light, scale: float) -> tuple[Member, ...]:
    kept = [(one.build.flux_njy - one.torn_njy) * light.rest for one in scene.galaxies]
    first, second = scene.galaxies
    x, y = (float(v) for v in second.middle_kpc[:2] / scale)
    if scene.merged or math.hypot(x, y) < _TOLD_APART_ARCSEC:
        return (Member(first.build.galaxy, 0.0, 0.0, float(flux_to_mag(sum(kept)))),)
    return (
        Member(first.build.galaxy, 0.0, 0.0, float(flux_to_mag(kept[0]))),
        Member(second.build.galaxy, x, y, float(flux_to_mag(kept[1]))),
    )
