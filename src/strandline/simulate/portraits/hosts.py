"""Undisturbed galaxies: every morphology of a plan, with all its light on the canvas."""

import math

import numpy as np

from strandline.cosmology import absolute_magnitude
from strandline.simulate.plans import GalaxyPlan, Morphology
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.edge_on import paint_edge_on
from strandline.simulate.portraits.ellipticals import paint_elliptical, red_sequence_youth
from strandline.simulate.portraits.irregulars import paint_irregular
from strandline.simulate.portraits.lenticulars import paint_lenticular
from strandline.simulate.portraits.polar_rings import paint_polar_ring
from strandline.simulate.portraits.spirals import paint_spiral

__all__ = ["draw_lateness", "early_plane", "paint_galaxy", "random_plane"]

_LENTICULAR_SHARE = 0.45  # of the galaxies planned as elliptical


def paint_galaxy(
    canvas: Canvas,
    galaxy: GalaxyPlan,
    flux_njy: float,
    rng: np.random.Generator,
    *,
    x_arcsec: float = 0.0,
    y_arcsec: float = 0.0,
    plane: Plane | None = None,
    truncation: float | None = None,
) -> float:
    """Paint an undisturbed galaxy; return its r light on the canvas, nJy.

    Parameters
    ----------
    canvas : Canvas
    galaxy : GalaxyPlan
        Morphology, size, redshift; its magnitude sets population and concentration.
    flux_njy : float
        All its r light, dust included; what lies beyond the canvas is lost.
    rng : Generator
        What the plan leaves open is drawn from it.
    x_arcsec, y_arcsec : float
        Its centre, from the system's position.
    plane : Plane, optional
        Its orientation, drawn if not given; moved by `x_arcsec`, `y_arcsec`. Edge-on discs use
        its angle only.
    truncation : float, optional
        Of a disc seen from above, arcsec: only ``inner_share(radius, truncation)`` of the disc
        is painted (see `strandline.simulate.portraits.discs`), and the returned light is less.
    """
    size, redshift = galaxy.radius_arcsec, galaxy.redshift
    magnitude = absolute_magnitude(galaxy.mag_r, redshift)
    early = galaxy.morphology == "elliptical"
    lenticular = early and rng.random() < _LENTICULAR_SHARE
    if plane is None:
        plane = _draw_plane(galaxy.morphology, rng, round_body=early and not lenticular)
    plane = Plane(
        plane.angle_rad, plane.axis_ratio, plane.x_arcsec + x_arcsec, plane.y_arcsec + y_arcsec
    )
    match galaxy.morphology:
        case "elliptical":
            youth = red_sequence_youth(magnitude, rng)
            if lenticular:
                return paint_lenticular(
                    canvas, flux_njy, size, plane, rng, redshift=redshift, youth=youth
                )
            return paint_elliptical(
                canvas, flux_njy, size, plane, rng, redshift=redshift,
                absolute_mag_r=magnitude, youth=youth,
            )  # fmt: skip
        case "spiral" | "barred" | "ringed":
            return paint_spiral(
                canvas, flux_njy, size, plane, rng, redshift=redshift, form=galaxy.morphology,
                lateness=draw_lateness(magnitude, rng), truncation_arcsec=truncation,
            )  # fmt: skip
        case "edge_on" | "warped":
            return paint_edge_on(
                canvas, flux_njy, size, plane, rng, redshift=redshift,
                lateness=draw_lateness(magnitude, rng), warped=galaxy.morphology == "warped",
            )  # fmt: skip
        case "irregular":
            return paint_irregular(canvas, flux_njy, size, plane, rng, redshift=redshift)
        case "polar_ring":
            youth = red_sequence_youth(magnitude, rng)
            return paint_polar_ring(
                canvas, flux_njy, size, plane, rng, redshift=redshift, youth=youth
            )


def random_plane(rng: np.random.Generator, *, lowest: float = 0.25) -> Plane:
    """Draw a disc's orientation: isotropic, intrinsic thickness 0.2, down to ratio `lowest`."""
    least_cos = math.sqrt(max((lowest**2 - 0.04) / 0.96, 0.0))
    cos = rng.uniform(least_cos, 1.0)
    return Plane(float(rng.uniform(0, 2 * np.pi)), math.sqrt(0.96 * cos**2 + 0.04))


def draw_lateness(absolute_mag_r: float, rng: np.random.Generator) -> float:
    """Draw a spiral's place from S0/a (0) to Sd (1): bright ones are early, faint ones late."""
    return float(np.clip(rng.normal(0.45 + 0.16 * (absolute_mag_r + 21), 0.26), 0, 1))


def _draw_plane(morphology: Morphology, rng: np.random.Generator, *, round_body: bool) -> Plane:
    if round_body:
        return early_plane(rng)
    if morphology == "polar_ring":  # seen as such when the host is not face on
        return Plane(float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0.25, 0.65)))
    return random_plane(rng, lowest=0.4 if morphology == "irregular" else 0.25)


def early_plane(rng: np.random.Generator) -> Plane:
    """Draw the apparent flattening of an elliptical galaxy: E0 to E5, most often E2."""
    return Plane(float(rng.uniform(0, 2 * np.pi)), float(np.clip(rng.normal(0.78, 0.13), 0.5, 1.0)))
