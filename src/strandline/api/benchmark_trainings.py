"""One training of a benchmark: a network, or a head on a pretrained one, on a draw of labels."""

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline import learn
from strandline.api.benchmark_data import BenchmarkData
from strandline.api.benchmark_features import FeatureStore, digest, embedded
from strandline.classify.contestants import Facts, Outcome
from strandline.classify.drawing import LabelDraw
from strandline.learn import Model
from strandline.learn.prior import Prior
from strandline.learn.shapedfit import fit_shaped
from strandline.recipe import Recipe

__all__ = ["Trainings"]


@dataclass(frozen=True)
class Trainings:
    """Trains on draws of labels, and scores.

    Networks are kept only until they have scored: an interrupted one goes on after its last epoch.

    Attributes
    ----------
    data : BenchmarkData
    store : FeatureStore
    folder : Path
        Where networks are written.
    epochs : int, optional
        Of each, instead of the recipe's.
    """

    data: BenchmarkData
    store: FeatureStore
    folder: Path
    epochs: int | None = None

    def network(self, recipe: Recipe, draw: LabelDraw, asked: NDArray[np.int64]) -> Outcome:
        """Train a supervised recipe on a draw, or pretrain a hybrid one with its labels alone."""
        place = self._place(recipe, draw)
        rows, values = self.data.training(draw.members)
        started = time.perf_counter()
        if place.is_dir():
            model = Model.load(place)
        elif recipe.hybrid:
            own = self.data.table
            others = (t for t in self.data.unlabelled if t.path.resolve() != own.path.resolve())
            labels = [(rows, values)]
            model = learn.pretrain(
                (own, *others), recipe, place, labels=labels, seed=draw.seed, epochs=self.epochs
            )
        else:
            whole = recipe.optimiser.keep == "last" and recipe.head.shapes == "none"
            model = self._train(recipe, draw, place, None, whole)
        seconds = time.perf_counter() - started
        outcome = self._scored(model, place, asked, seconds)
        return replace(outcome, facts=outcome.facts | {"training_rate": _seen(model) / seconds})

    def on_encoder(
        self,
        encoder: Model,
        features: NDArray[np.float32],
        draw: LabelDraw,
        asked: NDArray[np.int64],
    ) -> Outcome:
        """Train what the recipe of a pretrained encoder says: a head, or all weights.

        Parameters
        ----------
        encoder : Model
        features : ndarray of float32, shape (labelled, feature)
            Its own of all places.
        draw : LabelDraw
        asked : ndarray of int64
        """
        started, recipe = time.perf_counter(), encoder.recipe
        if "encoder" in encoder.card:
            # its head was fitted by `train`, perhaps to labels of these galaxies, of which a draw
            # may know its own alone; labels that `pretrain` learned from are told below the table
            head = recipe.head.model_copy(update={"prior": False})
            recipe = recipe.model_copy(update={"head": head})
        settings = recipe.head
        needed = settings.shapes != "none"
        values = self.data.trial.values[draw.members]
        few = np.bincount(values, minlength=2).min() < settings.finetune_from
        if settings.kind != "finetune" and (settings.kind != "best" or few):
            seen = self.store.shapes[draw.members] if needed else None
            known = features[draw.members], seen, values
            fitted = fit_shaped(*known, settings, draw.seed)
            prior = Prior.of(encoder, self.data.table) if settings.prior else None
            if prior is not None:
                fitted = prior.joined(fitted, *known, draw.seed)
            matrix = fitted.inputs.matrix(
                features[asked], self.store.shapes[asked] if needed else None
            )
            return Outcome(np.asarray(fitted.head.logit(matrix)))
        place = self._place(recipe, draw)
        if place.is_dir():
            model = Model.load(place)
        else:
            whole = settings.kind == "finetune" and settings.finetune.keep == "last" and not needed
            model = self._train(recipe, draw, place, encoder, whole)
        seconds = time.perf_counter() - started
        tuned = model.card.get("head", {}).get("kind") == "finetune"
        return self._scored(model, place, asked, seconds, None if tuned else features)

    def _place(self, recipe: Recipe, draw: LabelDraw) -> Path:
        name = f"{recipe.name}-{digest(recipe.to_toml())}"
        return self.folder / name / f"{draw.count}-{draw.number}"

    def _train(
        self, recipe: Recipe, draw: LabelDraw, place: Path, encoder: Model | None, whole: bool
    ) -> Model:
        """Train on a draw; on the whole of it if no epoch is chosen by what is left out."""
        return learn.train(
            self.data.table,
            *self.data.training(draw.members),
            recipe,
            place,
            encoder=encoder,
            validate=not whole,
            seed=draw.seed,
            epochs=self.epochs,
        )

    def _scored(
        self,
        model: Model,
        place: Path,
        asked: NDArray[np.int64],
        seconds: float,
        features: NDArray[np.float32] | None = None,
    ) -> Outcome:
        """Score with a model that is at `place`, embedding unless `features` are its own."""
        facts: Facts = {"fit_seconds": seconds}
        if features is None:
            started = time.perf_counter()
            own = self.data.gather(asked, lambda table, rows: embedded(table, model, rows))
            facts["stamps_per_second"] = len(asked) / (time.perf_counter() - started)
        else:
            own = features[asked]
        scores = model.logit(own, self.store.shapes[asked] if model.uses_shapes else None)
        shutil.rmtree(place)
        return Outcome(scores, facts)


def _seen(model: Model) -> int:
    """Return how many images a training looked at, each epoch anew."""
    training = model.card["training"]
    labels = training.get("labels", {})
    images = sum(count for name, count in labels.items() if name.startswith("training"))
    return int(training.get("images", images)) * model.recipe.optimiser.epochs
