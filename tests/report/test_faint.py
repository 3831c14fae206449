import numpy as np
import pytest

from strandline.photometry import mag_to_flux
from strandline.report import faint_picture
from strandline.report.faint import faint_view_of_picture
from strandline.seeding import generator
from tests.report.conftest import NOISE_NJY, SCALE_ARCSEC


def test_a_feature_of_26_mag_per_square_arcsec_is_seen() -> None:
    """In one band it is 0.8 of the noise of a pixel: invisible but for the sum and smoothing."""
    rng = generator(5, "faint")
    flux = rng.normal(size=(4, 100, 100)) * NOISE_NJY[:, None, None]
    shell = np.zeros((100, 100), np.bool_)
    shell[30:40, 20:80] = True
    flux[:, shell] += float(mag_to_flux(26.0)) * SCALE_ARCSEC**2
    grey = faint_picture(flux.astype(np.float32), NOISE_NJY).astype(float)
    inside, sky = grey[32:38, 24:76], grey[50:]
    assert sky.mean() > 225
    assert inside.mean() < sky.mean() - 4 * sky.std()


def test_more_light_is_darker() -> None:
    steps = np.repeat(np.arange(0, 200, 2, dtype=np.float32) * 10, 12)
    flux = np.broadcast_to(steps, (1, 40, len(steps))).astype(np.float32)
    grey = faint_picture(flux, np.array([10], np.float32)).astype(int)[20]
    assert (np.diff(grey) <= 0).all()
    assert grey[0] > 225
    assert grey[-1] < 15


def test_correlated_noise_has_no_more_grain_than_white_noise() -> None:
    """Resampled coadds have correlated noise, which smoothing takes away less."""
    rng = generator(9, "grain")
    white = rng.normal(0, 10, (1, 120, 120)).astype(np.float32)
    blocks = np.repeat(np.repeat(white[:, :60, :60], 2, axis=1), 2, axis=2)
    noise = np.array([10], np.float32)
    grain = [float(faint_picture(flux, noise).astype(float).std()) for flux in (white, blocks)]
    assert grain[1] == pytest.approx(grain[0], rel=0.15)


def test_the_light_of_a_galaxy_that_fills_its_stamp_is_not_taken_for_sky() -> None:
    rng = generator(10, "fills")
    flux = (200 + rng.normal(0, 10, (2, 60, 60))).astype(np.float32)
    noise = np.array([10, 10], np.float32)
    assert faint_picture(flux, noise, sky_subtracted=True).mean() < 140
    assert faint_picture(flux, noise).mean() > 210


def test_bands_count_by_their_noise() -> None:
    rng = generator(6, "weights")
    clean = rng.normal(0, 10, (60, 60)).astype(np.float32)
    clean[20:40, 20:40] += 60
    rubbish = rng.normal(0, 1e5, (60, 60)).astype(np.float32)
    both = faint_picture(np.stack([clean, rubbish]), np.array([10, 1e5], np.float32)).astype(int)
    alone = faint_picture(clean[None], np.array([10], np.float32)).astype(int)
    assert np.abs(both - alone).max() <= 1


def test_a_missing_band_leaves_the_others_and_missing_pixels_are_hatched() -> None:
    flux = generator(7, "missing").normal(0, 10, (2, 60, 60)).astype(np.float32)
    flux[0] = np.nan
    flux[1, :, :15] = np.nan
    grey = faint_picture(flux, np.array([np.nan, 10], np.float32))
    assert len(np.unique(grey[:, :15])) == 2
    alone = faint_picture(flux[1:], np.array([10], np.float32))
    np.testing.assert_array_equal(grey, alone)


@pytest.mark.parametrize("level", [0.0, 12.0])
def test_a_stretched_picture_has_a_faint_view_too(level: float) -> None:
    rng = generator(8, "picture")
    rgb = np.clip(rng.normal(level, 4, (3, 60, 60)), 0, 255).astype(np.float32)
    rgb[:, 25:35, 25:35] += 60
    grey = faint_view_of_picture(rgb).astype(float)
    assert grey[:20].mean() > 215
    assert grey[28:32, 28:32].mean() < 120
