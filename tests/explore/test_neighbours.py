from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError, TableError
from strandline.explore import similar
from strandline.stamps import StampTable

MakeTable = Callable[[NDArray[np.float32] | None], StampTable]


def _cosine_distance(
    vectors: NDArray[np.float32], target: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return 1 - cosine, written out."""
    return np.array([1 - v @ target / np.sqrt((v @ v) * (target @ target)) for v in vectors])


def test_neighbours_are_those_of_a_search_by_hand(
    table: StampTable, vectors: NDArray[np.float32]
) -> None:
    found = similar(table, like="field-0007", n=10)
    distance = _cosine_distance(vectors, vectors[7])
    nearest = np.argsort(distance)[1:11]  # without itself
    assert found["row"].to_pylist() == nearest.tolist()
    assert found["id"].to_pylist() == [f"field-{k:04d}" for k in nearest]
    assert found["source"].to_pylist() == [f"f{k % 3}_g.fits" for k in nearest]
    np.testing.assert_allclose(found["ra"].to_numpy(), 40 + 0.01 * nearest)
    # Lance works in single precision
    np.testing.assert_allclose(found["distance"].to_numpy(), distance[nearest], atol=1e-5)
    np.testing.assert_allclose(found["similarity"].to_numpy(), 1 - distance[nearest], atol=1e-5)
    columns = ["id", "source", "ra", "dec", "distance", "similarity", "row"]
    assert found.column_names == columns


def test_a_vector_finds_its_own_galaxy_first_whatever_its_length(
    table: StampTable, vectors: NDArray[np.float32]
) -> None:
    found = similar(table, vector=5 * vectors[7], n=3)
    assert found["row"].to_pylist()[0] == 7
    assert found["distance"].to_pylist()[0] == pytest.approx(0, abs=1e-5)
    assert len(found) == 3


def test_an_exact_copy_is_found_and_only_the_galaxy_itself_left_out(
    make_table: MakeTable, vectors: NDArray[np.float32]
) -> None:
    vectors[41] = vectors[7]
    table = make_table(vectors)
    for like, twin in (("field-0007", 41), ("field-0041", 7)):
        rows = similar(table, like=like, n=5)["row"].to_pylist()
        assert rows[0] == twin
        assert len(rows) == 5


def test_fewer_galaxies_than_asked_for(table: StampTable) -> None:
    assert len(similar(table, like="field-0000", n=500)) == 59


def test_galaxies_without_a_usable_embedding_are_never_neighbours(
    make_table: MakeTable, vectors: NDArray[np.float32]
) -> None:
    vectors[3], vectors[4] = np.nan, 0
    table = make_table(vectors)
    rows = similar(table, like="field-0000", n=60)["row"].to_pylist()
    assert sorted(rows) == [k for k in range(60) if k not in (0, 3, 4)]
    with pytest.raises(TableError, match=r"'field-0003' in .* has no direction"):
        similar(table, like="field-0003")


def test_an_unknown_id_names_ids_like_it(table: StampTable) -> None:
    with pytest.raises(TableError, match=r"no galaxy with id 'feild-0033'.*field-0033"):
        similar(table, like="feild-0033")


def test_a_table_without_embedding_says_how_to_make_one(make_table: MakeTable) -> None:
    bare = make_table(None)
    with pytest.raises(TableError, match="strandline embed"):
        similar(bare, like="field-0001")


def test_a_vector_of_another_model_is_refused(table: StampTable) -> None:
    with pytest.raises(TableError, match="has 12 values a row"):
        similar(table, vector=np.ones(5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Give either an id to be like or a vector"),
        ({"like": "field-0001", "vector": np.ones(12)}, "and not both"),
        ({"like": "field-0001", "n": 0}, "n is 0; it must be at least 1"),
    ],
)
def test_impossible_questions(options: dict[str, object], message: str, table: StampTable) -> None:
    with pytest.raises(OptionError, match=message):
        similar(table, **options)  # type: ignore[arg-type]


def test_like_several_is_like_their_mean_direction_or_like_any_of_them(
    table: StampTable, vectors: NDArray[np.float32]
) -> None:
    names, rows = ["field-0003", "field-0040"], [3, 40]
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    by_mean = similar(table, like=names, n=8)
    far = _cosine_distance(vectors, units[rows].mean(axis=0))
    far[rows] = np.inf
    assert by_mean["row"].to_pylist() == np.argsort(far)[:8].tolist()
    by_any = similar(table, like=names, n=8, together="any")
    nearest = np.min([_cosine_distance(vectors, vectors[row]) for row in rows], axis=0)
    nearest[rows] = np.inf
    assert by_any["row"].to_pylist() == np.argsort(nearest)[:8].tolist()
    given = similar(table, vector=vectors[rows], n=60, together="any")
    assert sorted(given["row"].to_pylist()) == list(range(60))  # each once, the examples too


def test_examples_that_point_every_way_have_no_mean(
    table: StampTable, vectors: NDArray[np.float32]
) -> None:
    with pytest.raises(OptionError, match="together='any'"):
        similar(table, vector=np.stack([vectors[0], -vectors[0]]))
