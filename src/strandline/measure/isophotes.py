"""Ellipses of equal brightness: centre, ellipticity and angle of a galaxy at every radius.

Jedrzejewski's (1987, MNRAS 226, 747) method, as in IRAF ``ellipse`` and `photutils.isophote`: along
an ellipse the intensity is I0 + A1 sin E + B1 cos E + A2 sin 2E + B2 cos 2E, and the largest of the
four tells which element of the ellipse is wrong, and by how much. What lies on the ellipse and is
not of the galaxy is clipped.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.compiled import compiled

__all__ = ["Isophotes", "fit_isophotes", "radius_map"]

_STEP = 1.12
_FIRST_PX = 2.0
_MOST_TURNS = 12
_SMOOTHED_RINGS = 5


@dataclass(frozen=True)
class Isophotes:
    """Ellipses of growing semi-major axis, each `_STEP` times the one before.

    Attributes
    ----------
    axis_px : ndarray of float64, shape (ring,)
        Semi-major axes.
    x, y, ellipticity, angle : ndarray of float64, shape (ring,)
        Centre (px), 1 - b/a, and angle of the major axis (rad, from +x towards +y).
    reached_px : float
        Up to where the ellipses were fitted; beyond, they are like the last.
    """

    axis_px: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    ellipticity: NDArray[np.float64]
    angle: NDArray[np.float64]
    reached_px: float


def fit_isophotes(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    start: tuple[float, float, float, float, float],
    *,
    noise: float,
    most_px: float,
    end_sigma: float = 0.7,
) -> Isophotes:
    """Fit ellipses from a first one outwards and inwards.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
    masked : ndarray of bool, shape (y, x)
    start : tuple of float
        x, y, semi-major axis (px), ellipticity, angle (rad).
    noise : float
        Of a pixel.
    most_px : float
        Semi-major axis up to which ellipses are wanted.
    end_sigma : float
        In units of the noise: ellipses are fitted as far as the light along them is brighter.
    """
    x, y, first, ellipticity, angle = start
    count = max(2, int(np.ceil(np.log(max(most_px, 8.0) / _FIRST_PX) / np.log(_STEP))) + 1)
    axes = np.asarray(_FIRST_PX * _STEP ** np.arange(count), dtype=np.float64)
    middle = int(np.clip(np.searchsorted(axes, first), 1, count - 1))
    rings, last = _walk(
        image,
        masked,
        axes,
        middle,
        np.array([x, y, ellipticity, angle]),
        end_sigma * noise,
        _MOST_TURNS,
    )
    twice = np.unwrap(2 * rings[:, 3])
    return Isophotes(
        axes,
        _calmed(rings[:, 0]),
        _calmed(rings[:, 1]),
        _calmed(rings[:, 2]),
        _calmed(twice) / 2,
        reached_px=float(axes[last]),
    )


def radius_map(shape: tuple[int, int], isophotes: Isophotes) -> NDArray[np.float32]:
    """Return the semi-major axis (px) of the ellipse through each pixel, shape (y, x)."""
    return np.asarray(
        _radii(
            shape[0],
            shape[1],
            isophotes.x,
            isophotes.y,
            isophotes.ellipticity,
            isophotes.angle,
            _FIRST_PX,
            float(np.log(_STEP)),
        )
    )


def _calmed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return running medians, so that one ellipse gone astray does no harm."""
    return np.asarray(ndimage.median_filter(values, _SMOOTHED_RINGS, mode="nearest"))


@compiled
def _along(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    ring: NDArray[np.float64],
    axis: float,
    values: NDArray[np.float64],
    phases: NDArray[np.float64],
) -> int:
    """Read the image along an ellipse, bilinearly; return how many points could be read."""
    height, width = image.shape
    count = min(max(int(2 * np.pi * axis), 16), len(values))
    cosine, sine = np.cos(ring[3]), np.sin(ring[3])
    found = 0
    for k in range(count):
        phase = 2 * np.pi * k / count
        u = axis * np.cos(phase)
        v = axis * (1 - ring[2]) * np.sin(phase)
        x = ring[0] + u * cosine - v * sine
        y = ring[1] + u * sine + v * cosine
        i, j = int(np.floor(x)), int(np.floor(y))
        if i < 0 or j < 0 or i + 1 >= width or j + 1 >= height:
            continue
        if masked[j, i] or masked[j, i + 1] or masked[j + 1, i] or masked[j + 1, i + 1]:
            continue
        s, t = x - i, y - j
        values[found] = (1 - t) * ((1 - s) * image[j, i] + s * image[j, i + 1]) + t * (
            (1 - s) * image[j + 1, i] + s * image[j + 1, i + 1]
        )
        phases[found] = phase
        found += 1
    return found


@compiled
def _harmonics(values: NDArray[np.float64], phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return I0, A1, B1, A2, B2, the scatter left, and how many points were used.

    Points beyond 2.5 sigma are clipped, three times; all zero if too few are left.
    """
    count = len(values)
    used = np.ones(count, dtype=np.bool_)
    found = np.zeros(7)
    # the first clip is about the median, as a bright neighbour would spoil a first fit
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle))
    if spread > 0:
        used = np.abs(values - middle) < 4 * spread + 0.5 * np.abs(middle)
    rows = np.ones((count, 5))
    for k in range(count):
        rows[k, 1], rows[k, 2] = np.sin(phases[k]), np.cos(phases[k])
        rows[k, 3], rows[k, 4] = np.sin(2 * phases[k]), np.cos(2 * phases[k])
    for _ in range(4):
        normal = np.zeros((5, 5))
        right = np.zeros(5)
        n = 0
        for k in range(count):
            if not used[k]:
                continue
            for i in range(5):
                right[i] += rows[k, i] * values[k]
                for j in range(i + 1):
                    normal[i, j] += rows[k, i] * rows[k, j]
            n += 1
        if n < 10 or n < 0.4 * count:
            return np.zeros(7)
        for i in range(5):
            normal[i, i] += 1e-9 * n
            for j in range(i):
                normal[j, i] = normal[i, j]
        solved = np.linalg.solve(normal, right)
        rest = np.empty(count)
        total = 0.0
        for k in range(count):
            rest[k] = values[k] - solved[0]
            for i in range(1, 5):
                rest[k] -= solved[i] * rows[k, i]
            if used[k]:
                total += rest[k] ** 2
        scatter = np.sqrt(total / max(n - 5, 1))
        found[:5], found[5], found[6] = solved, scatter, n
        kept = np.abs(rest) <= 2.5 * scatter
        if (kept == used).all():
            break
        used = kept
    return found


@compiled
def _fit_ring(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    ring: NDArray[np.float64],
    axis: float,
    most_turns: int,
    values: NDArray[np.float64],
    phases: NDArray[np.float64],
) -> tuple[NDArray[np.float64], bool]:
    """Return the ellipse that fits best at a semi-major axis, and whether one could be fitted."""
    now, best = ring.copy(), ring.copy()
    least = np.inf
    for _ in range(most_turns):
        n = _along(image, masked, now, axis, values, phases)
        if n < 12:
            return ring, False
        told = _harmonics(values[:n], phases[:n])
        if told[6] == 0:
            return ring, False
        n = _along(image, masked, now, axis * 1.15, values, phases)
        if n < 12:
            return ring, False
        outer, outer_n = np.median(values[:n]), n
        n = _along(image, masked, now, axis * 0.85, values, phases)
        if n < 12:
            return ring, False
        inner = np.median(values[:n])
        gradient = (outer - inner) / (0.3 * axis)
        error = 1.3 * told[5] * np.sqrt(1 / n + 1 / outer_n) / (0.3 * axis)
        if not gradient < -2 * error:
            return ring, False
        harmonics = told[1:5]
        largest = np.argmax(np.abs(harmonics))
        size = np.abs(harmonics[largest])
        if size < least:
            least, best = size, now.copy()
        if size < max(0.04 * told[5], 1.5 * told[5] / np.sqrt(told[6])):
            break
        slip = harmonics[largest]
        flat = 1 - now[2]
        now = now.copy()
        if largest == 0:
            move = -slip * flat / gradient
            move = min(max(move, -0.1 * axis), 0.1 * axis)
            now[0] -= move * np.sin(now[3])
            now[1] += move * np.cos(now[3])
        elif largest == 1:
            move = -slip / gradient
            move = min(max(move, -0.1 * axis), 0.1 * axis)
            now[0] += move * np.cos(now[3])
            now[1] += move * np.sin(now[3])
        elif largest == 2:
            turn = slip * 2 * flat / (axis * gradient * (flat**2 - 1 - 1e-6))
            now[3] += min(max(turn, -0.3), 0.3)
        else:
            change = slip * 2 * flat / (axis * gradient)
            now[2] -= min(max(change, -0.15), 0.15)
            if now[2] < 0:
                now[2] = min(-now[2], 0.5)
                now[3] += np.pi / 2
            now[2] = min(max(now[2], 0.01), 0.92)
    return best, True


@compiled
def _walk(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    axes: NDArray[np.float64],
    middle: int,
    start: NDArray[np.float64],
    least: float,
    most_turns: int,
) -> tuple[NDArray[np.float64], int]:
    count = len(axes)
    rings = np.empty((count, 4))
    values = np.empty(720)
    phases = np.empty(720)
    ring, _ = _fit_ring(image, masked, start, axes[middle], most_turns, values, phases)
    rings[middle] = ring
    last = middle
    fitting = True
    for k in range(middle + 1, count):
        if fitting:
            found, fitting = _fit_ring(
                image, masked, rings[k - 1], axes[k], most_turns, values, phases
            )
            if fitting:
                # the centre of outer ellipses wanders little, and less than their size
                away = np.hypot(found[0] - rings[middle, 0], found[1] - rings[middle, 1])
                n = _along(image, masked, found, axes[k], values, phases)
                bright = n > 0 and np.median(values[:n]) > least
                fitting = bool(bright and away < 0.15 * axes[k] + 1)
            if fitting:
                rings[k] = found
                last = k
                continue
        rings[k] = rings[last]
    for k in range(middle - 1, -1, -1):
        found, good = _fit_ring(image, masked, rings[k + 1], axes[k], most_turns, values, phases)
        near = np.hypot(found[0] - rings[middle, 0], found[1] - rings[middle, 1]) < 3.0
        rings[k] = found if good and near else rings[k + 1]
    return rings, last


@compiled
def _radii(
    height: int,
    width: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ellipticity: NDArray[np.float64],
    angle: NDArray[np.float64],
    first: float,
    log_step: float,
) -> NDArray[np.float32]:
    count = len(x)
    out = np.empty((height, width), dtype=np.float32)
    cosines, sines = np.cos(angle), np.sin(angle)
    for row in range(height):
        for column in range(width):
            dx, dy = column - x[count - 1], row - y[count - 1]
            radius = np.sqrt(dx * dx + dy * dy)
            for turn in range(8):  # the ellipse depends on the radius, the radius on the ellipse
                place = np.log(max(radius, first) / first) / log_step
                k = min(int(place), count - 2)
                part = min(place - k, 1.0)
                dx = column - (x[k] + part * (x[k + 1] - x[k]))
                dy = row - (y[k] + part * (y[k + 1] - y[k]))
                c = cosines[k] + part * (cosines[k + 1] - cosines[k])
                s = sines[k] + part * (sines[k + 1] - sines[k])
                flat = 1 - (ellipticity[k] + part * (ellipticity[k + 1] - ellipticity[k]))
                u = dx * c + dy * s
                v = (dy * c - dx * s) / flat
                new = np.sqrt(u * u + v * v)
                if abs(new - radius) < 0.05:
                    radius = new
                    break
                radius = new if turn < 3 else 0.5 * (radius + new)  # or it may swing
            out[row, column] = radius
    return out
