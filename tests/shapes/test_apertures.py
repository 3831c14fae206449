import numpy as np
import pytest
from scipy.optimize import brentq

from strandline.shapes.apertures import Ellipse, Growth, ellipse_of, elliptical_radius
from tests.shapes.conftest import sersic

NOTHING = np.zeros((161, 161), dtype=np.bool_)


def test_light_grows_with_the_area_of_a_uniform_image() -> None:
    growth = Growth(np.ones((161, 161)), NOTHING, Ellipse(80.3, 79.8, 0.5, 0.7))
    for radius in (3.0, 10.0, 40.0):
        assert growth.light(radius) == pytest.approx(np.pi * radius**2 * 0.5, rel=0.02)


def test_petrosian_radius_of_a_gaussian() -> None:
    # brightness at r over the mean within: x exp(-x) / (1 - exp(-x)) with x = r^2 / 2 sigma^2
    sigma = 8.0
    y, x = np.indices((161, 161)) - 80.0
    image = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    root = brentq(lambda t: t * np.exp(-t) / (1 - np.exp(-t)) - 0.2, 0.1, 20)
    found = Growth(image, NOTHING, Ellipse(80.0, 80.0)).petrosian()
    assert found == pytest.approx(sigma * np.sqrt(2 * root), rel=0.01)


def test_half_light_radius_is_that_of_the_profile() -> None:
    growth = Growth(sersic(1, 10), NOTHING, Ellipse(80.0, 80.0))
    assert growth.radius_holding(0.5, 75) == pytest.approx(10, rel=0.02)


def test_flat_light_has_no_petrosian_radius() -> None:
    assert np.isnan(Growth(np.ones((161, 161)), NOTHING, Ellipse(80.0, 80.0)).petrosian())
    assert np.isnan(
        Growth(-np.ones((161, 161)), NOTHING, Ellipse(80.0, 80.0)).radius_holding(0.5, 9)
    )


@pytest.mark.parametrize("angle", [-1.2, 0.0, 0.6])
def test_ellipse_of_moments(angle: float) -> None:
    image = sersic(0.5, 9, 0.4, angle)
    found = ellipse_of(image, 80.0, 80.0)
    assert found.axis_ratio == pytest.approx(0.4, abs=0.01)
    assert found.angle == pytest.approx(angle, abs=0.01)


def test_radius_of_the_axes() -> None:
    radius = elliptical_radius((21, 21), Ellipse(10.0, 10.0, 0.5, np.pi / 2))
    assert radius[14, 10] == pytest.approx(4)
    assert radius[10, 14] == pytest.approx(8)
