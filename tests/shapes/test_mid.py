import numpy as np
import pytest
from scipy import ndimage

from strandline.shapes.mid import deviation_intensity, multimode
from tests.shapes.conftest import sersic


def test_multimode_is_the_best_of_all_thresholds() -> None:
    random = np.random.default_rng(3)
    image = ndimage.gaussian_filter(random.random((40, 40)), 2.0)
    region = np.ones(image.shape, dtype=np.bool_)
    best, answer = 0.0, 0.0
    for threshold in np.unique(image):
        numbered, _ = ndimage.label(image >= threshold, np.ones((3, 3)))
        sizes = np.sort(np.bincount(numbered.ravel())[1:])[::-1]
        if len(sizes) > 1 and sizes[1] ** 2 / sizes[0] > best:
            best, answer = sizes[1] ** 2 / sizes[0], sizes[1] / sizes[0]
    assert multimode(image, region) == pytest.approx(answer)


def test_two_equal_points() -> None:
    image = np.zeros((31, 31))
    image[15, 8] = image[15, 22] = 1.0
    region = image > 0
    assert multimode(image, region) == pytest.approx(1)
    deviation, intensity = deviation_intensity(image, region)
    assert intensity == pytest.approx(1)
    assert deviation == pytest.approx(7 * np.sqrt(np.pi / 2))


def test_one_smooth_galaxy_has_none_of_the_three() -> None:
    image = sersic(1, 8)
    region = image > image.max() / 30
    assert multimode(image, region) == 0
    deviation, intensity = deviation_intensity(image, region)
    assert deviation == pytest.approx(0, abs=1e-6)
    assert intensity == 0


def test_intensity_is_the_ratio_of_two_far_galaxies() -> None:
    image = sersic(0.5, 4, x=50.0) + sersic(0.5, 4, flux=5e4, x=110.0)
    region = image > image.max() / 1e4
    assert deviation_intensity(image, region)[1] == pytest.approx(0.25, rel=0.02)


def test_nothing_gives_nothing() -> None:
    empty = np.zeros((9, 9))
    assert np.isnan(multimode(empty, empty > 0))
    assert np.isnan(deviation_intensity(empty, empty > 0)).all()
