"""``benchmark``: how many labels does it take, and what is learning worth."""

from collections.abc import Sequence
from pathlib import Path

from strandline.api.benchmark_data import BenchmarkData, choose
from strandline.api.benchmark_entrants import Entrants
from strandline.classify.benchmark import BenchmarkOptions, claim, run_benchmark
from strandline.classify.standings import Standings
from strandline.errors import OptionError
from strandline.learn import Model
from strandline.recipe import Recipe
from strandline.report.standings import draw_standings

__all__ = ["benchmark", "compare"]

_FEWEST_LABELS = 4


def benchmark(
    paths: Sequence[str | Path],
    out: str | Path,
    *,
    data: str = "table",
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    recipes: Sequence[str | Path] = (),
    models: Sequence[str | Path] = (),
    counts: Sequence[str | int] = BenchmarkOptions.labels,
    draws: int = BenchmarkOptions.draws,
    epochs: int | None = None,
    seed: int = 0,
) -> Standings:
    """Compare recipes, models and controls by how many labels they need.

    Parameters
    ----------
    paths, data, labels, truth
        See `strandline.api.benchmark_data.choose`.
    out, recipes, models, epochs
        See `compare`.
    counts, draws, seed
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
    gathered = choose(data, paths, Path(out) / "work", labels=labels, truth=truth, seed=seed)
    options = BenchmarkOptions(labels=numbers, draws=draws, seed=seed)
    return compare(gathered, out, recipes=recipes, models=models, options=options, epochs=epochs)


def compare(
    data: BenchmarkData,
    out: str | Path,
    *,
    recipes: Sequence[str | Path] = (),
    models: Sequence[str | Path] = (),
    options: BenchmarkOptions | None = None,
    epochs: int | None = None,
) -> Standings:
    """Compare recipes, models and controls on the same draws of labels.

    Parameters
    ----------
    data : BenchmarkData
        See `strandline.api.benchmark_data`.
    out : path
        Folder: ``benchmark.json``, ``benchmark.csv``, ``benchmark.svg``, and ``work/``, from which
        an interrupted benchmark goes on.
    recipes : sequence of str or path
        Self-supervised ones are pretrained once, on the unlabelled tables; supervised and hybrid
        ones are trained anew on each draw.
    models : sequence of str or path
        Encoders that are there already. One with a head is measured without labels, too.
    options : BenchmarkOptions, optional
    epochs : int, optional
        Of every training of a network, instead of the recipe's.

    Returns
    -------
    Standings
        Controls included: size and brightness alone, and shape statistics in a forest and in a
        logistic regression. Of each encoder, there is its embedding alone, and with the shape
        statistics beside it.
    """
    out, options = Path(out), options or BenchmarkOptions()
    chosen = [Recipe.load(name) for name in recipes]
    loaded = {Path(name).resolve().name: Model.load(name) for name in models}
    names = [recipe.name for recipe in chosen] + list(loaded)
    if len(set(names)) < len(names):
        raise OptionError(f"Recipes and models must have different names; got {', '.join(names)}.")
    for model in loaded.values():
        model.check(data.table.spec)
    work = out / "work"
    unlabelled = [str(table.path.resolve()) for table in data.unlabelled]
    claim(work, data.trial, options, {"epochs": epochs, "unlabelled": unlabelled})
    entrants = Entrants(data, work, options.seed, epochs)
    contestants = entrants.controls()
    for recipe in chosen:
        contestants += entrants.of_recipe(recipe)
    for name, model in loaded.items():
        contestants += entrants.of_model(name, model)
    standings = run_benchmark(contestants, data.trial, options, work)
    about: dict[str, object] = {
        "table": str(data.table.path),
        "pretrained_on": unlabelled,
        "models_trained_on": {name: model.card.get("training") for name, model in loaded.items()},
        "training_labels": len(data.trial.pool),
        "test_galaxies": len(data.trial.test),
        "draws": options.draws,
        "seed": options.seed,
    }
    standings.save(out, about)
    draw_standings(standings, out / "benchmark.svg")
    return standings
