"""Near borders a galaxy that two tiles place differently is there once, not twice or never."""

import numpy as np
import pytest

from strandline.survey.borders import Border, border_of, settle

ARCSEC = 1 / 3600


def _border(tile: str, rows: list[tuple[float, float, float]]) -> Border:
    """Return a border of rows (ra in arcsec, inside, radius)."""
    ra, inside, radius = np.array(rows, dtype=np.float64).T
    index = np.arange(len(rows))
    return border_of(tile, index, ra * ARCSEC, np.zeros(len(rows)), inside, radius)


@pytest.mark.parametrize(
    ("first", "second"), [(0.1, 0.1), (-0.1, -0.1), (0.1, -0.1), (-0.1, 0.1), (0.0, 0.0)]
)
def test_a_galaxy_on_the_border_counts_once(first: float, second: float) -> None:
    settled = settle([_border("a", [(100, first, 0.5)]), _border("b", [(100.2, second, 0.5)])])
    assert len(settled["a"]) + len(settled["b"]) == 1
    if first != second:
        assert len(settled["a"]) == (first > second)


def test_what_only_one_tile_sees_counts_if_it_is_inside() -> None:
    settled = settle([_border("a", [(100, 2, 0.5), (200, -2, 0.5)]), _border("b", [(300, 1, 0.5)])])
    assert settled["a"].tolist() == [0]
    assert settled["b"].tolist() == [0]


def test_neighbours_in_one_tile_are_two_galaxies() -> None:
    settled = settle([_border("a", [(100, 2, 0.5), (101, 2, 0.5)])])
    assert settled["a"].tolist() == [0, 1]


def test_the_larger_a_galaxy_the_farther_its_centre_may_be_off() -> None:
    for radius, count in ((0.5, 2), (2.8, 1)):
        settled = settle([_border("a", [(100, 2, radius)]), _border("b", [(102.5, 1, radius)])])
        assert len(settled["a"]) + len(settled["b"]) == count


def test_three_tiles_at_a_corner_and_any_order_of_tiles() -> None:
    borders = [
        _border("a", [(100, 0.3, 0.5), (150, 5, 0.5)]),
        _border("b", [(100.1, 0.2, 0.5)]),
        _border("c", [(99.9, 0.4, 0.5)]),
    ]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        settled = settle([borders[k] for k in order])
        assert {name: rows.tolist() for name, rows in settled.items()} == {
            "a": [1],
            "b": [],
            "c": [0],
        }


def test_rows_far_from_the_border_are_no_concern() -> None:
    border = _border("a", [(100, 50, 0.5), (200, -50, 0.5), (300, np.inf, 0.5), (400, 3, np.nan)])
    assert border.rows.tolist() == [3]
    assert settle([_border("a", [(1, 99, 1)])])["a"].tolist() == []
