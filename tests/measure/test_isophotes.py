import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.measure import Isophotes, fit_isophotes, radius_map

SIDE = 121
START = (60.0, 60.0, 8.0, 0.3, 0.4)


def galaxy(
    ellipticity: float = 0.45, angle: float = 0.6, *, noise: float = 0.5, seed: int = 1
) -> NDArray[np.float64]:
    y, x = np.mgrid[:SIDE, :SIDE] - 60.0
    u = x * np.cos(angle) + y * np.sin(angle)
    v = (y * np.cos(angle) - x * np.sin(angle)) / (1 - ellipticity)
    light = 300 * np.exp(-np.hypot(u, v) / 9)
    return np.asarray(light + np.random.default_rng(seed).normal(0, noise, light.shape))


def fitted(image: NDArray[np.float64], masked: NDArray[np.bool_] | None = None) -> Isophotes:
    hidden = np.zeros(image.shape, dtype=np.bool_) if masked is None else masked
    return fit_isophotes(image, hidden, START, noise=0.5, most_px=60)


def between(told: Isophotes, low: float, high: float) -> NDArray[np.bool_]:
    return np.asarray((told.axis_px >= low) & (told.axis_px <= high))


def test_shape_of_an_ellipse_is_found() -> None:
    told = fitted(galaxy())
    where = between(told, 5, 35)
    assert told.reached_px > 35
    np.testing.assert_allclose(told.ellipticity[where], 0.45, atol=0.03)
    np.testing.assert_allclose(told.angle[where] % np.pi, 0.6, atol=0.05)
    np.testing.assert_allclose(told.x[where], 60, atol=0.5)
    np.testing.assert_allclose(told.y[where], 60, atol=0.5)


def test_star_on_the_galaxy_is_clipped() -> None:
    image = galaxy()
    image[66:71, 74:79] += 400
    where = between(told := fitted(image), 5, 35)
    np.testing.assert_allclose(told.ellipticity[where], 0.45, atol=0.05)


def test_agrees_with_photutils() -> None:
    isophote = pytest.importorskip("photutils.isophote")
    image = galaxy(noise=0.3)
    geometry = isophote.EllipseGeometry(60, 60, 10, 0.4, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = isophote.Ellipse(image, geometry=geometry).fit_image(maxsma=30, minsma=6, step=0.2)
    ours = fitted(image)
    good = (theirs.stop_code == 0) & (theirs.sma > 6)
    assert good.sum() >= 6
    ellipticity = np.interp(theirs.sma[good], ours.axis_px, ours.ellipticity)
    angle = np.interp(theirs.sma[good], ours.axis_px, ours.angle)
    np.testing.assert_allclose(ellipticity, theirs.eps[good], atol=0.03)
    np.testing.assert_allclose(angle % np.pi, theirs.pa[good] % np.pi, atol=0.05)


def test_radius_of_pixels_is_that_of_their_ellipse() -> None:
    axes = np.array(2.0 * 1.12 ** np.arange(30))
    same = np.ones_like(axes)
    told = Isophotes(axes, 60 * same, 60 * same, 0.5 * same, 0 * same, reached_px=40)
    radius = radius_map((SIDE, SIDE), told)
    assert radius[60, 80] == pytest.approx(20, abs=0.1)
    assert radius[80, 60] == pytest.approx(40, abs=0.1)
