import math

import numpy as np
import pytest
import torch

from strandline.learn.tracing.augmenting import augmented, feature_masks
from strandline.learn.tracing.network import TracingNet, polar_sums
from strandline.learn.tracing.planes import CHANNELS, binned, channels_of, planes_of


def test_noise_stays_one_when_pixels_are_joined() -> None:
    torch.manual_seed(0)
    noise, seen = torch.randn(4, 80, 80), torch.ones(4, 80, 80)
    assert binned(noise, seen).std().item() == pytest.approx(1, abs=0.03)
    seen[:, ::2] = 0  # half of them are missing
    assert binned(noise, seen).std().item() == pytest.approx(1, abs=0.03)
    assert not binned(noise, torch.zeros_like(seen)).any()


def test_colour_is_relative_to_the_galaxy_and_ends_where_light_does() -> None:
    place = torch.arange(80) - 39.5
    away = torch.hypot(place[:, None], place)
    galaxy, tail = 400 * torch.exp(-away / 4), torch.zeros(80, 80)
    tail[:, 60:70] = 30.0
    blue, red = galaxy + 2 * tail, 2 * galaxy + tail
    torch.manual_seed(0)
    flux = torch.stack([blue, red])[None] + torch.randn(1, 2, 80, 80)
    colour = planes_of(flux, torch.ones(1, 2), ("g", "r"), "fits")[0, 1]
    assert abs(colour[18:22, 18:22].mean().item()) < 0.02
    assert colour[:, 31:34].mean().item() < -0.3  # bluer: a smaller angle of red over blue
    assert colour[:, :6].abs().mean().item() < 0.1


def test_channels_of_nothing_are_finite() -> None:
    told = channels_of(torch.zeros(2, 2, 40, 40))
    assert told.shape == (2, len(CHANNELS), 40, 40)
    assert torch.isfinite(told).all()


def test_mask_holds_four_fifths_of_the_light() -> None:
    torch.manual_seed(1)
    light = torch.rand(3, 30, 30) ** 4
    mask = feature_masks(light)
    held = (light * mask).sum(dim=(1, 2)) / light.sum(dim=(1, 2))
    assert ((held >= 0.8) & (held < 0.81)).all()
    assert not feature_masks(torch.zeros(1, 30, 30)).any()


def test_examples_stay_themselves_when_they_are_changed() -> None:
    torch.manual_seed(2)
    feature = torch.zeros(64, 60, 60)
    feature[:, 30:40, 25:35] = 5.0
    planes = torch.stack([feature, torch.zeros_like(feature)], dim=1)
    changed, light = augmented(planes, feature)
    # light is less in units of more noise; what is zoomed has another area
    assert (light.sum(dim=(1, 2)) < 2.2 * feature[0].sum()).all()
    assert (light.sum(dim=(1, 2)) > 0.2 * feature[0].sum()).all()
    middle = torch.stack([light[k] for k in range(64)]).amax(dim=(1, 2))
    assert ((middle > 2.5) & (middle < 5.01)).all()
    assert not torch.equal(changed[0], changed[1])


def test_reach_and_direction_of_light() -> None:
    light = torch.zeros(2, 50, 50)
    light[0, 25, 25:45] = 1.0  # to the right
    reach, direction = polar_sums(light)
    assert reach[0].item() == pytest.approx(19.5, abs=1.1)
    angle = math.degrees(math.atan2(direction[0, 1].item(), direction[0, 0].item()))
    assert abs(angle) < 3
    assert reach[1] == 0
    assert not direction[1].any()


@pytest.mark.parametrize("side", [40, 51])
def test_maps_are_as_large_as_the_planes(side: int) -> None:
    net = TracingNet((4, 6, 8)).eval()
    with torch.inference_mode():
        told = net(torch.randn(2, 2, side, side))
    assert told.maps.shape == (2, 2, side, side)
    assert told.reach.shape == (2, 3)
    assert told.light.shape == (2, 2, 3)
    assert np.isfinite(told.turn.numpy()).all()
