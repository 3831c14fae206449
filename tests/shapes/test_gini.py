import numpy as np
import pytest

from strandline.shapes.gini import gini, m20


def test_uniform_values_have_gini_zero() -> None:
    assert gini(np.full(50, 3.0)) == pytest.approx(0)


def test_one_pixel_with_everything_has_gini_one() -> None:
    assert gini(np.array([0.0] * 49 + [7.0])) == pytest.approx(1)


def test_gini_is_the_mean_difference_of_all_pairs() -> None:
    # the definition: sum over pairs of |a - b| / (2 mean n (n - 1))
    values = np.random.default_rng(0).exponential(size=40)
    pairs = np.abs(values[:, None] - values[None, :]).sum()
    assert gini(values) == pytest.approx(pairs / (2 * values.mean() * 40 * 39))


def test_ramp_has_gini_of_a_third() -> None:
    # of a uniform distribution: 1/3, exactly (n + 1) / (3 (n - 1)) for 1..n with this estimator
    assert gini(np.arange(1.0, 101.0)) == pytest.approx(101 / 3 / 101, rel=1e-6)


@pytest.mark.parametrize("values", [np.array([]), np.array([1.0]), np.zeros(5)])
def test_too_little_has_no_gini(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    assert np.isnan(gini(values))


def test_m20_of_a_pair_of_points() -> None:
    # both points lie at the same distance from the middle; the brighter alone holds a fifth
    image = np.zeros((21, 21))
    image[10, 2], image[10, 18] = 60.0, 40.0
    centre = (60 * 2 + 40 * 18) / 100
    bright, faint = 60 * (centre - 2) ** 2, 40 * (18 - centre) ** 2
    found = m20(image, image > 0)
    assert found == pytest.approx(np.log10(bright / (bright + faint)))


def test_m20_of_equal_points_is_zero() -> None:
    image = np.zeros((21, 21))
    image[10, 2] = image[10, 18] = 5.0
    assert m20(image, image > 0) == pytest.approx(0)


def test_m20_of_a_uniform_disc_is_zero() -> None:
    # no pixel is brighter than another: the brightest fifth is everything
    y, x = np.mgrid[:41, :41] - 20
    disc = (x**2 + y**2 < 300).astype(float)
    assert m20(disc, disc > 0) == pytest.approx(0)


def test_m20_of_a_gaussian() -> None:
    # with t = r^2 / 2 sigma^2: light within is 1 - exp(-t), moment 1 - (1 + t) exp(-t)
    y, x = np.mgrid[:161, :161] - 80
    image = np.exp(-(x**2 + y**2) / (2 * 15.0**2))
    t = -np.log(0.8)
    assert m20(image, image > 0) == pytest.approx(np.log10(1 - (1 + t) * 0.8), abs=0.01)
