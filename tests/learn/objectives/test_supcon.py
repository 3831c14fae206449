"""The supervised contrastive loss against a slow double loop written from the paper."""

import math

import pytest
import torch

from strandline.learn.objectives.simclr import nt_xent
from strandline.learn.objectives.supcon import supcon_loss

TEMPERATURE = 0.2


def similarity(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths


def slow_loss(views: list[list[float]], labels: list[float]) -> float:
    """Equation 2, divided by the number of anchors."""
    total, anchors = 0.0, 0
    for i, view in enumerate(views):
        others = [a for a in range(len(views)) if a != i]
        positives = [p for p in others if labels[p] == labels[i]]
        if not positives:
            continue
        anchors += 1
        below = sum(math.exp(similarity(view, views[a]) / TEMPERATURE) for a in others)
        for p in positives:
            above = math.exp(similarity(view, views[p]) / TEMPERATURE)
            total -= math.log(above / below) / len(positives)
    return total / anchors


@pytest.mark.parametrize("labels", [[0, 1, 0, 1, 1, 0, 0], [0, 0, 1, 0, 0, 0, 0], [1, 1, 1]])
def test_the_loss_is_that_of_the_paper(labels: list[float]) -> None:
    views = torch.randn((len(labels), 5), generator=torch.Generator().manual_seed(2))
    slow = slow_loss(views.tolist(), labels)
    fast = supcon_loss(views, torch.tensor(labels), TEMPERATURE)
    assert fast.item() == pytest.approx(slow, rel=1e-5)  # float32


def test_with_a_class_for_each_image_it_is_that_of_simclr() -> None:
    first, second = torch.randn((2, 6, 5), generator=torch.Generator().manual_seed(3))
    labels = torch.arange(6).repeat(2)
    torch.testing.assert_close(
        supcon_loss(torch.cat([first, second]), labels, 0.1), nt_xent(first, second, 0.1)
    )
