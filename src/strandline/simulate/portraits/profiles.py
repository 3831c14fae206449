"""Radial profiles of light: Sersic's and exponential ones with breaks, with the right total.

Profiles are tabulated once, in units of their half-light radius and total light, and looked up
at the cells of a sheet. Cells near the centre are split until the cusp is resolved; sampling an
n = 4 profile at pixel centres instead would put 20 % too much light there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.sheet import Sheet, turned

__all__ = [
    "RadialProfile",
    "cell_means",
    "disc_profile",
    "half_light_of_sum",
    "look_up",
    "sersic_image",
    "sersic_profile",
]

Image = NDArray[np.float32]
Array = NDArray[np.float64]
_SAMPLES = 2048
_SPLIT = 5  # cells near the centre are split into 5 x 5, and the innermost again
_LEVELS = 3
_SERSIC_TAPER = (4.5, 7.5)  # in half-light radii; SDSS cuts its n = 4 models at 7 to 8
_DISC_END = 6.3  # in scale lengths; most discs end before
_DISC_TAPER_START = 0.7  # of the end
_INDEX_STEP = 0.05


@dataclass(frozen=True)
class RadialProfile:
    """Surface brightness with radius: total light 1, half of it within radius 1.

    Attributes
    ----------
    table : ndarray of float32, shape (sample,)
        At radii ``reach * t**2``, t from 0 to 1 in equal steps.
    growth : ndarray of float64, shape (sample,)
        Light within these radii.
    reach : float
        No light is farther out.
    half_light : float
        Half-light radius in the unit in which its brightness was given.
    """

    table: Image
    growth: Array
    reach: float
    half_light: float

    @classmethod
    def tabulate(cls, brightness: Callable[[Array], Array], reach: float) -> "RadialProfile":
        """Tabulate a `brightness` (any unit) of radius (any unit) out to `reach`."""
        step = np.linspace(0, 1, _SAMPLES)
        radius = reach * step**2
        light = brightness(radius)
        ring = 2 * np.pi * radius * light * 2 * reach * step
        growth = np.concatenate([[0.0], np.cumsum((ring[1:] + ring[:-1]) / 2)]) * step[1]
        total = float(growth[-1])
        half = float(np.interp(0.5 * total, growth, radius))
        table = np.asarray(light * half**2 / total, dtype=np.float32)
        return cls(table, growth / total, reach / half, half)

    def at(self, radius: NDArray[np.floating[Any]]) -> Image:
        """Return light per unit area at `radius` (half-light radii), same shape."""
        step = np.sqrt(radius * np.float32(1 / self.reach)).astype(np.float32, copy=False)
        step *= np.float32(_SAMPLES - 1)
        return look_up(self.table, step)

    def within(self, radius: Array | float) -> Array:
        """Return the share of light within `radius` (half-light radii)."""
        step = np.sqrt(np.asarray(radius, dtype=np.float64) / self.reach)
        return np.interp(step, np.linspace(0, 1, _SAMPLES), self.growth)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw radii (half-light radii) of `count` points of light."""
        step = np.interp(rng.random(count), self.growth, np.linspace(0, 1, _SAMPLES))
        return self.reach * step**2


def sersic_profile(index: float) -> RadialProfile:
    """Return Sersic's (1968) profile, smoothly ended between 4.5 and 7.5 half-light radii.

    `index` is rounded to 0.05 (tables are kept) and held within 0.3 and 8.
    """
    return _sersic(round(float(np.clip(index, 0.3, 8)) / _INDEX_STEP))


@lru_cache(maxsize=256)
def _sersic(steps: int) -> RadialProfile:
    index = steps * _INDEX_STEP
    b = float(gammaincinv(2 * index, 0.5))
    half = 1.0  # of the ended profile, in effective radii of the endless one
    for _ in range(6):
        start, end = (half * edge for edge in _SERSIC_TAPER)

        def brightness(radius: Array, start: float = start, end: float = end) -> Array:
            return np.asarray(np.exp(-b * radius ** (1 / index)) * taper(radius, start, end))

        profile = RadialProfile.tabulate(brightness, end)
        half = profile.half_light
    return profile


@lru_cache(maxsize=1024)
def disc_profile(
    break_scales: float = 0.0, beyond: float = 1.0, end: float = _DISC_END
) -> RadialProfile:
    """Return an exponential disc, broken at `break_scales` scale lengths (0: no break).

    Beyond the break its scale length is `beyond` times the inner one: down-bending below 1,
    up-bending above (types II and III of Pohlen & Trujillo 2006, A&A 454, 759). It fades
    smoothly from 0.7 `end` to `end` (scale lengths). Its ``half_light`` is in scale lengths.
    """

    def brightness(radius: Array) -> Array:
        log_light = -radius
        if break_scales > 0:
            bend = 0.25 * np.logaddexp(0, (radius - break_scales) / 0.25)
            log_light = log_light - (1 / beyond - 1) * bend
        return np.asarray(np.exp(log_light) * taper(radius, _DISC_TAPER_START * end, end))

    return RadialProfile.tabulate(brightness, end)


def half_light_of_sum(parts: list[tuple[float, RadialProfile, float]]) -> float:
    """Return the half-light radius of a sum of (light, profile, half-light radius)."""
    radius = np.geomspace(0.02, 20, 400) * max(size for _, _, size in parts)
    total = sum(light for light, _, _ in parts)
    growth = sum((light * profile.within(radius / size) for light, profile, size in parts), 0.0)
    return float(np.interp(0.5 * total, growth, radius))


def cell_means(
    sheet: Sheet, plane: Plane, light: Callable[[Array | Image, Array | Image], Image]
) -> Image:
    """Return `light` of sky position (x, y in arcsec) averaged over each cell, shape (y, x).

    Averages matter near the centre of `plane`: cells there are split.
    """
    x, y = sheet.x_arcsec[0], sheet.y_arcsec[:, 0]
    centre = (plane.x_arcsec, plane.y_arcsec)
    return _means(light, x, y, sheet.cell_arcsec, centre, 4.5, _LEVELS)


def sersic_image(sheet: Sheet, plane: Plane, index: float, half_light_arcsec: float) -> Image:
    """Return the share of a Sersic profile's light in each cell, shape (y, x).

    `half_light_arcsec` is along the major axis.
    """
    profile = sersic_profile(index)

    def light(x: Array | Image, y: Array | Image) -> Image:
        along, across = turned(x, y, plane)
        return profile.at(np.hypot(along, across) * np.float32(1 / half_light_arcsec))

    area = plane.axis_ratio * half_light_arcsec**2
    return cell_means(sheet, plane, light) * np.float32(sheet.cell_arcsec**2 / area)


def taper(radius: Array, start: float, end: float) -> Array:
    """Return 1 within `start`, falling smoothly to 0 at `end`."""
    along = np.clip((radius - start) / (end - start), 0, 1)
    return np.asarray(np.cos(0.5 * np.pi * along) ** 2)


def look_up(table: Image, position: Image) -> Image:
    """Return `table` at fractional places, linear between samples, zero beyond the last."""
    flat = np.ascontiguousarray(position, dtype=np.float32).ravel()
    return np.asarray(_look_up(table, flat).reshape(position.shape), dtype=np.float32)


@numba.njit(cache=True)
def _look_up(table: Any, position: Any) -> Any:
    out = np.zeros(position.size, dtype=np.float32)
    last = table.size - 1
    for i in range(position.size):
        where = position[i]
        if where < last:
            low = int(where)
            share = where - np.float32(low)
            out[i] = table[low] + share * (table[low + 1] - table[low])
    return out


def _means(
    light: Callable[[Array | Image, Array | Image], Image],
    x: Array | Image,
    y: Array | Image,
    cell: float,
    centre: tuple[float, float],
    near: float,
    levels: int,
) -> Image:
    image = light(x[None, :], y[:, None])
    if levels == _LEVELS:  # the mean of a cell is its middle plus 1/24 of the curvature
        middle = image[1:-1, 1:-1]
        around = image[2:, 1:-1] + image[:-2, 1:-1] + image[1:-1, 2:] + image[1:-1, :-2]
        image[1:-1, 1:-1] += (around - 4 * middle) / np.float32(24)
    columns = np.flatnonzero(np.abs(x - centre[0]) < near * cell)
    rows = np.flatnonzero(np.abs(y - centre[1]) < near * cell)
    if levels == 0 or not columns.size or not rows.size:
        return image
    inside = ((np.arange(_SPLIT) + 0.5) / _SPLIT - 0.5) * cell
    fine_x = (x[columns, None].astype(np.float64) + inside).ravel()
    fine_y = (y[rows, None].astype(np.float64) + inside).ravel()
    fine = _means(light, fine_x, fine_y, cell / _SPLIT, centre, 1.5, levels - 1)
    parts = fine.reshape(rows.size, _SPLIT, columns.size, _SPLIT)
    image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = parts.mean(axis=(1, 3))
    return image
