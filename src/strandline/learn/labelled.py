"""Labels of one table: which train, which validate, and what the card says of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from strandline.errors import TrainingError
from strandline.learn.metrics import auc
from strandline.learn.preparing import split_of
from strandline.recipe import Recipe
from strandline.seeding import stable_seed
from strandline.stamps import StampTable

__all__ = [
    "Part",
    "divide",
    "galaxies",
    "label_counts",
    "rarer",
    "scored",
    "scored_galaxies",
    "together",
]

_FEWEST_OF_A_CLASS = 2

Part = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows, values


def divide(
    table: StampTable,
    rows: NDArray[np.int64],
    values: NDArray[np.int64],
    recipe: Recipe,
    seed: int,
) -> tuple[Part, Part]:
    """Return training and validation labels, rows ascending.

    Parameters
    ----------
    table : StampTable
    rows, values : ndarray of int64, shape (label,)
    recipe : Recipe
    seed : int

    Raises
    ------
    TrainingError
        If there are too few to train on or to validate with.
    """
    order = np.argsort(rows, kind="stable")
    rows, values = rows[order], values[order]
    split = split_of(table)[rows]
    train, validation = split == "train", split == "validation"
    if rarer(values[validation]) < _FEWEST_OF_A_CLASS:
        train |= validation
        validation = np.zeros_like(train)
    found = f"{_counted(values[train])} (of {_counted(values)} labels in all; the table's test "
    found += "part is left out)"
    if rarer(values[train]) < _FEWEST_OF_A_CLASS:
        raise TrainingError(
            f"{table.path}: too few labels to train on: {found}. At least {_FEWEST_OF_A_CLASS} of "
            "each class are needed."
        )
    if not validation.any():
        if rarer(values[train]) < 2 * _FEWEST_OF_A_CLASS:
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
    fraction = max(fraction, _FEWEST_OF_A_CLASS / rarer(values[train]))
    _, chosen = train_test_split(
        candidates,
        test_size=min(0.5, fraction),
        stratify=values[candidates],
        random_state=stable_seed(seed, "validation") % 2**32,
    )
    validation = np.zeros_like(train)
    validation[chosen] = True
    return train & ~validation, validation


def scored(
    table: StampTable,
    rows: NDArray[np.int64],
    values: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> dict[str, Any]:
    """Return what a card says of the scores of validation labels.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (label,)
        Of the table.
    values : ndarray of int64, shape (label,)
    scores : ndarray of float32, shape (label,)
        By a head that was fitted without them.
    """
    return scored_galaxies(galaxies(table, rows), values, scores)


def scored_galaxies(
    names: list[str], values: NDArray[np.int64], scores: NDArray[np.float32]
) -> dict[str, Any]:
    """Return the same of labels of several tables, by the names that `galaxies` gives."""
    return {
        "validation": {"auc": auc(values, scores), "labels": len(values)},
        "validation_scores": {
            "galaxy": names,
            "truth": [int(value) for value in values],
            "score": [round(float(score), 6) for score in scores],
        },
    }


def galaxies(table: StampTable, rows: NDArray[np.int64]) -> list[str]:
    """Return the table's name and the id of each row, as cards name a galaxy."""
    ids = table.columns("id", rows=rows)["id"].to_pylist()
    return [f"{table.path.name}/{name}" for name in ids]


def together(training: Part, validation: Part) -> tuple[Part, Part]:
    """Return all labels to train on, rows ascending, and none to validate with."""
    rows, values = (np.concatenate(pair) for pair in zip(training, validation, strict=True))
    order = np.argsort(rows, kind="stable")
    return (rows[order], values[order]), (rows[:0], values[:0])


def label_counts(training: Part, validation: Part) -> dict[str, int]:
    """Return what a card says of how many labels there were."""
    return {
        "training_interacting": int(training[1].sum()),
        "training_non_interacting": int((1 - training[1]).sum()),
        "validation_interacting": int(validation[1].sum()),
        "validation_non_interacting": int((1 - validation[1]).sum()),
    }


def rarer(values: NDArray[np.int64]) -> int:
    """Return how many labels the rarer class has."""
    return int(np.bincount(values, minlength=2).min())


def _counted(values: NDArray[np.int64]) -> str:
    zeros, ones = np.bincount(values, minlength=2)[:2]
    return f"{ones} interacting and {zeros} non-interacting"
