import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.report import colour_picture
from strandline.report.colour import WHITE_MAG, choose_channels
from tests.report.conftest import BANDS, NOISE_NJY, galaxy

SIZE = 64


def disc(mags: dict[str, float], *, peak_njy: float = 3000) -> NDArray[np.float32]:
    """Return a noiseless disc whose bands have the AB magnitudes `mags`, relative to r."""
    y, x = np.indices((SIZE, SIZE)) - SIZE // 2
    light = peak_njy * np.exp(-np.hypot(x, y) / 6)
    return np.stack([light * 10 ** (-0.4 * mag) for mag in mags.values()]).astype(np.float32)


def show(mags: dict[str, float]) -> NDArray[np.int64]:
    noise = np.full(len(mags), 10, np.float32)
    return colour_picture(disc(mags), noise, tuple(mags)).astype(np.int64)


def spread(rgb: NDArray[np.int64]) -> int:
    return int((rgb.max(axis=-1) - rgb.min(axis=-1)).max())


@pytest.mark.parametrize("bands", ["gri", "grz", "gr", "ri", "ugrizy"])
def test_a_source_of_the_white_colour_is_neutral(bands: str) -> None:
    assert spread(show({band: WHITE_MAG[band] for band in bands})) <= 1


def test_equal_flux_is_neutral_in_bands_of_unknown_colour() -> None:
    assert spread(show({"f606w": 0, "f814w": 0, "f160w": 0})) <= 1


def test_one_band_is_grey() -> None:
    assert spread(show({"r": 0})) == 0


def test_red_and_blue_galaxies_keep_their_hue_from_the_middle_to_the_outskirts() -> None:
    middle = SIZE // 2
    old = show({"g": 0.95, "r": 0, "i": -0.45})
    young = show({"g": 0.2, "r": 0, "i": -0.1})
    for x in (middle, middle + 8, middle + 16):
        red, green, blue = old[middle, x]
        assert red > green > blue
        red, green, blue = young[middle, x]
        assert red < green < blue


def test_brightness_falls_from_the_nucleus_outwards_and_shows_both_ends() -> None:
    rgb = show({band: WHITE_MAG[band] for band in "gri"})
    profile = rgb[SIZE // 2, SIZE // 2 :, 1]
    assert (np.diff(profile) <= 0).all()
    assert profile[0] > 245  # nucleus, 300 times the noise
    assert profile[2] < 250  # and not burnt out
    three_sigma = int(6 * np.log(3000 / 30))
    assert profile[three_sigma] > 25  # outskirts at 3 sigma a pixel


def test_the_sky_is_a_neutral_dark_grey_and_a_faint_tail_stands_out() -> None:
    picture = colour_picture(galaxy(18, tail=True), NOISE_NJY, BANDS).astype(float)
    rgb = picture.mean(axis=2)
    y, x = np.indices(rgb.shape) - 32
    radius = np.hypot(x, y)
    sky = rgb[(radius > 26) | ((radius > 22) & (y < 0))]
    tail = rgb[(np.abs(radius - 18) < 1.5) & (y > 3)]
    assert 15 < sky.mean() < 30
    assert np.ptp(picture[np.hypot(x, y) > 28].mean(axis=0)) < 1.5
    assert tail.mean() > sky.mean() + 5 * sky.std()


def test_a_pedestal_under_the_image_changes_nothing() -> None:
    flux = galaxy(18)
    raised = flux + np.array([50, 900, 1300, 2000], np.float32)[:, None, None]
    first = colour_picture(flux, NOISE_NJY, BANDS).astype(int)
    second = colour_picture(raised, NOISE_NJY, BANDS).astype(int)
    assert np.abs(first - second).max() <= 1  # rounding of float32 and of the picture


def test_pixels_that_lack_a_band_are_grey_and_those_that_lack_all_are_hatched() -> None:
    flux = disc({"g": 0.95, "r": 0, "i": -0.45})
    flux[0, :, :20] = np.nan
    flux[:, 50:] = np.nan
    rgb = colour_picture(flux, np.full(3, 10, np.float32), ("g", "r", "i")).astype(int)
    assert spread(rgb[:50, :20]) == 0
    assert rgb[32, 19].mean() > 40
    assert spread(rgb[30:34, 30:34]) > 20
    hatched = rgb[50:]
    assert len(np.unique(hatched.reshape(-1, 3), axis=0)) == 2
    assert hatched.max() < 60
    assert spread(hatched) < 15


def test_a_band_without_data_is_left_out_of_the_choice() -> None:
    flux = disc({"g": 0.95, "r": 0, "i": -0.45, "z": -0.65})
    flux[2] = np.nan
    noise = np.array([10, 10, np.nan, 10], np.float32)
    without = colour_picture(flux[[0, 1, 3]], noise[[0, 1, 3]], ("g", "r", "z"))
    np.testing.assert_array_equal(colour_picture(flux, noise, ("g", "r", "i", "z")), without)


def test_nothing_but_missing_pixels_is_a_hatch_and_a_constant_image_does_not_fail() -> None:
    nothing = colour_picture(
        np.full((3, 9, 9), np.nan, np.float32), np.full(3, np.nan, np.float32), ("g", "r", "i")
    )
    assert nothing.shape == (9, 9, 3)
    assert nothing.max() < 60
    flat = np.full((3, 9, 9), 4, np.float32)
    assert colour_picture(flat, np.zeros(3, np.float32), ("g", "r", "i")).shape == (9, 9, 3)


def test_bands_without_zero_points_are_balanced_to_white() -> None:
    flux = disc({"g": 0.52, "r": 0}) * np.array([0.05, 7], np.float32)[:, None, None]
    noise = np.array([0.5, 70], np.float32)
    assert spread(colour_picture(flux, noise, ("g", "r")).astype(int)) > 60
    balanced = colour_picture(flux, noise, ("g", "r"), calibrated=False).astype(int)
    assert spread(balanced) <= 2


def test_the_middle_of_two_balanced_bands_is_between_them() -> None:
    """Red is then orange rather than yellow, whatever the bands' units."""
    old, young = disc({"g": 0.95, "r": 0}), disc({"g": 0.1, "r": 0})
    both = np.concatenate([old, young], axis=2) * np.array([0.05, 7], np.float32)[:, None, None]
    noise = np.array([0.5, 70], np.float32)
    rgb = colour_picture(both, noise, ("g", "r"), calibrated=False).astype(int)
    red, green, blue = rgb[32, 32]
    assert red - green > 10
    assert green - blue > 10
    red, green, blue = rgb[32, 96]
    assert blue - green > 10
    assert green - red > 10


def test_a_galaxy_that_fills_its_stamp_keeps_its_hue_to_the_edge() -> None:
    flux = (
        disc({"g": 0.95, "r": 0, "i": -0.45}) + np.array([20, 60, 110], np.float32)[:, None, None]
    )
    noise = np.full(3, 10, np.float32)
    bands = ("g", "r", "i")
    red, green, blue = colour_picture(flux, noise, bands, sky_subtracted=True).astype(int)[2, 2]
    assert red > green > blue
    assert red - blue > 20


def test_a_bright_neighbour_keeps_structure_and_the_galaxy_stays_visible() -> None:
    flux = disc({"g": 0.52, "r": 0, "i": -0.27}, peak_njy=300)
    flux[:, 4:12, 4:12] += 40_000 * np.array([10**-0.208, 1, 10**0.108])[:, None, None]
    flux[:, 4:12, 12:20] += 1000 * np.array([10**-0.208, 1, 10**0.108])[:, None, None]
    rgb = colour_picture(flux, np.full(3, 10, np.float32), ("g", "r", "i")).astype(int)
    assert rgb[32, 32].min() > 100
    assert rgb[8, 8].min() >= 250
    assert rgb[8, 16].max() < 245  # would be white if the galaxy in the middle set the scale


@pytest.mark.parametrize(
    ("bands", "chosen"),
    [
        ("g", "g"),
        ("gr", "gr"),
        ("grz", "grz"),
        ("ugrizy", "gri"),
        ("rizy", "riz"),
        ("uriz", "riz"),
        ("ugr", "ugr"),
        ("GRI", "GRI"),
    ],
)
def test_the_deep_bands_make_the_picture(bands: str, chosen: str) -> None:
    assert [bands[k] for k in choose_channels(bands)] == list(chosen)


def test_of_unknown_bands_the_ends_and_the_middle_make_the_picture() -> None:
    assert choose_channels(("a", "b", "c", "d", "e")) == (0, 2, 4)
