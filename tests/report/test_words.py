import numpy as np
import pytest

from strandline.flags import StampFlag
from strandline.report.words import (
    FLAG_WORDS,
    band_list,
    chance,
    count,
    flag_words,
    measured,
    number,
    plain_name,
)


def test_every_flag_has_words() -> None:
    assert list(FLAG_WORDS) == list(StampFlag)
    assert flag_words(StampFlag.EDGE | StampFlag.SATURATED) == ["at the edge", "saturated"]
    assert flag_words(0) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (1200, "1,200"),
        (np.int64(5), "5"),
        (0.93456, "0.935"),
        (3.4e-5, "3.4e-05"),
        (123456.7, "123,457"),
        (float("nan"), "–"),
        ("g", "g"),
    ],
)
def test_numbers_are_short(value: object, text: str) -> None:
    assert number(value) == text


def test_names_and_counts_read_well() -> None:
    assert plain_name("validation_auc") == "validation AUC"
    assert count(1, "galaxy", "galaxies") == "1 galaxy"
    assert count(1200, "tile") == "1,200 tiles"
    assert band_list(("g", "r", "z")) == "g, r and z"
    assert band_list(("g",)) == "g"


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (None, "–"),
        (0.0, "< 0.01"),
        (0.004, "< 0.01"),
        (0.5, "0.50"),
        (0.994, "0.99"),
        (1.0, "> 0.99"),
    ],
)
def test_no_probability_is_shown_as_certain(probability: float | None, text: str) -> None:
    assert chance(probability) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.8137, 0.0561, ("0.81", "0.06")),
        (0.8137, 0.0123, ("0.814", "0.012")),
        (0.8137, float("nan"), ("0.814", "")),
    ],
)
def test_a_measured_value_has_the_digits_of_its_error(
    value: float, error: float, text: tuple[str, str]
) -> None:
    assert measured(value, error) == text
