import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.shapes.apertures import Ellipse
from strandline.shapes.asymmetry import asymmetry, asymmetry_centre, shape_asymmetry
from strandline.shapes.scene import Scene
from tests.shapes.conftest import noisy, sersic

Image = NDArray[np.float64]


def _scene(image: Image, masked: NDArray[np.bool_] | None = None, noise: float = 1e-9) -> Scene:
    masked = np.zeros(image.shape, dtype=np.bool_) if masked is None else masked
    y, x = np.indices(image.shape) - (np.array(image.shape)[:, None, None] - 1) / 2
    target = (np.hypot(x, y) < 50) & ~masked
    return Scene(np.where(masked, 0.0, image), masked, target, noise, 0.0, 0.0)


def test_symmetric_image_has_none() -> None:
    scene = _scene(sersic(1, 8, 0.6, 0.3))
    assert asymmetry(scene, Ellipse(80.0, 80.0), 0, 30) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("x", "y"), [(80.0, 80.0), (80.5, 79.5), (80.3, 79.1)])
def test_against_turning_by_interpolation(x: float, y: float) -> None:
    from scipy import ndimage

    image = np.random.default_rng(0).random((161, 161))
    rows, columns = np.indices(image.shape)
    turned = ndimage.map_coordinates(image, [2 * y - rows, 2 * x - columns], order=1)
    inside = np.hypot(columns - x, rows - y) <= 40
    expected = np.abs(image - turned)[inside].sum() / image[inside].sum()
    masked = np.zeros(image.shape, dtype=np.bool_)
    everything = Scene(image, masked, ~masked, 1e-12, 0.0, 0.0)  # no sky to subtract
    assert asymmetry(everything, Ellipse(x, y), 0, 40) == pytest.approx(expected, rel=1e-9)


def test_point_beside_the_centre_counts_twice() -> None:
    # of a light 1 - f in the centre and f beside it, 2 f is left
    image = np.zeros((161, 161))
    image[80, 80], image[80, 90] = 0.7, 0.3
    assert asymmetry(_scene(image), Ellipse(80.0, 80.0), 0, 30) == pytest.approx(0.6, abs=1e-6)
    assert asymmetry(_scene(image), Ellipse(80.0, 80.0), 5, 30) == pytest.approx(
        2, abs=1e-6
    )  # the ring holds nothing but the point: 0.3 + 0.3 over 0.3


def test_what_is_masked_and_its_counterpart_are_left_out() -> None:
    image = sersic(1, 8)
    image[80, 90] += 1000
    masked = np.zeros(image.shape, dtype=np.bool_)
    masked[78:83, 88:93] = True
    assert asymmetry(_scene(image, masked), Ellipse(80.0, 80.0), 0, 30) == pytest.approx(
        0, abs=1e-6
    )


def test_noise_makes_no_asymmetry_on_average() -> None:
    found = []
    for seed in range(20):
        image = noisy(sersic(1, 8, flux=5e4), seed)
        found.append(asymmetry(_scene(image, noise=1.0), Ellipse(80.0, 80.0), 0, 30))
    # the correction is exact where the galaxy is symmetric; scatter of 20 is about 0.001
    assert np.mean(found) == pytest.approx(0, abs=0.004)


@pytest.mark.parametrize(("x", "y"), [(80.0, 80.0), (81.3, 78.6), (79.52, 80.77)])
def test_centre_of_a_symmetric_galaxy_is_found(x: float, y: float) -> None:
    scene = _scene(sersic(1, 8, 0.7, 1.0, x=x, y=y))
    found = asymmetry_centre(scene, 80.0, 80.0, 30, 10)
    assert found == pytest.approx((x, y), abs=0.1)  # cells are averaged, so that it is not exact


def test_centre_that_runs_away_is_refused() -> None:
    scene = _scene(sersic(1, 8, x=90.0))
    assert asymmetry_centre(scene, 80.0, 80.0, 30, 5) is None


def test_half_an_outline_has_a_shape_asymmetry_of_two() -> None:
    y, x = np.indices((81, 81)) - 40
    outline = (np.hypot(x, y) < 30) & (x > 0)
    nothing = np.zeros(outline.shape, dtype=np.bool_)
    assert shape_asymmetry(outline, nothing, Ellipse(40.0, 40.0), 31) == pytest.approx(2)
    whole = np.hypot(x, y) < 30
    assert shape_asymmetry(whole, nothing, Ellipse(40.0, 40.0), 31) == pytest.approx(0)
