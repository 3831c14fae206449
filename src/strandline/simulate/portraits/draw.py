"""From a plan to a portrait: which painter draws which system, and on how large a canvas."""

import math

import numpy as np

from strandline.cosmology import kpc_per_arcsec
from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.plans import Accretion, Encounter, Stripping, SystemPlan
from strandline.simulate.portraits.accretion import paint_accretion
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.encounters import paint_encounter
from strandline.simulate.portraits.hosts import paint_galaxy
from strandline.simulate.portraits.portrait import Member, Portrait
from strandline.simulate.portraits.stripping import paint_stripping

__all__ = ["draw", "reach_arcsec"]

# how far light goes, in half-light radii
_REACH = {"elliptical": 9.0, "polar_ring": 6.0, "warped": 5.0}
_DISC_REACH = 4.5
_STRIPPED_REACH = 9.0
_FASTEST_KMS = 500.0  # how fast the other galaxy, or the tip of a tail, goes away at most
_MOST_REACH_KPC = 130.0  # little light is farther out


def reach_arcsec(plan: SystemPlan) -> float:
    """Return about how far from its position a system's light reaches, arcsec."""
    first = plan.galaxies[0]
    host = max(_REACH.get(g.morphology, _DISC_REACH) * g.radius_arcsec for g in plan.galaxies)
    scale = kpc_per_arcsec(first.redshift)
    match plan.interaction:
        case None:
            return host
        case Stripping():
            return max(host, _STRIPPED_REACH * first.radius_arcsec)
        case Accretion(apocentre_kpc=apocentre):
            return max(host, min(1.3 * apocentre, _MOST_REACH_KPC) / scale)
        case Encounter(time_gyr=time):
            gone_kpc = abs(time) * _FASTEST_KMS * 1.023  # a km/s is 1.023 kpc/Gyr
            return host + min(max(gone_kpc, 15.0), _MOST_REACH_KPC) / scale


def draw(plan: SystemPlan, frame: Frame) -> Portrait:
    """Draw a system above the atmosphere; what is drawn depends on `plan` and `frame` only.

    The r light of a system adds up to the magnitudes of its galaxies, as far as it lies on the
    canvas.
    """
    rng = generator(plan.galaxies[0].seed, "portrait")
    half_px = math.ceil(reach_arcsec(plan) / frame.pixel_arcsec) + 4
    offset_px = plan.x - round(plan.x), plan.y - round(plan.y)
    canvas = Canvas(frame, half_px, offset_px, ends_arcsec=half_px * frame.pixel_arcsec)
    match plan.interaction:
        case None:
            return _draw_undisturbed(canvas, plan, rng)
        case Encounter():
            return paint_encounter(canvas, plan, rng)
        case Accretion():
            return paint_accretion(canvas, plan, rng)
        case Stripping():
            return paint_stripping(canvas, plan, rng)


def _draw_undisturbed(canvas: Canvas, plan: SystemPlan, rng: np.random.Generator) -> Portrait:
    (galaxy,) = plan.galaxies
    paint_galaxy(canvas, galaxy, float(mag_to_flux(galaxy.mag_r)), rng)
    return Portrait(canvas, (Member(galaxy, 0.0, 0.0, galaxy.mag_r),), None)
