"""The benchmark: contestants, paired draws of labels, and how well each ranks the test part."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.classify.contestants import Contestant, Facts, Outcome
from strandline.classify.differences import Difference, Ranked, differences
from strandline.classify.drawing import LabelDraw, draw_labels
from strandline.classify.keeping import Keeper
from strandline.classify.rankcurves import rank_curves
from strandline.classify.standings import EVERYTHING, Row, Standings
from strandline.classify.weighted import MEASURES, measures, sampling_errors
from strandline.progress import track

__all__ = ["BenchmarkOptions", "Group", "Trial", "run_benchmark"]

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
    main : ndarray of bool, shape (test,), optional
        Those that are measured on together; by default all. Others are in groups only, such as
        galaxies of another survey.
    """

    values: NDArray[np.int64]
    pool: NDArray[np.int64]
    test: NDArray[np.int64]
    groups: Sequence[Group] = ()
    main: NDArray[np.bool_] | None = None

    @property
    def together(self) -> NDArray[np.bool_]:
        """The test galaxies that are measured on together, shape (test,)."""
        return np.ones(len(self.test), dtype=np.bool_) if self.main is None else self.main


@dataclass(frozen=True)
class BenchmarkOptions:
    """What is run.

    Attributes
    ----------
    labels : tuple of int
        How many labels to train on.
    draws : int
        Of labels, for each number.
    trained_draws : int, optional
        The same where a network is trained anew for each draw, which costs much more. They are
        the first of `draws`, so that comparisons stay paired.
    prevalence : float
        Of interacting galaxies on the sky, for average precision and recall.
    seed : int
    """

    labels: tuple[int, ...] = (10, 50, 100, 300, 600)
    draws: int = 20
    trained_draws: int | None = None
    prevalence: float = 0.02
    seed: int = 0


def run_benchmark(
    contestants: Sequence[Contestant],
    trial: Trial,
    options: BenchmarkOptions,
    work: Path | None = None,
    against: str | None = None,
) -> Standings:
    """Train each contestant on each draw and measure how it ranks the test galaxies.

    Parameters
    ----------
    contestants : sequence of Contestant
        Of different names.
    trial : Trial
    options : BenchmarkOptions
    work : Path, optional
        Folder where scores are kept, so that an interrupted benchmark goes on; see
        `strandline.classify.keeping`.
    against : str, optional
        Name of the contestant that the others are compared with in pairs.

    Returns
    -------
    Standings

    Raises
    ------
    LabelError
        If there are too few labels.
    """
    drawn = {
        count: draw_labels(trial.values, trial.pool, count, options.draws, options.seed)
        for count in options.labels
    }
    plan = [
        (one, count, draws) for one in contestants for count, draws in _plan(one, drawn, options)
    ]
    keeper = Keeper(None if work is None else work / "scores")
    truth, together = trial.values[trial.test], trial.together
    rows, curves, ranked = [], [], []
    with track("Benchmark", sum(len(draws) for *_, draws in plan), unit="trainings") as advance:
        for one, count, draws in plan:
            outcomes: list[Outcome] = []
            for draw in draws:
                outcomes.append(keeper.outcome(one, trial.values, draw, trial.test))
                advance(1, one.name)
            found = Ranked(one.name, count, np.stack([outcome.scores for outcome in outcomes]))
            rows += _rows(found, _facts(one, outcomes), trial, options)
            only = len(drawn.get(count, ())) < min(2, options.draws)
            inside = Ranked(one.name, count, found.scores[:, together], only or not one.learns)
            curves += rank_curves(
                one.name, count, truth[together], list(inside.scores), options.prevalence
            )
            ranked.append(inside)
    compared: tuple[Difference, ...] = ()
    if against is not None:
        compared = differences(ranked, truth[together], against, options.seed)
    first = {count: trial.values[draws[0].members] for count, draws in drawn.items()}
    given = {count: (len(values), int(values.sum())) for count, values in first.items()}
    return Standings(tuple(rows), options.prevalence, tuple(curves), compared, given)


def _plan(
    one: Contestant, drawn: dict[int, list[LabelDraw]], options: BenchmarkOptions
) -> list[tuple[int, list[LabelDraw]]]:
    if not one.learns:
        return [(0, [LabelDraw(0, 0, np.zeros(0, dtype=np.int64), 0)])]
    fewer = options.trained_draws
    return [(count, all_[:fewer] if one.costly(count) else all_) for count, all_ in drawn.items()]


def _facts(one: Contestant, outcomes: Sequence[Outcome]) -> Facts:
    """Return what is said of a contestant, and the median of each number over its trainings."""
    numbers: dict[str, list[float]] = defaultdict(list)
    facts = dict(one.facts)
    for outcome in outcomes:
        for name, value in outcome.facts.items():
            if isinstance(value, str):
                facts[name] = value
            else:
                numbers[name].append(value)
    return facts | {name: float(np.median(values)) for name, values in numbers.items()}


def _rows(found: Ranked, facts: Facts, trial: Trial, options: BenchmarkOptions) -> list[Row]:
    truth = trial.values[trial.test]
    rows = []
    for group in (Group(EVERYTHING, "", trial.together), *trial.groups):
        inside = group.members
        ones, zeros = int(truth[inside].sum()), int((1 - truth[inside]).sum())
        if group.name != EVERYTHING and min(ones, zeros) < _FEWEST_OF_A_CLASS:
            continue
        each = np.concatenate(
            [measures(truth[inside], score[inside], options.prevalence) for score in found.scores]
        )
        # the sampling error is that of the draw in the middle
        middle = int(np.argsort(each[:, 0])[len(each) // 2])
        errors = sampling_errors(
            truth[inside], found.scores[middle][inside], options.prevalence, seed=options.seed
        )
        for k, measure in enumerate(MEASURES):
            rows.append(
                Row(
                    contestant=found.contestant,
                    labels=found.labels,
                    group=group.name,
                    value=group.value,
                    measure=measure,
                    positives=ones,
                    negatives=zeros,
                    each=tuple(float(value) for value in each[:, k]),
                    sampling_error=float(errors[k]),
                    facts=facts,
                )
            )
    return rows
