"""From a plan to a portrait. A generator with more physics replaces `draw` and nothing else."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.accretion import shells, stream
from strandline.simulate.canvas import PIXEL_ARCSEC, Canvas
from strandline.simulate.colours import BANDS
from strandline.simulate.encounters import merger, tails
from strandline.simulate.hosts import (
    edge_on,
    elliptical,
    flat_plane,
    irregular,
    nucleus,
    random_plane,
    spiral,
)
from strandline.simulate.plans import Feature, GalaxyPlan, Interaction, Portrait
from strandline.simulate.stripping import jellyfish

__all__ = ["draw", "reach_arcsec"]

_Painter = Callable[[Canvas, GalaxyPlan, float, np.random.Generator], Feature]
_PAINTERS: Mapping[Interaction, _Painter] = {
    "tails": tails,
    "stream": stream,
    "shells": shells,
    "merger": merger,
    "jellyfish": jellyfish,
}
# how far light goes, in half-light radii
_REACH = {"elliptical": 7.0, "nucleus": 3.0}
_DISC_REACH = 3.5
_FEATURE_REACH: Mapping[Interaction, float] = {
    "tails": 6.2,
    "stream": 5.8,
    "shells": 7.0,
    "merger": 6.5,
    "jellyfish": 7.5,
}
_LARGEST_HALF_PX = 240


def reach_arcsec(plan: GalaxyPlan) -> float:
    """Return how far from its centre a galaxy's light reaches, arcsec."""
    host = _REACH.get(plan.morphology, _DISC_REACH)
    feature = _FEATURE_REACH[plan.interaction] if plan.interaction else 0.0
    partner = math.hypot(*plan.partner_arcsec) if plan.partner_arcsec else 0.0
    return max(host, feature) * plan.radius_arcsec + partner


def draw(plan: GalaxyPlan) -> Portrait:
    """Draw a galaxy above the atmosphere; its r light adds up to ``plan.mag_r``.

    The portrait depends on nothing but `plan`.
    """
    rng = generator(plan.seed, "portrait")
    half_px = min(math.ceil(reach_arcsec(plan) / PIXEL_ARCSEC) + 4, _LARGEST_HALF_PX)
    canvas = Canvas(half_px, (plan.x - round(plan.x), plan.y - round(plan.y)))
    flux_njy = float(mag_to_flux(plan.mag_r))
    feature = None
    if plan.interaction is None:
        _paint_undisturbed(canvas, plan, flux_njy, rng)
    else:
        feature = _PAINTERS[plan.interaction](canvas, plan, flux_njy, rng)
    dust_took = float(canvas.light_njy[BANDS.index("r")].sum(dtype=np.float64)) / flux_njy
    canvas.light_njy /= np.float32(dust_took)
    return Portrait(canvas, feature)


def _paint_undisturbed(
    canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator
) -> None:
    size, redshift = plan.radius_arcsec, plan.redshift
    match plan.morphology:
        case "elliptical":
            elliptical(canvas, flux_njy, size, flat_plane(rng), rng, redshift=redshift)
        case "spiral" | "barred":
            barred = plan.morphology == "barred"
            plane = random_plane(rng)
            spiral(canvas, flux_njy, size, plane, rng, redshift=redshift, barred=barred)
        case "edge_on":
            edge_on(canvas, flux_njy, size, rng.uniform(0, 2 * np.pi), rng, redshift=redshift)
        case "irregular":
            irregular(canvas, flux_njy, size, random_plane(rng, 0.5), rng, redshift=redshift)
        case "nucleus":
            nucleus(canvas, flux_njy, size, random_plane(rng, 0.6), youth=rng.uniform(0.0, 0.4))
