"""The networks: any subset of bands, any side, and an eye on the whole stamp."""

import pytest
import torch
from torch import Tensor

from strandline.learn.encoders import BandStem, Encoder, make_encoder
from strandline.recipe import EncoderSettings, Recipe


def settings(kind: str) -> EncoderSettings:
    return EncoderSettings.model_validate(
        {"kind": kind, "input_px": 32, "widths": [8, 16], "features": 12}
    )


def images(count: int = 6, side: int = 32) -> Tensor:
    return torch.randn((count, 3, side, side), generator=torch.Generator().manual_seed(3))


@pytest.fixture(params=["cnn", "resnet"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return make_encoder(3, settings(request.param), seed=1).eval()


def test_features_have_the_width_that_is_told(encoder: Encoder) -> None:
    features = encoder(images(), torch.ones((6, 3)))
    assert features.shape == (6, encoder.feature_count)
    assert torch.isfinite(features).all()


def test_stamps_of_other_sides_are_taken(encoder: Encoder) -> None:
    assert encoder(images(side=50), torch.ones((6, 3))).shape == (6, encoder.feature_count)


def test_the_weights_depend_on_the_seed_alone(encoder: Encoder) -> None:
    kind = "cnn" if hasattr(encoder, "linear") else "resnet"
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
    torch.nn.init.normal_(encoder.get_submodule("stem").get_parameter("missing"))
    values = images()
    values[:, 1] = 0
    there, missing = torch.ones((6, 3)), torch.tensor([1.0, 0.0, 1.0]).expand(6, 3)
    assert not torch.allclose(encoder(values, there), encoder(values, missing))


@pytest.mark.parametrize("name", ["brown2025-cnn", "brown2025-nnclr"])
def test_one_place_of_the_last_maps_sees_at_least_half_of_the_stamp(name: str) -> None:
    # a tail and its galaxy must meet before the global average; seen by the gradient
    recipe = Recipe.load(name)
    encoder = make_encoder(3, recipe.encoder, seed=0).eval()
    maps: list[Tensor] = []
    last = list(encoder.get_submodule("stages").children())[-1]
    last.register_forward_hook(lambda _module, _input, output: maps.append(output))
    side = recipe.encoder.input_px
    values = images(1, side).requires_grad_()
    encoder(values, torch.ones((1, 3)))
    middle = maps[0].shape[-1] // 2
    (slope,) = torch.autograd.grad(maps[0][..., middle, middle].sum(), values)
    rows = slope.abs().sum(dim=(0, 1, 3)).nonzero()
    seen = (rows.max() - rows.min() + 1).item()
    assert seen > 0.5 * side
