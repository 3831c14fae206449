"""The NNCLR loss against a slow double loop written from the paper, and its support set."""

import math
from collections import deque

import pytest
import torch
from torch import Tensor, nn

from strandline.learn.objectives.nnclr import Nnclr, SupportSet, nnclr_loss, nnclr_term
from strandline.recipe import NnclrSettings

TEMPERATURE = 0.1


def vectors(count: int, seed: int, dimension: int = 6) -> Tensor:
    return torch.randn((count, dimension), generator=torch.Generator().manual_seed(seed))


def unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector]


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def slow_neighbour(z: list[float], queue: list[list[float]]) -> list[float]:
    """Equation 2: the member of Q at the least Euclidean distance."""
    return min(queue, key=lambda q: sum((a - b) ** 2 for a, b in zip(z, q, strict=True)))


def slow_loss(
    z1: list[list[float]],
    z2: list[list[float]],
    p1: list[list[float]],
    p2: list[list[float]],
    queue: list[list[float]],
) -> float:
    """Equation 4 with predictions, made symmetric as in the pseudo-code of the paper."""
    total = 0.0
    for z, p in ((z1, p2), (z2, p1)):
        for i in range(len(z)):
            neighbour = slow_neighbour(unit(z[i]), queue)
            positive = math.exp(dot(neighbour, unit(p[i])) / TEMPERATURE)
            over_batch = 0.0
            for k in range(len(p)):
                over_batch += math.exp(dot(neighbour, unit(p[k])) / TEMPERATURE)
            total += -math.log(positive / over_batch) / len(z) / 2
    return total


def test_the_loss_is_that_of_the_paper() -> None:
    z1, z2, p1, p2 = (vectors(9, seed) for seed in (1, 2, 3, 4))
    support = SupportSet(20, 6)
    support.add(vectors(20, 5))
    fast = nnclr_loss((z1, z2), (p1, p2), support, TEMPERATURE)
    queue = [unit(vector) for vector in vectors(20, 5).tolist()]
    slow = slow_loss(z1.tolist(), z2.tolist(), p1.tolist(), p2.tolist(), queue)
    assert fast.item() == pytest.approx(slow, rel=1e-5)  # float32, exponents up to 20


def test_the_loss_depends_on_directions_only() -> None:
    near, predicted = vectors(7, 1), vectors(7, 2)
    torch.testing.assert_close(
        nnclr_term(near * 3, predicted / 5, TEMPERATURE), nnclr_term(near, predicted, TEMPERATURE)
    )


def test_the_loss_is_low_when_predictions_hit_the_neighbours() -> None:
    near = torch.eye(6)
    assert nnclr_term(near, near, TEMPERATURE) < 1e-3
    # no better than chance: the log of the batch
    assert nnclr_term(near, torch.ones((6, 6)), TEMPERATURE) == pytest.approx(math.log(6))


def test_gradients_flow_through_the_predictions_only() -> None:
    z1, z2, p1, p2 = (vectors(5, seed).requires_grad_() for seed in (1, 2, 3, 4))
    support = SupportSet(10, 6)
    support.add(vectors(10, 5))
    loss = nnclr_loss((z1, z2), (p1, p2), support, TEMPERATURE)
    slopes = torch.autograd.grad(loss, (z1, z2, p1, p2), allow_unused=True)
    assert [slope is None for slope in slopes] == [True, True, False, False]
    assert all(slope.abs().sum() > 0 for slope in slopes[2:])


def test_the_loss_of_the_released_code_goes_both_ways_and_through_the_neighbours() -> None:
    z1, z2 = (vectors(5, seed).requires_grad_() for seed in (1, 2))
    support = SupportSet(10, 6)
    support.add(vectors(10, 5))
    loss = nnclr_loss((z1, z2), (z1, z2), support, 0.1, through=True, both_ways=True)
    near = support.nearest(z1), support.nearest(z2)
    # its four matrices of similarity: neighbours against projections and the other way round
    terms = [nnclr_term(near[0], z2, 0.1), nnclr_term(z2, near[0], 0.1)]
    terms += [nnclr_term(near[1], z1, 0.1), nnclr_term(z1, near[1], 0.1)]
    torch.testing.assert_close(loss, torch.stack(terms).mean())
    plain = nnclr_loss((z1, z2), (z1, z2), support, 0.1, both_ways=True)
    slopes = [torch.autograd.grad(value, z1)[0] for value in (loss, plain)]
    assert not torch.allclose(slopes[0], slopes[1])


def test_the_support_set_is_first_in_first_out() -> None:
    support, oracle = SupportSet(7, 6), deque[list[float]](maxlen=7)
    for step, count in enumerate((3, 3, 3, 1, 12, 2, 7)):
        batch = vectors(count, step)
        support.add(batch)
        oracle.extend(torch.nn.functional.normalize(batch, dim=1).tolist())
        kept = sorted(support.vectors[: int(support.filled)].tolist())
        torch.testing.assert_close(torch.tensor(kept), torch.tensor(sorted(oracle)))


def test_the_nearest_is_found_among_what_is_filled() -> None:
    support = SupportSet(50, 6)
    support.add(vectors(20, 1))
    asked = vectors(30, 2)
    queue = [unit(vector) for vector in vectors(20, 1).tolist()]
    expected = [slow_neighbour(unit(vector), queue) for vector in asked.tolist()]
    torch.testing.assert_close(support.nearest(asked), torch.tensor(expected))


def test_while_empty_a_projection_is_its_own_neighbour() -> None:
    asked = vectors(4, 1)
    expected = torch.nn.functional.normalize(asked, dim=1)
    torch.testing.assert_close(SupportSet(5, 6).nearest(asked), expected)


def test_the_support_set_is_part_of_the_state() -> None:
    one, other = SupportSet(7, 6), SupportSet(7, 6)
    one.add(vectors(5, 1))
    other.load_state_dict(one.state_dict())
    one.add(vectors(4, 2))
    other.add(vectors(4, 2))
    assert torch.equal(one.vectors, other.vectors)
    assert int(one.cursor) == int(other.cursor) == 2


def kinds(layers: nn.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in layers]


def test_the_heads_are_built_as_in_section_3() -> None:
    block = ["Linear", "BatchNorm1d", "ReLU"]
    made = Nnclr(NnclrSettings(projection=(16, 16, 8), prediction=(16, 8)), 32, 100)
    assert kinds(made.projection) == [*block, *block, "Linear", "BatchNorm1d"]
    assert kinds(made.prediction) == [*block, "Linear"]
    assert len(made.support.vectors) == 50  # half the images


def test_the_heads_of_the_released_code_have_no_norm() -> None:
    settings = NnclrSettings(projection=(8, 8), prediction=(), norm=False, start="random")
    made = Nnclr(settings, 8, 100)
    assert kinds(made.projection) == ["Linear", "ReLU", "Linear"]
    assert len(made.prediction) == 0
    assert int(made.support.filled) == 50
