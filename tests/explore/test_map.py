import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError, TableError
from strandline.explore import map_embedding, map_table
from strandline.stamps import StampTable

MakeTable = Callable[[NDArray[np.float32] | None], StampTable]


def _separation(places: NDArray[np.float32]) -> float:
    """Return the distance of the two groups' centres over their typical width."""
    one, other = places[:30], places[30:60]
    width = (one.std(axis=0).mean() + other.std(axis=0).mean()) / 2
    return float(np.hypot(*(one.mean(axis=0) - other.mean(axis=0))) / width)


def test_groups_stay_together_and_the_seed_settles_the_map(vectors: NDArray[np.float32]) -> None:
    places = map_embedding(vectors, seed=1)
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    # groups 5 sigma apart in 12 dimensions; without any map they would coincide (0.3)
    assert _separation(places) > 3
    np.testing.assert_array_equal(places, map_embedding(vectors, seed=1))
    assert not np.array_equal(places, map_embedding(vectors, seed=2))


def test_only_directions_count(vectors: NDArray[np.float32]) -> None:
    """A galaxy and the same with twice the embedding are one, as they are for `similar`."""
    stretch = np.where(np.arange(60) % 2, 2.0, 1.0)[:, None].astype(np.float32)
    # doubling is exact in floating point
    np.testing.assert_array_equal(map_embedding(vectors * stretch, 3), map_embedding(vectors, 3))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 14])
def test_few_rows_are_laid_out_along_their_principal_axes(count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(0, 1, (count, 6)).astype(np.float32)
    places = map_embedding(vectors, seed=0)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    centred = units - units.mean(axis=0)
    singular = np.linalg.svd(centred, compute_uv=False)
    kept = np.sqrt((places.astype(np.float64) ** 2).sum())
    assert kept == pytest.approx(np.sqrt((singular[:2] ** 2).sum()), abs=1e-5)


@pytest.mark.parametrize("count", [15, 16, 18])
def test_from_fifteen_rows_on_umap_copes(count: int) -> None:
    vectors = np.random.default_rng(count).normal(0, 1, (count, 6)).astype(np.float32)
    places = map_embedding(vectors, seed=0)
    assert np.isfinite(places).all()
    assert np.ptp(places, axis=0).min() > 0


def test_no_rows_and_rows_all_alike() -> None:
    assert map_embedding(np.empty((0, 5)), seed=0).shape == (0, 2)
    np.testing.assert_array_equal(map_embedding(np.ones((20, 5)), seed=0), np.zeros((20, 2)))


def test_rows_that_are_not_finite_get_no_place(vectors: NDArray[np.float32]) -> None:
    vectors[4, 2], vectors[9, 0] = np.nan, np.inf
    places = map_embedding(vectors, seed=1)
    assert np.flatnonzero(np.isnan(places).any(axis=1)).tolist() == [4, 9]
    good = np.isfinite(vectors).all(axis=1)
    np.testing.assert_array_equal(places[good], map_embedding(vectors[good], seed=1))
    assert np.isnan(map_embedding(np.full((20, 4), np.nan), seed=1)).all()


def test_rows_beyond_the_sample_join_their_own_group(vectors: NDArray[np.float32]) -> None:
    """Fitted on 40 of 60 rows; each other row lies nearer to its own group's centre."""
    vectors[12] = np.nan
    places = map_embedding(vectors, seed=1, sample=40)
    good = np.isfinite(places).all(axis=1)
    assert np.flatnonzero(~good).tolist() == [12]
    group = np.repeat([0, 1], 30)
    centres = np.array([places[good & (group == k)].mean(axis=0) for k in (0, 1)])
    nearest = np.hypot(*(places[:, None] - centres[None]).transpose(2, 0, 1)).argmin(axis=1)
    assert np.array_equal(nearest[good], group[good])
    np.testing.assert_array_equal(places, map_embedding(vectors, seed=1, sample=40))


def test_the_table_gets_the_same_map(table: StampTable, vectors: NDArray[np.float32]) -> None:
    map_table(table, seed=4)
    columns = StampTable.open(table.path).columns("map_x", "map_y")
    stored = np.stack([columns["map_x"].to_numpy(), columns["map_y"].to_numpy()], axis=1)
    np.testing.assert_array_equal(stored, map_embedding(vectors, seed=4))
    map_table(table, seed=5)  # replaces
    again = StampTable.open(table.path).columns("map_x")["map_x"].to_numpy()
    assert not np.array_equal(again, stored[:, 0])


def test_holes_in_the_embedding_are_holes_in_the_map(
    make_table: MakeTable, vectors: NDArray[np.float32]
) -> None:
    vectors[8] = np.nan
    table = make_table(vectors)
    map_table(table, seed=4)
    x = table.columns("map_x")["map_x"].to_numpy()
    assert np.flatnonzero(np.isnan(x)).tolist() == [8]


def test_a_table_without_embedding_says_how_to_make_one(make_table: MakeTable) -> None:
    bare = make_table(None)
    with pytest.raises(TableError, match="strandline embed"):
        map_table(bare, seed=0)
    assert "map_x" not in bare.column_names


def test_wrong_shapes_and_samples_are_named() -> None:
    with pytest.raises(OptionError, match=r"vectors has shape \(4,\); expected \(row, feature\)"):
        map_embedding(np.ones(4), seed=0)
    with pytest.raises(OptionError, match="sample is 3; it must be at least 15"):
        map_embedding(np.ones((20, 4)), seed=0, sample=3)


def test_neighbours_do_not_wait_for_umap() -> None:
    code = "import sys, strandline.explore as e; e.similar; sys.exit('umap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
