"""Maps of a disc in polar coordinates: log radius down, azimuth across; and smooth noise.

Whatever is not round in a disc (arms, clumps, dust, lopsidedness) is drawn as a map of mean 1
at each radius, so that the radial profile and the total light stay what they are. Winding is a
shear of such a map.
"""

import math
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.sheet import Sheet

__all__ = [
    "AZIMUTHS",
    "RADII",
    "DiscGrid",
    "lattice_noise",
    "level",
    "read_map",
    "sheared",
    "smooth_track",
]

Image = NDArray[np.float32]
Array = NDArray[np.float64]

_ROWS, _COLUMNS = 144, 384
_LOG_FIRST, _LOG_LAST = math.log(0.06), math.log(7.5)

RADII: Array = np.geomspace(0.06, 7.5, _ROWS)
"""Radius of each row of a map, in scale lengths of its disc, shape (row,)."""

AZIMUTHS: Array = np.arange(_COLUMNS, dtype=np.float64) * (2 * np.pi / _COLUMNS)
"""Azimuth of each column, rad, shape (column,)."""


class DiscGrid:
    """Where the cells of a sheet are in a disc.

    Parameters
    ----------
    sheet : Sheet
    plane : Plane
    scale_arcsec : float
        Scale length of the disc.

    Attributes
    ----------
    radius : ndarray of float32, shape (y, x)
        In scale lengths.
    """

    def __init__(self, sheet: Sheet, plane: Plane, scale_arcsec: float) -> None:
        along, across = sheet.on_plane(plane)
        self.radius: Image = np.hypot(along, across) * np.float32(1 / scale_arcsec)
        azimuth = np.arctan2(across, along)
        row = np.log(np.maximum(self.radius, np.float32(1e-4))) - np.float32(_LOG_FIRST)
        self._row = row * np.float32((_ROWS - 1) / (_LOG_LAST - _LOG_FIRST))
        self._column = azimuth * np.float32(_COLUMNS / (2 * np.pi))

    def sample(self, plane_map: Image) -> Image:
        """Return a map's value at each cell, shape (y, x), linear between its samples."""
        return read_map(plane_map, self._row, self._column)


def level(plane_map: NDArray[np.floating[Any]]) -> Image:
    """Return a map scaled so that its mean at each radius is 1."""
    mean = plane_map.mean(axis=1, keepdims=True)
    return np.asarray(plane_map / np.maximum(mean, 1e-12), dtype=np.float32)


def lattice_noise(cells_down: int, cells_across: int, rng: np.random.Generator) -> Image:
    """Return smooth noise of mean 0 and deviation 1 as a map, periodic in azimuth.

    Its grain is a cell of a lattice of that many cells along each axis.
    """
    coarse = rng.standard_normal((cells_down + 3, cells_across))
    noise = _spread(coarse, *_splines(_ROWS, cells_down), *_splines(_COLUMNS, cells_across))
    noise -= noise.mean()
    return np.asarray(noise / max(float(noise.std()), 1e-12), dtype=np.float32)


def smooth_track(cells: int, rng: np.random.Generator) -> Array:
    """Return smooth noise along radius, deviation about 1, shape (row,)."""
    first, weight = _splines(_ROWS, cells)
    values = rng.standard_normal(cells + 3)[first[:, None] + np.arange(4)]
    return np.asarray((weight * values).sum(axis=1) / 0.6)


def sheared(plane_map: Image, turn_rad: Array) -> Image:
    """Return a map whose rows are turned by `turn_rad`, shape (row,), towards larger azimuth."""
    columns = turn_rad * (_COLUMNS / (2 * np.pi))
    return np.asarray(_roll(np.asarray(plane_map, dtype=np.float32), columns), dtype=np.float32)


@lru_cache(maxsize=128)
def _splines(samples: int, cells: int) -> tuple[NDArray[np.int64], Array]:
    """Return each sample's first of four lattice points, and their cubic B-spline weights."""
    place = np.arange(samples) * (cells / samples)
    first = place.astype(np.int64)
    t = place - first
    middle = 3 * t**3 - 6 * t**2 + 4
    weight = np.stack([(1 - t) ** 3, middle, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1)
    return first, weight / 6


def read_map(plane_map: Image, row: Image, column: Image) -> Image:
    """Return a map's value at fractional rows and columns, shape (y, x).

    Rows beyond the map read its first or last one; columns are periodic, within one period of it.
    """
    flat = np.ascontiguousarray(plane_map, dtype=np.float32)
    return np.asarray(_sample(flat, row, column))


@numba.njit(cache=True)
def _sample(plane_map: Any, row: Any, column: Any) -> Any:
    rows, columns = plane_map.shape
    out = np.empty(row.shape, dtype=np.float32)
    for i in range(row.shape[0]):
        for j in range(row.shape[1]):
            v = min(max(row[i, j], np.float32(0)), np.float32(rows - 1.001))
            u = column[i, j]
            if u < 0:
                u += columns
            low, left = int(v), int(u)
            right = left + 1
            if left >= columns:
                left -= columns
            if right >= columns:
                right -= columns
            up, aside = v - np.float32(low), u - np.float32(int(u))
            lower = plane_map[low, left] + aside * (plane_map[low, right] - plane_map[low, left])
            upper = plane_map[low + 1, left] + aside * (
                plane_map[low + 1, right] - plane_map[low + 1, left]
            )
            out[i, j] = lower + up * (upper - lower)
    return out


@numba.njit(cache=True)
def _roll(plane_map: Any, columns: Any) -> Any:
    rows, count = plane_map.shape
    out = np.empty((rows, count), dtype=np.float32)
    for i in range(rows):
        down = int(np.floor(columns[i]))
        share = np.float32(columns[i] - down)
        for j in range(count):
            near = plane_map[i, (j - down) % count]
            out[i, j] = near + share * (plane_map[i, (j - down - 1) % count] - near)
    return out


@numba.njit(cache=True)
def _spread(coarse: Any, first: Any, weight: Any, first_across: Any, weight_across: Any) -> Any:
    """Interpolate a lattice: rows down, then columns across, which are periodic."""
    across = coarse.shape[1]
    out = np.empty((first.size, first_across.size), dtype=np.float32)
    line = np.empty(across)
    for i in range(first.size):
        for j in range(across):
            line[j] = 0.0
            for k in range(4):
                line[j] += weight[i, k] * coarse[first[i] + k, j]
        for j in range(first_across.size):
            value = 0.0
            for k in range(4):
                value += weight_across[j, k] * line[(first_across[j] + k) % across]
            out[i, j] = value
    return out
