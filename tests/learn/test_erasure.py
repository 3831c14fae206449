"""Erasure as linear algebra, on features whose every part is known."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from strandline.explore.probes import probe
from strandline.learn.erasure import Erasure, between, fit_erasure, response
from strandline.learn.heads import LinearHead

WIDTH, ROWS = 24, 2000
MIX = np.random.default_rng(7).normal(size=(6, WIDTH))  # how what is known enters the features
Floats = NDArray[np.float64]


def features(
    strength: Floats, angle: Floats, galaxy: Floats, random: np.random.Generator
) -> Floats:
    """A curved response to a strength, one to an angle, one to the galaxy, and the rest."""
    known = [strength, strength**2, np.sin(angle), np.cos(angle), galaxy]
    rest = random.normal(size=(len(galaxy), WIDTH)) * np.linspace(0.1, 3, WIDTH)
    return np.asarray(np.stack(known, axis=1) @ MIX[:5] + rest)


class Sky:
    """Galaxies, plain and with nuisances put on."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.galaxy = random.normal(size=ROWS)
        self.strength, self.angle = random.uniform(0, 2, ROWS), random.uniform(0, 6.3, ROWS)
        none = np.zeros(ROWS)
        self.plain = features(none, none, self.galaxy, np.random.default_rng((seed, 1)))
        drawn = np.random.default_rng((seed, 1))  # the rest is that of the galaxy
        self.seen = features(self.strength, self.angle, self.galaxy, drawn)

    @property
    def told(self) -> Floats:
        """What was put on."""
        round_ = [np.sin(self.angle), np.cos(self.angle)]
        return np.stack([self.strength, self.strength**2, *round_], axis=1)


@pytest.fixture(scope="module")
def erasure() -> Erasure:
    sky = Sky(1)
    responses = response(sky.seen - sky.plain, sky.told)
    return fit_erasure(np.concatenate([sky.plain, sky.seen]).astype(np.float32), responses, 1e-3)


def known(x: NDArray[np.floating], targets: Floats) -> float:
    return probe(x.astype(np.float32), targets, np.arange(len(x))).value


def erased(erasure: Erasure, x: Floats) -> NDArray[np.float32]:
    return erasure(torch.from_numpy(x.astype(np.float32))).numpy()


def test_what_is_erased_is_at_chance_on_galaxies_left_out(erasure: Erasure) -> None:
    sky = Sky(2)
    assert erasure.rank == 4
    after = erased(erasure, sky.seen)
    for targets in (sky.strength, sky.strength**2, sky.told[:, 2:]):
        assert known(sky.seen, targets) > 0.4
        # 24 features fitted to 1600 rows: chance is about -0.01; the fit itself is good to 0.01
        assert known(after, targets) == pytest.approx(0, abs=0.02)


def test_what_has_nothing_to_do_with_it_stays(erasure: Erasure) -> None:
    sky = Sky(2)
    before, after = known(sky.seen, sky.galaxy), known(erased(erasure, sky.seen), sky.galaxy)
    assert before > 0.7
    assert after > before - 0.03


def test_erasing_twice_is_erasing_once_and_float32_is_enough(erasure: Erasure) -> None:
    x = Sky(2).seen
    once = erased(erasure, x)
    np.testing.assert_allclose(erased(erasure, once.astype(np.float64)), once, atol=2e-5)
    exact = x - (x - erasure.mean) @ erasure.read.T.astype(float) @ erasure.remove.astype(float)
    np.testing.assert_allclose(once, exact, atol=2e-5)
    assert once.dtype == np.float32


def test_no_other_erasure_changes_less(erasure: Erasure) -> None:
    sky = Sky(1)
    both = np.concatenate([sky.plain, sky.seen])
    basis, _ = np.linalg.qr(response(sky.seen - sky.plain, sky.told))
    orthogonal = both - (both - erasure.mean) @ basis @ basis.T
    assert known(orthogonal[ROWS:], sky.strength) < 0.02  # it erases too
    changes = [np.square(other - both).mean() for other in (erased(erasure, both), orthogonal)]
    assert changes[0] < 0.8 * changes[1]


def test_the_tolerance_lets_what_matters_little_be() -> None:
    sky = Sky(1)
    responses = response(sky.seen - sky.plain, sky.told)
    x = sky.seen.astype(np.float32)
    ranks = [fit_erasure(x, responses, tolerance).rank for tolerance in (1e-3, 0.5, 5.0)]
    assert ranks[0] == 4
    assert ranks[0] > ranks[1] > ranks[2] == 0


def test_a_feature_that_never_changes_is_let_be() -> None:
    sky = Sky(1)
    dead = np.zeros((ROWS, 1))
    change = np.hstack([sky.seen - sky.plain, dead])
    x = np.hstack([sky.seen, dead]).astype(np.float32)
    after = fit_erasure(x, response(change, sky.told), 1e-3)(torch.from_numpy(x)).numpy()
    assert np.isfinite(after).all()
    np.testing.assert_array_equal(after[:, -1], 0)


def test_a_head_on_erased_features_is_one_on_features_as_they_were(erasure: Erasure) -> None:
    random = np.random.default_rng(0)
    parts = [random.normal(size=WIDTH).astype(np.float32) for _ in range(2)]
    head = LinearHead(parts[0], np.exp(parts[1]), parts[1], 0.3)
    x = Sky(2).seen
    np.testing.assert_allclose(
        erasure.undone(head).logit(x.astype(np.float32)), head.logit(erased(erasure, x)), atol=1e-4
    )


def test_fields_that_differ_are_erased_and_chance_is_not() -> None:
    random = np.random.default_rng(3)
    groups = random.integers(0, 5, ROWS)
    x = random.normal(size=(ROWS, WIDTH)).astype(np.float32)
    assert between(x, groups, 4).shape == (WIDTH, 0)
    x[:, 3] += 2.0 * (groups == 1)
    one = (groups == 1).astype(np.float64)
    found = fit_erasure(x, between(x, groups, 4), 1e-3)
    assert found.rank == 1
    assert known(x, one) > 0.3
    assert known(erased(found, x.astype(np.float64)), one) < 0.01
    assert between(x, np.zeros(ROWS, dtype=np.int64), 4).shape == (WIDTH, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"read": np.zeros((2, WIDTH), np.float32)}, "arrays of"),
        ({"mean": np.zeros(3, np.float32)}, "for 24 features"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    erasure: Erasure, change: dict[str, NDArray[np.float32]], message: str
) -> None:
    assert Erasure.of(erasure.arrays(), WIDTH).rank == erasure.rank
    with pytest.raises(ValueError, match=message):
        Erasure.of(erasure.arrays() | change, WIDTH)
    with pytest.raises(ValueError, match="lacks remove"):
        Erasure.of({"mean": erasure.mean, "read": erasure.read}, WIDTH)
