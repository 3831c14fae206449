"""Channels for faint light: their units, what saturates, what is missing."""

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.learn.faint import faint_light, summed
from strandline.recipe import FaintChannel

BANDS = ("g", "r", "z")
SIGMA = (2.0, 4.0, 20.0)
SIDE_PX = 48
ALL: tuple[FaintChannel, ...] = ("deep", "smooth", "residual", "asymmetric")
SATURATING: tuple[FaintChannel, ...] = ("deep", "smooth")


def sigma(count: int) -> Tensor:
    return torch.tensor(SIGMA).expand(count, 3)


def sky(count: int = 12, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return sigma(1)[..., None, None] * torch.randn(
        (count, 3, SIDE_PX, SIDE_PX), generator=generator
    )


def place() -> tuple[Tensor, Tensor]:
    along = torch.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    return along[None, :], along[:, None]


def channel(flux: Tensor, name: FaintChannel) -> Tensor:
    return faint_light(flux, sigma(len(flux)), BANDS, "fits", (name,))[:, 0]


def test_the_sum_of_the_bands_has_unit_noise_whatever_is_missing() -> None:
    flux = sky()
    flux[0, 1] = torch.nan
    flux[1, 0, :10] = torch.nan
    flux[2, :, :, :7] = torch.nan
    spectrum = torch.tensor([1.0, 2.0, 4.0])
    total, seen = summed(flux, sigma(12), spectrum)
    # 2304 pixels an image: the standard error of their spread is 1.5 %
    np.testing.assert_allclose(total[[0, 1, 3, 4]].std(dim=(1, 2)), 1.0, atol=0.06)
    assert (total[2, :, :7] == 0).all()
    assert (seen[2, :, :7] == 0).all()
    assert seen.sum() == seen.numel() - 7 * SIDE_PX


def test_the_sum_is_of_the_best_signal_to_noise() -> None:
    spectrum = torch.tensor([1.0, 2.0, 4.0])
    flux = spectrum[None, :, None, None].expand(1, 3, 4, 4)
    best = float((spectrum / torch.tensor(SIGMA)).square().sum().sqrt())
    total, _ = summed(flux, sigma(1), spectrum)
    assert total[0, 0, 0] == pytest.approx(best, rel=1e-5)
    other, _ = summed(flux, sigma(1), torch.ones(3))
    assert other[0, 0, 0] < best


def test_the_unit_of_flux_does_not_matter() -> None:
    flux = sky(4) + 5
    bright = faint_light(1e6 * flux, 1e6 * sigma(4), BANDS, "fits", ALL)
    torch.testing.assert_close(
        bright, faint_light(flux, sigma(4), BANDS, "fits", ALL), atol=1e-4, rtol=1e-4
    )


def test_smoothed_sky_has_unit_noise_at_edges_and_holes_too() -> None:
    flux = sky(300)
    flux[:, :, 20:30, 20:30] = torch.nan
    smooth = torch.sinh(channel(flux, "smooth"))
    seen = torch.isfinite(smooth[0])
    assert int((~seen).sum()) == 100
    # 300 images: 4 % a pixel; the largest of 2200 lies 4 sigma off
    np.testing.assert_allclose(smooth.std(dim=0)[seen], 1.0, atol=0.18)


def test_smoothing_finds_light_far_below_the_noise_of_a_pixel() -> None:
    x, y = place()
    patch = ((x - 10).square() + (y - 10).square() < 36).float()
    spectrum = torch.tensor([0.5, 1.0, 1.65])
    flux = sky(20) + 2 * spectrum[:, None, None] * patch
    inside = patch > 0
    significance = {}
    for name in SATURATING:
        seen = torch.sinh(channel(flux, name))
        significance[name] = float(seen[:, inside].mean() / seen[:, y[:, 0] < 0].std())
    # the sum of squared taps of a Gaussian of 3 px FWHM leaves 1 / 4.5 of the noise
    assert significance["smooth"] / significance["deep"] == pytest.approx(4.3, abs=0.6)


def test_the_nucleus_saturates() -> None:
    x, y = place()
    flux = sky(2) + 1e5 * torch.exp(-(x.square() + y.square()) / 8)
    for name in SATURATING:
        seen = channel(flux, name)
        assert seen.max() == pytest.approx(np.arcsinh(30))
        assert (seen[:, 22:26, 22:26] == seen.max()).all()


def test_pixels_missing_in_all_bands_are_missing_and_only_those() -> None:
    flux = sky(3)
    flux[0] = torch.nan
    flux[1, :, 5:9] = torch.nan
    flux[2, :2] = torch.nan
    seen = torch.isfinite(faint_light(flux, sigma(3), BANDS, "fits", ALL))
    assert not seen[0].any()
    assert not seen[1, :, 5:9].any()
    assert seen[1, :, 9:].all()
    assert seen[2].all()


def test_channels_come_in_the_order_asked_for() -> None:
    flux = sky(2)
    both = faint_light(flux, sigma(2), BANDS, "fits", ("residual", "deep"))
    assert torch.equal(both[:, 0], channel(flux, "residual"))
    assert torch.equal(both[:, 1], channel(flux, "deep"))


def test_each_image_is_seen_by_itself() -> None:
    flux = sky(6) + 20
    whole = faint_light(flux, sigma(6), BANDS, "fits", ALL)
    torch.testing.assert_close(
        whole[4:], faint_light(flux[4:], sigma(2), BANDS, "fits", ALL), atol=1e-5, rtol=1e-5
    )


def test_level_and_noise_of_pictures_are_those_of_their_border() -> None:
    x, y = place()
    galaxy = 150 * torch.exp(-(x.square() + y.square()) / 30)
    flux = (sky(8) / 2 + 20 + galaxy).clamp(0, 255)
    seen = faint_light(flux, sigma(8), BANDS, "picture", ALL)
    border = torch.cat([seen[:, :2, :4].flatten(2), seen[:, :2, -4:].flatten(2)], dim=2)
    np.testing.assert_allclose(border.median(dim=2).values, 0.0, atol=0.2)
    np.testing.assert_allclose(torch.sinh(border[:, 0]).std(dim=1), 1.0, atol=0.15)
    assert (seen[:, 0, 22:26, 22:26] > 3).all()


def test_a_black_picture_stays_finite() -> None:
    black = torch.zeros((2, 3, SIDE_PX, SIDE_PX))
    assert torch.isfinite(faint_light(black, sigma(2), BANDS, "picture", ALL)).all()
    lost = torch.full_like(black, torch.nan)
    assert torch.isnan(faint_light(lost, sigma(2), BANDS, "picture", ALL)).all()
