import numpy as np
from numpy.typing import NDArray

from strandline.report.kin import NEIGHBOURS, alike_among, alike_in_table
from strandline.seeding import generator
from tests.report.conftest import MakeInputs, embed


def angle(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))


def test_without_an_embedding_nobody_is_alike(make_inputs: MakeInputs) -> None:
    table = make_inputs(9).table
    assert alike_among(table, np.arange(9)) == alike_in_table(table, np.arange(9)) == [[]] * 9


def test_neighbours_are_the_nearest_in_angle(make_inputs: MakeInputs) -> None:
    table = make_inputs(14).table
    vectors = generator(5, "vectors").normal(size=(14, 4)).astype(np.float32)
    embed(table, vectors)
    rows = np.array([8, 2, 5, 0, 7, 1, 3, 4, 13, 11])
    for k, found in enumerate(alike_among(table, rows)):
        others = [j for j in range(len(rows)) if j != k]
        others.sort(key=lambda j: angle(vectors[rows[k]], vectors[rows[j]]))
        assert found == others[:NEIGHBOURS]
    for row, found in zip(rows.tolist(), alike_in_table(table, rows), strict=True):
        others = [j for j in range(14) if j != row]
        others.sort(key=lambda j: angle(vectors[row], vectors[j]))
        assert found == others[:NEIGHBOURS]


def test_a_galaxy_whose_embedding_has_no_direction_has_no_neighbours(
    make_inputs: MakeInputs,
) -> None:
    table = make_inputs(4).table
    vectors = generator(6, "vectors").normal(size=(4, 3)).astype(np.float32)
    vectors[1], vectors[2] = 0, np.nan
    embed(table, vectors)
    found = alike_in_table(table, np.arange(4))
    assert found[1] == found[2] == []
    assert found[0][0] == 3
