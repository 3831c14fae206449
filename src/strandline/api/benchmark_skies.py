"""Where a benchmark's tables come from: given, simulated for it, or cut from real pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strandline.api.benchmark_data import BenchmarkData, tables
from strandline.api.cutting import stamps
from strandline.errors import OptionError

__all__ = ["KINDS", "Simulation", "choose"]

KINDS = ("table", "sim", "real")


@dataclass(frozen=True)
class Simulation:
    """What is simulated for a benchmark that is given no table.

    Attributes
    ----------
    survey : str
        A profile that ships, or a TOML file: what is trained and tested on.
    test_surveys : sequence of str
        Further ones to test on.
    stamps, test_stamps : int
        To train on, and to test on of each survey. Interactions too faint to be seen have no label
        and are no part of it.
    workers : int
        Processes that simulate.
    """

    survey: str = "lovoccs"
    test_surveys: Sequence[str] = ()
    stamps: int = 5000
    test_stamps: int = 3300
    workers: int = 1


def choose(
    kind: str,
    paths: Sequence[str | Path],
    work: Path,
    *,
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    tests: Sequence[str | Path] = (),
    test_labels: Sequence[str | Path] = (),
    simulation: Simulation | None = None,
    seed: int = 0,
) -> BenchmarkData:
    """Take one of the three kinds of data.

    Parameters
    ----------
    kind : str
        ``table``: see `strandline.api.benchmark_data.tables`, whose parameters are these. ``sim``:
        the same, or without paths, tables of a simulated sky made in `work`, once. ``real``: a
        folder of real pictures with ``sdss_labelled``, ``sdss_labelled.csv`` and
        ``sdss_unlabelled`` in it, and perhaps more tables to pretrain on. Stamps are cut into
        `work`, once. The labelled pictures are no part of any pretraining without labels, so that
        all but their training part is tested on.
    paths, labels, truth, tests, test_labels
        As for `tables`.
    work : Path
    simulation : Simulation, optional
        For ``sim`` without paths.
    seed : int
        Of simulation and splits.

    Raises
    ------
    OptionError
        For another kind, or paths that do not go with it.
    """
    if kind not in KINDS:
        raise OptionError(f"data is {kind!r}; expected one of {', '.join(KINDS)}.")
    if kind == "real":
        if labels or truth or tests:
            raise OptionError("data is 'real', which comes with its labels and test; give none.")
        return _real(paths, work, seed)
    if kind == "sim" and not paths:
        if labels or truth:
            raise OptionError("The galaxies are simulated, which gives their labels; give none.")
        made = _simulated(simulation or Simulation(), work, seed)
        paths, tests = made[:1], [*made[1:], *tests]
        # given tables come last, and so do their labels
        test_labels = [
            *(path.with_name(f"{path.stem}.labels.csv") for path in made[1:]),
            *test_labels,
        ]
    return tables(paths, labels, truth, tests=tests, test_labels=test_labels)


def _simulated(wanted: Simulation, work: Path, seed: int) -> list[Path]:
    """Make one table to train on, then those to test on, or find them made."""
    from strandline.api.simulating import simulate

    surveys = [wanted.survey, wanted.survey, *wanted.test_surveys]
    made = []
    for number, survey in enumerate(surveys):
        training = number == 0
        path = work / f"{'train' if training else 'test'}-{Path(survey).stem}.lance"
        if path in made:
            raise OptionError(f"survey {survey!r} is to be tested on twice; give each once.")
        if not path.exists():
            count = wanted.stamps if training else wanted.test_stamps
            simulate(path, survey=survey, stamps=count, seed=seed + number, workers=wanted.workers)
        made.append(path)
    return made


def _real(paths: Sequence[str | Path], work: Path, seed: int) -> BenchmarkData:
    folder = Path(paths[0]) if paths else Path()
    if not paths or not (folder / "sdss_labelled.csv").is_file():
        raise OptionError(
            f"{folder if paths else 'data real'}: has no sdss_labelled.csv; give the folder of "
            "real images, with sdss_labelled, sdss_unlabelled and sdss_labelled.csv in it."
        )
    made = [work / f"{name}.lance" for name in ("sdss_labelled", "sdss_unlabelled")]
    for path in made:
        if not path.exists():
            stamps([folder / path.stem], path, seed=seed)
    return tables(
        [*made, *paths[1:]],
        folder / "sdss_labelled.csv",
        test_parts=("validation", "test"),
    )
