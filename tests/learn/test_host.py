"""The smooth model of a galaxy: its ellipse, its profile, and what it must not follow."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.learn.host import fit_ellipses, host_light, turned
from strandline.learn.stretch import asinh

SIDE_PX = 64


def galaxy(
    x: float = 0.0, y: float = 0.0, axis_ratio: float = 1.0, angle_deg: float = 0.0, size: float = 3
) -> Tensor:
    """Return an exponential disc in units of the noise, (y, x)."""
    place = torch.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    dx, dy = place[None, :] - x, place[:, None] - y
    turn = math.radians(angle_deg)
    along = (dx * math.cos(turn) + dy * math.sin(turn)) * math.sqrt(axis_ratio)
    across = (dy * math.cos(turn) - dx * math.sin(turn)) / math.sqrt(axis_ratio)
    # as seeing rounds off its cusp
    return 300 * torch.exp(-(along.square() + across.square() + 2).sqrt() / size)


def noise(seed: int = 0) -> Tensor:
    return torch.randn((SIDE_PX, SIDE_PX), generator=torch.Generator().manual_seed(seed))


def residual(light: Tensor, seen: Tensor | None = None) -> Tensor:
    there = torch.ones_like(light) if seen is None else seen
    return light - host_light(light, there, fit_ellipses(light))


@pytest.mark.parametrize("angle_deg", [0, 30, 90, 135])
def test_the_ellipse_is_that_of_the_galaxy(angle_deg: float) -> None:
    light = asinh(galaxy(2.5, -1.5, 0.5, angle_deg) + noise())[None]
    found = fit_ellipses(light)
    assert (float(found.x), float(found.y)) == pytest.approx((2.5, -1.5), abs=0.2)
    turn = math.radians(angle_deg)
    expected = [
        [0.5 * math.cos(turn) ** 2 + 2 * math.sin(turn) ** 2, -1.5 * math.sin(2 * turn) / 2]
    ]
    assert [[float(found.xx), float(found.xy)]] == [pytest.approx(expected[0], abs=0.2)]
    # of unit determinant: the radius is that of the circle of the same area
    assert float(found.xx * found.yy - found.xy**2) == pytest.approx(1.0, abs=1e-3)


def test_radii_are_those_of_the_form() -> None:
    found = fit_ellipses(asinh(galaxy(1.0, 2.0, 0.6, 20))[None])
    place = torch.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    dx, dy = place[None, :] - found.x, (place - found.y)[:, None]
    expected = found.xx * dx**2 + 2 * found.xy * dx * dy + found.yy * dy**2
    torch.testing.assert_close(
        found.radius2(SIDE_PX).reshape(SIDE_PX, SIDE_PX), expected, atol=1e-2, rtol=1e-4
    )


def test_nothing_is_left_of_a_symmetric_galaxy_but_noise() -> None:
    flux = torch.stack([galaxy(1.0, 1.0, q, 40, size) for q in (0.4, 0.7, 1) for size in (2, 4, 6)])
    left = residual(asinh(flux + noise()))
    plain = asinh(noise())
    # the stretched light there is 3 to 6, its noise at most 0.1
    assert left[flux > 10].square().mean().sqrt() < 0.12
    assert left[flux < 0.1].std() == pytest.approx(float(plain.std()), abs=0.1)


def test_a_companion_and_a_tail_are_left_and_do_not_move_the_model() -> None:
    alone = galaxy(size=4)
    place = torch.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    x, y = place[None, :], place[:, None]
    companion = 500 * torch.exp(-((x - 18).square() + (y - 4).square()) / 8)
    tail = 3.0 * ((y - 0.2 * x).abs() < 3) * (x < -12)
    light = asinh(alone + companion + tail + noise())[None]
    left = residual(light)[0]
    assert left[(tail > 0) & (alone < 1)].mean() > 0.9
    assert left[companion > 50].mean() > 2.0
    elsewhere = (companion < 0.01) & (tail == 0) & (alone > 5)
    assert left[elsewhere].abs().mean() < 0.3


def test_a_shell_is_left_since_the_model_never_rises_outwards() -> None:
    alone = galaxy(size=3)
    place = torch.arange(SIDE_PX) - (SIDE_PX - 1) / 2
    radius = torch.hypot(place[None, :], place[:, None])
    shell = 6.0 * ((radius > 19) & (radius < 22))
    left = residual(asinh(alone + shell + noise())[None])[0]
    assert left[shell > 0].mean() > 1.0


def test_missing_pixels_do_not_count() -> None:
    seen = torch.ones((1, SIDE_PX, SIDE_PX))
    seen[:, :, 40:] = 0
    light = asinh(galaxy(size=4) + noise())[None] * seen
    left = residual(light, seen)
    assert (left * seen)[0, 20:44, 20:40].abs().mean() < 0.4


def test_empty_images_give_no_model() -> None:
    light = torch.zeros((2, SIDE_PX, SIDE_PX))
    light[1] = asinh(noise())
    left = residual(light)
    assert (left[0] == 0).all()
    assert (left - light)[1].abs().max() < 1.5  # at the centre ring, of a few pixels
    assert (left - light)[1].abs().mean() < 0.05


def test_turning_about_whole_and_half_pixels_is_exact() -> None:
    images = torch.stack([noise(1), noise(2)])
    found = fit_ellipses(torch.zeros_like(images))
    assert torch.equal(turned(images, found), images.flip((1, 2)))
    aside = type(found)(found.x + 0.5, found.y - 1, found.xx, found.xy, found.yy)
    expected = torch.zeros_like(images)
    expected[:, :-2, 1:] = images[:, :-2, 1:].flip((1, 2))
    torch.testing.assert_close(turned(images, aside), expected)


def test_each_galaxy_has_its_own_model() -> None:
    flux = torch.stack([galaxy(), galaxy(3, -2, 0.5, 60)]) + noise()
    both = residual(asinh(flux))
    np.testing.assert_allclose(both[1], residual(asinh(flux[1:]))[0], atol=1e-3)
