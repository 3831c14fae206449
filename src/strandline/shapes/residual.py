"""What is left of a galaxy after a smooth model of it: the light of tails, shells, companions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.apertures import Ellipse, elliptical_radius
from strandline.shapes.compiled import compiled
from strandline.shapes.scene import Scene

__all__ = [
    "Residual",
    "gathered_in_rings",
    "residual_of",
    "ring_edges",
    "ring_medians",
    "smooth_model",
]

_GROWTH = 1.08
_FIRST_PX = 1.0
_REACH = 3.0
_OUTER = 1.5
_GAUSS_ABS = float(np.sqrt(2 / np.pi))  # mean |a| of a normal deviate
_BOX_PX = 5


@dataclass(frozen=True)
class Residual:
    """Statistics of the residual.

    Attributes
    ----------
    flux_fraction : float
        Hoyos et al. (2011, MNRAS 411, 2439, eq. 1): sum of the absolute residual less what noise
        makes, over the model's light, within one and a half Petrosian radii.
    outer_fraction : float
        The same beyond the half-light radius.
    tidal : float
        Tal et al. (2009, AJ 138, 1417), after van Dokkum (2005, AJ 130, 2647): mean of
        |image / model - 1|, both averaged over 5 x 5 px, where the model is above the noise of
        such a mean; the part of the noise subtracted in quadrature.
    """

    flux_fraction: float
    outer_fraction: float
    tidal: float


def smooth_model(scene: Scene, ellipse: Ellipse, reach_px: float) -> NDArray[np.float64]:
    """Return a model of the galaxy: the median along concentric ellipses, between them linear.

    Parameters
    ----------
    scene : Scene
    ellipse : Ellipse
        Whose shape all ellipses have.
    reach_px : float
        Semi-major axis beyond which the model is 0.

    Returns
    -------
    ndarray of float64, shape (y, x)
        A median leaves out what covers less than half of an ellipse.
    """
    radius = elliptical_radius(scene.image.shape, ellipse)
    edges = ring_edges(reach_px)
    ring = np.searchsorted(edges, radius.ravel(), side="right")  # 0 is within the first edge
    usable = (ring < len(edges)) & ~scene.masked.ravel()
    profile = ring_medians(scene.image.ravel()[usable], ring[usable], len(edges))
    middles = np.concatenate([[0.0], (edges[1:] + edges[:-1]) / 2])
    known = np.isfinite(profile)
    if not known.any():
        return np.zeros_like(scene.image)
    model = np.interp(radius, middles[known], profile[known])
    return np.asarray(np.where(radius <= reach_px, model, 0.0))


def residual_of(
    scene: Scene, ellipse: Ellipse, petrosian_px: float, half_light_px: float
) -> Residual:
    """Measure the residual after `smooth_model`.

    Parameters
    ----------
    scene : Scene
    ellipse : Ellipse
    petrosian_px, half_light_px : float
        Semi-major axes.
    """
    model = smooth_model(scene, ellipse, _REACH * petrosian_px)
    radius = elliptical_radius(model.shape, ellipse)
    inside = (radius <= _OUTER * petrosian_px) & ~scene.masked
    rest = scene.image - model
    return Residual(
        _fraction(rest, model, inside, scene.noise),
        _fraction(rest, model, inside & (radius > half_light_px), scene.noise),
        _tidal(scene, model, inside),
    )


def _fraction(
    rest: NDArray[np.float64],
    model: NDArray[np.float64],
    inside: NDArray[np.bool_],
    noise: float,
) -> float:
    light = float(model[inside].sum())
    if not light > 0:
        return float("nan")
    return float((np.abs(rest[inside]) - _GAUSS_ABS * noise).sum() / light)


def _tidal(scene: Scene, model: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
    open_share = ndimage.uniform_filter((~scene.masked).astype(np.float64), size=_BOX_PX)
    image = ndimage.uniform_filter(scene.image, size=_BOX_PX)
    smooth = ndimage.uniform_filter(np.where(scene.masked, 0.0, model), size=_BOX_PX)
    noise = scene.noise / _BOX_PX
    used = inside & (open_share > 0.5) & (smooth > noise * open_share)
    if not used.any():
        return float("nan")
    whole = float(np.abs(image[used] / smooth[used] - 1).mean())
    part = _GAUSS_ABS * noise * float((np.sqrt(open_share[used]) / smooth[used]).mean())
    return float(np.sqrt(max(whole**2 - part**2, 0.0)))


def ring_edges(reach_px: float) -> NDArray[np.float64]:
    """Return the edges (px) between rings about a galaxy, up to `reach_px`; wider outwards."""
    edges = [_FIRST_PX]
    while edges[-1] < reach_px:
        edges.append(max(edges[-1] + 1.0, edges[-1] * _GROWTH))
    return np.array(edges)


@compiled
def gathered_in_rings(
    values: NDArray[np.float64], ring: NDArray[np.int64], rings: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the values ring after ring, and where each ring starts, shape (rings + 1,).

    Parameters
    ----------
    values : ndarray of float64, shape (pixel,)
    ring : ndarray of int64, shape (pixel,)
        Of each value, from 0.
    rings : int
        How many there are.
    """
    counts = np.zeros(rings + 1, dtype=np.int64)
    for k in ring:
        counts[k + 1] += 1
    starts = np.cumsum(counts)
    place = starts.copy()
    ordered = np.empty(len(values))
    for n in range(len(values)):
        ordered[place[ring[n]]] = values[n]
        place[ring[n]] += 1
    return ordered, starts


@compiled
def ring_medians(
    values: NDArray[np.float64], ring: NDArray[np.int64], rings: int
) -> NDArray[np.float64]:
    """Return the median of the values in each ring, NaN in empty ones.

    Parameters are those of `gathered_in_rings`.
    """
    ordered, starts = gathered_in_rings(values, ring, rings)
    medians = np.full(rings, np.nan)
    for k in range(rings):
        if starts[k + 1] > starts[k]:
            medians[k] = np.median(ordered[starts[k] : starts[k + 1]])
    return medians
