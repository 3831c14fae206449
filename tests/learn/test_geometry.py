"""Cropping and binning against slow loops, with and without missing pixels."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.learn.geometry import area_weights, dihedral, resample, shrink

CASES = [(12, 1.0, 4), (12, 0.5, 4), (13, 0.7, 5), (21, 1.0, 8), (9, 0.8, 16)]


def slow_shrink(image: NDArray[np.float32], field: float, side: int) -> NDArray[np.float64]:
    """Average by overlap, pixel by pixel; NaN where less than half of the area is there."""
    size = len(image)
    step = size * field / side
    start = (size - size * field) / 2
    result = np.full((side, side), np.nan)
    for j, i in itertools.product(range(side), range(side)):
        total = area = 0.0
        for y, x in itertools.product(range(size), range(size)):
            high = min(start + (j + 1) * step, y + 1) - max(start + j * step, y)
            wide = min(start + (i + 1) * step, x + 1) - max(start + i * step, x)
            if high > 0 and wide > 0 and np.isfinite(image[y, x]):
                total += high * wide * float(image[y, x])
                area += high * wide
        if area >= 0.5 * step**2 - 1e-9:
            result[j, i] = total / area
    return result


def stamps(size: int, missing: float = 0.0) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn((6, 2, size, size), generator=generator)
    lost = torch.rand((6, 2, size, size), generator=generator) < missing
    lost[0] = False  # whole images and broken ones take different ways
    return images.masked_fill(lost, torch.nan)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize(("size", "field", "side"), CASES)
def test_shrink_is_the_area_average(size: int, field: float, side: int, missing: float) -> None:
    images = stamps(size, missing)
    fast = shrink(images, field, side).numpy()
    for row, band in itertools.product(range(6), range(2)):
        slow = slow_shrink(images[row, band].numpy(), field, side)
        # sums of a few dozen numbers of order 1 in float32
        np.testing.assert_allclose(fast[row, band], slow, atol=2e-6)


def test_shrink_takes_float16_as_it_is() -> None:
    images = stamps(12).half()
    torch.testing.assert_close(shrink(images, 0.5, 4), shrink(images.float(), 0.5, 4))


def test_infinity_is_missing_too() -> None:
    images = stamps(12)
    broken = images.clone()
    images[2, 0, 3, 4], broken[2, 0, 3, 4] = torch.nan, torch.inf
    torch.testing.assert_close(shrink(broken, 1.0, 4), shrink(images, 1.0, 4), equal_nan=True)


@pytest.mark.parametrize(("size", "field", "side"), CASES)
def test_weights_of_an_output_pixel_sum_to_one(size: int, field: float, side: int) -> None:
    weights, first = area_weights(size, field, side)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(side))
    assert first >= 0
    assert first + weights.shape[1] <= size


def identity(count: int) -> Tensor:
    return torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(count, 2, 3)


def test_resample_by_the_identity_changes_nothing() -> None:
    images = stamps(12)
    torch.testing.assert_close(resample(images, identity(6), 12), images, atol=1e-5, rtol=1e-5)


def test_a_quarter_turn_by_resample_is_a_quarter_turn() -> None:
    images = stamps(12)
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0]]).expand(6, 2, 3)
    turned = torch.rot90(images, 1, dims=(-2, -1))
    torch.testing.assert_close(resample(images, turn, 12), turned, atol=1e-5, rtol=1e-5)


def test_a_missing_pixel_spoils_no_more_than_its_neighbours() -> None:
    images = torch.ones((1, 1, 12, 12))
    images[0, 0, 6, 6] = torch.nan
    shifted = identity(1).clone()
    shifted[0, 0, 2] = 0.4 / 6  # 0.4 of a pixel to the right
    seen = resample(images, shifted, 12)[0, 0]
    missing = torch.isnan(seen)
    # output pixel 6 takes 60 % of the lost pixel and is lost; pixel 5 takes 40 % and is not
    assert missing.nonzero().tolist() == [[6, 6]]
    torch.testing.assert_close(seen[:, :11][~missing[:, :11]], torch.ones(131))
    torch.testing.assert_close(seen[:, 11], torch.full((12,), 0.6))  # the rest is beyond the edge


def test_beyond_the_edge_is_empty_sky() -> None:
    shifted = identity(1).clone()
    shifted[0, 0, 2] = 1.0  # half the image to the right
    seen = resample(torch.ones((1, 1, 12, 12)), shifted, 12)[0, 0]
    assert torch.equal(seen[:, 6:], torch.zeros((12, 6)))
    torch.testing.assert_close(seen[:, :6], torch.ones((12, 6)))


def test_the_dihedral_group_is_eight_different_images_closed_under_its_moves() -> None:
    image = stamps(5)[:1]
    group = dihedral(image)
    assert torch.equal(group[0], image)
    assert len({tuple(member.flatten().tolist()) for member in group}) == 8
    for count in (1, 4):
        assert all(map(torch.equal, dihedral(image, count), group[:count]))

    def key(images: list[Tensor]) -> set[tuple[float, ...]]:
        return {tuple(member.flatten().tolist()) for member in images}

    assert key([torch.rot90(member, 1, (-2, -1)) for member in group]) == key(group)
    assert key([member.flip(-2) for member in group]) == key(group)
