"""From a pretrained encoder and labels to a classifier: a head on it, or all of it trained on."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.learn.calibration import folds_of, platt
from strandline.learn.cards import history_columns, history_csv, new_card
from strandline.learn.embedding import embed_table
from strandline.learn.fitting import fit, remove_training_folder
from strandline.learn.headfit import fit_head
from strandline.learn.headkinds import HeadFitter
from strandline.learn.heads import LinearHead
from strandline.learn.inputs import HeadInputs
from strandline.learn.labelled import Part, label_counts, rarer, scored
from strandline.learn.metrics import auc
from strandline.learn.model import Model
from strandline.learn.preparing import fingerprint, gather
from strandline.learn.prior import Prior
from strandline.learn.shapedfit import ShapedFit, fit_shaped
from strandline.learn.stacking import finish_network
from strandline.learn.supervised import Classifier, SupervisedTask
from strandline.recipe import BceSettings, Recipe
from strandline.shapes import read_shapes
from strandline.stamps import StampTable

__all__ = ["train_on_encoder"]

_FOLDS = 3  # of fine-tuning, each of which is a training


def train_on_encoder(
    table: StampTable,
    training: Part,
    validation: Part,
    recipe: Recipe,
    out: Path,
    encoder: Model,
    seed: int,
    epochs: int | None = None,
) -> Model:
    """Train a classifier on an encoder as `HeadSettings` of the recipe says, and write it.

    Of ``best`` the choice between a head and fine-tuning is made by the AUC of training labels
    that were left out, in five folds of the one and three of the other; the latter therefore has
    to do with fewer labels, and the choice leans a little towards the head, which is cheaper.

    Parameters
    ----------
    table : StampTable
    training, validation : pair of ndarray
    recipe : Recipe
        Only its head settings count; all others are the encoder's.
    out : Path
    encoder : Model
    seed : int
    epochs : int, optional
        Of fine-tuning, instead of the recipe's.
    """
    settings = recipe.head
    if epochs is not None:
        finetune = settings.finetune.model_copy(update={"epochs": epochs})
        settings = settings.model_copy(update={"finetune": finetune})
    whole = encoder.recipe.model_copy(update={"head": settings})
    rows = np.concatenate([training[0], validation[0]])
    features = np.concatenate([part for _, part in embed_table(table, encoder, rows=rows)])
    measured = None if settings.shapes == "none" else read_shapes(table, rows)
    job = _Job(table, training, validation, features, measured, whole, out, encoder, seed)
    if settings.kind == "finetune":
        return job.finetune({"kind": "finetune"})
    if settings.kind != "best" or rarer(training[1]) < settings.finetune_from:
        return job.fit_head({})
    count = len(training[0])
    seen = None if measured is None else measured[:count]
    chosen = job.fitted(features[:count], seen, training[1]).chosen
    tuned = job.judge_finetuning()
    candidates = {"candidates": chosen["candidates"] | {"finetune": tuned}}
    if tuned > chosen["auc"]:
        model = job.finetune({"kind": "finetune", "auc": tuned, **candidates})
    else:
        model = job.fit_head(candidates)
    job.tidy()
    return model


class _Job:
    def __init__(
        self,
        table: StampTable,
        training: Part,
        validation: Part,
        features: NDArray[np.float32],
        measured: NDArray[np.float32] | None,
        recipe: Recipe,
        out: Path,
        encoder: Model,
        seed: int,
    ) -> None:
        self.table = table
        self.training, self.validation = training, validation
        self.features = features  # of the training labels, then of those of validation
        self.measured = measured  # their shapes; None if the recipe needs none
        self.recipe = recipe
        self.out = out
        self.encoder = encoder
        self.prior = Prior.of(encoder, table) if recipe.head.prior else None
        self.seed = seed

    def fitted(
        self,
        features: NDArray[np.float32],
        measured: NDArray[np.float32] | None,
        values: NDArray[np.int64],
    ) -> ShapedFit:
        """Fit a head, beside the one that the encoder brings."""
        fit = fit_shaped(features, measured, values, self.recipe.head, self.seed)
        if self.prior is None:
            return fit
        return self.prior.joined(fit, features, measured, values, self.seed)

    def fit_head(self, told: dict[str, Any]) -> Model:
        """Fit on the training labels, measure on the validation labels, then fit on both."""
        values = np.concatenate([self.training[1], self.validation[1]])
        inside = np.arange(len(values)) < len(self.training[0])
        trained, left = (
            (self.features[part], None if self.measured is None else self.measured[part])
            for part in (inside, ~inside)
        )
        first = self.fitted(*trained, values[inside])
        last = self.fitted(self.features, self.measured, values)
        found = scored(self.table, *self.validation, first.probability(*left))
        card = self._card(last.chosen | told) | found
        base = self.encoder
        parts = (last.head, card, last.inputs, base.erasure)
        model = Model(self.recipe, base.scaling, base.encoder, *parts)
        model.save(self.out)
        return model

    def finetune(self, told: dict[str, Any]) -> Model:
        """Train all weights on, and measure on the validation labels.

        The features change, so that an erasure that was fitted to them is left out.
        """
        task = self._tuned(self.training, self.validation, self.out, self.recipe)
        network = task.finished()
        card = self._card(told | {"best_epoch": task.kept_epoch}, task)
        model = Model(self.recipe, self.encoder.scaling, network.encoder, network.head(), card)
        model = finish_network(model, self.table, self.training, self.validation, self.seed)
        model.save(self.out, {"metrics.csv": history_csv(task.history)})
        remove_training_folder(self.out)
        return model

    def judge_finetuning(self) -> float:
        """Return the AUC of training labels by networks that were fine-tuned without them.

        Each network is that of its last epoch: choosing the best would look at the labels left
        out. With shapes, a forest on them that was fitted without them counts for as much.
        """
        rows, values = self.training
        last = self.recipe.head.finetune.model_copy(update={"keep": "last"})
        head = self.recipe.head.model_copy(update={"finetune": last})
        recipe = self.recipe.model_copy(update={"head": head})
        logits = np.empty(len(rows))
        nothing = (rows[:0], values[:0])
        for number, (inside, outside) in enumerate(folds_of(values, _FOLDS, self.seed)):
            part = (rows[inside], values[inside])
            task = self._tuned(part, nothing, self._fold(number), recipe)
            network = task.finished()
            model = Model(recipe, self.encoder.scaling, network.encoder, network.head())
            found = [part for _, part in embed_table(self.table, model, rows=rows[outside])]
            logits[outside] = network.head().logit(np.concatenate(found))
        if self.measured is not None:
            logits = logits * platt(logits, values)[0] + self._by_shapes(self.measured)
        return auc(values, logits)

    def _by_shapes(self, measured: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds of the training labels by forests on shapes fitted without them."""
        values, head = self.training[1], self.recipe.head
        inputs = HeadInputs.of(0, measured, controls=head.shape_controls)
        seen = inputs.matrix(self.features, measured)[: len(values)]
        return HeadFitter(seen, values, head, self.seed).left_out("forest")

    def tidy(self) -> None:
        """Remove the checkpoints of the folds, which are kept until the choice is made."""
        for number in range(_FOLDS):
            remove_training_folder(self._fold(number))

    def _fold(self, number: int) -> Path:
        return self.out.with_name(f"{self.out.name}.fold-{number + 1}")

    def _tuned(self, training: Part, validation: Part, out: Path, recipe: Recipe) -> SupervisedTask:
        settings = recipe.head
        supervised = recipe.model_copy(
            update={
                "objective": BceSettings(label_smoothing=settings.finetune_smoothing),
                "optimiser": settings.finetune,
            }
        )
        data = gather(
            [self.table],
            [training[0]],
            [validation[0]],
            supervised,
            self.seed,
            centre_validation=True,
            values=(training[1], validation[1]),
            scaling=self.encoder.scaling,
        )
        classifier = Classifier(copy.deepcopy(self.encoder.encoder).train())
        if settings.finetune_start == "lda":
            here = np.isin(self.training[0], training[0])
            features = self.features[: len(here)][here]
            plain = settings.model_copy(update={"kind": "lda"})
            head, _ = fit_head(features, training[1], plain, self.seed)
            if isinstance(head, LinearHead):
                erasure = self.encoder.erasure
                classifier.start_from(head if erasure is None else erasure.undone(head))
        task = SupervisedTask(supervised, data, self.seed, classifier)
        both = np.concatenate([training[0], validation[0]])
        told = np.concatenate([training[1], validation[1]])
        depends = fingerprint([self.table], supervised, self.seed, both, told)
        state = self.encoder.encoder.state_dict().values()
        weights = sum(float(value.double().sum()) for value in state)
        fit(task, out, f"{recipe.name}, all weights", depends | {"encoder": weights})
        return task

    def _card(self, head: dict[str, Any], task: SupervisedTask | None = None) -> dict[str, Any]:
        counts = label_counts(self.training, self.validation)
        history = self.encoder.card.get("history", {})
        return new_card([self.table], self.recipe, self.seed, labels=counts) | {
            "encoder": self.encoder.card,
            "history": history if task is None else history_columns(task.history),
            "head": head,
        }
