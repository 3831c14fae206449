"""The features of the galaxy in the middle of a stamp: what the tracer outlines, and how surely."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.learn.tracing import Traced, Tracer
from strandline.measure.blank import blank_sky, calmed_noise, lower_scatter
from strandline.measure.bodies import Body
from strandline.measure.scenery import Scenery

__all__ = ["Feature", "FindOptions", "Found", "find_features", "tracer_of"]

_BESIDE = 1.0  # evidence of outlines that count where another one is sure
_EDGE_SIGMA = 0.7  # of the noise of a pixel: where a body is taken to end
_LARGE_PX = 8.0  # neighbours whose edge is nearer are stars or small
_BRIGHT_NEIGHBOUR = 0.1  # of the host's light
_FAR = 0.7  # of the distance of a feature's farthest pixel: there a bridge meets its neighbour
_SMOOTH_PX = 1.6
_FEWEST_BLANK = 400


@dataclass(frozen=True)
class FindOptions:
    """How features are found.

    Attributes
    ----------
    tracer : Path or None
        File of a trained tracer; None is the one that ships.
    chance : float
        Outlines hold pixels that are a feature's with this probability at least.
    score : float
        An outline's evidence less the tracer's level (`Traced.evidence`, `Tracer.level`) must be
        more: lower finds more, and more that is none.
    least_px : int
        Smaller outlines are none.
    """

    tracer: Path | None = None
    chance: float = 0.5
    score: float = 0.0
    least_px: int = 20


@dataclass(frozen=True)
class Feature:
    """A feature.

    Attributes
    ----------
    mask : ndarray of bool, shape (y, x)
    score : float
        Evidence, less the level from which on it counts.
    significance : float
        Of all its light together, in sigma.
    away : float
        Distance of its nearest part from the host, in units of the host's edge.
    crowded : float
        How near its far end comes to a bright neighbour, in units of that one's edge; 10 at most.
    """

    mask: NDArray[np.bool_]
    score: float
    significance: float
    away: float
    crowded: float


@dataclass(frozen=True)
class Found:
    """The features of a stamp.

    Attributes
    ----------
    features : tuple of Feature
        The one with most light first.
    traced : Traced
    light : ndarray of float64, shape (y, x)
        Of the features, all bands together, smoothed; not negative.
    calm_noise : float
        Scatter of blank sky that is smoothed as `light` is: noise, and sources too faint to see.
    """

    features: tuple[Feature, ...]
    traced: Traced
    light: NDArray[np.float64]
    calm_noise: float

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Pixels of all features, shape (y, x)."""
        out = np.zeros(self.light.shape, dtype=np.bool_)
        for feature in self.features:
            out |= feature.mask
        return out


@lru_cache(maxsize=2)
def tracer_of(path: Path | None) -> Tracer:
    """Return a tracer, loaded once in a process."""
    return Tracer.load(path)


def find_features(
    scenery: Scenery, traced: Traced, level: float, options: FindOptions | None = None
) -> Found:
    """Find the features of the galaxy in the middle of a stamp.

    Parameters
    ----------
    scenery : Scenery
        With a host.
    traced : Traced
        Of the same stamp.
    level : float
        Of the tracer.
    options : FindOptions, optional
    """
    options = options or FindOptions()
    calm = ndimage.gaussian_filter(scenery.image, _SMOOTH_PX, truncate=3.0)
    light = np.clip(traced.share * calm, 0.0, None)
    masks = traced.outlines(options.chance, options.least_px)
    least = calmed_noise(scenery.noise, _SMOOTH_PX)
    calm_noise = lower_scatter(calm[blank_sky(scenery)], least, _FEWEST_BLANK)
    evidence = [traced.evidence(mask) for mask in masks]
    features: list[Feature] = []
    if masks and max(evidence) > level + options.score:
        away, near = _distances(scenery)
        features = [
            _feature(mask, one - level, light, calm_noise, away, near)
            for mask, one in zip(masks, evidence, strict=True)
            if one > min(_BESIDE, level + options.score)
        ]
    features.sort(key=lambda one: -float(light[one.mask].sum()))
    return Found(tuple(features), traced, light, calm_noise)


def _feature(
    mask: NDArray[np.bool_],
    score: float,
    light: NDArray[np.float64],
    calm_noise: float,
    away: NDArray[np.float32],
    near: NDArray[np.float32],
) -> Feature:
    error = calm_noise * np.sqrt(mask.sum() * 4 * np.pi * _SMOOTH_PX**2)
    end = mask & (away >= _FAR * away[mask].max())
    return Feature(
        mask=mask,
        score=score,
        significance=float(light[mask].sum() / error),
        away=float(away[mask].min()),
        crowded=float(np.median(near[end])),
    )


def _distances(scenery: Scenery) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the distances from the host and from the nearest large neighbour, in their edges."""
    assert scenery.host is not None
    shape = scenery.image.shape
    away = np.full(shape, 99.0, dtype=np.float32)
    model = scenery.host_model[scenery.host.box]
    away[scenery.host.box] = scenery.host.radius_px / _edge_px(scenery.host, model, scenery.noise)
    near = np.full(shape, 10.0, dtype=np.float32)
    bright = _BRIGHT_NEIGHBOUR * float(model.sum())
    for body, light in zip(scenery.neighbours, scenery.neighbour_models, strict=True):
        edge = _edge_px(body, light, scenery.noise)
        if edge >= _LARGE_PX and light.sum() > bright:
            near[body.box] = np.minimum(near[body.box], body.radius_px / np.float32(edge))
    return away, near


def _edge_px(body: Body, model: NDArray[np.float64], noise: float) -> float:
    """Return the semi-major axis at which a body's model falls below the noise of a pixel."""
    inside = body.radius_px[model > _EDGE_SIGMA * noise]
    return max(float(inside.max()) if inside.size else 0.0, 4.0)
