from typing import Any

import numpy as np
import pytest

from strandline.api.benchmark_times import (
    TimeScore,
    score_bursts,
    score_times,
    time_lines,
    without_error,
)
from strandline.flags import MeasureFlag
from strandline.measure.projection import KPC_PER_KMS_GYR


def galaxies(factor: float, count: int = 200) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Encounters in all directions, whose times are told too long by a factor."""
    rng = np.random.default_rng(2)
    out: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for _ in range(count):
        time, speed, cosine = rng.uniform(0.1, 1), 200.0, rng.uniform(0, 1)
        length = KPC_PER_KMS_GYR * speed * time
        seen = length * (1 - cosine**2) ** 0.5
        truth = {"kind": "tails", "time_gyr": time, "length_kpc": length, "projected_kpc": seen}
        across = seen / (KPC_PER_KMS_GYR * time * factor)
        told: dict[str, Any] = {"measure_flags": int(MeasureFlag.AGE_LOWER_LIMIT)}
        for name, unit, value in (
            ("age", "gyr", time * factor),
            ("dynamical", "gyr", 1.1547 * seen / (KPC_PER_KMS_GYR * speed)),
            ("transverse", "kms", across),
        ):
            told |= {f"{name}_low_{unit}": value * 0.9, f"{name}_{unit}": value}
            told[f"{name}_high_{unit}"] = value * 1.1
        out.append((truth, told))
    return out


def by_what(scores: list[TimeScore]) -> dict[str, TimeScore]:
    return {one.what: one for one in scores}


def test_bias_and_scatter_are_those_put_in() -> None:
    told = by_what(score_times(galaxies(factor=2.0)))
    assert set(told) == {"age", "dynamical", "transverse"}
    assert told["age"].bias == pytest.approx(np.log10(2), abs=1e-6)
    assert told["age"].scatter == pytest.approx(0, abs=1e-6)
    assert told["age"].held == 0
    assert told["age"].limits == 1
    assert told["transverse"].bias == pytest.approx(-np.log10(2), abs=1e-6)
    assert told["transverse"].projection_scatter == 0
    assert by_what(score_times(galaxies(factor=1.0)))["age"].held == 1


def test_projection_alone_explains_times_of_known_speed() -> None:
    told = by_what(score_times(galaxies(factor=1.0, count=4000)))["dynamical"]
    # nothing else is wrong here
    assert told.bias == pytest.approx(told.projection_bias, abs=0.01)
    assert told.scatter == pytest.approx(told.projection_scatter, abs=0.01)
    # sin i of random directions: 0.54, 0.866, 0.987 at 16, 50, 84 %
    assert told.scatter == pytest.approx(np.log10(0.987 / 0.543) / 2, abs=0.015)


def test_few_galaxies_say_nothing() -> None:
    assert score_times(galaxies(factor=1.0, count=4)) == []


def test_what_is_known_exactly_is_off_by_physics_alone() -> None:
    truth = {
        "kind": "jellyfish", "time_gyr": 0.3, "length_kpc": 60.0, "projected_kpc": 40.0,
        "redshift": 0.05, "feature_gr": 0.05, "relative_speed_kms": 1200.0,
    }  # fmt: skip
    told = without_error(truth)
    assert told["age_low_gyr"] < told["age_gyr"] < told["age_high_gyr"] < 1
    assert told["dynamical_gyr"] == pytest.approx(1.155 * 40 / (1.0227 * 1000), rel=0.01)
    told = by_what(score_times([(truth, without_error(truth))] * 6))
    assert told["wind"].projection_scatter == 0
    assert told["dynamical"].scatter == 0


def test_bursts_are_dated_better_with_more_bands() -> None:
    few, many = score_bursts(("gr", "ugriz"), count=100, seed=1)
    assert many.scatter < few.scatter
    assert abs(many.bias) < 0.2
    lines = time_lines([few, many])
    assert len({len(line) for line in lines}) == 1
    assert "bursts in ugriz" in lines[-1]
