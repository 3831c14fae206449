import math

import numpy as np
import pytest

from strandline.measure.projection import (
    dynamical_gyr,
    projection_factors,
    transverse_kms,
    whole_kms,
)


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


def test_speed_across_the_sky_holds_the_errors_of_length_and_age() -> None:
    np.testing.assert_allclose(transverse_kms(102.27, 0.0, np.array([1.0])), 100)
    of_length = transverse_kms(102.27, 10.227, np.array([1.0]))
    assert np.quantile(of_length, [0.16, 0.84]) == pytest.approx([90.5, 110.5], abs=1.5)
    of_age = transverse_kms(102.27, 0.0, np.array([0.5, 1.0, 2.0]))
    assert sorted({round(speed) for speed in of_age}) == [50, 100, 200]
    assert not transverse_kms(math.nan, 1.0, np.array([1.0])).size
    assert not transverse_kms(10.0, 1.0, np.zeros(0)).size


def test_speed_in_space_is_larger_by_the_projection() -> None:
    rng = np.random.default_rng(1)
    direction = rng.normal(size=(100_000, 3))
    sine = np.hypot(direction[:, 0], direction[:, 1]) / np.linalg.norm(direction, axis=1)
    expected = np.quantile(100 / sine, [0.16, 0.5, 0.84])
    told = np.quantile(whole_kms(np.array([100.0])), [0.16, 0.5, 0.84])
    np.testing.assert_allclose(told, expected, rtol=0.05)  # of 25 quantiles
