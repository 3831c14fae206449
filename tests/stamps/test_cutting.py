"""Cutting: against loops over pixels, at edges, between pixels, and with holes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.stamps.cutting import cut, cut_to_scale, missing_flags, shared_noise, square_picture

Image = NDArray[np.float32]
SHAPE = (2, 23, 31)

# inside, between pixels, at each edge and corner, beyond the tile, far outside
PLACES = np.array(
    [
        *[(15, 11), (15.5, 11.5), (14.5, 10.49), (0, 0), (30, 22), (0, 22), (30, 0)],
        *[(-0.5, 11), (30.5, 11), (15, -3), (15, 25.4), (-40, 5), (15, 300), (2.3, 20.7)],
    ]
)


def _image(seed: int = 0, holes: bool = False) -> Image:
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 10, SHAPE).astype(np.float32)
    if holes:
        image[rng.random(SHAPE) < 0.2] = np.nan
    return image


def _slow_cut(image: Image, x: float, y: float, size: int) -> tuple[Image, NDArray[np.bool_]]:
    stamp = np.full((len(image), size, size), np.nan, dtype=np.float32)
    inside = np.zeros((size, size), dtype=np.bool_)
    left, bottom = int(np.floor(x - (size - 1) / 2 + 0.5)), int(np.floor(y - (size - 1) / 2 + 0.5))
    for j in range(size):
        for i in range(size):
            row, column = bottom + j, left + i
            if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
                stamp[:, j, i] = image[:, row, column]
                inside[j, i] = True
    return stamp, inside


@pytest.mark.parametrize("size", [1, 8, 9, 60])  # 60: larger than the tile
def test_cut_is_a_loop_over_pixels(size: int) -> None:
    image = _image(holes=True)
    stamps, inside = cut(image, PLACES[:, 0], PLACES[:, 1], size)
    assert stamps.shape == (len(PLACES), 2, size, size)
    for k, (x, y) in enumerate(PLACES):
        expected, expected_inside = _slow_cut(image, x, y, size)
        np.testing.assert_array_equal(stamps[k], expected)
        np.testing.assert_array_equal(inside[k], expected_inside)


@pytest.mark.parametrize("size", [8, 9])
def test_cut_is_centred_within_half_a_pixel(size: int) -> None:
    across = np.broadcast_to(np.arange(31, dtype=np.float32), SHAPE)
    for x in np.linspace(12, 14, 41):
        stamp = cut(across, np.array([x]), np.array([11.0]), size)[0][0, 0]
        assert abs(stamp.mean() - x) <= 0.5 + 1e-6


def test_no_positions_give_no_stamps() -> None:
    nowhere = np.array([])
    for stamps, inside in (
        cut(_image(), nowhere, nowhere, 8),
        cut_to_scale(_image(), nowhere, nowhere, 8, 1.7),
    ):
        assert stamps.shape == (0, 2, 8, 8)
        assert inside.shape == (0, 8, 8)


# --- to another scale --------------------------------------------------------------------------


def _slow_scale(
    image: Image, x: float, y: float, size: int, bin_px: float, fine: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sum points, `fine` x `fine` in each pixel of the stamp.

    Returns the flux, the area (image pixels) that was seen and that on the image.
    """
    flux = np.zeros((len(image), size, size))
    seen, inside = np.zeros_like(flux), np.zeros((size, size))
    steps = (np.arange(fine) + 0.5) / fine
    per_point = (bin_px / fine) ** 2
    for j in range(size):
        for i in range(size):
            rows = np.floor(y + bin_px * (j - size / 2 + steps) + 0.5).astype(int)
            columns = np.floor(x + bin_px * (i - size / 2 + steps) + 0.5).astype(int)
            for row in rows[(rows >= 0) & (rows < image.shape[1])]:
                for column in columns[(columns >= 0) & (columns < image.shape[2])]:
                    value = image[:, row, column].astype(np.float64)
                    inside[j, i] += per_point
                    seen[:, j, i] += np.where(np.isfinite(value), per_point, 0)
                    flux[:, j, i] += np.where(np.isfinite(value), value, 0) * per_point
    return flux, seen, inside


@pytest.mark.parametrize("bin_px", [0.4, 1.0, 1.7, 2.5])
@pytest.mark.parametrize("place", [(15.0, 11.0), (14.37, 10.81), (0.3, 21.9)])
def test_scaled_stamps_are_sums_over_points(bin_px: float, place: tuple[float, float]) -> None:
    """The oracle's points err in the area of each overlap by up to one row of them, 1/fine."""
    image, size, fine = _image(holes=True), 7, 40
    stamps, inside = cut_to_scale(image, np.array([place[0]]), np.array([place[1]]), size, bin_px)
    flux, seen, on_image = _slow_scale(image, *place, size, bin_px, fine)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.where(seen >= 0.5 * bin_px**2, flux / (seen / bin_px**2), np.nan)
    sure = np.abs(seen / bin_px**2 - 0.5) > 4 / fine  # else the oracle may not know what is NaN
    np.testing.assert_array_equal(np.isnan(stamps[0])[sure], np.isnan(expected)[sure])
    both = sure & np.isfinite(expected)
    assert both.sum() > size**2 / 4
    # pixels differ by 10 of 100; overlaps err by 1/fine of a stamp pixel on each side
    np.testing.assert_allclose(stamps[0][both], expected[both], rtol=0.1 * 4 / fine)
    share = on_image / bin_px**2
    sure_inside = np.abs(share - 0.5) > 4 / fine
    np.testing.assert_array_equal(inside[0][sure_inside], (share >= 0.5)[sure_inside])


def test_same_scale_on_whole_pixels_is_exact() -> None:
    image = _image(holes=True)
    for size, x, y in ((9, 15.0, 11.0), (8, 15.5, 10.5), (9, 2.0, 21.0)):
        place = np.array([x]), np.array([y])
        scaled, inside = cut_to_scale(image, *place, size, 1.0)
        plain, plain_inside = cut(image, *place, size)
        np.testing.assert_array_equal(scaled, plain)
        np.testing.assert_array_equal(inside, plain_inside)


@pytest.mark.parametrize("bin_px", [0.37, 0.9, 1.3, 3.1])
def test_scaling_conserves_flux(bin_px: float) -> None:
    """A blob far from the edges: all of its light is in the stamp, whatever the pixels.

    Sums are in single precision: 1e-6 a pixel.
    """
    image = np.zeros((1, 80, 90), dtype=np.float32)
    image[0, 35:45, 40:52] = np.random.default_rng(1).random((10, 12))
    size = round(40 / bin_px)
    stamps, inside = cut_to_scale(image, np.array([44.3]), np.array([38.8]), size, bin_px)
    assert inside.all()
    assert stamps.sum(dtype=np.float64) == pytest.approx(image.sum(dtype=np.float64), rel=1e-5)
    # and it stays where it was: a pixel's light is spread over the stamp pixels that it meets,
    # which moves it by half a pixel of either kind at most, 12 x 10 of them mostly cancelling
    weights = stamps[0, 0].astype(np.float64)
    offset = (np.arange(size) - (size - 1) / 2) * bin_px
    x = 44.3 + (weights.sum(axis=0) * offset).sum() / weights.sum()
    y = 38.8 + (weights.sum(axis=1) * offset).sum() / weights.sum()
    yy, xx = np.mgrid[:80, :90]
    assert x == pytest.approx((image[0] * xx).sum() / image.sum(), abs=0.05 * max(1, bin_px))
    assert y == pytest.approx((image[0] * yy).sum() / image.sum(), abs=0.05 * max(1, bin_px))


def test_scaling_fills_small_holes_and_leaves_large_ones() -> None:
    image = np.full((1, 40, 40), 2.0, dtype=np.float32)
    image[0, 20, 20] = np.nan
    image[0, :, 30:] = np.nan
    stamps, inside = cut_to_scale(image, np.array([19.5]), np.array([19.5]), 20, 2.0)
    assert inside.all()
    # one pixel of four is missing: the other three are taken to be like it; 4 pixels of 2.0
    np.testing.assert_allclose(stamps[0, 0, :, :15], 8.0, rtol=1e-6)
    assert np.isnan(stamps[0, 0, :, 15:]).all()


@pytest.mark.parametrize("bin_px", [0.3, 0.8, 1.001, 1.5, 2.0, 4.3])
def test_noise_of_scaled_stamps(bin_px: float) -> None:
    """Measured on 60 places: some 10^4 stamp pixels, as many independent ones at least as 2500."""
    noise = np.random.default_rng(2).normal(size=(1, 300, 300)).astype(np.float32)
    x, y = np.random.default_rng(3).uniform(60, 240, (2, 60))
    stamps, _ = cut_to_scale(noise, x, y, 20, bin_px)
    assert stamps.std() == pytest.approx(shared_noise(bin_px), rel=0.06)


# --- what is missing ---------------------------------------------------------------------------


def _stamps() -> tuple[Image, NDArray[np.bool_]]:
    return np.ones((3, 2, 10, 10), dtype=np.float32), np.ones((3, 10, 10), dtype=np.bool_)


def test_whole_stamps_have_no_flag() -> None:
    assert missing_flags(*_stamps()).tolist() == [0, 0, 0]


def test_edge_alone() -> None:
    stamps, inside = _stamps()
    stamps[1, :, :, :4], inside[1, :, :4] = np.nan, False
    assert missing_flags(stamps, inside).tolist() == [0, StampFlag.EDGE, 0]


def test_missing_band_alone() -> None:
    stamps, inside = _stamps()
    stamps[2, 1] = np.nan
    assert missing_flags(stamps, inside).tolist() == [0, 0, StampFlag.MISSING_BAND]


@pytest.mark.parametrize(("lost", "flag"), [(1, 0), (2, StampFlag.MISSING_PIXELS)])
def test_missing_pixels_alone(lost: int, flag: int) -> None:
    """More than 1 % of 100 pixels, in one band only."""
    stamps, inside = _stamps()
    stamps[0, 1, 5, :lost] = np.nan
    assert missing_flags(stamps, inside).tolist() == [flag, 0, 0]


def test_pixels_beyond_the_edge_are_not_missing() -> None:
    stamps, inside = _stamps()
    stamps[0, :, :, :9], inside[0, :, :9] = np.nan, False
    stamps[0, 0, 3, 9] = np.nan  # one of the ten on the tile
    expected = StampFlag.EDGE | StampFlag.MISSING_PIXELS
    assert missing_flags(stamps, inside).tolist() == [expected, 0, 0]


def test_stamp_without_anything() -> None:
    stamps, inside = _stamps()
    stamps[0], inside[0] = np.nan, False
    expected = StampFlag.EDGE | StampFlag.MISSING_BAND
    assert missing_flags(stamps, inside).tolist() == [expected, 0, 0]


# --- pictures ----------------------------------------------------------------------------------


def test_picture_of_its_own_size_is_its_central_square() -> None:
    picture = _image()
    square, resampled = square_picture(picture, None)
    np.testing.assert_array_equal(square, picture[:, :, 4:27])
    assert not resampled
    assert not square_picture(picture, 23)[1]


@pytest.mark.parametrize("size", [11, 46])
def test_picture_of_another_size_keeps_its_brightness(size: int) -> None:
    """A ramp stays a ramp away from the rim, within the lopsidedness of a filter of few taps."""
    ramp = np.broadcast_to(np.arange(23, dtype=np.float32), (3, 23, 23)).copy()
    square, resampled = square_picture(ramp, size)
    assert resampled
    assert square.shape == (3, size, size)
    step = 23 / size
    expected = (np.arange(size) + 0.5) * step - 0.5
    rim = 2 if size < 23 else 4
    np.testing.assert_allclose(
        square[:, :, rim:-rim], np.broadcast_to(expected, square.shape)[:, :, rim:-rim], atol=0.05
    )
