"""Putting light into an image: where it falls, and the noise of its own photons."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_light", "overlap", "photon_noise"]


def overlap(
    shape: tuple[int, int], side: tuple[int, int], x0: int, y0: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a canvas lies on an image, as slices (y, x) of the image and of the canvas.

    Parameters
    ----------
    shape, side : tuple of int
        (y, x) of the image and of the canvas; empty slices where they do not meet.
    x0, y0 : int
        Image pixel of the canvas's middle pixel.
    """
    on_image, on_canvas = [], []
    for length, width, middle in zip(shape, side, (y0, x0), strict=True):
        start = middle - width // 2
        low, high = max(start, 0), max(min(start + width, length), 0)
        high = max(high, low)
        on_image.append(slice(low, high))
        on_canvas.append(slice(low - start, high - start))
    return (on_image[0], on_image[1]), (on_canvas[0], on_canvas[1])


def photon_noise(
    seen_njy: NDArray[np.float32], gain_per_njy: Sequence[float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the noise that added light brings along, shape (band, y, x): variance light / gain.

    Gaussian, as it is at the counts of a sky-limited image. None in bands of unknown gain (NaN).
    """
    noise = rng.standard_normal(seen_njy.shape, dtype=np.float32)  # the same whatever the gains
    for plane, light, gain in zip(noise, seen_njy, gain_per_njy, strict=True):
        known = math.isfinite(gain)
        plane *= np.sqrt(np.clip(light, 0, None) / np.float32(gain)) if known else np.float32(0)
    return noise


def add_light(
    image: NDArray[np.float32], added: NDArray[np.float32], saturation: float = math.inf
) -> NDArray[np.float32]:
    """Return an image with light added, in the image's units; NaN stays NaN.

    Pixels at the saturation level stay as they are, and no other comes above it.
    """
    return np.where(image >= saturation, image, np.minimum(image + added, saturation))
