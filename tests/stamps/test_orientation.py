import numpy as np
import pytest

from strandline.stamps.orientation import north_and_east
from tests.stamps.scenes import SCALE_ARCSEC, wcs_of

X, Y = np.array([10.0, 40.0, 80.0]), np.array([70.0, 50.0, 5.0])


@pytest.mark.parametrize("turned_deg", [0.0, 30.0, -120.0, 179.0])
def test_north_and_east_of_a_turned_image(turned_deg: float) -> None:
    north, east = north_and_east(wcs_of((100, 100), turned_deg=turned_deg), X, Y)
    np.testing.assert_allclose(north, turned_deg, atol=0.01)
    np.testing.assert_allclose((east - turned_deg - 90 + 180) % 360 - 180, 0, atol=0.01)


def test_on_a_mirrored_image_east_is_on_the_other_side() -> None:
    wcs = wcs_of((100, 100))
    wcs.wcs.cd = wcs.wcs.cd * np.array([[-1], [1]])
    north, east = north_and_east(wcs, X, Y)
    np.testing.assert_allclose(north, 0, atol=0.01)
    np.testing.assert_allclose(east, -90, atol=0.01)


def test_directions_follow_the_meridians_near_the_pole() -> None:
    north, _ = north_and_east(wcs_of((100, 100), dec=89.99), X, Y)
    pole_x, pole_y = 49.5, 49.5 + 36 / SCALE_ARCSEC
    expected = np.degrees(np.arctan2(X - pole_x, pole_y - Y))
    np.testing.assert_allclose(north, expected, atol=0.3)  # a step of one px is not nothing here


def test_without_a_wcs_there_is_no_north() -> None:
    north, east = north_and_east(None, X, Y)
    assert np.isnan(north).all()
    assert np.isnan(east).all()
