"""A map of many points as an image, by datashader: every point counts, however many there are."""

from dataclasses import dataclass

import datashader
import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Viewport", "colour_scale", "colours_of", "shade"]

_STOPS = np.array(
    [(63, 95, 143), (94, 147, 168), (169, 185, 143), (233, 178, 92), (255, 143, 63)], np.float64
)
_STEPS = 256
_WHERE = np.linspace(0, len(_STOPS) - 1, _STEPS)
_SCALE = [np.interp(_WHERE, np.arange(len(_STOPS)), channel) for channel in _STOPS.T]
_NO_VALUE = (104, 114, 132)
_COLOURS: NDArray[np.uint8] = np.append(np.transpose(_SCALE), [_NO_VALUE], axis=0).astype(np.uint8)
_FAINTEST_ALPHA = 110.0
_LARGEST_SIDE = 2400


@dataclass(frozen=True)
class Viewport:
    """A part of the map and the pixels that show it.

    Attributes
    ----------
    x0, x1, y0, y1 : float
    width, height : int
        Pixels.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    width: int
    height: int

    def inside(self, places: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which places are in view; those that are NaN are not."""
        x, y = places[:, 0], places[:, 1]
        return np.asarray((x >= self.x0) & (x <= self.x1) & (y >= self.y0) & (y <= self.y1))


def colour_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of a colour scale: the 2nd and 98th percentile, and never the same."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(known, (2, 98)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def colours_of(values: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.uint8]:
    """Return red, green and blue of values, shape (..., 3); those that are NaN are grey."""
    low, high = ends
    with np.errstate(invalid="ignore"):
        step = (values - low) * ((_STEPS - 1) / (high - low))
        step = np.where(np.isnan(step), _STEPS, np.clip(step, 0, _STEPS - 1))
    return _COLOURS[step.astype(np.int16)]


def shade(
    places: NDArray[np.float32],
    values: NDArray[np.float64],
    view: Viewport,
    ends: tuple[float, float],
) -> NDArray[np.uint32]:
    """Draw points: hue is the mean value in a pixel, opacity how many there are.

    Parameters
    ----------
    places : ndarray of float32, shape (row, 2)
    values : ndarray of float64, shape (row,)
    view : Viewport
    ends : tuple of float
        Of the colour scale.

    Returns
    -------
    ndarray of uint32, shape (y, x)
        RGBA, as Bokeh takes it; first row at the bottom.
    """
    width, height = (min(max(side, 1), _LARGEST_SIDE) for side in (view.width, view.height))
    frame = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "value": values})
    canvas = datashader.Canvas(width, height, (view.x0, view.x1), (view.y0, view.y1))
    found = canvas.points(
        frame,
        "x",
        "y",
        datashader.summary(count=datashader.count(), mean=datashader.mean("value")),
    )
    count = found["count"].to_numpy().astype(np.float64)
    hue = colours_of(found["mean"].to_numpy(), ends)
    most = max(float(count.max(initial=0)), 2.0)
    alpha = np.where(
        count > 0, _FAINTEST_ALPHA + (255 - _FAINTEST_ALPHA) * np.log1p(count) / np.log1p(most), 0
    )
    image = np.empty((height, width, 4), np.uint8)
    image[..., :3], image[..., 3] = hue, alpha
    if (count > 0).sum() < 0.02 * count.size:  # sparse: a single pixel is hard to see
        image = _spread(image)
    return image.view(np.uint32).reshape(height, width)


def _spread(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make each point a small plus sign, where there is room."""
    wide = image.copy()
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        moved = np.roll(image, (dy, dx), axis=(0, 1))
        free = wide[..., 3] < moved[..., 3]
        wide[free] = moved[free]
    return wide
