"""Made-up galaxies, simple and textured, on noisy sky."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Image = NDArray[np.float64]
Galaxies = Callable[[], dict[str, Image]]

SIZE_PX = 161
NOISE = 1.0


def sersic(
    index: float,
    radius_px: float,
    axis_ratio: float = 1.0,
    angle: float = 0.0,
    flux: float = 2e5,
    x: float = 80.0,
    y: float = 80.0,
    size_px: int = SIZE_PX,
) -> Image:
    """Return a Sersic (1963) profile, averaged over 5 x 5 points of each pixel."""
    fine = (np.arange(5 * size_px) + 0.5) / 5 - 0.5
    along = (fine[None, :] - x) * np.cos(angle) + (fine[:, None] - y) * np.sin(angle)
    across = (fine[:, None] - y) * np.cos(angle) - (fine[None, :] - x) * np.sin(angle)
    radius = np.hypot(along, across / axis_ratio) / radius_px
    light = np.exp(-(2 * index - 1 / 3) * radius ** (1 / index))
    image = light.reshape(size_px, 5, size_px, 5).mean(axis=(1, 3))
    return np.asarray(flux * image / image.sum())


def noisy(image: Image, seed: int = 0) -> Image:
    return np.asarray(image + np.random.default_rng(seed).normal(0, NOISE, image.shape))


def _spiral() -> Image:
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX] - 80.0
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    arms = 1 + 0.6 * np.cos(2 * angle - 0.25 * radius) * (radius > 4)
    return np.asarray(sersic(1, 11) * arms)


def _clumpy() -> Image:
    image = sersic(1, 12, 0.8, 0.4)
    random = np.random.default_rng(5)
    for _ in range(9):
        x, y = random.normal(80, 12, 2)
        image += sersic(0.5, 2.0, flux=3e3, x=x, y=y)
    return image


def _tailed() -> Image:
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX] - 80.0
    tail = np.exp(-0.5 * ((y - 0.01 * x**2) / 3) ** 2) * (x > 0) * np.exp(-x / 25)
    return np.asarray(sersic(1.5, 9) + 25 * tail)


@pytest.fixture(scope="session")
def galaxies() -> dict[str, Image]:
    """Simple galaxies and some with arms, clumps, a tail or two nuclei; noise 1."""
    clean = {
        "disc": sersic(1, 10),
        "inclined": sersic(1, 14, 0.45, 0.6),
        "elliptical": sersic(2.5, 5, 0.8, -0.5),
        "spiral": _spiral(),
        "clumpy": _clumpy(),
        "tailed": _tailed(),
        "pair": sersic(1, 9, x=75.3) + sersic(1, 6, flux=7e4, x=92.4, y=85.2),
    }
    return {name: noisy(image, seed) for seed, (name, image) in enumerate(clean.items())}
