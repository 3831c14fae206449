"""Simple numbers of a colour picture, by what they describe: to see what gives a picture away."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter

__all__ = ["STATISTICS", "picture_statistics"]

_BORDER_PX = 24
_RINGS = (0, 2, 4, 7, 11, 16, 24, 36, 54, 80, 106)
_WAVE_BINS = 12
_MAD_TO_SIGMA = 1.4826
_BRIGHT = 40.0  # counts above the sky: galaxies and stars


def _sky(picture: NDArray[np.float32]) -> list[float]:
    """Return level, noise and slope of the sky, by channel, at the picture's border."""
    border = np.concatenate([picture[:_BORDER_PX], picture[-_BORDER_PX:]])
    level = np.median(border, axis=(0, 1))
    noise = _MAD_TO_SIGMA * np.median(np.abs(border - level), axis=(0, 1))
    sides = (picture[:_BORDER_PX], picture[-_BORDER_PX:], picture[:, :_BORDER_PX])
    slopes = [abs(np.median(side, axis=(0, 1)) - level).max() for side in sides]
    return [*border.mean(axis=(0, 1)), *level, *noise, *slopes]


def _grain(picture: NDArray[np.float32]) -> list[float]:
    """Return how noise hangs together from pixel to pixel and from channel to channel."""
    border = picture[:_BORDER_PX] - np.median(picture[:_BORDER_PX], axis=(0, 1))
    border = np.clip(border, -12, 12)  # without stars
    variance = (border**2).mean(axis=(0, 1)) + 1e-3
    shifted = [(border[:, k:] * border[:, :-k]).mean(axis=(0, 1)) / variance for k in (1, 2, 4)]
    across = [
        (border[..., a] * border[..., b]).mean() / np.sqrt(variance[a] * variance[b])
        for a, b in ((0, 1), (1, 2), (0, 2))
    ]
    return [*variance, *np.concatenate(shifted), *across]


def _profile(picture: NDArray[np.float32]) -> list[float]:
    """Return the brightness in rings around the centre, and its scatter within them."""
    light = picture.mean(axis=2)
    radius = _radius(light.shape)
    rings = [(radius >= low) & (radius < high) for low, high in pairwise(_RINGS)]
    medians = [float(np.median(light[ring])) for ring in rings]
    return medians + [float(np.std(light[ring])) for ring in rings]


def _colour(picture: NDArray[np.float32]) -> list[float]:
    """Return the colours of light of several brightnesses, and their scatter."""
    light = picture.mean(axis=2)
    ratios = np.stack([picture[..., 0] - picture[..., 1], picture[..., 1] - picture[..., 2]], -1)
    ratios /= np.maximum(light, 1)[..., None]
    near = _radius(light.shape) < 40
    found: list[float] = []
    for low, high in ((20, 50), (50, 100), (100, 180), (180, 256)):
        these = ratios[(light >= low) & (light < high) & near]
        if len(these) < 5:
            found += [np.nan] * 4
        else:
            found += [*np.median(these, axis=0), *these.std(axis=0)]
    return found


def _neighbours(picture: NDArray[np.float32]) -> list[float]:
    """Return how much other light there is away from the middle, in how many peaks."""
    light = gaussian_filter(picture.mean(axis=2), 1.0)
    light = light - np.median(light)
    away = _radius(light.shape) > 45
    peaks = (light == maximum_filter(light, 7)) & away
    counts = [float((peaks & (light > level)).sum()) for level in (8, 16, 40, 100, 180)]
    share = [float((light[away] > level).mean()) for level in (8, 16, 40, 100, 180)]
    seen = picture[away & (light > _BRIGHT)]
    hue = seen.std(axis=0).tolist() if len(seen) > 5 else [np.nan] * 3
    return [*counts, *share, *hue]


def _power(picture: NDArray[np.float32]) -> list[float]:
    """Return the logarithmic power spectrum of brightness, of red less blue, by wave number."""
    window = np.outer(*(np.hanning(side) for side in picture.shape[:2]))
    found: list[float] = []
    for plane in (picture.mean(axis=2), picture[..., 0] - picture[..., 2]):
        power = np.abs(np.fft.rfft2((plane - np.median(plane)) * window)) ** 2
        wave = np.hypot(
            np.fft.fftfreq(plane.shape[0])[:, None], np.fft.rfftfreq(plane.shape[1])[None, :]
        )
        bins = np.clip((wave / 0.5 * _WAVE_BINS).astype(np.int64), 0, _WAVE_BINS)
        total = np.bincount(bins.ravel(), weights=power.ravel(), minlength=_WAVE_BINS + 1)
        pixels = np.bincount(bins.ravel(), minlength=_WAVE_BINS + 1)
        found += np.log10(total / pixels + 1)[:_WAVE_BINS].tolist()
    return found


def _shape(picture: NDArray[np.float32]) -> list[float]:
    """Return asymmetry, clumpiness, peak and concentration of the galaxy in the middle."""
    light = picture.mean(axis=2)
    light = light - np.median(light)
    middle = _radius(light.shape) < 50
    total = max(float(np.abs(light[middle]).sum()), 1.0)
    turned = float(np.abs(light - light[::-1, ::-1])[middle].sum()) / total
    rough = light - gaussian_filter(light, 2.0)
    clumps = float(np.abs(rough[middle]).sum()) / total
    half = float((light > 0.5 * light[middle].max())[middle].sum())
    tenth = float((light > 0.1 * light[middle].max())[middle].sum())
    return [turned, clumps, float(light[middle].max()), half, tenth, half / max(tenth, 1.0)]


def _radius(shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in shape[:2])
    return np.asarray(np.hypot(rows[:, None], columns[None, :]))


STATISTICS: dict[str, Callable[[NDArray[np.float32]], list[float]]] = {
    "sky level and noise": _sky,
    "grain of the noise": _grain,
    "light profile": _profile,
    "shape and clumps": _shape,
    "colours": _colour,
    "neighbours": _neighbours,
    "power spectrum": _power,
}
"""What is measured, by name; each function takes a picture, shape (y, x, 3), 0 to 255."""


def picture_statistics(paths: Iterable[Path]) -> dict[str, NDArray[np.float64]]:
    """Return the numbers of each picture by name of the statistic, shape (picture, number).

    What cannot be measured in a picture is -1.
    """
    found: dict[str, list[list[float]]] = {name: [] for name in STATISTICS}
    for path in paths:
        with Image.open(path) as image:
            picture = np.asarray(image.convert("RGB"), dtype=np.float32)
        for name, measure in STATISTICS.items():
            found[name].append(measure(picture))
    return {name: np.nan_to_num(np.array(rows), nan=-1.0) for name, rows in found.items()}
