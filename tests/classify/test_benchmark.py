import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.classify.benchmark import BenchmarkOptions, Group, Trial, claim, run_benchmark
from strandline.classify.contestants import Contestant, Features, Fixed, Trained
from strandline.classify.controls import Score
from strandline.classify.drawing import LabelDraw
from strandline.errors import OutputError
from strandline.report.standings import draw_standings

VALUES = (np.arange(200) % 4 == 0).astype(np.int64)
TRIAL = Trial(
    VALUES,
    np.arange(100),
    np.arange(100, 200),
    (Group("kind", "tails", (np.arange(100) % 8 == 0) | (VALUES[100:] == 0)),),
)
OPTIONS = BenchmarkOptions(labels=(10, 20), draws=3)


def _difference(features: NDArray[np.float32], values: NDArray[np.int64], seed: int) -> Score:
    """Score by the direction from one class's mean to the other's."""
    direction = features[values == 1].mean(axis=0) - features[values == 0].mean(axis=0)
    return lambda asked: np.asarray(asked @ direction, dtype=np.float64)


def _contestants() -> list[Contestant]:
    random = np.random.default_rng(0)
    noise = random.normal(size=(200, 3)).astype(np.float32)
    knowing = noise.copy()
    knowing[:, 0] += 1.5 * VALUES
    return [
        Features("knowing", knowing, _difference, {"stamps_per_second": 5.0}),
        Features("ignorant", noise, _difference),
        Fixed("oracle", VALUES.astype(np.float64)),
    ]


def test_each_gets_its_due() -> None:
    found = run_benchmark(_contestants(), TRIAL, OPTIONS)
    assert found.find("oracle", 0).each == (1.0,)
    assert found.find("oracle", 0, "average_precision").mean == pytest.approx(1)
    knowing, ignorant = (found.find(name, 20) for name in ("knowing", "ignorant"))
    assert knowing.mean > 0.75
    assert ignorant.mean == pytest.approx(0.5, abs=0.2)
    assert len(knowing.each) == 3
    assert knowing.spread > 0
    assert (knowing.positives, knowing.negatives) == (25, 75)
    tails = found.find("knowing", 20, group="kind")
    assert (tails.value, tails.positives, tails.negatives) == ("tails", 13, 75)
    difference, error = found.paired(knowing, ignorant)
    assert difference == pytest.approx(knowing.mean - ignorant.mean)
    assert error > 0


def test_all_are_trained_on_the_same_labels() -> None:
    seen: dict[str, list[list[int]]] = {"one": [], "other": []}

    def watch(name: str) -> Trained:
        def train(draw: LabelDraw, asked: NDArray[np.int64]) -> NDArray[np.float64]:
            seen[name].append(draw.members.tolist())
            return np.arange(len(asked), dtype=np.float64)

        return Trained(name, train)

    run_benchmark([watch("one"), watch("other")], TRIAL, OPTIONS)
    assert seen["one"] == seen["other"]
    assert [len(members) for members in seen["one"]] == [10] * 3 + [20] * 3
    assert all(max(members) < 100 for members in seen["one"])


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    claim(tmp_path, TRIAL, OPTIONS)
    calls = 0

    def train(draw: LabelDraw, asked: NDArray[np.int64]) -> NDArray[np.float64]:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return np.random.default_rng(draw.seed + draw.count).random(len(asked))

    with pytest.raises(KeyboardInterrupt):
        run_benchmark([Trained("net", train)], TRIAL, OPTIONS, tmp_path)
    found = run_benchmark([Trained("net", train)], TRIAL, OPTIONS, tmp_path)
    assert calls == 7  # six trainings, one of them begun twice
    fresh = run_benchmark([Trained("net", train)], TRIAL, OPTIONS)
    assert [row.each for row in found.rows] == [row.each for row in fresh.rows]


def test_scores_of_other_features_are_not_taken_for_these(tmp_path: Path) -> None:
    one, other, _ = _contestants()
    assert isinstance(other, Features)
    first = run_benchmark([one], TRIAL, OPTIONS, tmp_path)
    renamed = Features("knowing", other.features, _difference)
    second = run_benchmark([renamed], TRIAL, OPTIONS, tmp_path)
    assert first.find("knowing", 20).each != second.find("knowing", 20).each


def test_a_folder_of_another_benchmark_is_refused(tmp_path: Path) -> None:
    claim(tmp_path, TRIAL, OPTIONS)
    claim(tmp_path, TRIAL, BenchmarkOptions(labels=(300,), draws=50))
    with pytest.raises(OutputError, match="another seed"):
        claim(tmp_path, TRIAL, BenchmarkOptions(seed=1))


def test_json_csv_table_and_figure_hold_the_same(tmp_path: Path) -> None:
    found = run_benchmark(_contestants(), TRIAL, OPTIONS)
    found.save(tmp_path, {"table": "t.lance"})
    draw_standings(found, tmp_path / "benchmark.svg")
    saved = json.loads((tmp_path / "benchmark.json").read_text())
    assert saved["table"] == "t.lance"
    with (tmp_path / "benchmark.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(saved["rows"]) == len(found.rows)
    lines = list(found.lines())
    assert [line[:2] for line in lines[1:]] == [
        ("knowing", "10"),
        ("knowing", "20"),
        ("ignorant", "10"),
        ("ignorant", "20"),
        ("oracle", "0"),
    ]
    assert lines[2][2].startswith(f"{found.find('knowing', 20).mean:.3f} ±")
    assert float(rows[0]["mean"]) == pytest.approx(saved["rows"][0]["mean"], abs=1e-5)
    assert list(found.lines("kind"))[1][2] == "tails"
    svg = (tmp_path / "benchmark.svg").read_text()
    assert svg.startswith("<?xml")
    draw_standings(found, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == svg
