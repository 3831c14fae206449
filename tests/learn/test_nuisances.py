"""Nuisances on their own: each does what it says, by formula or by brute force."""

import math

import pytest
import torch
from torch import Tensor

from strandline.learn.nuisances import (
    blurred,
    discs,
    extinction,
    inside_discs,
    kept_noise,
    plane,
)

SIDE = 33


def point(count: int = 1) -> Tensor:
    images = torch.zeros(count, 2, SIDE, SIDE)
    images[:, :, 16, 16] = 1.0
    return images


def test_a_blurred_point_is_a_gaussian_of_that_width_and_keeps_its_flux() -> None:
    fwhm = torch.tensor([3.0, 4.0, 6.0])
    images = blurred(point(3), fwhm, 6.0)
    torch.testing.assert_close(images.sum(dim=(2, 3)), torch.ones(3, 2), rtol=1e-4, atol=0)
    away = torch.arange(SIDE) - 16.0
    for image, width in zip(images, fwhm, strict=True):
        profile = image[0].sum(dim=0)
        sigma = torch.sqrt((profile * away.square()).sum())
        assert sigma.item() == pytest.approx(float(width) / 2.3548, rel=0.01)
        torch.testing.assert_close(image[0], image[0].T)


def test_a_blur_of_nothing_changes_nothing() -> None:
    images = torch.randn((4, 2, SIDE, SIDE), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(blurred(images, torch.zeros(4), 3.0), images)


def test_a_blur_keeps_a_flat_sky_and_what_is_missing() -> None:
    images = torch.full((2, 2, SIDE, SIDE), 5.0)
    images[1, 0, 4:9, 4:9] = torch.nan
    found = blurred(images, torch.tensor([5.0, 5.0]), 5.0)
    assert torch.equal(torch.isnan(found), torch.isnan(images))
    torch.testing.assert_close(found[~found.isnan()], images[~images.isnan()])


def test_the_noise_that_a_blur_leaves_is_told() -> None:
    noise = torch.randn((60, 2, 64, 64), generator=torch.Generator().manual_seed(2))
    for width in (0.0, 1.5, 4.0):
        fwhm = torch.full((60,), width)
        inner = blurred(noise, fwhm, 4.0)[:, :, 16:48, 16:48]
        # 120 x 1024 pixels, of which one in the area of the kernel is independent
        assert inner.std().item() == pytest.approx(float(kept_noise(fwhm, 4.0)[0]), rel=0.03)


def test_a_plane_rises_as_told_and_has_no_mean() -> None:
    flat = plane(torch.tensor([[[1.0, 0.0], [0.0, 2.0]]]), 20)
    assert flat.mean(dim=(2, 3)).abs().max() < 1e-6
    edge = 1 - 1 / 20  # the middle of the last pixel
    torch.testing.assert_close(flat[0, 0, :, -1], torch.full((20,), edge))
    torch.testing.assert_close(flat[0, 1, -1, :], torch.full((20,), 2 * edge))


def test_discs_are_as_often_as_told_and_leave_the_centre_free() -> None:
    uniform = torch.rand((2000, 17), generator=torch.Generator().manual_seed(3))
    places = discs(uniform, 0.4)
    there = places[:, :, 2] > 0
    assert there.any(dim=1).float().mean() == pytest.approx(0.4, abs=5 * 0.011)  # binomial
    # one for certain and three by a coin
    assert there.sum().item() / there.any(dim=1).sum().item() == pytest.approx(2.5, abs=0.16)
    away = torch.hypot(places[..., 0] - 0.5, places[..., 1] - 0.5)
    assert (away - places[..., 2])[there].min() > 0.3 - 0.15 - 1e-6
    assert 0.03 <= places[..., 2][there].min()
    assert places[..., 2].max() <= 0.15


def test_pixels_in_discs_are_those_within_the_radius() -> None:
    places = torch.tensor([[[0.2, 0.7, 0.12], [0.9, 0.9, 0.05], [0.5, 0.5, 0.0], [1.1, 0.4, 0.15]]])
    found = inside_discs(places, 16)
    for y in range(16):
        for x in range(16):
            expected = any(
                math.hypot((x + 0.5) / 16 - cx, (y + 0.5) / 16 - cy) < radius
                for cx, cy, radius in places[0].tolist()
            )
            assert bool(found[0, y, x]) == expected


def test_dust_takes_more_blue_than_red_light() -> None:
    known = extinction(("u", "g", "r", "i", "z"), picture=False)
    assert (known[:-1] > known[1:]).all()
    assert known[1] == pytest.approx(3.303)
    assert torch.equal(extinction(("g_DECam", "G"), picture=False), known[[1, 1]])
    assert extinction(("g", "odd"), picture=False)[1] == pytest.approx(3.303)
    red, green, blue = extinction(("r", "g", "b"), picture=True).tolist()
    assert red < green < blue
    assert torch.equal(extinction(("one", "two"), picture=False), torch.zeros(2))
