"""What a benchmark compares, made of recipes, models and the controls."""

import json
import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline import learn
from strandline.api.benchmark_data import BenchmarkData
from strandline.classify.contestants import Contestant, Facts, Features, Fixed, Trained
from strandline.classify.controls import Score, shape_forest, shape_logistic, size_and_brightness
from strandline.classify.drawing import LabelDraw
from strandline.files import write_aside
from strandline.learn import Model
from strandline.learn.shapedfit import fit_shaped
from strandline.progress import say, track
from strandline.recipe import HeadSettings, Recipe
from strandline.shapes import SHAPE_NAMES, measure_shapes, scene_options

__all__ = ["Entrants"]

_BATCH = 64
_FROZEN = ("lda", "logistic", "knn", "forest", "blend")


@dataclass(frozen=True)
class Entrants:
    """Makes contestants for one set of labelled galaxies.

    Attributes
    ----------
    data : BenchmarkData
    work : Path
        Where trained networks are kept; what is there is not trained again.
    seed : int
        Of pretraining.
    epochs : int, optional
        Of every training of a network, instead of the recipe's.
    """

    data: BenchmarkData
    work: Path
    seed: int
    epochs: int | None = None

    def controls(self) -> list[Contestant]:
        """Return the classifiers that need nothing but shape statistics, size and brightness."""
        shapes, facts = self._shapes
        return [
            Features("size and brightness", shapes, size_and_brightness, facts),
            Features("forest on shapes", shapes, shape_forest, facts),
            Features("logistic on shapes", shapes, shape_logistic, facts),
        ]

    def of_recipe(self, recipe: Recipe) -> list[Contestant]:
        """Pretrain an encoder once; or return what is trained anew on each draw of labels."""
        if recipe.supervised or recipe.hybrid:
            return [Trained(recipe.name, partial(self._train, None, recipe, recipe.name))]
        folder = self.work / "encoders" / recipe.name
        timing = folder.with_name(f"{recipe.name}.seconds.json")
        if folder.is_dir():
            model = Model.load(folder)
        else:
            say(f"Pretraining {recipe.name} …")
            started = time.perf_counter()
            tables = self.data.unlabelled
            model = learn.pretrain(tables, recipe, folder, seed=self.seed, epochs=self.epochs)
            with write_aside(timing) as aside:
                aside.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")
        facts: Facts = {}
        if timing.is_file():
            facts["training_seconds"] = float(json.loads(timing.read_text(encoding="utf-8")))
        return self.of_model(recipe.name, model, facts)

    def of_model(self, name: str, model: Model, facts: Facts | None = None) -> list[Contestant]:
        """Embed the galaxies; a head is fitted to each draw, as the model's recipe says.

        The head is of the recipe's kind on the embedding alone; a second contestant has the shape
        statistics beside it, in a blend of a discriminant and a forest. A model that has a head
        already is also measured as it is, and one whose recipe says so is trained on, on each
        draw.
        """
        started, rows = time.perf_counter(), self.data.rows
        parts = [part for _, part in learn.embed_table(self.data.table, model, rows=rows)]
        features = np.concatenate(parts)
        facts = (facts or {}) | {"stamps_per_second": len(rows) / (time.perf_counter() - started)}
        settings = model.recipe.head
        contestants: list[Contestant] = []
        if model.has_head:
            shapes = self._shapes[0] if model.uses_shapes else None
            scores = model.probability(features, shapes).astype(np.float64)
            contestants.append(Fixed(f"{name}, as it is", scores, facts))
        frozen = settings if settings.kind in _FROZEN else HeadSettings()
        alone = frozen.model_copy(update={"shapes": "none"})
        beside = frozen.model_copy(update={"kind": "blend", "shapes": "beside"})
        both = np.concatenate([self._shapes[0], features], axis=1)
        contestants.append(Features(name, both, partial(_head, alone), facts))
        contestants.append(Features(f"{name} and shapes", both, partial(_head, beside), facts))
        if settings.kind not in _FROZEN:
            train = partial(self._train, model, model.recipe, name)
            contestants.append(Trained(f"{name}, {settings.kind}", train, facts))
        return contestants

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.float32], Facts]:
        table, rows = self.data.table, self.data.rows
        options = scene_options(table.spec)
        parts, started = [np.zeros((0, len(SHAPE_NAMES)), dtype=np.float32)], time.perf_counter()
        with track("Measuring shapes", len(rows)) as advance:
            for batch in table.batches(_BATCH, rows=rows):
                parts.append(measure_shapes(batch, options=options)[0])
                advance(len(batch.rows))
        rate = len(rows) / (time.perf_counter() - started)
        return np.concatenate(parts), {"stamps_per_second": rate}

    def _train(
        self,
        encoder: Model | None,
        recipe: Recipe,
        name: str,
        draw: LabelDraw,
        asked: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        """Train a network on a draw, keep it, and score with it."""
        data = self.data
        place = self.work / "trained" / name / f"{draw.count}-{draw.number}"
        rows, values = data.rows[draw.members], data.values[draw.members]
        if place.is_dir():
            model = Model.load(place)
        elif recipe.hybrid and encoder is None:
            others = (table for table in data.unlabelled if table.path != data.table.path)
            labels = [(rows, values)]
            model = learn.pretrain(
                (data.table, *others),
                recipe,
                place,
                labels=labels,
                seed=draw.seed,
                epochs=self.epochs,
            )
        else:
            model = learn.train(
                data.table,
                rows,
                values,
                recipe,
                place,
                encoder=encoder,
                seed=draw.seed,
                epochs=self.epochs,
            )
        return learn.score_rows(data.table, model, data.rows[asked])[1].astype(np.float64)


def _head(
    settings: HeadSettings, both: NDArray[np.float32], values: NDArray[np.int64], seed: int
) -> Score:
    """Fit to shape statistics, which come first, and the embedding after them."""
    count = len(SHAPE_NAMES)
    fitted = fit_shaped(both[:, count:], both[:, :count], values, settings, seed)
    return lambda asked: fitted.head.logit(fitted.inputs.matrix(asked[:, count:], asked[:, :count]))
