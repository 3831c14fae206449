import math

import numpy as np
import pytest

from strandline.measure.projection import dynamical_gyr, projection_factors, transverse_kms


def test_factors_are_those_of_random_directions() -> None:
    rng = np.random.default_rng(0)
    direction = rng.normal(size=(200_000, 3))
    seen = np.hypot(direction[:, 0], direction[:, 1]) / np.linalg.norm(direction, axis=1)
    expected = np.quantile(1 / seen, [0.16, 0.5, 0.84])
    np.testing.assert_allclose(projection_factors(), expected, rtol=0.01)


def test_time_of_a_length_at_a_speed() -> None:
    low, middle, high = dynamical_gyr(102.27, 100.0)  # a Gyr, were it seen from the side
    assert (low, middle, high) == pytest.approx((1.013, 1.155, 1.843), abs=1e-3)
    assert all(map(math.isnan, dynamical_gyr(math.nan, 100.0)))


def test_speed_across_the_sky() -> None:
    np.testing.assert_allclose(transverse_kms(102.27, 1.0, 0.2), (100, 20))
    assert all(map(math.isnan, transverse_kms(10.0, 0.0)))
