import numpy as np
import pytest
from scipy import ndimage

from strandline.measure.turning import turned


@pytest.mark.parametrize(("x", "y"), [(15.0, 12.0), (14.3, 13.9), (17.75, 9.5), (2.2, 28.6)])
def test_agrees_with_splines(x: float, y: float) -> None:
    image = np.random.default_rng(0).normal(size=(31, 33))
    shift = (2 * y - 30, 2 * x - 32)
    expected = ndimage.shift(image[::-1, ::-1], shift, order=1, mode="constant", cval=np.nan)
    found = turned(image, x, y)
    known = np.isfinite(expected)
    assert known.any()
    assert np.allclose(found[known], expected[known])


def test_twice_is_once() -> None:
    image = np.random.default_rng(1).normal(size=(20, 20))
    assert np.allclose(turned(turned(image, 9.5, 9.5), 9.5, 9.5), image)


def test_nothing_of_the_image_is_left_far_away() -> None:
    assert (turned(np.ones((10, 10)), 40.0, 5.0, fill=3.0) == 3.0).all()
