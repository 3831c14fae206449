"""NT-Xent against a slow double loop written from the paper."""

import math

import pytest
import torch
from torch import Tensor

from strandline.learn.objectives import Seen
from strandline.learn.objectives.simclr import Simclr, nt_xent
from strandline.recipe import SimclrSettings

TEMPERATURE = 0.3


def vectors(count: int, seed: int, dimension: int = 6) -> Tensor:
    return torch.randn((count, dimension), generator=torch.Generator().manual_seed(seed))


def similarity(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths


def slow_loss(first: list[list[float]], second: list[list[float]]) -> float:
    """Algorithm 1: views 2k - 1 and 2k are of the same image."""
    views = [view for pair in zip(first, second, strict=True) for view in pair]
    total = 0.0
    for i, view in enumerate(views):
        j = i + 1 if i % 2 == 0 else i - 1
        others = 0.0
        for k, other in enumerate(views):
            if k != i:
                others += math.exp(similarity(view, other) / TEMPERATURE)
        total += -math.log(math.exp(similarity(view, views[j]) / TEMPERATURE) / others)
    return total / len(views)


def test_the_loss_is_that_of_the_paper() -> None:
    first, second = vectors(7, 1), vectors(7, 2)
    slow = slow_loss(first.tolist(), second.tolist())
    assert nt_xent(first, second, TEMPERATURE).item() == pytest.approx(slow, rel=1e-5)  # float32


def test_the_loss_is_low_when_views_agree_and_chance_when_all_are_alike() -> None:
    apart = torch.eye(6)
    assert nt_xent(apart, apart, 0.05) < 1e-3
    assert nt_xent(torch.ones((6, 6)), torch.ones((6, 6)), 0.05) == pytest.approx(math.log(11))


def test_the_objective_trains_its_projection() -> None:
    made = Simclr(SimclrSettings(projection=(16, 8)), 6)
    features = vectors(5, 1).requires_grad_(), vectors(5, 2).requires_grad_()
    view = torch.zeros(5, 1, 4, 4), torch.ones(5, 1)
    terms = made.terms(Seen((view, view), features, torch.full((5,), torch.nan)))
    torch.autograd.backward(terms["simclr"])
    assert all(part.grad is not None and part.grad.abs().sum() > 0 for part in features)
    assert all(value.grad is not None for value in made.parameters())
