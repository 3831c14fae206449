"""The networks: any subset of bands, any side, and an eye on the whole stamp."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from strandline.learn.encoders import BandStem, Encoder, TwoScale, make_encoder
from strandline.learn.encoders.twoscale import two_scales
from strandline.recipe import EncoderSettings, Recipe

FLAT = {"kernels_px": [6, 3], "pools": [True, False], "dense": [10, 14]}
KINDS: dict[str, dict[str, Any]] = {
    "cnn": {"kind": "cnn"},
    "resnet": {"kind": "resnet"},
    "resnet-v2": {"kind": "resnet-v2", "blocks": 2},
    "flat-cnn": {"kind": "flat-cnn"} | FLAT,
    "two scales": {"kind": "resnet", "input_px": 16, "two_scale": True},
}


def settings(name: str) -> EncoderSettings:
    usual = {"input_px": 32, "widths": [8, 16], "features": 12}
    return EncoderSettings.model_validate(usual | KINDS[name])


def images(count: int = 6, side: int = 32) -> Tensor:
    return torch.randn((count, 3, side, side), generator=torch.Generator().manual_seed(3))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def encoder(kind: str) -> Encoder:
    return make_encoder(3, settings(kind), seed=1).eval()


def test_features_have_the_width_that_is_told(encoder: Encoder) -> None:
    features = encoder(images(), torch.ones((6, 3)))
    assert features.shape == (6, encoder.feature_count)
    assert torch.isfinite(features).all()


def test_stamps_of_other_sides_are_taken(kind: str, encoder: Encoder) -> None:
    if kind == "flat-cnn":  # its maps are flattened
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            encoder(images(side=50), torch.ones((6, 3)))
        return
    assert encoder(images(side=50), torch.ones((6, 3))).shape == (6, encoder.feature_count)


def test_the_weights_depend_on_the_seed_alone(kind: str, encoder: Encoder) -> None:
    state = torch.random.get_rng_state()
    again, other = (make_encoder(3, settings(kind), seed=seed).eval() for seed in (1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    present = torch.ones((6, 3))
    assert torch.equal(again(images(), present), encoder(images(), present))
    assert not torch.equal(other(images(), present), encoder(images(), present))


def test_an_images_features_do_not_depend_on_its_batch(encoder: Encoder) -> None:
    together = encoder(images(), torch.ones((6, 3)))
    alone = torch.cat([encoder(image[None], torch.ones((1, 3))) for image in images()])
    # other batch sizes sum in another order
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)


def test_the_stem_is_a_convolution_plus_a_vector_for_each_missing_band() -> None:
    stem = BandStem(3, 8, 5, 2)
    torch.nn.init.normal_(stem.missing)
    values = images()
    values[:, 1] = 0
    plain = torch.nn.functional.conv2d(values, stem.convolution.weight, stride=2, padding=2)
    present = torch.tensor([1.0, 0.0, 1.0]).expand(6, 3)
    torch.testing.assert_close(stem(values, torch.ones((6, 3))), plain)
    expected = plain + stem.missing[1][:, None, None]
    torch.testing.assert_close(stem(values, present), expected)


def test_a_missing_band_is_told_apart_from_an_average_one(encoder: Encoder) -> None:
    trunk = encoder.trunk if isinstance(encoder, TwoScale) else encoder
    torch.nn.init.normal_(trunk.get_submodule("stem").get_parameter("missing"))
    values = images()
    values[:, 1] = 0
    there, missing = torch.ones((6, 3)), torch.tensor([1.0, 0.0, 1.0]).expand(6, 3)
    assert not torch.allclose(encoder(values, there), encoder(values, missing))


@pytest.mark.parametrize("name", ["brown2025-cnn", "brown2025-nnclr", "strandline"])
def test_one_place_of_the_last_maps_sees_at_least_half_of_the_stamp(name: str) -> None:
    # a tail and its galaxy must meet before the global average
    recipe = Recipe.load(name)
    assert receptive_field(recipe) > 0.5 * recipe.encoder.view_px


def receptive_field(recipe: Recipe) -> int:
    """Return how many pixels of the view a place of the last maps sees, by the gradient."""
    encoder = make_encoder(3, recipe.encoder, seed=0).eval()
    for module in encoder.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)  # a block that begins as the identity sees nothing
    maps: list[Tensor] = []
    trunk = encoder.trunk if isinstance(encoder, TwoScale) else encoder
    last = list(trunk.get_submodule("stages").children())[-1]
    last.register_forward_hook(lambda _module, _input, output: maps.append(output))
    values = images(1, recipe.encoder.view_px).requires_grad_()
    encoder(values, torch.ones((1, 3)))
    middle = maps[0].shape[-1] // 2
    (slope,) = torch.autograd.grad(maps[0][0, :, middle, middle].sum(), values)
    rows = slope.abs().sum(dim=(0, 1, 3)).nonzero()
    return int(rows.max() - rows.min() + 1)


def test_the_network_of_desmons_has_the_published_size_and_receptive_field() -> None:
    recipe = Recipe.load("desmons2024")
    encoder = make_encoder(5, recipe.encoder, seed=0)
    weights = sum(value.numel() for value in encoder.parameters())
    statistics = sum(value.numel() for name, value in encoder.named_buffers() if "running" in name)
    ours = encoder.get_submodule("stem").get_parameter("missing").numel()
    assert weights + statistics - ours == 618_832  # "619k", as Keras counts
    assert encoder.feature_count == 128
    assert receptive_field(recipe) == 25
    assert receptive_field(Recipe.load("desmons2024-repaired")) == 95


def test_the_network_of_pearson_is_that_of_table_2() -> None:
    encoder = make_encoder(3, Recipe.load("pearson2019").encoder, seed=0)
    shapes = [tuple(value.shape) for value in encoder.parameters() if value.ndim > 2]
    assert shapes == [(32, 3, 6, 6), (64, 32, 5, 5), (128, 64, 3, 3), (128, 128, 3, 3)]
    dense = [tuple(part.weight.shape) for part in encoder.modules() if isinstance(part, nn.Linear)]
    assert dense == [(2048, 8 * 8 * 128), (2048, 2048)]
    assert sum(isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) for part in encoder.modules()) == 6


def test_an_even_kernel_keeps_the_side() -> None:
    made = make_encoder(3, settings("flat-cnn"), seed=1).eval()
    sides: list[int] = []
    made.get_submodule("norms")[0].register_forward_hook(  # type: ignore[index]
        lambda _module, _input, output: sides.append(output.shape[-1])
    )
    made(images(), torch.ones((6, 3)))
    assert sides == [32]


def test_the_two_scales_are_the_whole_at_half_the_resolution_and_the_centre() -> None:
    values = images(2, 32)
    wide, sharp = two_scales(values)
    assert torch.equal(sharp, values[:, :, 8:24, 8:24])
    assert wide.shape == (2, 3, 16, 16)
    torch.testing.assert_close(wide[:, :, 3, 5], values[:, :, 6:8, 10:12].mean(dim=(2, 3)))


def test_both_scales_are_centred_so_that_turns_go_with_them() -> None:
    values = images(2, 32)
    turned = torch.rot90(values, 1, dims=(-2, -1)).flip(-1)
    for plain, after in zip(two_scales(values), two_scales(turned), strict=True):
        torch.testing.assert_close(torch.rot90(plain, 1, dims=(-2, -1)).flip(-1), after)


def test_the_features_of_two_scales_are_those_of_the_trunk_side_by_side() -> None:
    made = make_encoder(3, settings("two scales"), seed=1).eval()
    assert isinstance(made, TwoScale)
    values, present = images(), torch.ones((6, 3))
    parts = [made.trunk(part, present) for part in two_scales(values)]
    # other batch sizes sum in another order
    torch.testing.assert_close(made(values, present), torch.cat(parts, dim=1), atol=1e-5, rtol=1e-5)
