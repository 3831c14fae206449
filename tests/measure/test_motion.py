import numpy as np
import pytest

from strandline.flags import MeasureFlag
from strandline.measure.motion import motion_of, to_centre

VALUES: dict[str, object] = {
    "colour_g_r": 0.15, "colour_g_r_err": 0.05, "colour_r_i": 0.05, "colour_r_i_err": 0.05,
    "reach_kpc": 50.0, "reach_kpc_err": 5.0,
}  # fmt: skip


def test_speed_is_length_over_age() -> None:
    told, flags = motion_of(VALUES, ("g", "r", "i"), 0.05)
    assert told["age_low_gyr"] < told["age_gyr"] < told["age_high_gyr"]
    assert told["transverse_kms"] == pytest.approx(50 / (1.0227 * told["age_gyr"]), rel=0.05)
    assert told["transverse_low_kms"] < told["transverse_kms"] < told["transverse_high_kms"]
    assert told["speed_kms"] > told["transverse_kms"]
    assert not flags & MeasureFlag.ODD_COLOURS


def test_ages_need_a_colour_and_a_redshift() -> None:
    assert motion_of(VALUES, ("g",), 0.05) == ({}, MeasureFlag.NO_AGE)
    assert motion_of(VALUES, ("g", "r"), np.nan) == ({}, MeasureFlag.NO_AGE)
    told, _ = motion_of({"colour_g_r": 0.3, "colour_g_r_err": 0.1}, ("g", "r"), 0.05)
    assert "age_gyr" in told
    assert "transverse_kms" not in told


def test_red_feature_has_a_lower_limit_only() -> None:
    _, flags = motion_of({"colour_g_r": 0.8, "colour_g_r_err": 0.05}, ("g", "r"), 0.05)
    assert flags == MeasureFlag.AGE_LOWER_LIMIT


def test_colours_of_no_burst_have_no_age() -> None:
    told = motion_of({"colour_g_r": 2.4, "colour_g_r_err": 0.05}, ("g", "r"), 0.05)
    assert told == ({}, MeasureFlag.ODD_COLOURS)


def test_part_towards_the_centre() -> None:
    speeds: dict[str, object] = {
        "transverse_kms": 100.0, "transverse_low_kms": 50.0, "transverse_high_kms": 200.0,
        "tail_to_centre_deg": 60.0, "kind": "tail",
    }  # fmt: skip
    told = to_centre(speeds)
    assert list(told.values()) == pytest.approx([25, 50, 100])
    # a stripped galaxy moves against its tail, hence away from the centre here
    told = to_centre(speeds | {"kind": "stripped"})
    assert told["to_centre_kms"] == pytest.approx(-50)
    assert told["to_centre_low_kms"] == pytest.approx(-100)
    assert to_centre({"tail_to_centre_deg": 60.0}) == {}
