import numpy as np
import pytest

from strandline.shapes.scene import SceneOptions, look_at
from tests.shapes.conftest import NOISE, noisy, sersic


def test_a_neighbour_is_masked_and_the_galaxy_is_not() -> None:
    image = noisy(sersic(1, 8) + sersic(1, 4, flux=5e4, x=125.0, y=110.0))
    scene = look_at(image, SceneOptions())
    assert scene is not None
    assert scene.masked[110, 125]
    assert scene.image[110, 125] == 0
    assert scene.target[80, 80]
    assert not (scene.target & scene.masked).any()
    assert scene.neighbours == pytest.approx(0, abs=0.3)


def test_noise_and_level_of_the_sky_beside_a_galaxy() -> None:
    image = noisy(sersic(1, 8)) + 30
    scene = look_at(image, SceneOptions(subtract_sky=True))
    assert scene is not None
    assert scene.sky == pytest.approx(30, abs=0.1)
    assert scene.noise == pytest.approx(NOISE, rel=0.05)


def test_missing_pixels_are_masked() -> None:
    image = noisy(sersic(1, 8))
    image[:20] = np.nan
    scene = look_at(image, SceneOptions())
    assert scene is not None
    assert scene.masked[:20].all()
    assert np.isfinite(scene.image).all()


def test_a_galaxy_elsewhere_is_not_in_the_middle() -> None:
    assert look_at(noisy(sersic(1, 4, x=20.0, y=30.0)), SceneOptions()) is None
