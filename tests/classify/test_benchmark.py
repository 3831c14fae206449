import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.classify.benchmark import BenchmarkOptions, Group, Trial, run_benchmark
from strandline.classify.contestants import Contestant, Features, Fixed, Outcome, Trained
from strandline.classify.controls import Score
from strandline.classify.drawing import LabelDraw
from strandline.classify.keeping import claim
from strandline.classify.standingfiles import save_standings
from strandline.errors import OutputError

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


def test_too_few_labels_are_told() -> None:
    options = BenchmarkOptions(labels=(20, 60, 500), draws=2)
    found = run_benchmark([Fixed("oracle", VALUES.astype(np.float64))], TRIAL, options)
    assert found.given == {20: (20, 10), 60: (60, 25), 500: (100, 25)}
    assert found.shortages() == [
        "60 labels: 25 of them interacting, as there are no more",
        "500 labels: 100 were there, 25 of them interacting",
    ]


def test_all_are_trained_on_the_same_labels() -> None:
    seen: dict[str, list[list[int]]] = {"one": [], "other": []}

    def watch(name: str) -> Trained:
        def train(draw: LabelDraw, asked: NDArray[np.int64]) -> Outcome:
            seen[name].append(draw.members.tolist())
            return Outcome(np.arange(len(asked), dtype=np.float64))

        return Trained(name, train)

    run_benchmark([watch("one"), watch("other")], TRIAL, OPTIONS)
    assert seen["one"] == seen["other"]
    assert [len(members) for members in seen["one"]] == [10] * 3 + [20] * 3
    assert all(max(members) < 100 for members in seen["one"])


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    calls = 0

    def train(draw: LabelDraw, asked: NDArray[np.int64]) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        scores = np.random.default_rng(draw.seed + draw.count).random(len(asked))
        return Outcome(scores, {"fit_seconds": 10.0 + draw.number, "seen": "nothing"})

    with pytest.raises(KeyboardInterrupt):
        run_benchmark([Trained("net", train)], TRIAL, OPTIONS, tmp_path)
    found = run_benchmark([Trained("net", train)], TRIAL, OPTIONS, tmp_path)
    assert calls == 7  # six trainings, one of them begun twice
    fresh = run_benchmark([Trained("net", train)], TRIAL, OPTIONS)
    assert [row.each for row in found.rows] == [row.each for row in fresh.rows]
    assert found.find("net", 10).facts == {"fit_seconds": 11.0, "seen": "nothing"}
    run_benchmark([Trained("net", train, origin="another recipe")], TRIAL, OPTIONS, tmp_path)
    assert calls == 19  # six of the fresh one, six more as scores of another are not taken


def test_what_is_costly_is_given_the_first_draws() -> None:
    def train(draw: LabelDraw, asked: NDArray[np.int64]) -> Outcome:
        return Outcome(np.random.default_rng(draw.seed).random(len(asked)))

    options = BenchmarkOptions(labels=(10, 20), draws=3, trained_draws=1)
    all_ = run_benchmark([Trained("net", train)], TRIAL, OPTIONS)
    few = run_benchmark([Trained("net", train, costly_from=20)], TRIAL, options)
    assert len(few.find("net", 10).each) == 3
    assert few.find("net", 20).each == all_.find("net", 20).each[:1]
    assert [line[2] for line in few.lines()] == ["draws", "3", "1"]


def test_galaxies_of_another_survey_are_measured_apart() -> None:
    main = np.arange(100) < 60
    groups = [Group("tested on", "here", main), Group("tested on", "there", ~main)]
    trial = Trial(TRIAL.values, TRIAL.pool, TRIAL.test, groups, main)
    random = np.random.default_rng(0)
    knowing = VALUES + random.normal(size=200)
    knowing[160:] = random.normal(size=40)  # it knows nothing there
    found = run_benchmark([Fixed("model", knowing)], trial, OPTIONS)
    here, there = (row for row in found.rows if (row.group, row.measure) == ("tested on", "auc"))
    assert found.find("model", 0).each == here.each
    assert here.mean > 0.7
    assert (here.positives + here.negatives, there.positives + there.negatives) == (60, 40)
    assert abs(there.mean - 0.5) < 0.25


def test_scores_of_other_features_are_not_taken_for_these(tmp_path: Path) -> None:
    one, other, _ = _contestants()
    assert isinstance(other, Features)
    first = run_benchmark([one], TRIAL, OPTIONS, tmp_path)
    renamed = Features("knowing", other.features, _difference)
    second = run_benchmark([renamed], TRIAL, OPTIONS, tmp_path)
    assert first.find("knowing", 20).each != second.find("knowing", 20).each


def test_a_folder_of_another_benchmark_is_refused(tmp_path: Path) -> None:
    claim(tmp_path, {"seed": 0, "tables": ["a"]})
    claim(tmp_path, {"seed": 0, "tables": ["a"]})
    with pytest.raises(OutputError, match="another tables"):
        claim(tmp_path, {"seed": 0, "tables": ["b"]})


def test_json_csv_and_table_hold_the_same(tmp_path: Path) -> None:
    found = run_benchmark(_contestants(), TRIAL, OPTIONS, against="ignorant")
    save_standings(found, tmp_path, {"table": "t.lance"})
    saved = json.loads((tmp_path / "benchmark.json").read_text())
    assert saved["table"] == "t.lance"
    with (tmp_path / "benchmark.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(saved["rows"]) == len(found.rows)
    lines = list(found.lines())
    assert [line[:3] for line in lines[1:]] == [
        ("knowing", "10", "3"),
        ("knowing", "20", "3"),
        ("ignorant", "10", "3"),
        ("ignorant", "20", "3"),
        ("oracle", "0", ""),
    ]
    assert lines[2][3].startswith(f"{found.find('knowing', 20).mean:.3f} ±")
    assert float(rows[0]["mean"]) == pytest.approx(saved["rows"][0]["mean"], abs=1e-5)
    assert list(found.lines("kind"))[1][2] == "tails"
    with (tmp_path / "differences.csv").open() as file:
        pairs = list(csv.DictReader(file))
    assert [(pair["contestant"], pair["labels"], pair["against_labels"]) for pair in pairs] == [
        ("knowing", "10", "10"),
        ("knowing", "10", "20"),
        ("knowing", "20", "20"),
        ("oracle", "0", "20"),
    ]
    assert float(pairs[0]["mean"]) == pytest.approx(saved["differences"][0]["mean"], abs=1e-5)
    assert len(list(found.difference_lines())) == 5
    assert {curve["curve"] for curve in saved["curves"]} == {"completeness", "recall"}
