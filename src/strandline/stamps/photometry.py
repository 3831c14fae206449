"""Measuring objects: flux in every band, sizes, shapes and where they are on the sky."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import sep
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.stamps.sky import Sky
from strandline.stamps.sources import Sources

__all__ = ["Fluxes", "half_light_radius", "kron_fluxes", "position_angle", "sky_positions"]

_KRON_SEARCH_RADII = 6.0
_KRON_FACTOR = 2.5
_LEAST_COVERED = 0.9
_KRON_RANGE = (1.4, 6.0)  # 1.4: the aperture is never smaller than 3.5 axes, as in SExtractor


@dataclass(frozen=True)
class Fluxes:
    """Light within Kron ellipses.

    Attributes
    ----------
    flux_njy, error_njy : ndarray of float64, shape (object, band)
        NaN for bands without data where a tenth of the object's area or light is, or more. What
        is missing of the rest is taken to be like the bands' sum there.
    signal : ndarray of float64, shape (object,)
        The same for the weighted sum of the bands, in units of the noise of a pixel.
    major_px : ndarray of float64, shape (object,)
        Semi-major axis of the ellipse.
    """

    flux_njy: NDArray[np.float64]
    error_njy: NDArray[np.float64]
    signal: NDArray[np.float64]
    major_px: NDArray[np.float64]


def kron_fluxes(sky: Sky, sources: Sources, chosen: NDArray[np.int64]) -> Fluxes:
    """Sum the light of objects in each band within Kron's (1980) ellipse of the bands' sum.

    Parameters
    ----------
    sky : Sky
    sources : Sources
    chosen : ndarray of int64, shape (object,)
        Which rows of ``sources.table``.

    Notes
    -----
    An object's light is what lies in its own segment, and within the ellipse on sky that belongs
    to no object; neighbours' segments count as blank. Errors are those of the sky's noise (or of
    the tile's variance) over the same area, times the square root of its correlation.
    """
    table = sources.table[chosen]
    radius = _kron_radius(sources, table, chosen)
    ellipse = (table["a"], table["b"], table["theta"], _KRON_FACTOR * radius)
    inside = np.flatnonzero(sources.segments)
    owner = sources.segments.ravel()[inside].astype(np.int64)

    def total(image: NDArray[np.float32]) -> NDArray[np.float64]:
        own = np.bincount(owner, image.ravel()[inside], minlength=len(sources.table) + 1)
        outside = image.copy()
        outside.ravel()[inside] = 0
        around = sep.sum_ellipse(outside, table["x"], table["y"], *ellipse, subpix=5)[0]
        return np.asarray(own[chosen + 1] + around)

    area = total(np.ones_like(sources.signal))
    light = total(sources.signal)
    flux = np.full((len(chosen), len(sky.noise_njy)), np.nan)
    error = np.full_like(flux, np.nan)
    for band, noise in enumerate(sky.noise_njy):
        if np.isnan(noise):
            continue
        there = np.isfinite(sky.image_njy[band])
        covered, share = area, np.ones_like(light)
        if not there.all():
            covered = total(there.astype(np.float32))
            np.divide(total(sources.signal * there), light, out=share, where=light > 0)
        squared = noise**2 * covered
        if sky.variance_njy2 is not None:
            variance = sky.variance_njy2[band]
            squared = total(np.where(there & np.isfinite(variance), variance, np.float32(0)))
        seen = (covered > _LEAST_COVERED * area) & (share > _LEAST_COVERED)
        sums = total(np.where(there, sky.image_njy[band], np.float32(0)))
        spread = sources.correlation * np.sqrt(np.maximum(squared, 0))
        flux[seen, band] = sums[seen] / share[seen]
        error[seen, band] = spread[seen] / share[seen]
    return Fluxes(flux, error, light, table["a"] * _KRON_FACTOR * radius)


def _kron_radius(
    sources: Sources, table: NDArray[Any], chosen: NDArray[np.int64]
) -> NDArray[np.float64]:
    radius, _ = sep.kron_radius(
        sources.signal,
        table["x"],
        table["y"],
        table["a"],
        table["b"],
        table["theta"],
        _KRON_SEARCH_RADII,
        mask=sources.missing,
        segmap=sources.segments,
        seg_id=(chosen + 1).astype(np.int32),
    )
    lowest, highest = _KRON_RANGE
    return np.asarray(np.clip(np.nan_to_num(radius, nan=lowest), lowest, highest))


def half_light_radius(
    sources: Sources, chosen: NDArray[np.int64], fluxes: Fluxes
) -> NDArray[np.float64]:
    """Return the radius (px) of the circle that holds half an object's light; NaN if none does.

    Pixels of neighbours are left out, and what they hide is taken to be like the rest of its ring.
    """
    table = sources.table[chosen]
    with np.errstate(invalid="ignore"):
        radius, _ = sep.flux_radius(
            sources.signal,
            table["x"],
            table["y"],
            np.maximum(fluxes.major_px, 3.0),
            0.5,
            normflux=fluxes.signal,
            mask=sources.missing,
            segmap=sources.segments,
            seg_id=(chosen + 1).astype(np.int32),
            subpix=5,
        )
    usable = (fluxes.signal > 0) & (radius > 0) & np.isfinite(radius)
    return np.where(usable, radius, np.nan)


def sky_positions(
    wcs: WCS | None, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return right ascension and declination (deg, ICRS) of pixels; NaN without `wcs`."""
    if wcs is None or not len(x):
        return np.full(len(x), np.nan), np.full(len(x), np.nan)
    place = wcs.pixel_to_world(x, y).icrs
    return np.asarray(place.ra.deg, dtype=np.float64), np.asarray(place.dec.deg, dtype=np.float64)


def position_angle(
    wcs: WCS | None,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    theta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the angle on the sky (deg east of north, 0 to 180) of directions in pixels.

    Parameters
    ----------
    wcs : WCS or None
        Where None the angle is NaN.
    x, y : ndarray of float64, shape (object,)
        px
    theta : ndarray of float64, shape (object,)
        rad from +x towards +y.
    """
    if wcs is None or not len(x):
        return np.full(len(x), np.nan)
    ahead, behind = (
        wcs.pixel_to_world(x + step * np.cos(theta), y + step * np.sin(theta)).icrs
        for step in (0.5, -0.5)
    )
    return np.asarray(behind.position_angle(ahead).deg % 180.0, dtype=np.float64)
