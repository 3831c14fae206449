import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.shapes.apertures import Ellipse
from strandline.shapes.scene import Scene
from strandline.shapes.smoothness import smoothness
from tests.shapes.conftest import sersic

CENTRE = Ellipse(80.0, 80.0)


def _scene(image: NDArray[np.float64]) -> Scene:
    nothing = np.zeros(image.shape, dtype=np.bool_)
    return Scene(image, nothing, ~nothing, 1.0, 0.0, 0.0)


def test_uniform_light_is_smooth() -> None:
    assert smoothness(_scene(np.ones((161, 161))), CENTRE, 20) == pytest.approx(0, abs=1e-9)


def test_points_on_nothing_are_all_clumps_but_for_their_own_mean() -> None:
    # a point keeps all but 1/25 of its light when the mean of 5 x 5 px is taken away
    image = np.zeros((161, 161))
    for x in (65, 72, 88, 95):
        image[80, x] = 10.0
    assert smoothness(_scene(image), CENTRE, 20) == pytest.approx(1 - 1 / 25)


def test_no_light_has_none() -> None:
    assert np.isnan(smoothness(_scene(sersic(1, 8) * 0), CENTRE, 20))
