"""BYOL's loss against a slow loop written from the paper, and its target network."""

import math

import pytest
import torch
from torch import Tensor

from strandline.learn.encoders import make_encoder
from strandline.learn.objectives import Seen
from strandline.learn.objectives.byol import Byol, byol_loss, momentum_at
from strandline.recipe import ByolSettings, EncoderSettings


def vectors(count: int, seed: int, dimension: int = 6) -> Tensor:
    return torch.randn((count, dimension), generator=torch.Generator().manual_seed(seed))


def unit(vector: list[float]) -> list[float]:
    return [value / math.hypot(*vector) for value in vector]


def slow_loss(q: list[list[list[float]]], z: list[list[list[float]]]) -> float:
    """Equation 2, and the same with the views exchanged."""
    total = 0.0
    for one, other in ((0, 1), (1, 0)):
        for i in range(len(q[one])):
            for a, b in zip(unit(q[one][i]), unit(z[other][i]), strict=True):
                total += (a - b) ** 2 / len(q[one])
    return total


def test_the_loss_is_that_of_the_paper() -> None:
    q, z = (vectors(5, 1), vectors(5, 2)), (vectors(5, 3), vectors(5, 4))
    slow = slow_loss([part.tolist() for part in q], [part.tolist() for part in z])
    assert byol_loss(q, z).item() == pytest.approx(slow, rel=1e-5)  # float32


def test_the_loss_is_zero_when_the_target_is_hit_and_eight_when_opposite() -> None:
    q = vectors(5, 1), vectors(5, 2)
    assert byol_loss(q, (3 * q[1], q[0])) == pytest.approx(0, abs=1e-6)
    assert byol_loss(q, (-q[1], -q[0])) == pytest.approx(8)


def test_the_momentum_rises_to_one_along_half_a_cosine() -> None:
    assert momentum_at(0.99, 0.0) == pytest.approx(0.99)
    assert momentum_at(0.99, 0.5) == pytest.approx(0.995)
    assert momentum_at(0.99, 1.0) == pytest.approx(1.0)


def objective() -> tuple[torch.nn.Module, Byol]:
    settings = EncoderSettings(input_px=16, widths=(8, 16))
    encoder = make_encoder(3, settings, seed=1)
    return encoder, Byol(
        ByolSettings(momentum=0.9, projection=(16, 8), prediction=(16, 8)), encoder
    )


def test_the_target_is_a_running_average_and_gets_no_gradient() -> None:
    encoder, made = objective()
    before = [value.clone() for value in made.target.parameters()]
    view = torch.randn(6, 3, 16, 16), torch.ones(6, 3)
    seen = Seen((view, view), (encoder(*view), encoder(*view)), torch.full((6,), torch.nan))
    torch.autograd.backward(made.terms(seen)["byol"])
    assert all(value.grad is None for value in made.target.parameters())
    assert all(value.grad is not None for value in encoder.parameters())
    with torch.no_grad():
        for value in encoder.parameters():
            value.add_(1.0)
    made.after_step(encoder, 0.0)
    for old, new, fast in zip(before, made.target.parameters(), encoder.parameters(), strict=True):
        torch.testing.assert_close(new, 0.9 * old + 0.1 * fast)


def test_the_target_is_part_of_the_state() -> None:
    names = objective()[1].state_dict()
    assert any(name.startswith("target.stem") for name in names)
    assert any(name.startswith("target_projection") for name in names)
