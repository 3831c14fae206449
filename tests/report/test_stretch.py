import numpy as np
import pytest

from strandline.report.stretch import asinh_scale, noise_of, sky_level, smooth
from strandline.seeding import generator


def test_smooth_is_the_weighted_mean_of_the_pixels_that_are_there() -> None:
    rng = generator(1, "smooth")
    plane = rng.normal(size=(15, 17)).astype(np.float32)
    plane[rng.random(plane.shape) < 0.2] = np.nan
    sigma, reach = 1.3, 4  # 3 sigma, rounded as scipy does
    expected = np.full(plane.shape, np.nan)
    for y, x in np.argwhere(np.isfinite(plane)):
        total = weight = 0.0
        for v in range(max(0, y - reach), min(15, y + reach + 1)):
            for u in range(max(0, x - reach), min(17, x + reach + 1)):
                if np.isfinite(plane[v, u]):
                    w = np.exp(-((v - y) ** 2 + (u - x) ** 2) / (2 * sigma**2))
                    total += w * plane[v, u]
                    weight += w
        expected[y, x] = total / weight
    np.testing.assert_allclose(smooth(plane, sigma), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pedestal", [0.0, 976.0])
def test_sky_level_is_found_beside_a_galaxy_that_fills_half_of_the_stamp(pedestal: float) -> None:
    rng = generator(2, "sky")
    plane = (pedestal + rng.normal(0, 5, (100, 100))).astype(np.float32)
    plane[:50] += 200
    # 5 % of all are 10 % of the sky's pixels: 1.28 instead of 1.645 sigma below, so 1.8 too high
    assert sky_level(plane, 5.0) == pytest.approx(pedestal + 1.8, abs=0.4)


def test_a_noise_stated_too_large_does_not_raise_the_sky() -> None:
    plane = generator(4, "sky").normal(0, 5, (100, 100)).astype(np.float32)
    assert sky_level(plane, 5.0) == pytest.approx(0, abs=0.4)
    assert sky_level(plane, 50.0) == pytest.approx(0, abs=0.4)


def test_noise_is_estimated_only_where_it_was_not_measured() -> None:
    plane = generator(3, "noise").normal(10, 2, (80, 80)).astype(np.float32)
    plane[:8] += 500
    plane[70:] = np.nan
    assert noise_of(plane, 7.0) == 7.0
    assert noise_of(plane, float("nan")) == pytest.approx(2, rel=0.2)
    assert noise_of(np.zeros((9, 9), np.float32), 0.0) > 0
    assert np.isnan(noise_of(np.full((9, 9), np.nan, np.float32), float("nan")))


def test_asinh_scale_runs_from_black_to_white_and_rises() -> None:
    flux = np.linspace(-10, 1e5, 1000, dtype=np.float32)
    scaled = asinh_scale(flux, -10, 1e5, 30)
    assert scaled[0] == pytest.approx(0, abs=1e-6)
    assert scaled[-1] == pytest.approx(1, abs=1e-6)
    assert (np.diff(scaled) > 0).all()
