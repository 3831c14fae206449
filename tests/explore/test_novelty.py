"""A crowd, 20 alike far off (an artefact) and 6 others far off elsewhere (something new)."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.explore.grouping import first_of_each, group_alike
from strandline.explore.novelty import novelty_in_any, novelty_of, rescore
from strandline.explore.vectors import Space

CROWD, ARTEFACTS, NEW = 600, 20, 6
ARTEFACT = np.arange(CROWD, CROWD + ARTEFACTS)
RARE = np.arange(CROWD + ARTEFACTS, CROWD + ARTEFACTS + NEW)


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Shape (626, 4); the spots are 12 sigma from the crowd's middle."""
    rng = np.random.default_rng(3)
    spots = rng.normal(0, 1, (2, 4))
    spots *= 12 / np.linalg.norm(spots, axis=1, keepdims=True)
    crowd = rng.normal(0, 1, (CROWD, 4))
    artefacts = spots[0] + 0.02 * rng.normal(0, 1, (ARTEFACTS, 4))
    new = spots[1] + 0.9 * rng.normal(0, 1, (NEW, 4))
    return np.concatenate([crowd, artefacts, new]).astype(np.float32)


def test_what_is_far_off_is_novel_by_every_measure(vectors: NDArray[np.float32]) -> None:
    found = novelty_of(vectors, seed=1, neighbours=10)
    assert found.score.shape == (len(vectors),)
    assert found.score.min() == 0
    assert found.score.max() == 1
    for values in found.parts.values():  # six alike have no ten neighbours
        assert (values[RARE] > np.quantile(values, 0.95)).all()
    assert (found.score[RARE] > 0.97).all()
    np.testing.assert_array_equal(found.score, novelty_of(vectors, seed=1).score)


def test_distances_are_those_by_hand(vectors: NDArray[np.float32]) -> None:
    vectors = vectors[:80].copy()
    vectors[5] = vectors[9]  # a copy is a neighbour, the row itself is not
    places = Space.of(vectors, seed=0)(vectors).astype(np.float64)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    third = np.sort(apart, axis=1)[:, 3]
    found = novelty_of(vectors, seed=0, neighbours=4).parts
    np.testing.assert_allclose(found["distance"], third, rtol=1e-4)


def test_a_sample_of_neighbours_and_rows_without_data(vectors: NDArray[np.float32]) -> None:
    vectors = vectors.copy()
    vectors[7] = np.nan
    found = novelty_of(vectors, seed=1, neighbours=10, sample=300)
    assert np.flatnonzero(np.isnan(found.score)).tolist() == [7]
    assert (found.score[RARE] > 0.9).all()
    with pytest.raises(OptionError, match="0 are finite"):
        novelty_of(np.full((9, 4), np.nan), seed=0)


def test_what_is_unlike_others_in_one_aspect_is_not_lost_among_the_rest() -> None:
    rng = np.random.default_rng(6)
    wide = rng.normal(0, 1, (1500, 40)) @ rng.normal(0, 1, (40, 200))
    narrow = rng.normal(0, 1, (1500, 6))
    odd = np.arange(8)
    narrow[odd] += 2.2 * rng.choice([-1, 1], (8, 6))
    looks = np.concatenate([wide, narrow], axis=1)
    looks[20] = np.nan
    found = novelty_in_any(looks, [slice(0, 200), slice(200, 206)], seed=0)
    together = novelty_of(looks, seed=0).score
    assert np.median(found[odd]) > 0.97
    assert np.median(together[odd]) < 0.9
    assert np.flatnonzero(np.isnan(found)).tolist() == [20]
    assert np.nanmin(found) == 0
    assert np.nanmax(found) > 0.999
    alone = novelty_in_any(looks, [slice(None)], seed=0)
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_what_is_found_dull_sinks_with_all_that_is_like_it(vectors: NDArray[np.float32]) -> None:
    score = novelty_of(vectors, seed=1, neighbours=25).score
    assert score[ARTEFACT].min() > 0.9
    places = Space.of(vectors, seed=1)(vectors)
    marked = [*ARTEFACT[:3], RARE[0]]
    changed = rescore(places, score, marked, [0, 0, 0, 1], seed=1)
    assert changed[ARTEFACT].max() < 0.9 * score[ARTEFACT].min()  # also those nobody marked
    assert (changed[RARE] > 0.97).all()
    assert changed.max() == 1
    np.testing.assert_array_equal(rescore(places, score, [], [], seed=1), score)
    with pytest.raises(OptionError, match="from 0"):
        rescore(places, score, [1], [2], seed=1)
    with pytest.raises(OptionError, match="Rows are 0 to 625"):
        rescore(places, score, [626], [1], seed=1)


def test_copies_take_one_place_and_those_apart_their_own(vectors: NDArray[np.float32]) -> None:
    ranked = np.argsort(-novelty_of(vectors, seed=1, neighbours=25).score)[:80]
    groups = first_of_each(ranked, group_alike(vectors, ranked, seed=1))
    sets = [set(rows.tolist()) for rows in groups]
    assert set(ARTEFACT.tolist()) in sets
    assert all({row} in sets for row in RARE.tolist())
    assert sorted(np.concatenate(groups).tolist()) == sorted(ranked.tolist())
    place = {int(row): k for k, row in enumerate(ranked)}
    firsts = [place[int(rows[0])] for rows in groups]
    assert firsts == sorted(firsts)
    with pytest.raises(OptionError, match="at most 3000"):
        group_alike(vectors, np.zeros(3001), seed=0)


def test_an_aspect_that_tells_nothing_leaves_the_order_of_the_others() -> None:
    """Stamps of one band have no colour."""
    told = np.random.default_rng(8).normal(0, 1, (300, 5))
    looks = np.concatenate([told, np.zeros((300, 4))], axis=1)
    found = novelty_in_any(looks, [slice(0, 5), slice(5, 9)], seed=0)
    alone = novelty_of(told, seed=0).score
    in_order = alone[np.argsort(-found)][:100]
    assert (np.diff(in_order) <= 0).all()
    assert in_order[-1] >= np.sort(alone)[-100]
