import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.explore.probes import probe, probe_classes

ROWS = 600
BLOCKS = np.arange(ROWS) // 10


def _embedding(seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(ROWS, 16)).astype(np.float32)


def test_what_the_embedding_holds_is_found() -> None:
    features = _embedding()
    found = probe(features, features[:, :3] @ np.array([1.0, -2.0, 0.5]), BLOCKS)
    assert found.value > 0.999
    assert found.rows == ROWS


def test_what_it_does_not_hold_is_not_found() -> None:
    found = probe(_embedding(), np.random.default_rng(1).normal(size=ROWS), BLOCKS)
    # without signal cross-validated R2 is about -1 / rows of a fold for a strong penalty
    assert found.value == pytest.approx(0, abs=0.03)
    assert found.error < 0.03


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_r2_is_the_share_of_the_variance_held(share: float) -> None:
    features = _embedding()
    rest = np.random.default_rng(1).normal(size=ROWS)
    targets = np.sqrt(share) * features[:, 0] + np.sqrt(1 - share) * rest
    found = probe(features, targets, BLOCKS)
    # of 600 rows the share itself is good to 0.04, and 16 features cost 16 / 480 of what is left
    assert found.value == pytest.approx(share, abs=0.08)


def test_several_targets_count_alike_whatever_their_unit() -> None:
    features = _embedding()
    targets = np.stack(
        [features[:, 0], 1000 * np.random.default_rng(1).normal(size=ROWS)], axis=1
    ).astype(np.float64)
    assert probe(features, targets, BLOCKS).value == pytest.approx(0.5, abs=0.03)


def test_blocks_of_sky_are_left_out_whole() -> None:
    # each block has its own value, and the embedding knows the block: nothing can be learned of it
    random = np.random.default_rng(0)
    sky = random.normal(size=(20, 16)).repeat(30, axis=0)
    targets = random.normal(size=20).repeat(30)
    features = (sky + 0.01 * _embedding()).astype(np.float32)
    blocks = np.arange(20).repeat(30)
    assert probe(features, targets, np.arange(ROWS)).value > 0.6
    assert probe(features, targets, blocks).value < 0.3


def test_rows_without_a_target_are_left_out() -> None:
    features = _embedding()
    targets = features[:, 0].astype(np.float64)
    targets[::2] = np.nan
    assert probe(features, targets, BLOCKS).rows == ROWS // 2


def test_classes_that_are_held_and_classes_that_are_not() -> None:
    features = _embedding()
    values = (features[:, 0] > 0).astype(np.int64)
    assert probe_classes(features, values, BLOCKS).value > 0.97
    chance = np.random.default_rng(1).integers(0, 2, ROWS)
    assert probe_classes(features, chance, BLOCKS).value == pytest.approx(0.5, abs=0.08)


def test_too_few_are_refused() -> None:
    with pytest.raises(OptionError, match="at least 20 galaxies in 2 blocks of sky; there are 9"):
        probe(_embedding()[:9], np.arange(9.0), np.arange(9))
    with pytest.raises(OptionError, match="there are 600 in 1"):
        probe(_embedding(), np.arange(600.0), np.zeros(600, dtype=np.int64))
