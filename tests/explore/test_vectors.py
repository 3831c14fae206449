import numpy as np

from strandline.explore.vectors import Space, likeness


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
