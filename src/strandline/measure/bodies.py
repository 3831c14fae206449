"""Smooth models of galaxies and stars: the median of the light along their own isophotes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.measure.isophotes import Isophotes, fit_isophotes, radius_map
from strandline.shapes.compiled import compiled
from strandline.shapes.residual import gathered_in_rings, ring_edges, ring_medians

__all__ = ["Body", "Seed", "ring_quantiles"]

_MEDIAN_ERROR = 1.2533  # of a median, in units of that of a mean
_END_SIGMA = 1.0
_CALM_PX = 2.0
_STEEPENING_SIGMA = 1.0
_SLOPE_RINGS = 4
_RELAXED = 0.9
_STEEPEST = 8.0
_DARKER_THIRD = 1 / 3
_THIRD_SIGMA = 0.43  # of a normal distribution: so far below its middle is its third
_CORRELATED_CALM = 1.3
_FAINT_SIGMA = 4.0  # brighter than that, arms and dust make the scatter
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
    end_sigma : float
        See `fit_isophotes`.

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
        *,
        end_sigma: float = 0.7,
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
            end_sigma=end_sigma,
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
        *,
        beside_features: bool = False,
    ) -> NDArray[np.float64]:
        """Return the smooth light, shape (box y, box x): it falls outwards and ends in noise.

        Parameters
        ----------
        image : ndarray of float64, shape (y, x)
            Of the stamp, other bodies subtracted.
        masked : ndarray of bool, shape (y, x)
        noise : float
            Of a pixel of `image`.
        beside_features : bool
            Where the light is faint, take what the darker third of a ring says, so that features
            which cover much of it are not taken for the body's own light.
        """
        profile, count = self.medians(image, masked)
        if beside_features:
            profile = self._lowered(profile, image, masked, noise)
        known = np.isfinite(profile) & (count >= 3)
        if not known.any():
            return np.zeros(self.shape)
        middles = self._middles[known]
        falling = np.minimum.accumulate(profile[known])
        if beside_features:
            falling = _steepening(middles, falling, _STEEPENING_SIGMA * noise)
        error = _MEDIAN_ERROR * _CORRELATED * noise / np.sqrt(count[known])
        lost = np.flatnonzero(falling < _END_SIGMA * error)
        if lost.size:
            falling[lost[0] :] = 0.0
        falling = np.maximum(falling, 0.0)
        told = np.interp(self.radius_px, middles, falling, right=float(falling[-1]))
        end = float(self._edges[-1])
        return np.asarray(np.where(self.radius_px <= end, told, 0.0))

    def _lowered(
        self,
        profile: NDArray[np.float64],
        image: NDArray[np.float64],
        masked: NDArray[np.bool_],
        noise: float,
    ) -> NDArray[np.float64]:
        """Return a profile brought down to where the darker third of each ring is."""
        hidden = masked[self.box]
        rest = np.where(hidden, 0.0, image[self.box] - self.ring_values(profile))
        seen = ndimage.gaussian_filter((~hidden).astype(np.float64), _CALM_PX, truncate=3.0)
        calm = ndimage.gaussian_filter(rest, _CALM_PX, truncate=3.0) / np.maximum(seen, 0.2)
        usable = (self._ring < len(self._edges)) & (seen > 0.5).ravel() & ~hidden.ravel()
        low = ring_quantiles(
            calm.ravel()[usable], self._ring[usable], len(self._edges), _DARKER_THIRD
        )
        error = _CORRELATED_CALM * noise / (2 * np.sqrt(np.pi) * _CALM_PX)
        step = np.minimum(low + _THIRD_SIGMA * error, 0.0)
        step = ndimage.median_filter(np.where(np.isfinite(step), step, 0.0), 3, mode="nearest")
        faint = np.clip(1.5 - profile / (_FAINT_SIGMA * noise), 0.0, 1.0)
        return np.asarray(profile + faint * step)

    def ring_values(self, by_ring: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return numbers by ring as an image of the box, between rings linear."""
        known = np.isfinite(by_ring)
        if not known.any():
            return np.zeros(self.shape)
        return np.asarray(np.interp(self.radius_px, self._middles[known], by_ring[known]))


def _steepening(
    radius_px: NDArray[np.float64], profile: NDArray[np.float64], least: float
) -> NDArray[np.float64]:
    """Return a profile whose logarithmic slope grows outwards, as that of every Sersic profile.

    Debris that lies around a galaxy makes its profile flatter than it was farther in; that is not
    the galaxy's own light. The slope is read where the light is above `least`; farther out the
    profile falls at least as steeply as there.
    """
    out = profile.copy()
    steepest = 0.0
    for k in range(_SLOPE_RINGS, len(out)):
        before = k - _SLOPE_RINGS
        if out[k - 1] <= 0:
            out[k:] = np.minimum(out[k:], 0.0)
            break
        step = np.log(radius_px[k] / max(radius_px[k - 1], 0.5))
        most = out[k - 1] * np.exp(_RELAXED * steepest * step)
        out[k] = min(out[k], most)
        if out[k] > least:
            span = np.log(radius_px[k] / max(radius_px[before], 0.5))
            steepest = min(steepest, max(np.log(out[k] / out[before]) / span, -_STEEPEST))
    return out


@compiled
def ring_quantiles(
    values: NDArray[np.float64], ring: NDArray[np.int64], rings: int, quantile: float
) -> NDArray[np.float64]:
    """Return a quantile of the values in each ring, NaN in those with fewer than six.

    Parameters
    ----------
    values : ndarray of float64, shape (pixel,)
    ring : ndarray of int64, shape (pixel,)
        Of each value, from 0.
    rings : int
        How many there are.
    quantile : float
    """
    ordered, starts = gathered_in_rings(values, ring, rings)
    found = np.full(rings, np.nan)
    for k in range(rings):
        if starts[k + 1] - starts[k] >= 6:
            part = np.sort(ordered[starts[k] : starts[k + 1]])
            found[k] = part[int(quantile * len(part))]
    return found
