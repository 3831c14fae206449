"""``pretrain``: an encoder from unlabelled stamps, and from labelled ones beside them."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.errors import RecipeError, TrainingError
from strandline.learn.cards import history_columns, history_csv, new_card
from strandline.learn.embedding import embed_table
from strandline.learn.encoders import Encoder
from strandline.learn.erasing import erase_nuisances
from strandline.learn.fitting import fit, remove_training_folder
from strandline.learn.labelled import Part, galaxies, label_counts, scored_galaxies
from strandline.learn.model import Model
from strandline.learn.preparing import fingerprint, gather, split_of, with_epochs
from strandline.learn.selfsupervised import SelfSupervisedTask
from strandline.learn.shapedfit import fit_shaped
from strandline.learn.source import check_alike
from strandline.recipe import Recipe
from strandline.seeding import generator
from strandline.shapes import read_shapes
from strandline.stamps import StampTable

__all__ = ["pretrain"]

_FEWEST = 8
_FEWEST_OF_A_CLASS = 2
_MOST_VALIDATED = 2048


def pretrain(
    tables: Sequence[StampTable],
    recipe: Recipe,
    out: str | Path,
    *,
    labels: Sequence[Part | None] = (),
    seed: int = 0,
    epochs: int | None = None,
    devices: int = 1,
) -> Model:
    """Train an encoder on the ``train`` part of tables and write it to `out`.

    An interrupted run goes on where it stopped when it is called again with the same arguments.

    Parameters
    ----------
    tables : sequence of StampTable
        Of the same bands, size and kind.
    recipe : Recipe
        A self-supervised one.
    out : path
        The model's folder; ``metrics.csv`` in it has the metrics of each epoch.
    labels : sequence of (rows, values), optional
        Of each table, None for one without; tables beyond the last have none. Only for a hybrid
        recipe, and those of the ``test`` part are never used.
    seed : int
    epochs : int, optional
        Instead of the recipe's.
    devices : int
        GPUs, or processes where there are none, that divide every batch; the loss is that of one
        with the same batches. See `strandline.learn.together`.

    Returns
    -------
    Model
        With what the recipe says of erasure, and with a head fitted to the labels of all tables if
        there are any.

    Raises
    ------
    RecipeError
        If the recipe is supervised, or labels are missing for a hybrid one or given for another.
    TrainingError
        If there are too few stamps, the tables differ, a checkpoint is of another training, or
        the loss is not finite.
    """
    if recipe.supervised:
        raise RecipeError(
            f"The recipe {recipe.name} learns from labels: use strandline train with it, or "
            "pretrain with a self-supervised one such as brown2025-nnclr."
        )
    if recipe.hybrid != any(part is not None for part in labels):
        raise RecipeError(_about_labels(recipe))
    out = Path(out)
    check_alike(tables)
    recipe = with_epochs(recipe, epochs)
    splits = [split_of(table) for table in tables]
    train = [_rows(split, "train") for split in splits]
    count = sum(len(rows) for rows in train)
    if count < _FEWEST:
        raise TrainingError(
            f"{', '.join(str(table.path) for table in tables)}: only {count} stamps are in the "
            f"training part; self-supervised training needs at least {_FEWEST}."
        )
    validation = _limited([_rows(split, "validation") for split in splits], seed)
    known = [_values(table, part) for table, part in zip_longest(tables, labels)]
    told = _picked(known, train), _picked(known, validation)
    if recipe.hybrid:
        _check_labels(told[0])
    data = gather(tables, train, validation, recipe, seed, centre_validation=False, values=told)
    task = SelfSupervisedTask(recipe, data, seed)
    fit(task, out, recipe.name, _fingerprint(tables, recipe, seed, known), devices)
    counts = {"images": count, "validation_images": len(data.validation)}
    labelled: dict[str, Any] = {"labels": _label_counts(*told)} if recipe.hybrid else {}
    card = new_card(tables, recipe, seed, **counts, **labelled) | {
        "history": history_columns(task.history),
        "validation": {
            name.removeprefix("validation_"): value
            for name, value in task.history[-1].items()
            if name.startswith("validation_")
        },
    }
    encoder = task.kept
    if not isinstance(encoder, Encoder):  # what the task makes; for the type checker
        raise TypeError(type(encoder).__name__)
    model = Model(recipe, data.scaling, encoder, card=card)
    if recipe.erasure.nuisances:
        model = erase_nuisances(model, tables, train, recipe.erasure, seed)
    if recipe.hybrid:
        model = _with_head(model, tables, splits, known, seed)
    model.save(out, {"metrics.csv": history_csv(task.history)})
    remove_training_folder(out)
    return model


def _about_labels(recipe: Recipe) -> str:
    if recipe.hybrid:
        return (
            f"The recipe {recipe.name} learns from labels beside unlabelled stamps: give those of "
            "one table at least with --labels, or use another recipe."
        )
    return (
        f"The recipe {recipe.name} does not learn from labels. Use a hybrid one such as "
        "strandline, or give the labels to strandline train afterwards."
    )


def _values(table: StampTable, labels: Part | None) -> NDArray[np.float32]:
    """Return the label of each row of a table; NaN without."""
    result = np.full(len(table), np.nan, dtype=np.float32)
    if labels is not None:
        result[labels[0]] = labels[1]
    return result


def _picked(
    known: Sequence[NDArray[np.float32]], rows: Sequence[NDArray[np.int64]]
) -> NDArray[np.float32]:
    return np.concatenate([part[index] for part, index in zip(known, rows, strict=True)])


def _label_counts(training: NDArray[np.float32], validation: NDArray[np.float32]) -> dict[str, int]:
    """Return what a card says of how many labels there were; NaN is none."""
    known = [part[np.isfinite(part)].astype(np.int64) for part in (training, validation)]
    return label_counts(*((np.arange(len(part)), part) for part in known))


def _check_labels(values: NDArray[np.float32]) -> None:
    ones, zeros = int((values == 1).sum()), int((values == 0).sum())
    if min(ones, zeros) < _FEWEST_OF_A_CLASS:
        raise TrainingError(
            f"The training part has {ones} labels of interacting and {zeros} of non-interacting "
            f"galaxies; at least {_FEWEST_OF_A_CLASS} of each are needed."
        )


def _fingerprint(
    tables: Sequence[StampTable], recipe: Recipe, seed: int, known: list[NDArray[np.float32]]
) -> dict[str, Any]:
    if not recipe.hybrid:
        return fingerprint(tables, recipe, seed)
    together = np.concatenate(known)
    rows = np.flatnonzero(np.isfinite(together)).astype(np.int64)
    return fingerprint(tables, recipe, seed, rows, together[rows].astype(np.int64))


def _with_head(
    model: Model,
    tables: Sequence[StampTable],
    splits: Sequence[NDArray[np.str_]],
    known: Sequence[NDArray[np.float32]],
    seed: int,
) -> Model:
    """Return the model with a head on its features, fitted to the labels outside ``test``.

    It is fitted to those of the training part first, to be measured on those of ``validation``.
    """
    settings = model.recipe.head
    features, values, inside, shapes = [], [], [], []
    names: list[str] = []
    for table, split, part in zip(tables, splits, known, strict=True):
        rows = np.flatnonzero(np.isfinite(part) & (split != "test"))
        if not len(rows):
            continue
        features += [found for _, found in embed_table(table, model, rows=rows)]
        values.append(part[rows].astype(np.int64))
        names += galaxies(table, rows)
        inside.append(split[rows] == "train")
        if settings.shapes != "none":
            shapes.append(read_shapes(table, rows))
    x, y, first = np.concatenate(features), np.concatenate(values), np.concatenate(inside)
    measured = np.concatenate(shapes) if shapes else None
    if (~first).any():
        seen, left = (None if measured is None else measured[part] for part in (first, ~first))
        trained = fit_shaped(x[first], seen, y[first], settings, seed)
        left_out = [name for name, seen_first in zip(names, first, strict=True) if not seen_first]
        found = scored_galaxies(left_out, y[~first], trained.probability(x[~first], left))
        model.card["validation"] |= found.pop("validation")
        model.card |= found
    fitted = fit_shaped(x, measured, y, settings, seed)
    card = model.card | {"head": fitted.chosen}
    parts = (fitted.head, card, fitted.inputs, model.erasure)
    return Model(model.recipe, model.scaling, model.encoder, *parts)


def _rows(split: NDArray[np.str_], name: str) -> NDArray[np.int64]:
    return np.flatnonzero(split == name).astype(np.int64)


def _limited(parts: list[NDArray[np.int64]], seed: int) -> list[NDArray[np.int64]]:
    """Return at most `_MOST_VALIDATED` rows of all parts together, drawn evenly."""
    total = sum(len(part) for part in parts)
    if total <= _MOST_VALIDATED:
        return parts
    random = generator(seed, "validation")
    share = _MOST_VALIDATED / total
    return [
        np.sort(random.choice(part, size=int(len(part) * share), replace=False)) for part in parts
    ]
