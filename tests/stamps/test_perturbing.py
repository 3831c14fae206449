import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.stamps import StampBatch
from strandline.stamps.perturbing import (
    PERTURBATIONS,
    added_noise,
    blurred,
    rotated,
    shallower,
    shifted,
)


def _batch(images: NDArray[np.float64], noise: float = 1.0, unit: float = 2.0) -> StampBatch:
    shape = images.shape[:2]
    return StampBatch(
        np.arange(len(images)),
        (images / unit).astype(np.float16),
        np.full(shape, unit, dtype=np.float32),
        np.full(shape, noise, dtype=np.float32),
    )


def _point(count: int) -> NDArray[np.float64]:
    images = np.zeros((count, 1, 64, 64))
    images[:, :, 32, 32] = 1000
    return images


def test_shift_moves_a_point_by_what_is_told() -> None:
    changed, told = shifted(_batch(_point(30)), np.random.default_rng(0))
    for image, (x, y) in zip(changed.pixels, told, strict=True):
        assert np.unravel_index(np.argmax(image[0]), (64, 64)) == (32 + y, 32 + x)
    assert np.abs(told).max() == 3  # 5 % of 64 px


def test_noise_is_added_by_what_is_told() -> None:
    sky = np.random.default_rng(1).normal(size=(20, 1, 64, 64))
    changed, told = added_noise(_batch(sky), np.random.default_rng(0))
    before, after = sky.std(axis=(1, 2, 3)), changed.flux_njy().std(axis=(1, 2, 3))
    np.testing.assert_allclose(np.log(after / before), told[:, 0], atol=0.03)  # 4096 px: 0.011


def test_a_shallower_survey_states_its_noise() -> None:
    sky = np.random.default_rng(1).normal(size=(20, 1, 64, 64))
    changed, told = shallower(_batch(sky), np.random.default_rng(0))
    np.testing.assert_allclose(changed.noise_njy[:, 0], np.exp(told[:, 0]), rtol=1e-5)
    after = changed.flux_njy().std(axis=(1, 2, 3))
    np.testing.assert_allclose(after / changed.noise_njy[:, 0], 1, atol=0.04)  # 4096 px: 0.011
    assert 3 < changed.noise_njy.max() <= 4


def test_blur_widens_and_keeps_flux_and_noise() -> None:
    changed, told = blurred(_batch(_point(20), noise=1e-6), np.random.default_rng(0))
    flux = changed.flux_njy()[:, 0]
    np.testing.assert_allclose(flux.sum(axis=(1, 2)), 1000, rtol=2e-3)
    x = np.arange(64) - 32
    width2 = (flux.sum(axis=1) * x**2).sum(axis=1) / 1000
    wide = told[:, 0] > 1  # pixels are small then
    np.testing.assert_allclose(np.sqrt(width2[wide]), told[wide, 0], rtol=0.02)
    sky = np.random.default_rng(1).normal(size=(20, 1, 64, 64))
    changed, _ = blurred(_batch(sky), np.random.default_rng(0))
    np.testing.assert_allclose(changed.flux_njy().std(axis=(1, 2, 3)), 1, atol=0.06)


def test_rotation_turns_about_the_centre_by_what_is_told() -> None:
    images = np.zeros((20, 2, 65, 65))
    images[:, :, 28:37, 48:57] = 1000  # at x = 20 from the centre
    changed, told = rotated(_batch(images), np.random.default_rng(0))
    y, x = np.indices((65, 65)) - 32
    near = np.hypot(x, y) < 32  # what lies beyond the corners is mirrored
    for image, (sine, cosine, sine2, cosine2) in zip(changed.flux_njy(), told, strict=True):
        for flux in image * near:
            place = (flux * y).sum() / flux.sum(), (flux * x).sum() / flux.sum()
            np.testing.assert_allclose(place, (20 * sine, 20 * cosine), atol=0.2)
        assert (sine2, cosine2) == pytest.approx((2 * sine * cosine, cosine**2 - sine**2))


def test_more_is_put_on_where_more_is_asked_for() -> None:
    batch, random = _batch(_point(200)), np.random.default_rng(0)
    assert np.abs(shifted(batch, random, 0.2)[1]).max() == 13  # of 64 px
    assert added_noise(batch, random, 3.0)[1].max() == pytest.approx(np.log(np.hypot(1, 3)), 0.05)
    assert blurred(batch, random, 4.0)[1].max() == pytest.approx(4, abs=0.1)


def test_a_turned_gap_covers_what_it_covered() -> None:
    images = np.ones((5, 1, 64, 64))
    images[:, :, 30:40, 20:30] = np.nan
    changed, _ = rotated(_batch(images), np.random.default_rng(0))
    gaps = np.isnan(changed.pixels).sum(axis=(1, 2, 3))
    assert ((gaps >= 100) & (gaps <= 150)).all()  # and a border that saw a missing pixel
    np.testing.assert_allclose(changed.pixels[np.isfinite(changed.pixels)], 0.5, rtol=2e-3)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_missing_pixels_stay_missing_and_the_stamps_stay_as_they_were(name: str) -> None:
    images = np.ones((3, 1, 32, 32))
    images[:, :, 10:20, 10:20] = np.nan
    batch = _batch(images)
    before = batch.pixels.copy()
    changed, told = PERTURBATIONS[name](batch, np.random.default_rng(0))
    np.testing.assert_array_equal(batch.pixels, before)
    assert np.isnan(changed.pixels).sum() == np.isnan(before).sum()
    assert changed.pixels.dtype == np.float16
    assert len(told) == 3
