"""``pretrain``: an encoder from unlabelled stamps, by self-supervision."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.errors import RecipeError, TrainingError
from strandline.learn.cards import history_columns, history_csv, new_card
from strandline.learn.encoders import Encoder
from strandline.learn.fitting import fit, remove_training_folder
from strandline.learn.model import Model
from strandline.learn.preparing import fingerprint, gather, split_of, with_epochs
from strandline.learn.selfsupervised import SelfSupervisedTask
from strandline.learn.source import check_alike
from strandline.recipe import Recipe
from strandline.seeding import generator
from strandline.stamps import StampTable

__all__ = ["pretrain"]

_FEWEST = 8
_MOST_VALIDATED = 2048


def pretrain(
    tables: Sequence[StampTable],
    recipe: Recipe,
    out: str | Path,
    *,
    seed: int = 0,
    epochs: int | None = None,
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
    seed : int
    epochs : int, optional
        Instead of the recipe's.

    Returns
    -------
    Model
        Without a head.

    Raises
    ------
    RecipeError
        If the recipe is supervised.
    TrainingError
        If there are too few stamps, the tables differ, a checkpoint is of another training, or
        the loss is not finite.
    """
    if recipe.supervised:
        raise RecipeError(
            f"The recipe {recipe.name} learns from labels: use strandline train with it, or "
            "pretrain with a self-supervised one such as brown2025-nnclr."
        )
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
    data = gather(tables, train, validation, recipe, seed, centre_validation=False)
    task = SelfSupervisedTask(recipe, data, seed)
    fit(task, out, recipe.name, fingerprint(tables, recipe, seed))
    card = new_card(tables, recipe, seed, images=count, validation_images=len(data.validation)) | {
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
    model.save(out, {"metrics.csv": history_csv(task.history)})
    remove_training_folder(out)
    return model


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
