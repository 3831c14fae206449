"""The indicators say what they claim on features whose answer is known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.learn.metrics import (
    alignment,
    auc,
    effective_rank,
    feature_spread,
    uniformity,
)


def gaussian(count: int, dimension: int) -> Tensor:
    return torch.randn((count, dimension), generator=torch.Generator().manual_seed(0))


def test_spread_is_one_on_the_whole_sphere_and_zero_when_collapsed() -> None:
    assert feature_spread(gaussian(5000, 16)) == pytest.approx(1.0, abs=0.02)
    assert feature_spread(torch.ones((50, 16))) == pytest.approx(0.0, abs=1e-6)


def test_effective_rank_counts_the_dimensions_in_use() -> None:
    assert effective_rank(gaussian(20_000, 8)) == pytest.approx(8, abs=0.05)
    padded = torch.cat([gaussian(20_000, 3), torch.ones((20_000, 5))], dim=1)
    assert effective_rank(padded) == pytest.approx(3, abs=0.05)
    line = torch.linspace(0, 1, 50)[:, None] * torch.ones((1, 6))
    assert effective_rank(line) == pytest.approx(1, abs=1e-6)
    assert effective_rank(torch.ones((50, 6))) == 0.0


def test_alignment_is_zero_for_equal_views_and_four_for_opposite_ones() -> None:
    features = gaussian(20, 6)
    assert alignment(features, 3 * features) == pytest.approx(0.0, abs=1e-6)
    assert alignment(features, -features) == pytest.approx(4.0, rel=1e-5)


def test_uniformity_is_the_log_mean_potential_of_pairs() -> None:
    features = gaussian(12, 5)
    unit = (features / features.norm(dim=1, keepdim=True)).tolist()
    pairs = [
        math.exp(-2 * sum((a - b) ** 2 for a, b in zip(unit[i], unit[j], strict=True)))
        for i in range(12)
        for j in range(i)
    ]
    assert uniformity(features) == pytest.approx(math.log(sum(pairs) / len(pairs)), rel=1e-5)
    assert math.isnan(uniformity(features[:1]))


def test_auc_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(0)
    truth, scores = random.integers(0, 2, 60), random.normal(size=60)
    pairs = scores[truth == 1][:, None] > scores[truth == 0][None]
    assert auc(truth, scores) == pytest.approx(pairs.mean())
    assert math.isnan(auc(np.ones(5), np.arange(5)))
