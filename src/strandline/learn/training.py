"""``train``: a classifier from labels, end to end or as a head on a frozen encoder."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split

from strandline.errors import TrainingError
from strandline.learn.cards import history_columns, history_csv, new_card
from strandline.learn.embedding import embed_table
from strandline.learn.fitting import fit, remove_training_folder
from strandline.learn.heads import Head, fit_head
from strandline.learn.metrics import auc
from strandline.learn.model import Model
from strandline.learn.preparing import fingerprint, gather, split_of, with_epochs
from strandline.learn.supervised import Classifier, SupervisedTask
from strandline.recipe import Recipe
from strandline.seeding import stable_seed
from strandline.stamps import StampTable

__all__ = ["train"]

_FEWEST_OF_A_CLASS = 2

Part = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows, values


def train(
    table: StampTable,
    rows: ArrayLike,
    values: ArrayLike,
    recipe: Recipe,
    out: str | Path,
    *,
    encoder: Model | None = None,
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
        A supervised one trains end to end; with `encoder`, only its head settings count.
    out : path
        The model's folder.
    encoder : Model, optional
        Its features are kept as they are and a head is fitted on them.
    seed : int
    epochs : int, optional
        Instead of the recipe's.

    Raises
    ------
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
    parts = _divide(table, np.asarray(rows, np.int64), np.asarray(values, np.int64), recipe, seed)
    if encoder is not None:
        return _train_head(table, *parts, recipe, out, encoder, seed)
    return _train_network(table, *parts, with_epochs(recipe, epochs), out, seed)


def _divide(
    table: StampTable,
    rows: NDArray[np.int64],
    values: NDArray[np.int64],
    recipe: Recipe,
    seed: int,
) -> tuple[Part, Part]:
    """Return training and validation labels, rows ascending."""
    order = np.argsort(rows, kind="stable")
    rows, values = rows[order], values[order]
    split = split_of(table)[rows]
    train, validation = split == "train", split == "validation"
    if _rarer(values[validation]) < _FEWEST_OF_A_CLASS:
        train |= validation
        validation = np.zeros_like(train)
    found = f"{_counted(values[train])} (of {_counted(values)} labels in all; the table's test "
    found += "part is left out)"
    if _rarer(values[train]) < _FEWEST_OF_A_CLASS:
        raise TrainingError(
            f"{table.path}: too few labels to train on: {found}. At least {_FEWEST_OF_A_CLASS} of "
            "each class are needed."
        )
    if not validation.any():
        if _rarer(values[train]) < 2 * _FEWEST_OF_A_CLASS:
            raise TrainingError(
                f"{table.path}: too few labels to train on and to validate with: {found}. At "
                f"least {2 * _FEWEST_OF_A_CLASS} of each class are needed."
            )
        train, validation = _set_aside(values, train, recipe.sampling.validation_fraction, seed)
    return (rows[train], values[train]), (rows[validation], values[validation])


def _set_aside(
    values: NDArray[np.int64], train: NDArray[np.bool_], fraction: float, seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Move a stratified part of the training labels to validation, at least two of each class."""
    candidates = np.flatnonzero(train)
    fraction = max(fraction, _FEWEST_OF_A_CLASS / _rarer(values[train]))
    _, chosen = train_test_split(
        candidates,
        test_size=min(0.5, fraction),
        stratify=values[candidates],
        random_state=stable_seed(seed, "validation") % 2**32,
    )
    validation = np.zeros_like(train)
    validation[chosen] = True
    return train & ~validation, validation


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
    network = cast(Classifier, task.kept)
    network.load_state_dict(task.best["state"])
    card = new_card(
        [table],
        recipe,
        seed,
        labels=_label_counts(training, validation),
        best_epoch=task.best["epoch"] + 1,
    ) | {"history": history_columns(task.history)}
    model = Model(recipe, data.scaling, network.encoder, network.head(), card)
    _validate(model, table, validation)
    model.save(out, {"metrics.csv": history_csv(task.history)})
    remove_training_folder(out)
    return model


def _train_head(
    table: StampTable,
    training: Part,
    validation: Part,
    recipe: Recipe,
    out: Path,
    encoder: Model,
    seed: int,
) -> Model:
    """Fit on the training labels, measure on the validation labels, then fit on both."""
    rows = np.concatenate([training[0], validation[0]])
    values = np.concatenate([training[1], validation[1]])
    features = np.concatenate([part for _, part in embed_table(table, encoder, rows=rows)])
    inside = np.arange(len(rows)) < len(training[0])
    settings = recipe.head

    def fitted(chosen: NDArray[np.bool_]) -> tuple[Head, dict[str, float]]:
        return fit_head(features[chosen], values[chosen], settings, seed)

    first, _ = fitted(inside)
    head, chosen = fitted(np.ones_like(inside))
    card = new_card([table], recipe, seed, labels=_label_counts(training, validation)) | {
        "encoder": encoder.card,
        "history": encoder.card.get("history", {}),
        "head": chosen,
    }
    model = Model(
        encoder.recipe.model_copy(update={"head": settings}),
        encoder.scaling,
        encoder.encoder,
        head,
        card,
    )
    scores = first.probability(features[~inside])
    model.card |= _scored(values[~inside], scores)
    model.save(out)
    return model


def _validate(model: Model, table: StampTable, validation: Part) -> None:
    rows, values = validation
    features = [part for _, part in embed_table(table, model, rows=rows)]
    model.card |= _scored(values, model.probability(np.concatenate(features)))


def _scored(values: NDArray[np.int64], scores: NDArray[np.float32]) -> dict[str, object]:
    return {
        "validation": {"auc": auc(values, scores), "labels": len(values)},
        "validation_scores": {
            "truth": [int(value) for value in values],
            "score": [round(float(score), 6) for score in scores],
        },
    }


def _label_counts(training: Part, validation: Part) -> dict[str, int]:
    return {
        "training_interacting": int(training[1].sum()),
        "training_non_interacting": int((1 - training[1]).sum()),
        "validation_interacting": int(validation[1].sum()),
        "validation_non_interacting": int((1 - validation[1]).sum()),
    }


def _rarer(values: NDArray[np.int64]) -> int:
    return int(np.bincount(values, minlength=2).min())


def _counted(values: NDArray[np.int64]) -> str:
    zeros, ones = np.bincount(values, minlength=2)[:2]
    return f"{ones} interacting and {zeros} non-interacting"
