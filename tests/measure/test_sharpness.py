import numpy as np
from numpy.typing import NDArray

from strandline.measure.sharpness import SHARP, sharp_sources, sharpness

SIDE = 101


def blob(sigma: float, x: float = 50, y: float = 50) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2)))


def test_points_are_sharp_and_tails_are_not() -> None:
    rows, _ = np.mgrid[:SIDE, :SIDE]
    line = np.exp(-((rows - 50.0) ** 2) / (2 * 1.7**2))
    point, broad = (sharpness(blob(s), [50], [50])[0] for s in (1.7, 4.0))
    assert point > 1.2 * SHARP
    assert broad < SHARP
    assert sharpness(line, [50], [50])[0] < SHARP


def test_star_is_masked_and_tail_is_kept() -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    tail = 4 * np.exp(-((rows - 30.0) ** 2) / (2 * 3.0**2)) * (columns < 80)
    image = tail + 30 * blob(1.7, 60, 70) + np.random.default_rng(0).normal(0, 1, (SIDE, SIDE))
    masked = sharp_sources(image, 1.0, np.zeros_like(image))
    assert masked[70, 60]
    assert masked[24:37, :80].mean() < 0.02
