import numpy as np
import pytest

from strandline.classify.drawing import draw_labels
from strandline.errors import LabelError

VALUES = np.array([1] * 20 + [0] * 80)
POOL = np.arange(5, 95)  # 15 and 75


def test_classes_are_balanced_and_from_the_pool() -> None:
    draws = draw_labels(VALUES, POOL, 20, 5, seed=1)
    assert [draw.number for draw in draws] == list(range(5))
    for draw in draws:
        assert VALUES[draw.members].sum() == 10
        assert len(np.unique(draw.members)) == 20
        assert np.isin(draw.members, POOL).all()
    assert len({tuple(draw.members) for draw in draws}) == 5


def test_fewer_labels_are_part_of_more() -> None:
    for few, many in zip(
        draw_labels(VALUES, POOL, 10, 4, seed=1),
        draw_labels(VALUES, POOL, 40, 4, seed=1),
        strict=True,
    ):
        assert np.isin(few.members, many.members).all()


def test_a_class_that_runs_out_is_made_up_by_the_other() -> None:
    draw = draw_labels(VALUES, POOL, 60, 2, seed=1)[0]
    assert VALUES[draw.members].sum() == 15
    assert len(draw.members) == 60


def test_all_labels_are_drawn_once() -> None:
    draws = draw_labels(VALUES, POOL, 1000, 20, seed=1)
    assert len(draws) == 1
    np.testing.assert_array_equal(draws[0].members, POOL)


def test_too_few_of_a_class() -> None:
    with pytest.raises(LabelError, match="hold 1 interacting and 75 other"):
        draw_labels(VALUES, np.arange(19, 95), 10, 2, seed=1)
