"""Colour pictures: hue is kept, and empty sky looks like that of SDSS pictures."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.camera import (
    SurveyProfile,
    colour_jpeg,
    colour_picture,
    exposures,
    navigator_cutout,
    noise_of_limit,
    observe,
)

SDSS = SurveyProfile.load("sdss")


def _sky(side: int = 320) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(4)
    blank = np.zeros((side, side), dtype=np.float32)
    drawn = [
        replace(each, sky_noise_njy=noise_of_limit(SDSS.bands[each.band].depth, SDSS.pixel_arcsec))
        for each in exposures(SDSS, ("g", "r", "i"), rng)
    ]
    return {each.band: observe(blank, each, rng)[0] for each in drawn}


def test_empty_sky_has_the_level_and_the_noise_of_real_pictures() -> None:
    """Medians over 500 real corners: level 4.3, 4.5, 2.7; noise 3.1, 3.0, 2.8; see the profile.

    Correlation of neighbours is 0.75 at the scale of a galaxy of R90 = 7 arcsec, and 0.94 or more
    between colours, which is the work of JPEG.
    """
    seen = navigator_cutout(_sky(), SDSS, field_arcsec=60.0).astype(np.float64)
    assert seen.shape == (212, 212, 3)
    level, noise = seen.mean((0, 1)), seen.std((0, 1))
    np.testing.assert_allclose(level, (4.3, 4.5, 2.7), atol=0.5)
    np.testing.assert_allclose(noise, (3.1, 3.0, 2.8), atol=0.5)
    flat = seen - level
    green = flat[..., 1]
    assert (green[:, 1:] * green[:, :-1]).mean() / noise[1] ** 2 == pytest.approx(0.75, abs=0.08)
    across = (flat[..., 0] * flat[..., 2]).mean() / (noise[0] * noise[2])
    assert across > 0.85
    assert np.mean(seen[..., 2] == 0) == pytest.approx(0.27, abs=0.1)


@pytest.mark.parametrize("brightness", [2e5, 2e6, 2e8])
def test_hue_does_not_depend_on_brightness(brightness: float) -> None:
    flux = {"g": 0.5, "r": 1.0, "i": 1.4}
    images = {
        band: np.full((16, 16), part * brightness * SDSS.pixel_arcsec**2, dtype=np.float32)
        for band, part in flux.items()
    }
    red, green, blue = colour_picture(images, SDSS)[0, 0].astype(float)
    assert red / green == pytest.approx(1.4 * 6.5 / 7.5, rel=0.03)
    assert blue / green == pytest.approx(0.5 * 10.0 / 7.5, rel=0.05)
    assert max(red, green, blue) <= 255


def test_missing_pixels_are_dark() -> None:
    images = {band: np.full((16, 16), np.nan, dtype=np.float32) for band in "gri"}
    assert colour_jpeg(images, SDSS).max() <= 2


def test_a_survey_without_three_bands_has_no_pictures() -> None:
    with pytest.raises(OptionError, match="euclid-vis has no colour pictures"):
        colour_picture({}, SurveyProfile.load("euclid-vis"))


def test_a_missing_band_is_named() -> None:
    with pytest.raises(OptionError, match="needs the bands i, r, g; i is missing"):
        colour_jpeg({band: np.zeros((8, 8), dtype=np.float32) for band in "gr"}, SDSS)


@pytest.mark.parametrize("field_arcsec", [200.0, 0.0, float("nan")])
def test_a_cutout_beyond_the_image_is_refused(field_arcsec: float) -> None:
    with pytest.raises(OptionError, match="does not lie within an image of 320 x 320 pixels"):
        navigator_cutout(_sky(), SDSS, field_arcsec=field_arcsec)


def test_a_cutout_is_centred_where_it_is_asked_for() -> None:
    images = {band: np.zeros((200, 220), dtype=np.float32) for band in "gri"}
    for image in images.values():
        image[118:123, 78:83] = 1e4
    cutout = navigator_cutout(images, SDSS, field_arcsec=30.0, centre_px=(80.0, 120.0))
    rows, columns = np.nonzero(cutout[..., 1] > 0.5 * cutout[..., 1].max())
    assert (rows.mean(), columns.mean()) == (
        pytest.approx(105.5, abs=1),
        pytest.approx(105.5, abs=1),
    )
