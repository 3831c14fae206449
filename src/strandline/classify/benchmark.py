"""The benchmark: contestants, paired draws of labels, and how well each ranks the test part."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.classify.contestants import Contestant, Facts
from strandline.classify.drawing import LabelDraw, draw_labels
from strandline.classify.standings import EVERYTHING, Row, Standings
from strandline.classify.weighted import MEASURES, measures, sampling_errors
from strandline.errors import OutputError
from strandline.files import write_aside
from strandline.progress import track

__all__ = ["BenchmarkOptions", "Group", "Trial", "claim", "run_benchmark"]

_FEWEST_OF_A_CLASS = 5


@dataclass(frozen=True)
class Group:
    """Part of the test galaxies that is also measured by itself.

    Attributes
    ----------
    name, value : str
        Such as ``kind``, ``tails``.
    members : ndarray of bool, shape (test,)
    """

    name: str
    value: str
    members: NDArray[np.bool_]


@dataclass(frozen=True)
class Trial:
    """The labelled galaxies and what each is for.

    Attributes
    ----------
    values : ndarray of int64, shape (labelled,)
        1 interacting, 0 not.
    pool, test : ndarray of int64
        Places of the galaxies that may be trained on, and of those that are measured on.
    groups : sequence of Group
    """

    values: NDArray[np.int64]
    pool: NDArray[np.int64]
    test: NDArray[np.int64]
    groups: Sequence[Group] = ()


@dataclass(frozen=True)
class BenchmarkOptions:
    """What is run.

    Attributes
    ----------
    labels : tuple of int
        How many labels to train on.
    draws : int
        Of labels, for each number.
    prevalence : float
        Of interacting galaxies on the sky, for average precision and recall.
    seed : int
    """

    labels: tuple[int, ...] = (10, 50, 100, 300, 600)
    draws: int = 20
    prevalence: float = 0.02
    seed: int = 0


@dataclass(frozen=True)
class _Measured:
    """One contestant with one number of labels: scores of the test part, one row a draw."""

    contestant: str
    labels: int
    scores: NDArray[np.float64]
    facts: Facts = field(default_factory=dict)


def claim(
    work: Path, trial: Trial, options: BenchmarkOptions, about: dict[str, object] | None = None
) -> None:
    """Write what a folder of kept scores is for, or check that it is for the same.

    Parameters
    ----------
    work : Path
    trial : Trial
    options : BenchmarkOptions
        The numbers of labels and draws may differ: more of them may be added later.
    about : dict, optional
        What else must be the same; plain values.

    Raises
    ------
    OutputError
        If it is not.
    """
    content = {
        "prevalence": options.prevalence,
        "seed": options.seed,
        "truth": trial.values.tolist(),
        "pool": trial.pool.tolist(),
        "test": trial.test.tolist(),
    } | (about or {})
    path = work / "claim.json"
    if not path.is_file():
        with write_aside(path) as aside:
            aside.write_text(json.dumps(content) + "\n", encoding="utf-8")
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    other = [name for name in content if found.get(name) != content[name]]
    if other:
        raise OutputError(
            f"{work}: holds the scores of a benchmark of another {', '.join(other)}. "
            "Give another --out, or remove the folder."
        )


def run_benchmark(
    contestants: Sequence[Contestant],
    trial: Trial,
    options: BenchmarkOptions,
    work: Path | None = None,
) -> Standings:
    """Train each contestant on each draw and measure how it ranks the test galaxies.

    Parameters
    ----------
    contestants : sequence of Contestant
        Of different names.
    trial : Trial
    options : BenchmarkOptions
    work : Path, optional
        Folder where scores are kept, so that an interrupted benchmark goes on; see `claim`.

    Returns
    -------
    Standings

    Raises
    ------
    LabelError
        If there are too few labels.
    """
    draws = {
        count: draw_labels(trial.values, trial.pool, count, options.draws, options.seed)
        for count in options.labels
    }
    total = sum(
        sum(len(drawn) for drawn in draws.values()) if one.learns else 1 for one in contestants
    )
    rows: list[Row] = []
    with track("Benchmark", total, unit="trainings") as advance:
        for one in contestants:
            for count, drawn in draws.items() if one.learns else [(0, [_no_labels()])]:
                scores: list[NDArray[np.float64]] = []
                seconds: list[float] = []
                for draw in drawn:
                    found, taken = _scores(one, trial, draw, work)
                    scores.append(found)
                    seconds += taken
                    advance(1, one.name)
                facts = one.facts | ({"fit_seconds": float(np.median(seconds))} if seconds else {})
                measured = _Measured(one.name, count, np.stack(scores), facts)
                rows += _rows(measured, trial, options)
    return Standings(tuple(rows), options.prevalence)


def _no_labels() -> LabelDraw:
    return LabelDraw(0, 0, np.zeros(0, dtype=np.int64), 0)


def _scores(
    one: Contestant, trial: Trial, draw: LabelDraw, work: Path | None
) -> tuple[NDArray[np.float64], list[float]]:
    """Return scores of the test part, and how long they took if they were not kept."""
    kept = None if work is None else work / "scores" / f"{one.tag}-{draw.count}-{draw.number}.npy"
    if kept is not None and kept.is_file():
        return np.asarray(np.load(kept, allow_pickle=False)), []
    started = time.perf_counter()
    scores = np.asarray(one.scores(trial.values, draw, trial.test), dtype=np.float64)
    seconds = time.perf_counter() - started
    if kept is not None:
        with write_aside(kept) as aside, aside.open("wb") as file:
            np.save(file, scores)
    return scores, [seconds]


def _rows(measured: _Measured, trial: Trial, options: BenchmarkOptions) -> list[Row]:
    truth = trial.values[trial.test]
    rows = []
    for group in (Group(EVERYTHING, "", np.ones(len(truth), dtype=np.bool_)), *trial.groups):
        inside = group.members
        ones, zeros = int(truth[inside].sum()), int((1 - truth[inside]).sum())
        if group.name != EVERYTHING and min(ones, zeros) < _FEWEST_OF_A_CLASS:
            continue
        each = np.concatenate(
            [
                measures(truth[inside], score[inside], options.prevalence)
                for score in measured.scores
            ]
        )
        # the sampling error is that of the draw in the middle
        middle = int(np.argsort(each[:, 0])[len(each) // 2])
        errors = sampling_errors(
            truth[inside], measured.scores[middle][inside], options.prevalence, seed=options.seed
        )
        for k, measure in enumerate(MEASURES):
            rows.append(
                Row(
                    contestant=measured.contestant,
                    labels=measured.labels,
                    group=group.name,
                    value=group.value,
                    measure=measure,
                    positives=ones,
                    negatives=zeros,
                    each=tuple(float(value) for value in each[:, k]),
                    sampling_error=float(errors[k]),
                    facts=measured.facts,
                )
            )
    return rows
