"""What a benchmark compares, made of recipes, models and the controls."""

import json
import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline import learn
from strandline.api.benchmark_data import BenchmarkData, beside
from strandline.api.benchmark_features import FeatureStore, digest
from strandline.api.benchmark_origins import card_origin, pretrained_on
from strandline.api.benchmark_trainings import Trainings
from strandline.api.tables import table_labels
from strandline.classify.contestants import Contestant, Facts, Features, Fixed, Trained
from strandline.classify.controls import Score, shape_forest, shape_logistic, size_and_brightness
from strandline.errors import OptionError
from strandline.files import write_aside
from strandline.learn import Ensemble, Model
from strandline.learn.labelled import Part
from strandline.learn.shapedfit import fit_shaped
from strandline.learn.shelf import CARD, find_model, member_names, read_card
from strandline.progress import say
from strandline.recipe import HeadSettings, HybridSettings, Recipe
from strandline.shapes import SHAPE_NAMES
from strandline.stamps import StampTable

__all__ = ["CONTROLS", "HYBRID_LABELS", "Entrants"]

CONTROLS = ("size and brightness", "forest on shapes", "logistic on shapes")
"""What is in every benchmark."""

HYBRID_LABELS = ("drawn", "tables", "none")
"""Which labels a hybrid recipe pretrains with: see `Entrants`."""

_FROZEN = ("lda", "logistic", "knn", "forest", "blend")


@dataclass(frozen=True)
class Entrants:
    """Makes contestants for one set of labelled galaxies.

    Attributes
    ----------
    data : BenchmarkData
    work : Path
        Where encoders, features and networks are kept; what is there is not made again.
    seed : int
        Of pretraining.
    epochs : int, optional
        Of every training of a network, instead of the recipe's.
    hybrid : str, optional
        Labels that a hybrid recipe pretrains with. ``drawn``: those of the draw alone, so that it
        is pretrained anew for each. ``tables``: once, with all labels that lie beside the tables
        to pretrain on (never those of a table that is measured on); they are free, and the table
        says so. ``none``: once, by its self-supervised term alone. By default ``tables`` if there
        are such labels, else ``drawn``.
    """

    data: BenchmarkData
    work: Path
    seed: int
    epochs: int | None = None
    hybrid: str | None = None

    def __post_init__(self) -> None:
        if self.hybrid is not None and self.hybrid not in HYBRID_LABELS:
            raise OptionError(
                f"hybrid is {self.hybrid!r}; expected one of {', '.join(HYBRID_LABELS)}."
            )

    @cached_property
    def store(self) -> FeatureStore:
        """Embeddings and shapes of the galaxies."""
        return FeatureStore(self.data, self.work / "features")

    @cached_property
    def trainings(self) -> Trainings:
        """What trains on draws."""
        return Trainings(self.data, self.store, self.work / "trained", self.epochs)

    def controls(self) -> list[Contestant]:
        """Return the classifiers that need nothing but shape statistics, size and brightness."""
        fits = (size_and_brightness, shape_forest, shape_logistic)
        return [
            Features(name, self.store.shapes, fit, self.store.shape_facts)
            for name, fit in zip(CONTROLS, fits, strict=True)
        ]

    def of_recipe(self, recipe: Recipe) -> list[Contestant]:
        """Pretrain an encoder once; or return what is trained anew on each draw of labels."""
        mode = self._mode if recipe.hybrid else None
        if recipe.supervised or mode == "drawn":
            seen = "nothing but the labels drawn"
            if mode:
                seen = f"pretrained for each draw with its labels; {pretrained_on(self._tables)}"
            facts: Facts = {"family": recipe.name, "variant": "", "seen": seen}
            train = partial(self.trainings.network, recipe)
            return [Trained(recipe.name, train, facts, recipe.to_toml())]
        labels: list[Part | None] = []
        seen = pretrained_on(self.data.unlabelled)
        if mode == "tables":
            labels, told = self._free_labels()
            seen += f"; with labels that count for nothing here: {told}"
        if mode == "none" and isinstance(recipe.objective, HybridSettings):
            recipe = recipe.model_copy(update={"objective": recipe.objective.unlabelled})
        name = f"{recipe.name}-{digest(recipe.to_toml(), str(mode))}"
        folder = self.work / "encoders" / name
        model, facts = self._pretrained(recipe, folder, labels)
        return self._of_encoder(recipe.name, model, folder, facts | {"seen": seen})

    def of_model(self, name: str) -> list[Contestant]:
        """Take a model by folder or name: as it is, and its embedding with heads on each draw.

        An ensemble has no embedding of its own and is measured as it is, without labels.
        """
        folder = find_model(name)
        short = folder.resolve().name
        members = member_names(folder)
        if not members:
            model = Model.load(folder)
            model.check(self.data.table.spec)
            return self._of_encoder(short, model, folder, {"seen": card_origin(model.card)})
        ensemble = Ensemble.load(folder)
        odds, seconds = {}, 0.0
        for called, model in ensemble.models.items():
            features, facts = self.store.embedding(model, f"{called}-{digest(folder, called)}")
            shapes = self.store.shapes if model.uses_shapes else None
            odds[called] = model.logit(features, shapes)
            seconds += 1 / float(facts["stamps_per_second"])
        told = self._with_shapes({"stamps_per_second": 1 / seconds}, ensemble.uses_shapes) | {
            "family": short,
            "variant": "",
            "seen": card_origin(read_card(folder / CARD)),
        }
        scores = ensemble.combine(odds).astype(np.float64)
        return [Fixed(f"{short}, as it is", scores, told)]

    def _of_encoder(self, name: str, model: Model, folder: Path, facts: Facts) -> list[Contestant]:
        """Return a model as it is, what its recipe makes of it, and simpler heads to compare."""
        made_of = digest(folder)
        features, rate = self.store.embedding(model, f"{name}-{made_of}")
        facts = facts | rate | {"family": name}
        settings = model.recipe.head
        contestants: list[Contestant] = []
        if model.has_head:
            shapes = self.store.shapes if model.uses_shapes else None
            scores = model.logit(features, shapes)
            own = self._with_shapes(facts, model.uses_shapes) | {"variant": ""}
            contestants.append(Fixed(f"{name}, as it is", scores, own))
        both = np.concatenate([self.store.shapes, features], axis=1)
        frozen = settings if settings.kind in _FROZEN else HeadSettings()
        heads = {
            "embedding alone": frozen.model_copy(update={"shapes": "none"}),
            "and shapes": frozen.model_copy(update={"kind": "blend", "shapes": "beside"}),
        }
        if settings in heads.values():
            heads = {"": settings} | {k: head for k, head in heads.items() if head != settings}
        else:
            train = partial(self.trainings.on_encoder, model, features)
            fewest = 0 if settings.kind == "finetune" else 2 * settings.finetune_from
            if settings.kind in _FROZEN:
                heads = {"": settings} | heads
            else:
                own = self._with_shapes(facts, settings.shapes != "none") | {"variant": ""}
                contestants.append(Trained(name, train, own, made_of, fewest))
        for variant, head in heads.items():
            joint = {"": "", "and shapes": " "}.get(variant, ", ")
            called = f"{name}{joint}{variant}"
            fit = partial(_head, head)
            told = self._with_shapes(facts, head.shapes != "none") | {"variant": variant}
            contestants.append(Features(called, both, fit, told))
        return contestants

    def _with_shapes(self, facts: Facts, needed: bool) -> Facts:
        """Return facts with the rate at which stamps are embedded and their shapes measured."""
        if not needed:
            return facts
        rates = [float(told["stamps_per_second"]) for told in (facts, self.store.shape_facts)]
        return facts | {"stamps_per_second": 1 / sum(1 / rate for rate in rates)}

    def _pretrained(
        self, recipe: Recipe, folder: Path, labels: list[Part | None]
    ) -> tuple[Model, Facts]:
        timing = folder.with_name(f"{folder.name}.seconds.json")
        tables = self.data.unlabelled
        if folder.is_dir():
            model = Model.load(folder)
        else:
            say(f"Pretraining {recipe.name} …")
            started = time.perf_counter()
            model = learn.pretrain(
                tables, recipe, folder, labels=labels, seed=self.seed, epochs=self.epochs
            )
            with write_aside(timing) as aside:
                aside.write_text(json.dumps(time.perf_counter() - started), encoding="utf-8")
        facts: Facts = {}
        if timing.is_file():
            seconds = float(json.loads(timing.read_text(encoding="utf-8")))
            images = model.card["training"]["images"] * model.recipe.optimiser.epochs
            facts = {"training_seconds": seconds, "training_rate": images / seconds}
        return model, facts

    @property
    def _mode(self) -> str:
        found = any(path is not None for path in self._label_files)
        if self.hybrid == "tables" and not found:
            raise OptionError(
                "hybrid is 'tables', but there are no labels beside the tables to pretrain on "
                "that are not measured on. Name such a table after the labelled one, or give "
                "'drawn' or 'none'."
            )
        return self.hybrid or ("tables" if found else "drawn")

    @cached_property
    def _label_files(self) -> list[Path | None]:
        """Files of free labels of the tables to pretrain on."""
        measured = {part.table.path.resolve() for part in self.data.parts}
        files = [beside(table.path, "labels") for table in self.data.unlabelled]
        return [
            file if file.is_file() and table.path.resolve() not in measured else None
            for table, file in zip(self.data.unlabelled, files, strict=True)
        ]

    def _free_labels(self) -> tuple[list[Part | None], str]:
        parts: list[Part | None] = []
        told = []
        for table, path in zip(self.data.unlabelled, self._label_files, strict=True):
            if path is None:
                parts.append(None)
                continue
            found = table_labels(table, path)
            split = np.asarray(table.columns("split", rows=found.rows)["split"].to_pylist())
            parts.append((found.rows, found.values))
            told.append(f"{int((split != 'test').sum()):,} of {table.path.name}")
        return parts, ", ".join(told)

    @property
    def _tables(self) -> list[StampTable]:
        """What a hybrid recipe sees for each draw."""
        own = self.data.table
        others = [t for t in self.data.unlabelled if t.path.resolve() != own.path.resolve()]
        return [own, *others]


def _head(
    settings: HeadSettings, both: NDArray[np.float32], values: NDArray[np.int64], seed: int
) -> Score:
    """Fit to shape statistics, which come first, and the embedding after them."""
    count = len(SHAPE_NAMES)
    fitted = fit_shaped(both[:, count:], both[:, :count], values, settings, seed)
    return lambda asked: fitted.head.logit(fitted.inputs.matrix(asked[:, count:], asked[:, :count]))
