import numpy as np
import pyarrow as pa
import pytest

from strandline.classify.selecting import largest, matching, named
from strandline.errors import OptionError, TableError

CATALOGUE = pa.table(
    {
        "id": ["a", "b", "c", "d"],
        "probability": pa.array([0.9, 0.8, np.nan, 0.1], pa.float32()),
        "probability_my-cnn": pa.array([0.1, 0.2, 0.3, 0.4]),
        "mag_r": pa.array([19.0, np.nan, 18.0, 21.0]),
        "flags": pa.array([0, 1, 0, 4], pa.int32()),
    }
)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("probability > 0.5", ["a", "b"]),  # what is NaN is not more than 0.5
        ("probability > 0.5 and mag_r < 20", ["a"]),
        ("not (mag_r < 20)", ["d"]),
        ("mag_r is null or flags = 4", ["b", "d"]),
        ("`probability_my-cnn` >= 0.3", ["c", "d"]),
        ("id in ('d', 'a')", ["a", "d"]),
    ],
)
def test_conditions(condition: str, ids: list[str]) -> None:
    found = matching(CATALOGUE, condition)
    assert found["id"].to_pylist() == ids
    assert found.schema == CATALOGUE.schema


@pytest.mark.parametrize(
    "condition",
    ["", "probability >", "no_such > 1", "mag_r", "1=1; drop table x", "id in (select id)"],
)
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(OptionError, match="--where") as refused:
        matching(CATALOGUE, condition)
    assert "rust" not in str(refused.value)


def test_the_largest_come_first_and_gaps_last() -> None:
    assert largest(CATALOGUE, "mag_r")["id"].to_pylist() == ["d", "a", "c", "b"]
    assert largest(CATALOGUE, "probability", 2)["id"].to_pylist() == ["a", "b"]
    for column in ("id", "none"):
        with pytest.raises(OptionError, match=f"'{column}'"):
            largest(CATALOGUE, column)


def test_ids_keep_their_order_and_must_be_there() -> None:
    assert named(CATALOGUE, ["d", "a"])["flags"].to_pylist() == [4, 0]
    with pytest.raises(TableError, match=r"1 of 2 ids are not in the catalogue, e.g. 'x'"):
        named(CATALOGUE, ["a", "x"])
