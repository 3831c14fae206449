"""The hybrid objective: all stamps enter one term, labelled ones the others."""

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.learn.encoders import make_encoder
from strandline.learn.objectives import Objective, Seen, make_objective
from strandline.learn.objectives.hybrid import Hybrid, balanced_bce
from strandline.learn.objectives.supcon import supcon_loss
from strandline.recipe import EncoderSettings, HybridSettings, SimclrSettings

NAN = float("nan")
SETTINGS = HybridSettings(
    unlabelled=SimclrSettings(projection=(8,)), bce=0.5, contrast=0.25, contrast_projection=(8, 4)
)


def made(settings: HybridSettings = SETTINGS) -> Objective:
    encoder = make_encoder(3, EncoderSettings(input_px=16, widths=(8, 16)), seed=1)
    labels = np.array([0, 0, 0, 1, NAN, NAN], dtype=np.float32)
    return make_objective(settings, encoder, labels, seed=2)


def seen(labels: list[float], shift: float = 0.0) -> Seen:
    features = torch.randn((2, len(labels), 16), generator=torch.Generator().manual_seed(3))
    features[:, ~torch.isfinite(torch.tensor(labels))] += shift
    view = torch.zeros(len(labels), 3, 16, 16), torch.ones(len(labels), 3)
    return Seen((view, view), (features[0], features[1]), torch.tensor(labels))


def test_unlabelled_stamps_enter_the_first_term_only() -> None:
    objective = made()
    labels = [0.0, 1.0, NAN, 0.0, NAN]
    terms, moved = objective.terms(seen(labels)), objective.terms(seen(labels, shift=5.0))
    assert list(terms) == ["simclr", "bce", "contrast"]
    assert not torch.equal(terms["simclr"], moved["simclr"])
    assert torch.equal(terms["bce"], moved["bce"])
    assert torch.equal(terms["contrast"], moved["contrast"])


def test_the_terms_are_weighted_and_see_both_views_of_labelled_stamps() -> None:
    objective = made()
    assert isinstance(objective, Hybrid)
    sample = seen([0.0, 1.0, NAN, 0.0])
    terms = objective.terms(sample)
    known = [0, 1, 3]
    features = torch.cat([part[known] for part in sample.features])
    labels = torch.tensor([0.0, 1.0, 0.0]).repeat(2)
    logits = objective.classifier(features)[:, 0]
    torch.testing.assert_close(terms["bce"], 0.5 * balanced_bce(logits, labels, 0.25, 0.05))
    expected = supcon_loss(objective.projection(features), labels, 0.1)
    torch.testing.assert_close(terms["contrast"], 0.25 * expected)


def test_a_batch_without_labels_is_self_supervised() -> None:
    assert list(made().terms(seen([NAN, NAN, NAN]))) == ["simclr"]


def test_the_cross_entropy_weighs_both_classes_alike() -> None:
    labels = torch.tensor([1.0, 0.0, 0.0, 0.0])
    logits = torch.tensor([0.3, -0.2, 0.7, 1.0])
    each = [slow_entropy(logit, label) for logit, label in zip(logits, labels, strict=True)]
    expected = 0.5 * each[0] + 0.5 * sum(each[1:]) / 3
    assert balanced_bce(logits, labels, 0.25, 0.1).item() == pytest.approx(expected, rel=1e-5)


def slow_entropy(logit: Tensor, label: Tensor, smoothing: float = 0.1) -> float:
    chance = 1 / (1 + np.exp(-float(logit)))
    aim = 1 - smoothing if label else smoothing
    return float(-aim * np.log(chance) - (1 - aim) * np.log(1 - chance))
