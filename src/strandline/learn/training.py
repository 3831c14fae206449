"""``train``: a classifier from labels, end to end or on a pretrained encoder."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from strandline.errors import RecipeError, TrainingError
from strandline.learn.cards import history_columns, history_csv, new_card
from strandline.learn.fitting import fit, remove_training_folder
from strandline.learn.labelled import Part, divide, label_counts, together
from strandline.learn.model import Model
from strandline.learn.preparing import fingerprint, gather, with_epochs
from strandline.learn.stacking import finish_network
from strandline.learn.supervised import SupervisedTask
from strandline.learn.transfer import train_on_encoder
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = ["train"]


def train(
    table: StampTable,
    rows: ArrayLike,
    values: ArrayLike,
    recipe: Recipe,
    out: str | Path,
    *,
    encoder: Model | None = None,
    validate: bool = True,
    seed: int = 0,
    epochs: int | None = None,
) -> Model:
    """Train a classifier on labelled stamps and write it to `out`.

    Labels in the table's ``test`` part are never used, those in ``validation`` only to choose the
    best epoch and to measure. If the labels leave no class at least twice in ``validation``, a
    part of the training labels takes its place.

    Parameters
    ----------
    table : StampTable
    rows, values : array_like of int, shape (label,)
        Rows of the table and 0 or 1 for each.
    recipe : Recipe
        A supervised one trains end to end, and a head on shapes is put beside it if its head
        settings say so (see `stacking`); with `encoder`, only its head settings count.
    out : path
        The model's folder.
    encoder : Model, optional
        A head is fitted on its features, or all of it is trained on: see `HeadSettings`. It is
        not changed.
    validate : bool
        False: all labels outside ``test`` are trained on and nothing is measured. For a network
        whose last epoch is kept, without shapes: only then there is nothing to choose.
    seed : int
    epochs : int, optional
        Instead of the recipe's.

    Raises
    ------
    RecipeError
        If something is to be chosen by validation that there is not.
    TrainingError
        If there are fewer than two labels of a class to train on, or the recipe needs an encoder.
    ModelError
        If the encoder does not suit the table.
    """
    out = Path(out)
    if encoder is not None:
        encoder.check(table.spec)
    elif not recipe.supervised:
        raise TrainingError(
            f"The recipe {recipe.name} trains no classifier by itself. First train an encoder "
            f"without labels: strandline pretrain TABLE --recipe {recipe.name} --out ENCODER; then "
            "give it: strandline train TABLE --labels FILE --encoder ENCODER --out MODEL."
        )
    if not validate:
        _check_choiceless(recipe, encoder)
    parts = divide(table, np.asarray(rows, np.int64), np.asarray(values, np.int64), recipe, seed)
    if not validate:
        parts = together(*parts)
    if encoder is not None:
        return train_on_encoder(table, *parts, recipe, out, encoder, seed, epochs)
    return _train_network(table, *parts, with_epochs(recipe, epochs), out, seed)


def _check_choiceless(recipe: Recipe, encoder: Model | None) -> None:
    head = recipe.head
    keep = recipe.optimiser.keep if encoder is None else head.finetune.keep
    tuned = encoder is None or head.kind == "finetune"
    if keep != "last" or head.shapes != "none" or not tuned:
        raise RecipeError(
            f"{recipe.name}: all labels can be trained on only if a network is trained, its last "
            'epoch is kept (keep = "last") and no shapes are beside it.'
        )


def _train_network(
    table: StampTable, training: Part, validation: Part, recipe: Recipe, out: Path, seed: int
) -> Model:
    data = gather(
        [table],
        [training[0]],
        [validation[0]],
        recipe,
        seed,
        centre_validation=True,
        values=(training[1], validation[1]),
    )
    task = SupervisedTask(recipe, data, seed)
    both = np.concatenate([training[0], validation[0]])
    told = np.concatenate([training[1], validation[1]])
    fit(task, out, recipe.name, fingerprint([table], recipe, seed, both, told))
    network = task.finished()
    card = new_card(
        [table],
        recipe,
        seed,
        labels=label_counts(training, validation),
        best_epoch=task.kept_epoch,
    ) | {"history": history_columns(task.history)}
    model = Model(recipe, data.scaling, network.encoder, network.head(), card)
    model = finish_network(model, table, training, validation, seed)
    model.save(out, {"metrics.csv": history_csv(task.history)})
    remove_training_folder(out)
    return model
