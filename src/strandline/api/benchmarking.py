"""``benchmark``: how many labels does it take, and what is learning worth."""

from collections.abc import Sequence
from pathlib import Path

from strandline.api.benchmark_data import BenchmarkData
from strandline.api.benchmark_entrants import CONTROLS, Entrants
from strandline.api.benchmark_skies import Simulation, choose
from strandline.classify.benchmark import BenchmarkOptions, run_benchmark
from strandline.classify.contestants import Contestant
from strandline.classify.keeping import claim
from strandline.classify.standingfiles import save_standings
from strandline.classify.standings import Standings
from strandline.errors import OptionError
from strandline.files import check_target
from strandline.learn.shelf import find_model
from strandline.recipe import Recipe
from strandline.report.standings import draw_standings

__all__ = ["benchmark", "compare"]

_FEWEST_LABELS = 4
_FEWEST_TO_TRAIN = 8  # a network takes two of each class to validate with
_PUBLISHED = ("desmons2024-repaired", "desmons2024")
_MARKS = ("benchmark.json", "work")


def benchmark(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    data: str = "table",
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    tests: Sequence[str | Path] = (),
    test_labels: Sequence[str | Path] = (),
    simulation: Simulation | None = None,
    recipes: Sequence[str | Path] = (),
    models: Sequence[str | Path] = (),
    counts: Sequence[str | int] = BenchmarkOptions.labels,
    draws: int = BenchmarkOptions.draws,
    trained_draws: int | None = None,
    hybrid: str | None = None,
    against: str | None = None,
    epochs: int | None = None,
    seed: int = 0,
) -> Standings:
    """Compare recipes, models and controls by how many labels they need.

    Parameters
    ----------
    paths, data, labels, truth, tests, test_labels, simulation
        See `strandline.api.benchmark_skies.choose`.
    out, recipes, models, hybrid, against, epochs
        See `compare`.
    counts, draws, trained_draws, seed
        See `strandline.classify.benchmark.BenchmarkOptions`.

    Raises
    ------
    OptionError
        If `counts` are not numbers of labels.
    """
    try:
        numbers = tuple(sorted({int(count) for count in counts}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < _FEWEST_LABELS:
        told = ",".join(str(count) for count in counts)
        raise OptionError(
            f"labels is {told!r}; expected whole numbers of at least {_FEWEST_LABELS}, such as "
            "10,50,100."
        )
    chosen = [Recipe.load(name) for name in recipes]  # before anything is simulated
    check_target(out, _MARKS)
    gathered = choose(
        data,
        paths,
        Path(out) / "work",
        labels=labels,
        truth=truth,
        tests=tests,
        test_labels=test_labels,
        simulation=simulation,
        seed=seed,
    )
    options = BenchmarkOptions(labels=numbers, draws=draws, trained_draws=trained_draws, seed=seed)
    return compare(
        gathered,
        out,
        recipes=chosen,
        models=models,
        options=options,
        hybrid=hybrid,
        against=against,
        epochs=epochs,
    )


def compare(
    data: BenchmarkData,
    out: str | Path,
    *,
    recipes: Sequence[Recipe] = (),
    models: Sequence[str | Path] = (),
    options: BenchmarkOptions | None = None,
    hybrid: str | None = None,
    against: str | None = None,
    epochs: int | None = None,
) -> Standings:
    """Compare recipes, models and controls on the same draws of labels.

    Parameters
    ----------
    data : BenchmarkData
        See `strandline.api.benchmark_data`.
    out : path
        Folder: ``benchmark.json``, ``benchmark.csv``, ``differences.csv``, the figures as SVG and
        PNG (see `strandline.report.standings`), and ``work/``, from which an interrupted benchmark
        goes on.
    recipes : sequence of Recipe
        Self-supervised ones are pretrained once, on the unlabelled tables; supervised ones are
        trained anew on each draw; of hybrid ones see `hybrid`.
    models : sequence of str or path
        That are there already: folders, or names of those that ship. One with a head is measured
        without labels, too.
    options : BenchmarkOptions, optional
    hybrid : str, optional
        See `strandline.api.benchmark_entrants.Entrants`.
    against : str, optional
        Contestant that the others are compared with in pairs; by default the published method
        ``desmons2024-repaired`` if it is among them, else the forest on shapes.
    epochs : int, optional
        Of every training of a network, instead of the recipe's.

    Returns
    -------
    Standings
        Controls included: size and brightness alone, and shape statistics in a forest and in a
        logistic regression. A recipe's own name is what it says itself; beside it there is its
        embedding with a linear head alone, and with the shape statistics.

    Raises
    ------
    OptionError
        If names are given twice, or one does not exist, or there are too few labels to train on.
    OutputError
        If `out` holds something else, or an interrupted benchmark of something else.
    """
    out, options = Path(out), options or BenchmarkOptions()
    check_target(out, _MARKS)
    _check_names(recipes, models, against)
    work = out / "work"
    unlabelled = [str(table.path.resolve()) for table in data.unlabelled]
    tables = [str(part.table.path.resolve()) for part in data.parts]
    trial = data.trial
    claim(
        work,
        {
            "prevalence": options.prevalence,
            "seed": options.seed,
            "tables": tables,
            "truth": trial.values.tolist(),
            "pool": trial.pool.tolist(),
            "test": trial.test.tolist(),
            "epochs": epochs,
            "unlabelled": unlabelled,
        },
    )
    entrants = Entrants(data, work, options.seed, epochs, hybrid)
    contestants: list[Contestant] = []
    for recipe in recipes:
        contestants += entrants.of_recipe(recipe)
    for name in models:
        contestants += entrants.of_model(str(name))
    contestants += entrants.controls()
    reference = _reference(contestants, against, options)
    standings = run_benchmark(contestants, trial, options, work, reference)
    about: dict[str, object] = {
        "tables": tables,
        "pretrained_on": unlabelled,
        "seen": standings.origins(),
        "against": reference,
        "training_labels": len(trial.pool),
        "test_galaxies": int(trial.together.sum()),
        "test_interacting": int(trial.values[trial.test][trial.together].sum()),
        "draws": options.draws,
        "trained_draws": options.trained_draws,
        "seed": options.seed,
    }
    save_standings(standings, out, about)
    draw_standings(standings, out)
    return standings


def _check_names(
    recipes: Sequence[Recipe], models: Sequence[str | Path], against: str | None
) -> None:
    """Check what can be checked before an encoder is trained."""
    names = [recipe.name for recipe in recipes]
    names += [find_model(name).resolve().name for name in models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(
            f"Recipes and models must have different names; {twice[0]} is there twice."
        )
    known = (*names, *CONTROLS)
    if against is not None and not against.startswith(known):
        raise OptionError(f"against is {against!r}; there are {', '.join(known)}.")


def _reference(
    contestants: Sequence[Contestant], against: str | None, options: BenchmarkOptions
) -> str:
    """Return the one to compare with, when it is known that all can be run."""
    fewest = min(options.labels)
    for one in contestants:
        if one.learns and one.costly(fewest) and fewest < _FEWEST_TO_TRAIN:
            raise OptionError(
                f"labels is {fewest} at least; {one.name} trains a network on them and needs "
                f"{_FEWEST_TO_TRAIN}, some of them to validate with."
            )
    names = [one.name for one in contestants if one.learns]
    if against is None:
        return next(name for name in (*_PUBLISHED, CONTROLS[1]) if name in names)
    if against not in names:
        raise OptionError(
            f"against is {against!r}; those that learn from labels are {', '.join(names)}."
        )
    return against
