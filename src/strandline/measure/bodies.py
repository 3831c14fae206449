"""Smooth models of galaxies and stars: the median of the light along their own isophotes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.measure.isophotes import Isophotes, fit_isophotes, radius_map
from strandline.shapes.residual import ring_edges, ring_medians

__all__ = ["Body", "Seed"]

_MEDIAN_ERROR = 1.2533  # of a median, in units of that of a mean
_END_SIGMA = 1.0
_CORRELATED = 2.0  # noise of coadds: a ring holds fewer independent pixels than pixels


@dataclass(frozen=True)
class Seed:
    """Where a body is and what it looks like at first sight.

    Attributes
    ----------
    x, y : float
        Of its peak, px.
    axis_px, ellipticity, angle : float
        Semi-major axis of a bright isophote, 1 - b/a, direction (rad from +x towards +y).
    reach_px : float
        Farther out it has no light that matters.
    """

    x: float
    y: float
    axis_px: float
    ellipticity: float
    angle: float
    reach_px: float


class Body:
    """A galaxy or star whose light is modelled.

    Its geometry is fitted once, on the deepest image; profiles along it can then be taken of any
    image of the same stamp.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
    masked : ndarray of bool, shape (y, x)
    seed : Seed
    noise : float
        Of a pixel.

    Attributes
    ----------
    seed : Seed
    isophotes : Isophotes
        On the pixels of the whole stamp.
    box : tuple of slice
        Part of the stamp (y, x) that holds it.
    radius_px : ndarray of float32, shape (box y, box x)
        Semi-major axis of the isophote through each pixel.
    """

    def __init__(
        self,
        image: NDArray[np.float64],
        masked: NDArray[np.bool_],
        seed: Seed,
        noise: float,
    ) -> None:
        self.seed = seed
        height, width = image.shape
        reach = seed.reach_px
        top, left = max(int(seed.y - reach), 0), max(int(seed.x - reach), 0)
        bottom = min(int(seed.y + reach) + 2, height)
        right = min(int(seed.x + reach) + 2, width)
        self.box = (slice(top, bottom), slice(left, right))
        inside = fit_isophotes(
            image[self.box],
            masked[self.box],
            (seed.x - left, seed.y - top, seed.axis_px, seed.ellipticity, seed.angle),
            noise=noise,
            most_px=reach,
        )
        self.radius_px = radius_map((bottom - top, right - left), inside)
        self.isophotes = Isophotes(
            inside.axis_px,
            inside.x + left,
            inside.y + top,
            inside.ellipticity,
            inside.angle,
            inside.reached_px,
        )
        self._edges = ring_edges(reach)
        self._ring = np.searchsorted(self._edges, self.radius_px.ravel(), side="right")
        self._middles = np.concatenate([[0.0], (self._edges[1:] + self._edges[:-1]) / 2])

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the box, (y, x)."""
        return self.radius_px.shape[0], self.radius_px.shape[1]

    def ellipse_at(self, axis_px: float) -> tuple[float, float, float, float]:
        """Return x, y, ellipticity and angle of the isophote of a semi-major axis."""
        told, axes = self.isophotes, self.isophotes.axis_px
        return (
            float(np.interp(axis_px, axes, told.x)),
            float(np.interp(axis_px, axes, told.y)),
            float(np.interp(axis_px, axes, told.ellipticity)),
            float(np.interp(axis_px, axes, told.angle)),
        )

    def medians(
        self, image: NDArray[np.float64], masked: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the median of each ring of an image of the stamp, and the number of its pixels."""
        usable = (self._ring < len(self._edges)) & ~masked[self.box].ravel()
        ring = self._ring[usable]
        values = image[self.box].ravel()[usable].astype(np.float64)
        return (
            ring_medians(values, ring, len(self._edges)),
            np.bincount(ring, minlength=len(self._edges)),
        )

    def model(
        self,
        image: NDArray[np.float64],
        masked: NDArray[np.bool_],
        noise: float,
    ) -> NDArray[np.float64]:
        """Return the smooth light, shape (box y, box x): it falls outwards and ends in noise.

        Parameters
        ----------
        image : ndarray of float64, shape (y, x)
            Of the stamp, other bodies subtracted.
        masked : ndarray of bool, shape (y, x)
        noise : float
            Of a pixel of `image`.
        """
        profile, count = self.medians(image, masked)
        known = np.isfinite(profile) & (count >= 3)
        if not known.any():
            return np.zeros(self.shape)
        middles = self._middles[known]
        falling = np.minimum.accumulate(profile[known])
        error = _MEDIAN_ERROR * _CORRELATED * noise / np.sqrt(count[known])
        lost = np.flatnonzero(falling < _END_SIGMA * error)
        if lost.size:
            falling[lost[0] :] = 0.0
        falling = np.maximum(falling, 0.0)
        told = np.interp(self.radius_px, middles, falling, right=float(falling[-1]))
        end = float(self._edges[-1])
        return np.asarray(np.where(self.radius_px <= end, told, 0.0))

    def ring_values(self, by_ring: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return numbers by ring as an image of the box, between rings linear."""
        known = np.isfinite(by_ring)
        if not known.any():
            return np.zeros(self.shape)
        return np.asarray(np.interp(self.radius_px, self._middles[known], by_ring[known]))
