"""The point spread function against its definition, and against GalSim's own convolution."""

import galsim
import numpy as np
import pytest

from strandline.simulate.camera import Psf, SurveyProfile, blur

MOFFAT = Psf("moffat", 1.0, g1=0.03, g2=-0.02)
PIXEL = 0.263


def _width_px(kernel: np.ndarray, fine: int) -> float:
    """FWHM from the area above half the peak, for a round profile."""
    above = np.count_nonzero(kernel > 0.5 * kernel.max())
    return 2 * float(np.sqrt(above / np.pi)) / fine


@pytest.mark.parametrize("name", SurveyProfile.names())
def test_kernels_have_their_width_and_all_the_light(name: str) -> None:
    profile = SurveyProfile.load(name)
    for band, settings in profile.bands.items():
        psf = profile.median_psf(band)
        kernel = psf.kernel(profile.pixel_arcsec)
        assert kernel.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
        fine, times = psf.fine_kernel(profile.pixel_arcsec)
        # the pixel adds to the width: about its own standard deviation in squares, which is good
        # for an Airy disc to 8 %
        pixel = profile.pixel_arcsec
        expected = np.hypot(settings.psf_fwhm_arcsec, 2.355 * pixel / np.sqrt(12))
        tolerance = 0.08 if profile.psf.kind == "airy" else 0.03
        assert _width_px(fine, times) * pixel == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize(
    "psf",
    [
        MOFFAT,
        Psf("kolmogorov", 0.8),
        Psf("airy", 0.5, optics_arcsec=0.3, obscuration=0.3),
    ],
)
def test_seeing_keeps_the_flux(psf: Psf) -> None:
    light = np.zeros((160, 171), dtype=np.float32)
    light[70:90, 80:95] = np.random.default_rng(1).uniform(0, 10, (20, 15))
    seen = blur(light, psf, PIXEL)
    assert seen.shape == light.shape
    assert seen.sum() == pytest.approx(light.sum(), rel=0.005)


def test_seeing_equals_a_sum_over_pixels_and_light_does_not_come_back_at_the_other_side() -> None:
    light = np.zeros((60, 52), dtype=np.float32)
    light[30, 2], light[41, 25], light[0, 51] = 5.0, 2.0, 3.0
    half, kernel = MOFFAT.reach_px(PIXEL), MOFFAT.kernel(PIXEL)
    slow = np.zeros((60 + 2 * half, 52 + 2 * half))
    for row, column in zip(*np.nonzero(light), strict=True):
        slow[row : row + 2 * half + 1, column : column + 2 * half + 1] += (
            light[row, column] * kernel
        )
    np.testing.assert_allclose(blur(light, MOFFAT, PIXEL), slow[half:-half, half:-half], atol=2e-6)


def test_seeing_agrees_with_galsim() -> None:
    """The same image as an interpolated surface, convolved by GalSim, without a second pixel."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[-48:48, -48:48]
    light = np.exp(-np.hypot(rows, 1.6 * columns) / 5).astype(np.float32)
    light += 0.3 * np.exp(-np.hypot(rows - 9, columns + 12) / 3).astype(np.float32)
    light *= rng.uniform(0.99, 1.01, light.shape).astype(np.float32)
    surface = galsim.InterpolatedImage(galsim.Image(light, scale=PIXEL), normalization="flux")
    psf = galsim.Moffat(beta=3.0, fwhm=1.0).shear(g1=0.03, g2=-0.02)
    seen = galsim.Convolve([surface, psf, galsim.Pixel(PIXEL)]).drawImage(
        nx=96, ny=96, scale=PIXEL, method="no_pixel"
    )
    # light beyond five FWHM, 0.25 %, is put back inside
    np.testing.assert_allclose(
        blur(light, MOFFAT, PIXEL), seen.array, atol=0.004 * seen.array.max()
    )


def test_a_stack_is_blurred_band_by_band() -> None:
    light = np.random.default_rng(2).uniform(0, 1, (2, 40, 41)).astype(np.float32)
    psfs = (MOFFAT, Psf("kolmogorov", 0.7))
    stack = blur(light, psfs, PIXEL)
    for image, psf, seen in zip(light, psfs, stack, strict=True):
        np.testing.assert_array_equal(seen, blur(image, psf, PIXEL))


def test_shear_stretches_along_its_axis() -> None:
    kernel = Psf("moffat", 1.0, g1=0.1).kernel(PIXEL)
    offsets = np.arange(kernel.shape[0]) - kernel.shape[0] // 2
    core = kernel * (np.hypot(offsets[:, None], offsets) * PIXEL < 1.5)
    along_x, along_y = (core * offsets[None, :] ** 2).sum(), (core * offsets[:, None] ** 2).sum()
    assert along_x > 1.2 * along_y
