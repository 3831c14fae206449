import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.measure import look_around

SIDE = 160


def light(x: float, y: float, total: float, scale: float, flat: float = 0.8) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    radius = np.hypot(columns - x, (rows - y) / flat)
    return np.asarray(total * np.exp(-radius / scale) / (2 * np.pi * flat * scale**2))


def noise(seed: int = 3) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE))


def test_host_and_neighbour_are_modelled_apart() -> None:
    host, other = light(80, 80, 40_000, 6), light(125, 100, 15_000, 4)
    found = look_around(host + other + noise())
    assert found is not None
    assert found.host is not None
    assert found.host_model.sum() == pytest.approx(host.sum(), rel=0.05)
    near = np.hypot(*(np.mgrid[:SIDE, :SIDE] - np.array([100, 125])[:, None, None])) < 15
    assert found.others[near].sum() == pytest.approx(other[near].sum(), rel=0.05)
    assert found.masked[100, 125]
    assert not found.masked[80, 80]
    around = ~found.masked & ~near
    around[72:89, 72:89] = False  # the steep middle, where rings are coarse
    assert found.residual[around].std() < 1.2


def test_tail_stays_in_the_residual() -> None:
    host = light(80, 80, 40_000, 6)
    tail = np.zeros_like(host)
    tail[100:150, 84:94] = 3.0
    found = look_around(host + tail + noise())
    assert found is not None
    kept = found.residual[110:145, 84:94][~found.masked[110:145, 84:94]]
    assert kept.size > 280
    assert kept.mean() == pytest.approx(3.0, abs=0.4)


def test_no_host_leaves_neighbours() -> None:
    found = look_around(light(20, 20, 20_000, 4) + noise())
    assert found is not None
    assert found.host is None
    assert not found.host_model.any()
    assert len(found.neighbours) >= 1


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_nothing_to_see(value: float) -> None:
    assert look_around(np.full((64, 64), value)) is None


def test_missing_pixels_are_left_out() -> None:
    image = light(80, 80, 40_000, 6) + noise()
    image[:, 120:] = np.nan
    found = look_around(image)
    assert found is not None
    assert found.masked[:, 120:].all()
    assert np.isfinite(found.residual).all()
