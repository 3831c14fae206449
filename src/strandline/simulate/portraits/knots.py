"""Knots: H II regions and clusters of new stars, as complexes of a few points of light each."""

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.maps import AZIMUTHS, RADII

__all__ = ["complexes", "knot_flux", "places_in_disc"]

Array = NDArray[np.float64]
_POINTS = 6  # of light in a complex


def knot_flux(count: int, rng: np.random.Generator) -> Array:
    """Return relative fluxes of knots, sum 1: a power law of index -1.8 over two decades.

    As H II regions of spirals have it (Kennicutt, Edgar & Hodge 1989, ApJ 337, 761).
    """
    flux = (1 - rng.uniform(0, 0.98, count)) ** (-1 / 0.8)
    return np.asarray(flux / flux.sum())


def places_in_disc(
    light: NDArray[np.floating], count: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw radius (scale lengths) and azimuth of `count` points.

    `light` is surface brightness as a map, shape (row, column).
    """
    weight = (light * (RADII**2)[:, None]).ravel().astype(np.float64)
    growth = np.cumsum(weight)
    if growth[-1] <= 0:
        return np.empty(0), np.empty(0)
    cell = np.searchsorted(growth, rng.random(count) * growth[-1])
    row, column = np.divmod(cell, AZIMUTHS.size)
    step = np.log(RADII[1] / RADII[0])
    radius = RADII[row] * np.exp(step * rng.uniform(-0.5, 0.5, count))
    return radius, AZIMUTHS[column] + AZIMUTHS[1] * rng.uniform(-0.5, 0.5, count)


def complexes(
    x_arcsec: Array,
    y_arcsec: Array,
    flux: Array,
    size_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
) -> tuple[Array, Array, Array]:
    """Return x, y and light of the points that make up knots at these places.

    Brighter knots are larger (flux grows with size squared); all lie in `plane`.
    """
    size = size_arcsec * np.clip(np.sqrt(flux / np.mean(flux)), 0.5, 3)[:, None]
    along, across = rng.standard_normal((2, flux.size, _POINTS)) * size
    across = across * max(plane.axis_ratio, 0.3)
    cos, sin = np.cos(plane.angle_rad), np.sin(plane.angle_rad)
    share = rng.dirichlet(np.full(_POINTS, 1.5), flux.size)
    x = x_arcsec[:, None] + along * cos - across * sin
    y = y_arcsec[:, None] + along * sin + across * cos
    return x.ravel(), y.ravel(), (flux[:, None] * share).ravel()
