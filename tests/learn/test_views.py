"""Random views: per image, seeded, and noise where nature puts it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.geometry import dihedral
from strandline.learn.scaling import Scaling
from strandline.learn.views import Views, generators
from strandline.recipe import Recipe

SIDE = 16
STILL: dict[str, Any] = {
    "scale": (1.0, 1.0),
    "shift": 0.0,
    "rotate": "none",
    "flip": False,
    "noise": (0.0, 0.0),
    "gain": 0.0,
    "colour": 0.0,
    "band_dropout": 0.0,
    "oversample": 1.0,
}
NOISE = torch.tensor([2.0, 4.0, 8.0])
# linear and unstandardised, so that values are flux
LINEAR = Scaling(("g", "r", "z"), "picture", 3.0, "image", (2.0, 4.0, 8.0), (0.0,) * 3, (1.0,) * 3)
STRETCH = Scaling(("g", "r", "z"), "fits", 3.0, "image", (2.0, 4.0, 8.0), (0.0,) * 3, (1.0,) * 3)

Make = Callable[..., Recipe]


def canvases(flux: Tensor, bin_px: float = 1.0) -> Canvases:
    count = len(flux)
    return Canvases(flux, torch.ones((count, 3)), NOISE.expand(count, 3), bin_px)


def one_asymmetric(count: int) -> Tensor:
    image = torch.randn((1, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(5))
    return image.expand(count, -1, -1, -1).clone()


def make_views(recipe: Callable[..., Recipe], scaling: Scaling = LINEAR, **views: Any) -> Views:
    chosen = recipe(
        "brown2025-nnclr",
        views=STILL | views,
        inference={"field": 0.75},
        encoder={"input_px": SIDE},
    )
    return Views(chosen, scaling, reach=0.75)


def look(views: Views, sample: Canvases, seed: int = 1) -> tuple[Tensor, Tensor]:
    return views(sample, *generators(seed, "cpu"))


def test_without_any_change_a_view_is_the_stamp(make_recipe: Make) -> None:
    flux = one_asymmetric(4)
    values, present = look(make_views(make_recipe), canvases(flux))
    torch.testing.assert_close(values, flux, atol=1e-5, rtol=1e-5)
    assert torch.equal(present, torch.ones((4, 3)))


def test_the_same_seed_gives_the_same_views_and_another_seed_others(make_recipe: Make) -> None:
    everything = make_views(
        make_recipe,
        STRETCH,
        scale=(0.7, 1.2),
        shift=0.1,
        rotate="free",
        flip=True,
        noise=(0.0, 1.0),
        gain=0.1,
        colour=0.1,
        band_dropout=0.3,
        grey=0.2,
        erase=0.3,
    )
    sample = canvases(one_asymmetric(70))
    first, again = look(everything, sample), look(everything, sample)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], look(everything, sample, seed=2)[0])


@pytest.mark.parametrize(
    "change",
    [
        {"scale": (0.7, 1.2)},
        {"shift": 0.2},
        {"rotate": "free"},
        {"noise": (0.5, 1.0)},
        {"gain": 0.3},
        {"colour": 0.3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_image_has_a_draw_of_its_own(change: dict[str, Any], make_recipe: Make) -> None:
    values, _ = look(make_views(make_recipe, **change), canvases(one_asymmetric(40)))
    assert len(torch.unique(values.flatten(1), dim=0)) == 40


def test_flips_and_quarter_turns_make_the_eight_images_equally_often(make_recipe: Make) -> None:
    count = 800
    flux = one_asymmetric(count)
    values, _ = look(make_views(make_recipe, rotate="quarter", flip=True), canvases(flux))
    group = torch.stack(dihedral(flux[0]))
    apart = (values[:, None] - group[None]).abs().amax(dim=(2, 3, 4))
    assert apart.min(dim=1).values.max() < 1e-4  # each view is one of the eight
    counts = np.bincount(apart.argmin(dim=1).numpy(), minlength=8)
    # binomial with mean 100 and sigma 9.4; 5 sigma over eight counts
    assert np.abs(counts - 100).max() < 47


def test_noise_has_the_strength_drawn_in_units_of_each_bands_sky_noise(make_recipe: Make) -> None:
    bin_px = 2.5
    sample = canvases(torch.zeros((200, 3, SIDE, SIDE)), bin_px)
    views = make_views(make_recipe, noise=(0.5, 2.0))
    values, _ = look(views, sample)
    in_sigma = values.std(dim=(2, 3)) / (NOISE / bin_px)
    strength = in_sigma.mean(dim=1)
    # 256 pixels: the spread of a standard deviation is 1/sqrt(512) = 4.4 %; three bands share it
    torch.testing.assert_close(in_sigma, strength[:, None].expand(-1, 3), rtol=0.25, atol=0)
    assert 0.4 < strength.min() < 0.65
    assert 1.75 < strength.max() < 2.2
    assert abs(strength.mean() - 1.25) < 0.15  # uniform: sigma 0.43 / sqrt(200) = 0.03
    # of zero mean: 200 x 256 pixels of at most 2 sigma, 5 sigma of the mean
    assert (values.mean(dim=(0, 2, 3)) / (NOISE / bin_px)).abs().max() < 5 * 2 / 226


def test_noise_pixels_are_independent_and_gaussian(make_recipe: Make) -> None:
    sample = canvases(torch.zeros((200, 3, SIDE, SIDE)))
    values, _ = look(make_views(make_recipe, noise=(1.0, 1.0)), sample)
    standard = values / NOISE[:, None, None]
    count = standard.numel()
    assert abs(standard.pow(4).mean() - 3) < 5 * (96 / count) ** 0.5  # var of x^4 is 96
    for axis in (1, 2, 3):
        neighbours = (standard * standard.roll(1, dims=axis)).mean()
        assert abs(neighbours) < 5 / count**0.5


def test_noise_is_added_before_the_stretch(make_recipe: Make) -> None:
    # Noise in flux is squeezed by the slope of the stretch where the galaxy is bright:
    # d asinh(f/s) = df / sqrt(s^2 + f^2). Added after the stretch it would be alike everywhere.
    flux = torch.zeros((400, 3, SIDE, SIDE))
    flux[:, :, :, 8:] = 100 * NOISE[:, None, None]
    values, _ = look(make_views(make_recipe, STRETCH, noise=(1.0, 1.0)), canvases(flux))
    softening = 3 * 2**0.5  # in the old sigma: the noise is sqrt(2) as strong with what was added
    spread = values.std(dim=(0, 2, 3)), values[..., :8].std(dim=(0, 2, 3))
    bright = values[..., 8:].std(dim=(0, 2, 3))
    torch.testing.assert_close(spread[1], torch.full((3,), 1 / softening), rtol=0.05, atol=0)
    torch.testing.assert_close(bright, torch.full((3,), 1 / 100), rtol=0.05, atol=0)


def test_a_zoom_keeps_surface_brightness_and_shift_moves(make_recipe: Make) -> None:
    flat = canvases(torch.full((50, 3, SIDE, SIDE), 7.0))
    zoomed, _ = look(make_views(make_recipe, scale=(0.5, 0.9)), flat)
    torch.testing.assert_close(zoomed, torch.full_like(zoomed, 7.0))
    point = torch.zeros((300, 3, SIDE, SIDE))
    point[:, :, 7:9, 7:9] = 1.0
    shifted, _ = look(make_views(make_recipe, shift=0.2), canvases(point))
    place = (shifted[:, 0].sum(dim=1) * torch.arange(SIDE)).sum(dim=1) / shifted[:, 0].sum((1, 2))
    away = (place - 7.5).abs() / SIDE
    assert 0.17 < away.max() < 0.201  # of the field's side


def test_dropped_bands_are_masked_and_one_always_stays(make_recipe: Make) -> None:
    sample = canvases(one_asymmetric(300))
    values, present = look(make_views(make_recipe, band_dropout=0.9), sample)
    assert (present.sum(dim=1) >= 1).all()
    assert torch.equal(values.abs().amax(dim=(2, 3)) > 0, present > 0)
    # each band is spared with 1/3, else dropped with 0.9: 0.6; binomial sigma 0.016
    assert abs((1 - present).mean() - 0.6) < 0.06


def test_a_missing_band_stays_missing(make_recipe: Make) -> None:
    flux = one_asymmetric(40)
    flux[:, 1] = torch.nan
    views = make_views(make_recipe, noise=(0, 1), rotate="free", gain=0.1)
    values, present = look(views, canvases(flux))
    assert torch.equal(values[:, 1], torch.zeros((40, SIDE, SIDE)))
    assert torch.equal(present, torch.tensor([1.0, 0.0, 1.0]).expand(40, 3))


def test_erasing_masks_a_rectangle_of_some_images(make_recipe: Make) -> None:
    sample = canvases(torch.full((400, 3, SIDE, SIDE), 3.0))
    values, present = look(make_views(make_recipe, erase=0.5), sample)
    erased = (values == 0).all(dim=1).float().mean(dim=(1, 2))
    assert abs((erased > 0).float().mean() - 0.5) < 0.13  # binomial sigma 0.025, and tiny ones
    assert erased.max() < 0.36**2 + 0.05
    assert (present == 1).all()


def test_grey_shows_the_mean_of_the_bands(make_recipe: Make) -> None:
    flux = one_asymmetric(6)
    values, _ = look(make_views(make_recipe, grey=1.0), canvases(flux))
    expected = flux.mean(dim=1, keepdim=True).expand_as(flux)
    torch.testing.assert_close(values, expected, atol=1e-5, rtol=1e-5)


def test_the_canvas_holds_every_view(make_recipe: Make) -> None:
    recipe = make_recipe(
        "brown2025-nnclr",
        views=STILL | {"scale": (0.8, 1.2), "shift": 0.05, "rotate": "free"},
        inference={"field": 0.5},
    )
    geometry = CanvasGeometry.of(recipe)
    # corner of the largest field turned by 45 degrees, and shifted both ways
    assert geometry.reach == pytest.approx(0.5 * (1.2 * 2**0.5 + 0.1))
    assert CanvasGeometry.centre(recipe) == CanvasGeometry(0.5, recipe.encoder.input_px)


def test_worse_seeing_blurs_but_does_not_quieten_the_sky(make_recipe: Make) -> None:
    noise = torch.randn((300, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(8))
    sample = canvases(noise * NOISE[:, None, None])
    values, _ = look(make_views(make_recipe, blur_px=(2.0, 2.0)), sample)
    inner = values[:, :, 5:11, 5:11].std(dim=(0, 2, 3))  # away from the edges
    torch.testing.assert_close(inner, NOISE, rtol=0.05, atol=0)
    smooth = torch.zeros((100, 3, SIDE, SIDE))
    smooth[:, :, 8, 8] = 1e4
    blurred, _ = look(make_views(make_recipe, blur_px=(1.0, 3.0)), canvases(smooth))
    peak = blurred[:, 0, 8, 8] / 1e4
    assert 0.08 < peak.min() < 0.12  # 0.88 / FWHM^2, and drawn for each image
    assert 0.4 < peak.max() < 0.9


def test_a_sky_gradient_is_measured_in_the_noise_of_the_view(make_recipe: Make) -> None:
    bin_px = 2.0
    sample = canvases(torch.zeros((500, 3, SIDE, SIDE)), bin_px)
    values, _ = look(make_views(make_recipe, sky_gradient=0.5), sample)
    assert values.mean(dim=(2, 3)).abs().max() < 1e-4
    rise = (values[..., -1] - values[..., 0]).mean(dim=2) / 2 / (1 - 1 / SIDE)
    spread = (rise / (NOISE / bin_px)).std(dim=0)
    torch.testing.assert_close(spread, torch.full((3,), 0.5), rtol=0.16, atol=0)  # 5 sigma


def test_reddening_follows_the_extinction_curve(make_recipe: Make) -> None:
    sample = canvases(torch.ones((400, 3, SIDE, SIDE)))
    values, _ = look(make_views(make_recipe, STRETCH, reddening=0.2), sample)
    dimming = -2.5 * torch.log10(3 * NOISE * torch.sinh(values[:, :, 0, 0]))
    dust = dimming / torch.tensor([3.303, 2.285, 1.263])
    torch.testing.assert_close(dust, dust[:, :1].expand_as(dust), atol=1e-4, rtol=1e-3)
    assert dust[:, 0].std() == pytest.approx(0.2, rel=0.18)  # 5 sigma
    assert abs(dust[:, 0].mean()) < 0.05


def test_masked_discs_are_missing_away_from_the_centre(make_recipe: Make) -> None:
    sample = canvases(torch.full((300, 3, SIDE, SIDE), 3.0))
    values, present = look(make_views(make_recipe, mask=0.5), sample)
    gone = (values == 0).all(dim=1)
    assert 0.3 < gone.flatten(1).any(dim=1).float().mean() < 0.6  # small ones may miss all pixels
    assert not gone[:, 6:10, 6:10].any()
    assert (present == 1).all()


def test_half_turns_and_flips_are_those_along_the_axes(make_recipe: Make) -> None:
    flux = one_asymmetric(400)
    values, _ = look(make_views(make_recipe, rotate="half", flip=True), canvases(flux))
    image = flux[0]
    group = torch.stack([image, image.flip(-1), image.flip(-2), image.flip(-1, -2)])
    apart = (values[:, None] - group[None]).abs().amax(dim=(2, 3, 4))
    assert apart.min(dim=1).values.max() < 1e-4
    counts = np.bincount(apart.argmin(dim=1).numpy(), minlength=4)
    assert np.abs(counts - 100).max() < 44  # 5 sigma


def test_a_batch_may_share_a_shift_and_a_strength_as_the_released_code_does(
    make_recipe: Make,
) -> None:
    flux = one_asymmetric(30)
    shifted, _ = look(make_views(make_recipe, shift=0.2, per_batch=("shift",)), canvases(flux))
    assert len(torch.unique(shifted.flatten(1), dim=0)) == 1
    again, _ = look(make_views(make_recipe, shift=0.2, per_batch=("shift",)), canvases(flux), 2)
    assert not torch.allclose(shifted, again)
    quiet = canvases(torch.zeros((200, 3, SIDE, SIDE)))
    noisy, _ = look(make_views(make_recipe, noise=(0.2, 3.0), per_batch=("noise",)), quiet)
    spread = (noisy / NOISE[:, None, None]).std(dim=(1, 2, 3))
    assert spread.std() / spread.mean() < 0.05  # 768 pixels each: 2.6 %


def test_noise_after_the_stretch_is_alike_everywhere_and_depends_on_the_unit(
    make_recipe: Make,
) -> None:
    flux = torch.zeros((300, 3, SIDE, SIDE))
    flux[..., 8:] = 100 * NOISE[:, None, None]
    for unit in (10.0, 100.0):
        views = make_views(make_recipe, STRETCH, noise=(2.0, 2.0), noise_after_stretch_njy=unit)
        values, _ = look(views, canvases(flux))
        for half in (values[..., :8], values[..., 8:]):
            torch.testing.assert_close(half.std(dim=(0, 2, 3)), 2 * NOISE / unit, rtol=0.05, atol=0)
