import numpy as np
import pytest

from strandline.flags import StampFlag
from strandline.report.words import FLAG_WORDS, band_list, count, flag_words, number, plain_name


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
