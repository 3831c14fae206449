"""What is what on a stamp: the galaxy in the middle, its neighbours, and blank sky."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sep
from numpy.typing import NDArray

__all__ = ["Scene", "SceneOptions", "find_objects", "in_the_middle", "look_at", "sky_of"]

_OUTSIDE_SHARE = 0.35
_CLIP = 3.0
_FEWEST_SKY_PX = 50
_FEWEST_IN_BUFFER = 10_000
_QUARTILE_RANGE = 1.349  # of a normal distribution, in sigma
_CROWDED = 0.3


@dataclass(frozen=True)
class SceneOptions:
    """How a stamp is divided into objects.

    Attributes
    ----------
    subtract_sky : bool
        Whether the stamp's own sky level is subtracted: needed for colour pictures; stamps of
        calibrated images have none left.
    threshold : float
        Of detection, in units of the sky noise.
    contrast : float
        Least share of the light that makes a peak an object of its own.
    reach : float
        The galaxy must have a pixel within this part of the stamp's side of the middle.
    """

    subtract_sky: bool = False
    threshold: float = 1.5
    contrast: float = 0.02
    reach: float = 0.1


@dataclass(frozen=True)
class Scene:
    """One stamp, divided.

    Attributes
    ----------
    image : ndarray of float64, shape (y, x)
        Sky subtracted; masked pixels are 0.
    masked : ndarray of bool, shape (y, x)
        Missing, or of another object.
    target : ndarray of bool, shape (y, x)
        The galaxy's segment.
    noise : float
        Of a pixel of blank sky.
    sky : float
        What was subtracted.
    neighbours : float
        Light of the objects that touch the galaxy, in units of its own.
    level : float
        Of what is around the galaxy, in `image`: 0 if the sky was subtracted, else perhaps faint
        wings.
    """

    image: NDArray[np.float64]
    masked: NDArray[np.bool_]
    target: NDArray[np.bool_]
    noise: float
    sky: float
    neighbours: float
    level: float = 0.0

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Pixels of no object."""
        return ~(self.masked | self.target)


def look_at(plane: NDArray[np.float64], options: SceneOptions) -> Scene | None:
    """Divide a stamp into the galaxy in its middle, neighbours and sky.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
        NaN is missing.
    options : SceneOptions

    Returns
    -------
    Scene or None
        None if there is no object in the middle, or nothing at all.
    """
    missing = ~np.isfinite(plane)
    level, noise = sky_of(plane, missing)
    if not noise > 0:
        return None
    sky = level if options.subtract_sky else 0.0
    image = np.where(missing, 0.0, plane - sky)
    found = find_objects(image, missing, noise, options)
    if found is None:
        return None
    table, segments = found
    number = in_the_middle(segments, table, options.reach)
    if not number:
        return None
    target = segments == number
    masked = missing | ((segments > 0) & ~target)
    return Scene(
        np.where(masked, 0.0, image),
        masked,
        target,
        noise,
        sky,
        _touching_light(segments, table, number),
        level - sky,
    )


def sky_of(plane: NDArray[np.float64], missing: NDArray[np.bool_]) -> tuple[float, float]:
    """Return level and noise of the sky: Bertin & Arnouts' (1996) mode of the outer part, clipped.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
    missing : ndarray of bool, shape (y, x)

    Notes
    -----
    Pixels within 0.35 of the stamp's side of its middle are left out where enough others are.
    """
    outside = ~missing & (_radius(plane.shape) > _OUTSIDE_SHARE * min(plane.shape))
    values = np.sort(plane[outside if outside.sum() >= _FEWEST_SKY_PX else ~missing])
    if values.size < 2:
        return 0.0, 0.0
    # sorted, so that what is clipped is a slice and its sums are differences of running sums
    shifted = values - values[values.size // 2]
    sums = np.concatenate([[0.0], np.cumsum(shifted)])
    squares = np.concatenate([[0.0], np.cumsum(shifted**2)])
    first, last = 0, values.size
    quarter = values.size // 4
    spread = float(values[-1 - quarter] - values[quarter]) / _QUARTILE_RANGE
    if spread == 0:  # half of the pixels alike: a picture with its sky cut off
        spread = float(values.std())
    for _ in range(30):
        middle = float(values[(first + last) // 2])
        before = (first, last)
        first = int(np.searchsorted(values, middle - _CLIP * spread, side="left"))
        last = int(np.searchsorted(values, middle + _CLIP * spread, side="right"))
        if (first, last) == before:
            break
        count = last - first
        mean = (sums[last] - sums[first]) / count
        variance = (squares[last] - squares[first]) / count - mean**2
        spread = math.sqrt(max(variance, 0.0))
    middle = float(values[(first + last) // 2])
    mean = float(values[first:last].mean())
    crowded = abs(mean - middle) > _CROWDED * spread
    return (middle if crowded else 2.5 * middle - 1.5 * mean), spread


@lru_cache(maxsize=4)
def _radius(shape: tuple[int, ...]) -> NDArray[np.float64]:
    y, x = (np.arange(side) - (side - 1) / 2 for side in shape)
    return np.asarray(np.hypot(y[:, None], x[None, :]))


def find_objects(
    image: NDArray[np.float64], missing: NDArray[np.bool_], noise: float, options: SceneOptions
) -> tuple[NDArray[Any], NDArray[np.int32]] | None:
    """Return SExtractor's objects and which pixels are theirs; None if there are none to be had.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        Sky subtracted, finite.
    missing : ndarray of bool, shape (y, x)
    noise : float
        Of a pixel.
    options : SceneOptions

    Returns
    -------
    table : structured ndarray, shape (object,)
        Columns of `sep.extract`.
    segments : ndarray of int32, shape (y, x)
        Number of the object, from 1; 0 is sky.
    """
    sep.set_extract_pixstack(max(image.size, _FEWEST_IN_BUFFER))  # a large one takes long to make
    try:
        table, segments = sep.extract(
            np.ascontiguousarray(image),
            options.threshold,
            err=noise,
            mask=missing,
            minarea=5,
            deblend_nthresh=16,
            deblend_cont=options.contrast,
            clean=False,
            segmentation_map=True,
        )
    except Exception:  # sep raises nothing more specific: too crowded to be told apart
        return None
    return table, np.asarray(segments, dtype=np.int32)


def in_the_middle(segments: NDArray[np.int32], table: NDArray[Any], reach: float) -> int:
    """Return the number of the brightest object that has a pixel near the middle; 0 for none.

    Parameters
    ----------
    segments, table
        See `find_objects`.
    reach : float
        See `SceneOptions`.
    """
    near = segments[_radius(segments.shape) <= max(1.5, reach * min(segments.shape))]
    numbers = np.unique(near[near > 0])
    if not numbers.size:
        return 0
    return int(numbers[np.argmax(table["flux"][numbers - 1])])


def _touching_light(segments: NDArray[np.int32], table: NDArray[Any], number: int) -> float:
    """Return the light of the objects that border on one, in units of its own."""
    target = np.pad(segments == number, 1)
    grown = np.zeros(segments.shape, dtype=np.bool_)
    height, width = segments.shape
    for dy in range(3):
        for dx in range(3):
            grown |= target[dy : dy + height, dx : dx + width]
    touching = np.unique(segments[grown])
    others = touching[(touching > 0) & (touching != number)] - 1
    own = float(table["flux"][number - 1])
    return float(table["flux"][others].sum()) / own if own > 0 else float("nan")
