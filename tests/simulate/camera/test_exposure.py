"""Exposures: the promised depth is reached, conditions are drawn, impossible ones refused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.photometry import flux_to_mag
from strandline.simulate.camera import (
    Exposure,
    SurveyProfile,
    exposures,
    limit_of_noise,
    noise_of_limit,
    observe,
    see,
)

LOVOCCS = SurveyProfile.load("lovoccs")
BOX_ARCSEC = 10.0


def _drawn(name: str, seed: int = 3) -> tuple[Exposure, ...]:
    profile = SurveyProfile.load(name)
    return exposures(profile, tuple(profile.bands), np.random.default_rng(seed))


def _in_boxes(
    image: NDArray[np.float32], side: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Sums of `image` in 4000 random boxes, from its cumulative sums."""
    sums = np.pad(image.cumsum(0, dtype=np.float64).cumsum(1), ((1, 0), (1, 0)))
    top, left = (rng.integers(0, n - side + 1, 4000) for n in image.shape)
    bottom, right = top + side, left + side
    boxes = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(boxes, dtype=np.float64)


@pytest.mark.parametrize("name", SurveyProfile.names())
def test_noise_reaches_the_limit_in_random_boxes(name: str) -> None:
    """3 sigma in boxes of ten by ten arcsec is the limit that each band of the survey states."""
    for exposure in _drawn(name):
        rng = np.random.default_rng(1)
        side = round(BOX_ARCSEC / exposure.pixel_arcsec)
        blank = np.zeros((14 * side, 14 * side), dtype=np.float32)
        image, _ = observe(blank, exposure, rng)
        scatter = _in_boxes(image, side, rng).std()
        # the limit is that of a box of exactly 100 arcsec2; noise of a box goes with its side
        limit = flux_to_mag(3 * scatter / (side * exposure.pixel_arcsec) / BOX_ARCSEC)
        # 14 x 14 boxes that do not overlap: sigma to 5 %, 0.055 mag; here within 3 sigma of that
        assert float(limit) == pytest.approx(exposure.depth, abs=0.16)


@pytest.mark.parametrize("name", SurveyProfile.names())
def test_depth_and_seeing_scatter_about_those_of_the_survey(name: str) -> None:
    profile = SurveyProfile.load(name)
    band, settings = next(iter(profile.bands.items()))
    drawn = [exposures(profile, (band,), np.random.default_rng(k))[0] for k in range(60)]
    depth = np.array([exposure.depth for exposure in drawn])
    width = np.log([exposure.psf_fwhm_arcsec for exposure in drawn])
    # means of 60: to 0.13 sigma; scatter to 9 %
    assert depth.mean() == pytest.approx(settings.depth, abs=0.5 * settings.depth_scatter)
    assert depth.std() == pytest.approx(settings.depth_scatter, rel=0.35)
    assert width.std() == pytest.approx(settings.psf_scatter, rel=0.35)


def test_the_variance_is_that_of_the_image() -> None:
    exposure = _drawn("hsc")[1]
    assert exposure.smooth_px > 0
    light = np.full((400, 400), 200.0, dtype=np.float32)
    image, variance = observe(light, exposure, np.random.default_rng(2))
    assert image.std() == pytest.approx(np.sqrt(variance.mean()), rel=0.02)
    blank, _ = observe(0 * light, exposure, np.random.default_rng(2))
    assert blank.std() == pytest.approx(exposure.pixel_noise_njy, rel=0.02)
    photons = 200.0 / exposure.gain_per_njy
    assert variance[0, 0] / blank.var() == pytest.approx(
        1 + photons / exposure.sky_noise_njy**2, rel=0.02
    )


def test_full_pixels_stay_at_the_saturation_level() -> None:
    exposure = _drawn("lovoccs")[2]
    light = np.full((20, 20), 3 * exposure.saturation_njy, dtype=np.float32)
    image, variance = observe(light, exposure, np.random.default_rng(2))
    assert np.all(image == np.float32(exposure.saturation_njy))
    assert np.isfinite(variance).all()


def test_the_saturation_of_a_survey_is_that_of_a_star_in_median_seeing() -> None:
    exposure = _drawn("sdss")[2]
    profile = SurveyProfile.load("sdss")
    peak = profile.median_psf("r").kernel(profile.pixel_arcsec).max()
    mag = float(flux_to_mag(exposure.saturation_njy / peak))
    assert mag == pytest.approx(profile.bands["r"].saturation_mag, abs=0.01)


def test_noise_and_limit_are_each_other_s_inverse() -> None:
    assert limit_of_noise(noise_of_limit(28.3, 0.2), 0.2) == pytest.approx(28.3)


def test_sdss_pixels_are_as_noisy_as_they_are() -> None:
    """A corrected frame in r scatters by 0.02 to 0.035 nanomaggies a pixel."""
    exposure = _drawn("sdss")[2]
    assert 0.02 < exposure.pixel_noise_njy / 3631 < 0.04


def test_conditions_of_a_band_do_not_depend_on_the_others() -> None:
    alone = exposures(LOVOCCS, ("i",), np.random.default_rng(7))[0]
    together = exposures(LOVOCCS, ("i", "u", "r"), np.random.default_rng(7))
    assert together[0] == alone
    assert [exposure.band for exposure in together] == ["i", "u", "r"]


def test_depth_and_seeing_can_be_changed() -> None:
    usual = exposures(LOVOCCS, ("r",), np.random.default_rng(7))[0]
    other = exposures(LOVOCCS, ("r",), np.random.default_rng(7), deeper_mag=1.0, seeing_factor=0.5)[
        0
    ]
    assert other.depth == pytest.approx(usual.depth + 1)
    assert other.sky_noise_njy == pytest.approx(usual.sky_noise_njy * 10**-0.4)
    assert other.psf_fwhm_arcsec == pytest.approx(0.5 * usual.psf_fwhm_arcsec)
    # the sky is the same, so that more photons were gathered
    assert other.gain_per_njy == pytest.approx(usual.gain_per_njy * 10**0.8)


@pytest.mark.parametrize("bands", [("g", "K"), (), ("g", "g")])
def test_impossible_bands_are_refused(bands: tuple[str, ...]) -> None:
    with pytest.raises(OptionError, match="for lovoccs; name some of u, g, r, i, z, each once"):
        exposures(LOVOCCS, bands, np.random.default_rng(0))


@pytest.mark.parametrize("change", [float("nan"), -20.0, 9.0])
def test_an_impossible_depth_is_refused(change: float) -> None:
    with pytest.raises(OptionError, match=f"change of depth of {change}.*within 20 to 33"):
        exposures(LOVOCCS, ("r",), np.random.default_rng(0), deeper_mag=change)


@pytest.mark.parametrize("factor", [float("nan"), 0.0, 7.0])
def test_an_impossible_seeing_is_refused(factor: float) -> None:
    with pytest.raises(OptionError, match=f"seeing factor of {factor}"):
        exposures(LOVOCCS, ("r",), np.random.default_rng(0), seeing_factor=factor)


def test_a_stack_is_seen_through_one_exposure_each() -> None:
    drawn = _drawn("lovoccs")[:2]
    light = np.random.default_rng(2).uniform(0, 1, (2, 50, 50)).astype(np.float32)
    np.testing.assert_array_equal(see(light, drawn)[1], see(light[1], drawn[1]))
