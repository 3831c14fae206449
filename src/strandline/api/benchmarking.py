"""``benchmark``: how many labels does it take, and what is learning worth."""

import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline import learn
from strandline.api.benchmark_data import BenchmarkData, choose
from strandline.classify.benchmark import BenchmarkOptions, claim, run_benchmark
from strandline.classify.contestants import Contestant, Facts, Features, Fixed, Trained
from strandline.classify.controls import Score, shape_forest, shape_logistic, size_and_brightness
from strandline.classify.drawing import LabelDraw
from strandline.classify.standings import Standings
from strandline.errors import OptionError
from strandline.files import write_aside
from strandline.learn import Model
from strandline.learn.headfit import fit_head
from strandline.progress import say, track
from strandline.recipe import HeadSettings, Recipe
from strandline.report.standings import draw_standings
from strandline.shapes import SHAPE_NAMES, SceneOptions, measure_shapes

__all__ = ["benchmark", "compare"]

_BATCH = 64
_FEWEST_LABELS = 4
_FROZEN = ("lda", "logistic", "knn")


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
        logistic regression.
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
    contestants = _controls(data)
    for recipe in chosen:
        contestants += _of_recipe(recipe, data, work, options.seed, epochs)
    for name, model in loaded.items():
        contestants += _of_model(name, model, data, work, options.seed, {})
    standings = run_benchmark(contestants, data.trial, options, work)
    about: dict[str, object] = {
        "table": str(data.table.path),
        "pretrained_on": [str(table.path) for table in data.unlabelled],
        "training_labels": len(data.trial.pool),
        "test_galaxies": len(data.trial.test),
        "draws": options.draws,
        "seed": options.seed,
    }
    standings.save(out, about)
    draw_standings(standings, out / "benchmark.svg")
    return standings


def _controls(data: BenchmarkData) -> list[Contestant]:
    """Measure shapes, and return the classifiers that need nothing else."""
    options = SceneOptions(subtract_sky=data.table.spec.kind == "picture")
    parts, started = [np.zeros((0, len(SHAPE_NAMES)), dtype=np.float32)], time.perf_counter()
    with track("Measuring shapes", len(data.rows)) as advance:
        for batch in data.table.batches(_BATCH, rows=data.rows):
            parts.append(measure_shapes(batch, options=options)[0])
            advance(len(batch.rows))
    shapes = np.concatenate(parts)
    facts: Facts = {"stamps_per_second": len(shapes) / (time.perf_counter() - started)}
    return [
        Features("size and brightness", shapes, size_and_brightness, facts),
        Features("forest on shapes", shapes, shape_forest, facts),
        Features("logistic on shapes", shapes, shape_logistic, facts),
    ]


def _of_recipe(
    recipe: Recipe, data: BenchmarkData, work: Path, seed: int, epochs: int | None
) -> list[Contestant]:
    if recipe.supervised or recipe.hybrid:
        train = partial(_train, None, recipe, data, work / "trained" / recipe.name, epochs)
        return [Trained(recipe.name, train)]
    folder = work / "encoders" / recipe.name
    timing = folder.with_name(f"{recipe.name}.seconds.json")
    if folder.is_dir():
        model = Model.load(folder)
    else:
        say(f"Pretraining {recipe.name} …")
        started = time.perf_counter()
        model = learn.pretrain(data.unlabelled, recipe, folder, seed=seed, epochs=epochs)
        with write_aside(timing) as aside:
            aside.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")
    facts: Facts = {}
    if timing.is_file():
        facts["training_seconds"] = float(json.loads(timing.read_text(encoding="utf-8")))
    return _of_model(recipe.name, model, data, work, seed, facts, epochs)


def _of_model(
    name: str,
    model: Model,
    data: BenchmarkData,
    work: Path,
    seed: int,
    facts: Facts,
    epochs: int | None = None,
) -> list[Contestant]:
    """Embed the labelled galaxies; a head is fitted to each draw, as the model's recipe says."""
    started = time.perf_counter()
    features = np.concatenate(
        [part for _, part in learn.embed_table(data.table, model, rows=data.rows)]
    )
    facts = facts | {"stamps_per_second": len(features) / (time.perf_counter() - started)}
    settings = model.recipe.head
    contestants: list[Contestant] = []
    if model.has_head:
        scores = model.probability(features).astype(np.float64)
        contestants.append(Fixed(f"{name}, no labels", scores, facts))
    frozen = settings if settings.kind in _FROZEN else HeadSettings()
    contestants.append(Features(name, features, partial(_head, frozen), facts))
    if settings.kind not in _FROZEN:
        train = partial(_train, model, model.recipe, data, work / "trained" / name, epochs)
        contestants.append(Trained(f"{name}, {settings.kind}", train, facts))
    return contestants


def _head(
    settings: HeadSettings, features: NDArray[np.float32], values: NDArray[np.int64], seed: int
) -> Score:
    return fit_head(features, values, settings, seed)[0].logit


def _train(
    encoder: Model | None,
    recipe: Recipe,
    data: BenchmarkData,
    folder: Path,
    epochs: int | None,
    draw: LabelDraw,
    asked: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Train a network on a draw, keep it in `folder`, and score with it."""
    place = folder / f"{draw.count}-{draw.number}"
    rows, values = data.rows[draw.members], data.values[draw.members]
    if place.is_dir():
        model = Model.load(place)
    elif recipe.hybrid and encoder is None:
        sources = (data.table, *(t for t in data.unlabelled if t.path != data.table.path))
        labels = [(rows, values)]
        model = learn.pretrain(sources, recipe, place, labels=labels, seed=draw.seed, epochs=epochs)
    else:
        model = learn.train(
            data.table, rows, values, recipe, place, encoder=encoder, seed=draw.seed, epochs=epochs
        )
    chosen = data.rows[asked]
    features = [part for _, part in learn.embed_table(data.table, model, rows=chosen)]
    return model.probability(np.concatenate(features)).astype(np.float64)
