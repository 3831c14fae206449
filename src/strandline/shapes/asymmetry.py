"""Asymmetry: what is left of a galaxy when it is subtracted from itself, turned by half a turn.

After Conselice (2003, ApJS 147, 1) and Lotz et al. (2004, ApJ 128, 163, eq. 10); the outer one
after Wen, Zheng & An (2014, ApJ 787, 130), that of the shape after Pawlik et al. (2016, MNRAS 456,
3032). None is divided by two, as in Conselice's later papers and in statmorph (Rodriguez-Gomez
et al. 2019, MNRAS 483, 4140).
"""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.shapes.apertures import Ellipse
from strandline.shapes.compiled import compiled
from strandline.shapes.scene import Scene

__all__ = ["asymmetry", "asymmetry_centre", "shape_asymmetry"]

_STEPS_PX = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625)
_MOST_MOVES = 200
_FEWEST_PAIRS = 100
_GAUSS_PAIR = 2 / math.sqrt(math.pi)  # mean |a - b| of two normal deviates


def asymmetry(scene: Scene, ellipse: Ellipse, inner_px: float, outer_px: float) -> float:
    """Return the asymmetry of the light between two ellipses, that of the sky subtracted.

    Parameters
    ----------
    scene : Scene
    ellipse : Ellipse
        Around whose centre the image is turned.
    inner_px, outer_px : float
        Semi-major axes.

    Returns
    -------
    float
        Sum of absolute differences over sum of absolute values; NaN if nothing is there.
        A pixel counts only if its counterpart is not masked either.
    """
    parts = _turned(scene.image, scene.masked, *_numbers(ellipse), inner_px, outer_px)
    difference, light, count = parts
    if not light > 0:
        return float("nan")
    level = _sky_difference(scene, ellipse.x, ellipse.y)
    return (difference - count * level) / light


def asymmetry_centre(
    scene: Scene, x: float, y: float, radius_px: float, farthest_px: float
) -> tuple[float, float] | None:
    """Return the centre (px) that makes the asymmetry within a circle smallest.

    Parameters
    ----------
    scene : Scene
    x, y : float
        Where the search begins.
    radius_px : float
        Of the circle, which moves along.
    farthest_px : float
        How far the centre may move.

    Returns
    -------
    tuple of float or None
        None if it moved farther.

    Notes
    -----
    Steps of 1 px to the best of the four places beside, halved when none is better, down to
    1/64 px: rotated or mirrored stamps have rotated or mirrored centres. The sky's part is
    measured once; turning about a point between pixels averages noise, which is allowed for.
    """
    whole = _sky_difference(scene, round(x), round(y))
    found = _descend(
        scene.image, scene.masked, x, y, radius_px, whole, np.array(_STEPS_PX), _MOST_MOVES
    )
    if math.hypot(found[0] - x, found[1] - y) > farthest_px:
        return None
    return found


def shape_asymmetry(
    outline: NDArray[np.bool_], masked: NDArray[np.bool_], ellipse: Ellipse, radius_px: float
) -> float:
    """Return the asymmetry of a galaxy's outline within a circle (Pawlik et al. 2016).

    Parameters
    ----------
    outline : ndarray of bool, shape (y, x)
        Down to faint light.
    masked : ndarray of bool, shape (y, x)
    ellipse : Ellipse
        Whose centre is used.
    radius_px : float
        Reaches the farthest pixel of the outline.
    """
    parts = _turned(
        outline.astype(np.float64), masked, ellipse.x, ellipse.y, 1.0, 0.0, 0.0, radius_px
    )
    return float(parts[0] / parts[1]) if parts[1] > 0 else float("nan")


def _numbers(ellipse: Ellipse) -> tuple[float, float, float, float]:
    return ellipse.x, ellipse.y, ellipse.axis_ratio, ellipse.angle


def _sky_difference(scene: Scene, x: float, y: float) -> float:
    """Return the mean absolute difference of a pixel of blank sky and its counterpart."""
    total, count = _blank_pairs(scene.image, scene.blank, x, y)
    if count >= _FEWEST_PAIRS:
        return total / count
    return _GAUSS_PAIR * scene.noise * _smoothing(x, y)


@compiled
def _smoothing(x: float, y: float) -> float:
    """Return by how much interpolation lessens the difference of two pixels of white noise."""
    fx, fy = 2 * x - np.floor(2 * x), 2 * y - np.floor(2 * y)
    kept = ((1 - fx) ** 2 + fx**2) * ((1 - fy) ** 2 + fy**2)
    return float(np.sqrt((1 + kept) / 2))


@compiled
def _turned(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    x: float,
    y: float,
    axis_ratio: float,
    angle: float,
    inner: float,
    outer: float,
) -> tuple[float, float, int]:
    """Return the sums of |image - turned| and of |image|, and how many pixels, in a ring."""
    height, width = image.shape
    x0, y0 = int(np.floor(2 * x)), int(np.floor(2 * y))
    fx, fy = 2 * x - x0, 2 * y - y0
    cosine, sine = np.cos(angle), np.sin(angle)
    difference, light, count = 0.0, 0.0, 0
    for j in range(max(0, int(y - outer)), min(height, int(y + outer) + 2)):
        low, high = y0 - j, y0 - j + (fy > 0)
        if low < 0 or high >= height:
            continue
        chord = np.sqrt(max(outer * outer - (j - y) ** 2, 0.0))  # of the circle around the ellipse
        start = max(0, int(np.ceil(x - chord)), x0 + (fx > 0) - width + 1)
        for i in range(start, min(width, int(np.floor(x + chord)) + 1, x0 + 1)):
            left, right = x0 - i, x0 - i + (fx > 0)
            if masked[j, i]:
                continue
            along = (i - x) * cosine + (j - y) * sine
            across = ((j - y) * cosine - (i - x) * sine) / axis_ratio
            radius2 = along * along + across * across
            if radius2 > outer * outer or radius2 < inner * inner:
                continue
            hidden = (1 - fy) * ((1 - fx) * masked[low, left] + fx * masked[low, right]) + fy * (
                (1 - fx) * masked[high, left] + fx * masked[high, right]
            )
            if hidden >= 0.5:
                continue
            turned = (1 - fy) * ((1 - fx) * image[low, left] + fx * image[low, right]) + fy * (
                (1 - fx) * image[high, left] + fx * image[high, right]
            )
            difference += abs(image[j, i] - turned)
            light += abs(image[j, i])
            count += 1
    return difference, light, count


@compiled
def _blank_pairs(
    image: NDArray[np.float64], blank: NDArray[np.bool_], x: float, y: float
) -> tuple[float, int]:
    height, width = image.shape
    x0, y0 = int(np.floor(2 * x)), int(np.floor(2 * y))
    fx, fy = 2 * x - x0, 2 * y - y0
    total, count = 0.0, 0
    for j in range(height):
        low, high = y0 - j, y0 - j + (fy > 0)
        if low < 0 or high >= height:
            continue
        for i in range(width):
            left, right = x0 - i, x0 - i + (fx > 0)
            if left < 0 or right >= width or not blank[j, i]:
                continue
            if blank[low, left] and blank[low, right] and blank[high, left] and blank[high, right]:
                turned = (1 - fy) * ((1 - fx) * image[low, left] + fx * image[low, right]) + fy * (
                    (1 - fx) * image[high, left] + fx * image[high, right]
                )
                total += abs(image[j, i] - turned)
                count += 1
    return total, count


@compiled
def _descend(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    x: float,
    y: float,
    radius: float,
    sky: float,
    steps: NDArray[np.float64],
    most: int,
) -> tuple[float, float]:
    best = np.inf
    moves = 0
    places = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    for step in steps:
        moved = True
        while moved and moves < most:
            moved = False
            moves += 1
            here_x, here_y = x, y
            for k in range(5):
                if k == 0 and best < np.inf:
                    continue  # known
                at_x, at_y = here_x + step * places[k, 0], here_y + step * places[k, 1]
                parts = _turned(image, masked, at_x, at_y, 1.0, 0.0, 0.0, radius)
                if parts[1] <= 0:
                    continue
                value = (parts[0] - parts[2] * sky * _smoothing(at_x, at_y)) / parts[1]
                if value < best:
                    best, x, y, moved = value, at_x, at_y, True
    return x, y
