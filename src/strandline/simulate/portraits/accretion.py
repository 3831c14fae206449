"""What is left of a small galaxy that was swallowed: streams and shells. Shapes, no dynamics."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from strandline.simulate.canvas import Canvas, Plane, sersic
from strandline.simulate.colours import OLD, population_sed
from strandline.simulate.features import weigh
from strandline.simulate.hosts import elliptical, flat_plane, random_plane, spiral
from strandline.simulate.plans import Feature, GalaxyPlan

__all__ = ["shells", "stream"]

_PARTICLES = 15_000


def stream(canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator) -> Feature:
    """Paint a galaxy with a stream: part of a great circle, seen at an angle, slowly widening.

    Its radius drifts along the stream and its orbit is eccentric, so that it is an arc, a loop
    or an open spiral, like those of Martinez-Delgado et al. (2010, AJ 140, 962).
    """
    orbit = random_plane(rng, 0.3)
    radius_arcsec = plan.radius_arcsec * rng.uniform(2.3, 3.8)
    span = np.radians(rng.uniform(110, 340))
    drift, eccentricity = rng.uniform(-0.25, 0.6), rng.uniform(0.05, 0.45)
    first, apocentre = rng.uniform(0, 2 * np.pi, 2)

    def radius_at(turn: NDArray[np.float64]) -> NDArray[np.float64]:
        shape = 1 - eccentricity * np.cos(first + turn - apocentre)
        return np.asarray(radius_arcsec * shape * (1 + drift * turn / (2 * np.pi)))

    middle = rng.uniform(0.15, 0.85)
    share = middle + rng.uniform(0.22, 0.42) * rng.standard_normal(_PARTICLES)
    share = np.where(np.abs(share - 0.5) > 0.5, rng.beta(2, 2, _PARTICLES), share)
    progenitor = rng.random(_PARTICLES) < rng.choice([0.0, 0.0, 0.04, 0.08])
    share = np.where(progenitor, middle + 0.008 * rng.standard_normal(_PARTICLES), share)
    turn = share * span
    width = radius_arcsec * rng.uniform(0.035, 0.08) * (0.6 + 1.2 * np.abs(share - middle))
    radius = radius_at(turn) + width * rng.standard_normal(_PARTICLES)
    x, y = orbit.to_sky(radius, first + turn)
    image = canvas.splat(x, y, smooth_arcsec=0.25)

    path = np.linspace(0, span, 300)
    px, py = orbit.to_sky(radius_at(path), first + path)
    length = float(np.hypot(np.diff(px), np.diff(py)).sum())
    feature, feature_flux = weigh(image, flux_njy, length, rng)
    body_flux = flux_njy - feature_flux
    if plan.morphology == "elliptical":
        elliptical(
            canvas, body_flux, plan.radius_arcsec, flat_plane(rng), rng, redshift=plan.redshift
        )
    else:
        spiral(
            canvas,
            body_flux,
            plan.radius_arcsec,
            random_plane(rng),
            rng,
            redshift=plan.redshift,
            barred=plan.morphology == "barred",
        )
    canvas.add(image, feature_flux, population_sed(rng.uniform(0.0, 0.45)))
    return feature


def shells(canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator) -> Feature:
    """Paint an elliptical with interleaved shells: sharp outer edges, alternating sides.

    A satellite on a radial orbit piles up at its turning points; each shell is bright just
    within its edge and the edges alternate from side to side (Quinn 1984, ApJ 279, 596).
    """
    plane = flat_plane(rng)
    radius, azimuth = Plane(plane.angle_rad, max(plane.axis_ratio, 0.75)).on_canvas(canvas)
    count = int(rng.integers(4, 8))
    inner = plan.radius_arcsec * rng.uniform(1.0, 1.5)
    outer = plan.radius_arcsec * rng.uniform(3.5, 5.5)
    opening = np.radians(rng.uniform(32, 58))
    aspect = rng.choice([0.0, 0.0, np.pi])  # which side the innermost shell is on
    image = np.zeros(canvas.shape, dtype=np.float32)
    edge = inner
    for k in range(count):
        edge = inner * (outer / inner) ** (k / (count - 1)) * rng.uniform(0.96, 1.04)
        towards = aspect + np.pi * (k % 2) + rng.normal(0, 0.15)
        opened = opening * rng.uniform(0.6, 1.2)
        image += rng.uniform(0.35, 1.0) * _shell(radius, azimuth, edge, towards, opened)
    feature, feature_flux = weigh(image, flux_njy, edge, rng, brightness=(23.2, 25.2))
    body_flux = flux_njy - feature_flux
    elliptical(
        canvas, 0.9 * body_flux, plan.radius_arcsec, plane, rng, redshift=plan.redshift, index=3.5
    )
    halo = sersic(plane.on_canvas(canvas)[0], 2.2 * plan.radius_arcsec, 1.2)
    canvas.add(halo, 0.1 * body_flux, population_sed(OLD))
    canvas.add(image, feature_flux, population_sed(rng.uniform(0.0, 0.2)))
    return feature


def _shell(
    radius: NDArray[np.float32],
    azimuth: NDArray[np.float32],
    edge_arcsec: float,
    towards_rad: float,
    opening_rad: float,
) -> NDArray[np.float32]:
    depth = (edge_arcsec - radius) / edge_arcsec  # below the edge, in units of its radius
    sharp = expit(depth / 0.008)
    within = sharp * np.exp(-np.clip(depth, 0, None) / 0.16)
    apart = np.abs(np.angle(np.exp(1j * (azimuth - towards_rad))))
    window = np.exp(-((apart / opening_rad) ** 3))  # fades towards its ends
    return np.asarray(within * window / edge_arcsec**1.5, dtype=np.float32)
