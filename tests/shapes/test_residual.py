import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.shapes.apertures import Ellipse
from strandline.shapes.residual import residual_of, smooth_model
from strandline.shapes.scene import Scene
from tests.shapes.conftest import NOISE, noisy, sersic

ELLIPSE = Ellipse(80.0, 80.0, 0.6, 0.5)


def _scene(image: NDArray[np.float64], noise: float) -> Scene:
    nothing = np.zeros(image.shape, dtype=np.bool_)
    return Scene(image, nothing, nothing, noise, 0.0, 0.0)


def test_model_is_the_galaxy_where_that_is_smooth() -> None:
    image = sersic(1, 12, 0.6, 0.5)
    model = smooth_model(_scene(image, 1e-9), ELLIPSE, 60)
    assert np.abs(model - image).sum() / image.sum() < 0.02


def test_a_feature_over_less_than_half_an_ellipse_stays_out_of_the_model() -> None:
    image = sersic(1, 12, 0.6, 0.5)
    feature = np.zeros_like(image)
    feature[100:110, 90:115] = image.max() / 20
    clean = smooth_model(_scene(image, 1e-9), ELLIPSE, 60)
    model = smooth_model(_scene(image + feature, 1e-9), ELLIPSE, 60)
    rest = image + feature - model
    found = rest[feature > 0].sum() / feature.sum()
    assert found == pytest.approx(1, abs=0.15)  # what the median takes of it, on few ellipses
    assert np.abs(model - clean).sum() / image.sum() < 0.02


def test_fraction_is_that_of_the_light_put_in() -> None:
    image = sersic(1, 12, 0.6, 0.5)
    feature = np.zeros_like(image)
    feature[98:104, 88:100] = 0.05 * image.sum() / 72
    plain = residual_of(_scene(noisy(image), NOISE), ELLIPSE, 30, 12)
    found = residual_of(_scene(noisy(image + feature), NOISE), ELLIPSE, 30, 12)
    assert plain.flux_fraction == pytest.approx(0, abs=0.01)
    assert plain.tidal < 0.04
    assert found.flux_fraction - plain.flux_fraction == pytest.approx(0.05, abs=0.01)
    assert found.outer_fraction > 1.5 * (found.flux_fraction - plain.flux_fraction)
    assert found.tidal > 3 * plain.tidal


def test_nothing_has_no_residual() -> None:
    found = residual_of(_scene(np.zeros((161, 161)), 1.0), ELLIPSE, 30, 12)
    assert np.isnan([found.flux_fraction, found.outer_fraction, found.tidal]).all()
