"""Ram pressure: jellyfish galaxies, whose gas is blown to one side and forms stars there."""

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.canvas import Canvas
from strandline.simulate.colours import KNOT, population_sed
from strandline.simulate.features import weigh
from strandline.simulate.hosts import knots, random_plane, spiral
from strandline.simulate.plans import Feature, GalaxyPlan

__all__ = ["jellyfish"]

_PARTICLES = 3_000  # per tentacle


def jellyfish(
    canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator
) -> Feature:
    """Paint a cut-off disc with a bright leading edge and blue, knotty tentacles downstream.

    As in the GASP survey (Poggianti et al. 2017, ApJ 844, 48): one-sided, roughly parallel
    tails of young stars, much bluer than the disc.
    """
    size = plan.radius_arcsec
    disc = random_plane(rng, 0.4)
    reach = size * rng.uniform(3.5, 6.0)
    x, y, weight = _tentacles(size, reach, plan.wind_rad, int(rng.integers(4, 9)), rng)
    diffuse = canvas.splat(x, y, weight, smooth_arcsec=0.3)
    knotted = knots(canvas, diffuse, int(rng.integers(15, 45)), rng)
    image = diffuse / max(float(diffuse.sum()), 1e-12)
    image = image + 0.5 * knotted / max(float(knotted.sum()), 1e-12)
    feature, feature_flux = weigh(image, flux_njy, reach, rng, brightness=(23.0, 24.8))

    body_flux = flux_njy - feature_flux
    spiral(
        canvas,
        0.88 * body_flux,
        size,
        disc,
        rng,
        redshift=plan.redshift,
        truncation=rng.uniform(2.2, 3.2),
    )
    bow = _bow(canvas, size, plan.wind_rad)
    bow_clumps = knots(canvas, bow, int(rng.integers(10, 25)), rng)
    bow = bow / max(float(bow.sum()), 1e-12) + bow_clumps / max(float(bow_clumps.sum()), 1e-12)
    canvas.add(bow, 0.12 * body_flux, population_sed(KNOT))
    canvas.add(image, feature_flux, population_sed(KNOT + rng.normal(-0.05, 0.05)))
    return feature


def _tentacles(
    size: float, reach: float, wind_rad: float, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    xs, ys, weights = [], [], []
    for across in np.linspace(-1, 1, count) + rng.normal(0, 0.12, count):
        long = reach * rng.uniform(0.45, 1.0) * (1 - 0.3 * across**2)
        along = np.minimum(rng.exponential(0.9, _PARTICLES), rng.uniform(0, 1.1, _PARTICLES))
        bend, flare = rng.normal(0, 0.12), 1 + 0.25 * along
        wiggle = 0.05 * size * np.sin(rng.uniform(0, 6.3) + along * rng.uniform(4, 9))
        aside = 0.8 * size * across * flare + bend * size * along**2 + wiggle
        width = size * rng.uniform(0.04, 0.09) * (1 + along)
        aside = aside + width * rng.standard_normal(_PARTICLES)
        down = 0.7 * size + along * long
        xs.append(down * np.cos(wind_rad) - aside * np.sin(wind_rad))
        ys.append(down * np.sin(wind_rad) + aside * np.cos(wind_rad))
        weights.append(np.full(_PARTICLES, rng.uniform(0.3, 1.0)))
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(weights)


def _bow(canvas: Canvas, size: float, wind_rad: float) -> NDArray[np.float32]:
    """Return the compressed upstream edge, a crescent, shape (y, x)."""
    cos, sin = np.cos(wind_rad), np.sin(wind_rad)
    down = canvas.x_arcsec * cos + canvas.y_arcsec * sin
    radius = np.hypot(canvas.x_arcsec, canvas.y_arcsec)
    upstream = np.clip(-down / np.maximum(radius, 1e-6), 0, None) ** 2
    return np.asarray(
        upstream * np.exp(-0.5 * ((radius - 1.0 * size) / (0.22 * size)) ** 2), dtype=np.float32
    )
