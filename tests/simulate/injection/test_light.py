"""The light of a feature: length, brightness and colour as asked for; seeing as of stars."""

import math

import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.photometry import mag_to_flux
from strandline.simulate.injection import FeatureLight, Host, Wish, check_bands, feature_light
from strandline.simulate.injection.hosts import major_axis_rad, reference_magnitude
from strandline.simulate.injection.image import add_light, overlap
from strandline.simulate.injection.plans import INJECTABLE
from strandline.simulate.injection.seeing import measure_fwhm_px, moffat_px, through_seeing
from strandline.simulate.injection.truth import feature_mask, position_angle_deg
from strandline.simulate.plans import Kind

BANDS = ("g", "r", "z")
HOST = Host("host", mag_r=16.5, radius_arcsec=4.0, redshift=0.05, minus_r={"g": 0.9, "z": -0.6})


def _made(kind: Kind, *, sb: float = 25.0, length_kpc: float = 30.0, seed: int = 1) -> FeatureLight:
    wish = Wish(kind, brightness=sb, length_kpc=length_kpc, seed=seed)
    return feature_light(HOST, wish, BANDS, pixel_arcsec=0.4, most_half_px=160)


@pytest.mark.parametrize("kind", [kind for kind in INJECTABLE if kind != "approaching"])
def test_every_kind_has_the_brightness_and_length_asked_for(kind: Kind) -> None:
    made = _made(kind)
    assert made.brightness == pytest.approx(25.0, abs=0.005)
    assert made.peak_brightness < 25.0
    if 0.41 < made.magnified < 2.45:
        assert made.length_kpc == pytest.approx(30.0, rel=0.1)
    flux = float(made.feature_njy.sum(dtype=np.float64))
    assert flux == pytest.approx(made.feature_flux_njy["r"], rel=1e-3)
    assert made.fraction == pytest.approx(flux / float(mag_to_flux(HOST.mag_r)), rel=1e-3)


def test_a_magnitude_brighter_is_two_and_a_half_times_the_light() -> None:
    faint, bright = _made("stream", sb=26.0), _made("stream", sb=25.0)
    np.testing.assert_allclose(bright.light_njy, 2.51189 * faint.light_njy, rtol=1e-4)


def test_without_a_companion_all_light_is_the_features() -> None:
    made = _made("stream")
    assert made.companion is None
    np.testing.assert_allclose(made.light_njy[1], made.feature_njy, rtol=1e-5)


def test_a_companion_is_painted_beside_the_tails_and_alone_before_the_passage() -> None:
    made = _made("tails")
    assert made.companion is not None
    companion = made.light_njy[1] - made.feature_njy
    assert companion.min() > -1e-3
    dx, dy, mag = made.companion
    half = companion.shape[0] // 2
    if max(abs(dx), abs(dy)) / 0.4 < half - 30:
        assert companion.sum() == pytest.approx(float(mag_to_flux(mag)), rel=0.05)
        row, column = np.unravel_index(np.argmax(companion), companion.shape)
        assert math.hypot(column - half - dx / 0.4, row - half - dy / 0.4) < 4
    alone = _made("approaching")
    assert alone.companion is not None
    assert not alone.feature_njy.any()
    assert math.isnan(alone.brightness)


def test_tails_take_the_colour_of_their_real_galaxy() -> None:
    wish = Wish("tails", brightness=25.0, length_kpc=30.0, seed=1)
    colours = []
    for g_r in (0.5, 0.8):
        host = Host("host", 16.5, 4.0, 0.05, {"g": g_r, "z": -0.4})
        made = feature_light(host, wish, BANDS, pixel_arcsec=0.4, most_half_px=160)
        flux = made.feature_flux_njy
        colours.append(-2.5 * math.log10(flux["g"] / flux["r"]))
    assert colours[1] - colours[0] == pytest.approx(0.3, abs=0.01)


def test_an_image_without_r_gets_the_same_feature() -> None:
    wish = Wish("stream", brightness=25.0, length_kpc=30.0, seed=1)
    made = feature_light(HOST, wish, ("g", "z"), pixel_arcsec=0.4, most_half_px=160)
    assert made.light_njy.shape[0] == 2
    np.testing.assert_allclose(made.light_njy[0], _made("stream").light_njy[0], rtol=1e-4)


def test_bands_that_cannot_be_painted_are_named_with_those_that_can() -> None:
    with pytest.raises(OptionError, match=r"band w1; the simulator knows u, g, vis, r"):
        check_bands(("g", "w1"))


@pytest.mark.parametrize("fwhm", [2.5, 4.0, 6.0])
def test_a_point_gets_the_width_of_the_stars_that_were_measured(fwhm: float) -> None:
    rng = np.random.default_rng(0)
    sky = rng.normal(0, 1.0, (300, 300)).astype(np.float32)
    y, x = np.indices(sky.shape)
    for _ in range(25):
        radius = np.hypot(x - rng.uniform(15, 285), y - rng.uniform(15, 285))
        sky += (4e3 * moffat_px(radius, fwhm)).astype(np.float32)
    measured = measure_fwhm_px([sky])
    assert measured == pytest.approx(fwhm, rel=0.02)
    knots = np.zeros((1, 300, 300), dtype=np.float32)
    rows, columns = (rng.integers(20, 280, 25) for _ in range(2))
    knots[0, rows, columns] = 4e3
    (seen,) = through_seeing(knots, [measured])
    assert seen.sum() == pytest.approx(knots.sum(), rel=0.01)
    noise = rng.normal(0, 1.0, seen.shape).astype(np.float32)
    assert measure_fwhm_px([seen + noise]) == pytest.approx(fwhm, rel=0.03)


def test_too_few_stars_have_no_width() -> None:
    assert math.isnan(measure_fwhm_px([np.zeros((64, 64), dtype=np.float32)]))
    assert math.isnan(measure_fwhm_px([]))


def test_light_can_be_moved_by_a_part_of_a_pixel() -> None:
    knot = np.zeros((1, 64, 64), dtype=np.float32)
    knot[0, 30, 30] = 1.0
    (seen,) = through_seeing(knot, [4.0], [(0.4, -0.3)])
    y, x = np.indices(seen.shape)
    near = np.hypot(x - 30, y - 30) < 9
    assert (x * seen)[near].sum() / seen[near].sum() == pytest.approx(30.4, abs=0.02)
    assert (y * seen)[near].sum() / seen[near].sum() == pytest.approx(29.7, abs=0.02)


def test_saturated_pixels_stay_and_none_comes_above_the_level() -> None:
    image = np.array([[1.0, 9.0, 10.0, np.nan]], dtype=np.float32)
    added = add_light(image, np.full((1, 4), 5.0, dtype=np.float32), 10.0)
    np.testing.assert_array_equal(added, [[6.0, 10.0, 10.0, np.nan]])


@pytest.mark.parametrize(("x0", "y0", "seen"), [(10, 10, 49), (0, 0, 16), (19, 10, 28), (50, 5, 0)])
def test_a_canvas_is_cut_at_the_edge_of_the_image(x0: int, y0: int, seen: int) -> None:
    on_image, on_canvas = overlap((20, 20), (7, 7), x0, y0)
    image, canvas = np.zeros((20, 20)), np.ones((7, 7))
    assert image[on_image].shape == canvas[on_canvas].shape
    image[on_image] += canvas[on_canvas]
    assert image.sum() == seen


def test_directions_on_pixels_and_on_the_sky_agree() -> None:
    for north, east in ((0.0, 90.0), (30.0, 120.0), (0.0, -90.0), (-170.0, 100.0)):
        for angle in (0.0, 45.0, 200.0):
            told = position_angle_deg(major_axis_rad(angle, north, east), north, east)
            assert math.sin(math.radians(told - angle) / 2) == pytest.approx(0, abs=1e-9)
    assert position_angle_deg(math.radians(90), 0.0, 90.0) == 0.0  # +y is north
    assert position_angle_deg(math.pi, 0.0, 90.0) == 90.0  # -x is east
    assert math.isnan(position_angle_deg(math.nan, 0.0, 90.0))


def test_the_mask_holds_four_fifths_of_the_light() -> None:
    y, x = np.indices((60, 60))
    light = np.exp(-np.hypot(x - 30, y - 30) / 5).astype(np.float32)
    mask = feature_mask(light)
    assert light[mask].sum() == pytest.approx(0.8 * light.sum(), rel=0.03)
    assert not feature_mask(np.zeros((5, 5), dtype=np.float32)).any()


def test_magnitudes_of_other_bands_stand_in_for_r() -> None:
    found = reference_magnitude({"g": np.array([18.0, 18.0]), "r": np.array([17.0, np.nan])})
    assert found[0] == 17.0
    assert 17.2 < found[1] < 17.7
