import numpy as np

from strandline.explore.vectors import Space, aspects_of, likeness
from strandline.shapes import HARMONICS


def test_likeness_is_the_cosine_with_the_mean_direction() -> None:
    rng = np.random.default_rng(0)
    places = rng.normal(0, 1, (50, 8)).astype(np.float32)
    places[7] = np.nan
    found = likeness(places, places[[3, 5]])
    wanted = sum(places[row] / np.linalg.norm(places[row]) for row in (3, 5))
    for row in (0, 3, 20):
        cosine = places[row] @ wanted / np.linalg.norm(places[row]) / np.linalg.norm(wanted)
        np.testing.assert_allclose(found[row], cosine, rtol=1e-5)
    assert np.flatnonzero(np.isnan(found)).tolist() == [7]


def test_one_example_of_a_small_group_finds_the_others_in_a_crowd() -> None:
    """They share a direction along which the crowd does not vary much; distances miss them."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(0, 1, (2000, 20)) * np.geomspace(10, 0.5, 20)
    group = np.arange(12)
    vectors[group, -3:] += 4
    places = Space.of(vectors, seed=0)(vectors)
    found = np.argsort(-likeness(places, places[[0]]))[:30]
    assert np.isin(group, found).sum() >= 10


def test_places_do_not_depend_on_how_many_are_asked_for_at_once() -> None:
    vectors = np.random.default_rng(2).normal(0, 1, (60_000, 3)).astype(np.float32)
    vectors[[5, 55_000]] = np.nan
    space = Space.of(vectors, seed=0)
    whole = space(vectors)
    np.testing.assert_allclose(whole[49_990:50_010], space(vectors[49_990:50_010]), rtol=1e-5)
    assert np.flatnonzero(np.isnan(whole).any(axis=1)).tolist() == [5, 55_000]


def test_axes_have_variance_one_and_weak_ones_of_few_vectors_less() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(0, 1, (4000, 30)) + 2 * rng.normal(0, 1, (4000, 1))
    many, few = (Space.of(vectors[:n], seed=0)(vectors[:n]).std(axis=0) for n in (4000, 40))
    np.testing.assert_allclose(many, 1, atol=0.05)
    assert few[-1] < 0.6 < few[0]


def test_what_only_hundreds_of_features_together_tell_is_not_lost_with_the_weak_axes() -> None:
    """The rare class differs along the 80th axis, which 32 axes would leave out."""
    rng = np.random.default_rng(4)
    places = rng.normal(0, 1, (4000, 100))
    rare = np.arange(20)
    places[rare, 80] += 10
    vectors = (places * np.geomspace(10, 1, 100)) @ np.linalg.qr(rng.normal(0, 1, (100, 100)))[0]
    found = {}
    for axes in (32, 128):
        own = Space.of(vectors, seed=0, axes=axes)(vectors)
        found[axes] = np.isin(np.argsort(-likeness(own, own[[0]]))[:40], rare).sum()
    assert found[128] > 15
    assert found[32] < 5


def test_aspects_share_out_all_features() -> None:
    looks = np.zeros((2, 5 + HARMONICS), dtype=np.float32)
    assert aspects_of(looks, harmonics=False) == (slice(None),)
    parts = [np.arange(looks.shape[1])[part] for part in aspects_of(looks, harmonics=True)]
    assert len(parts[0]) == 5
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(looks.shape[1]))
