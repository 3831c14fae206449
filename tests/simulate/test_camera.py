import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.photometry import flux_to_mag
from strandline.simulate.camera import Exposure, exposures, moffat, observe, see
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.plans import StarPlan
from strandline.simulate.stars import add_stars

EXPOSURE = Exposure(
    band="r", psf_fwhm_arcsec=1.0, sky_noise_njy=20.0, gain_per_njy=0.5, tilt=(0.0, 0.0)
)


def test_a_moffat_has_its_width_and_all_its_light() -> None:
    radius = np.hypot(*np.meshgrid(np.arange(-400, 401), np.arange(-400, 401))) * PIXEL_ARCSEC
    profile = moffat(radius, 1.1)
    assert profile.sum() == pytest.approx(1, abs=0.003)  # sampled at pixel centres
    peak, half = moffat(np.array([0.0, 0.55]), 1.1)
    assert half / peak == pytest.approx(0.5, rel=1e-5)


def test_seeing_equals_a_sum_over_pixels() -> None:
    """The Fourier convolution against the definition, away from the frame's edge."""
    rng = np.random.default_rng(4)
    light = np.zeros((81, 90), dtype=np.float32)
    light[35:45, 40:50] = rng.uniform(0, 100, (10, 10))
    slow = np.zeros(light.shape)
    rows, columns = np.mgrid[0:81, 0:90]
    for row, column in zip(*np.nonzero(light), strict=True):
        radius = np.hypot(rows - row, columns - column) * PIXEL_ARCSEC
        slow += light[row, column] * moffat(radius, 1.0)
    seen = see(light, EXPOSURE)
    # the kernel is normalised on its grid, which the sampled profile misses by 0.3 %
    np.testing.assert_allclose(seen, slow, rtol=0.005, atol=0.02)


def test_stars_and_seen_points_are_alike() -> None:
    light = np.zeros((101, 101), dtype=np.float32)
    add_stars(light, [StarPlan("s", 50.0, 50.0, 20.0, 0.6)], EXPOSURE)
    point = np.zeros((101, 101), dtype=np.float32)
    point[50, 50] = light.sum()
    # the star's patch ends where it falls under 1 nJy a pixel, which leaves out 0.5 % of it
    np.testing.assert_allclose(light, see(point, EXPOSURE), atol=0.006 * light.max())
    assert float(flux_to_mag(light.sum())) == pytest.approx(20.0, abs=0.02)


def test_noise_reaches_the_promised_depth() -> None:
    """3 sigma in 10"x10", measured on blank sky by summing blocks of 38 px."""
    exposure = exposures(("g",), np.random.default_rng(3))[0]
    blank = observe(np.zeros((1140, 1140), dtype=np.float32), exposure, np.random.default_rng(1))
    flat = blank - np.median(blank)
    blocks = flat.reshape(30, 38, 30, 38).sum(axis=(1, 3))
    slope = np.linspace(-1, 1, 30)
    design = np.stack([np.ones((30, 30)), *np.meshgrid(slope, slope)]).reshape(3, -1).T
    design = np.column_stack([design, design[:, 1] ** 2 + design[:, 2] ** 2])
    left = blocks.ravel() - design @ np.linalg.lstsq(design, blocks.ravel(), rcond=None)[0]
    limit = flux_to_mag(3 * left.std() / (38 * PIXEL_ARCSEC) ** 2)
    # 900 blocks: sigma to 2.4 %, 0.03 mag; the depth itself scatters by 0.05 mag about 28.9
    assert float(limit) == pytest.approx(28.9, abs=0.2)


def test_bright_light_is_noisier_and_saturates() -> None:
    light = np.full((300, 300), 1e4, dtype=np.float32)
    recorded = observe(light, EXPOSURE, np.random.default_rng(2))
    # sqrt(20^2 + 1e4 / 0.5) = 142.8; 90000 px give the scatter to 0.25 %
    assert recorded.std() == pytest.approx(142.8, rel=0.02)
    brighter = observe(light * 100, EXPOSURE, np.random.default_rng(2))
    assert np.all(brighter == np.float32(EXPOSURE.saturation_njy))


def test_a_saturated_star_bleeds_along_its_column_and_has_spikes() -> None:
    light = np.zeros((401, 401), dtype=np.float32)
    add_stars(light, [StarPlan("s", 200.0, 200.0, 14.0, 0.6)], EXPOSURE)
    full = light > EXPOSURE.saturation_njy
    rows, columns = np.nonzero(full)
    assert np.ptp(rows) > 2 * np.ptp(columns)
    on_spike, off_spike = light[200 + 35, 200 + 35], light[200, 200 + 49]
    assert on_spike > 2 * off_spike


def test_conditions_of_a_band_do_not_depend_on_the_others() -> None:
    alone = exposures(("i",), np.random.default_rng(7))[0]
    together = exposures(("i", "u", "r"), np.random.default_rng(7))
    assert together[0] == alone
    assert [exposure.band for exposure in together] == ["i", "u", "r"]


@pytest.mark.parametrize("bands", [("g", "K"), (), ("g", "g")])
def test_impossible_bands_are_refused(bands: tuple[str, ...]) -> None:
    with pytest.raises(OptionError, match="name some of u, g, r, i, z, each once"):
        exposures(bands, np.random.default_rng(0))
