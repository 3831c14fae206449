"""``pretrain`` and ``train``: tables (and labels) in, model folder out."""

from collections.abc import Sequence
from pathlib import Path

from strandline import learn
from strandline.api.tables import table_labels
from strandline.errors import LabelError, OptionError
from strandline.files import check_target
from strandline.learn import MODEL_FILES, Model
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = ["pretrain", "train"]


def pretrain(
    tables: Sequence[str | Path],
    out: str | Path,
    *,
    labels: Sequence[str | Path] = (),
    recipe: str | Path = "brown2025-nnclr",
    epochs: int | None = None,
    devices: int = 1,
    seed: int = 0,
) -> Model:
    """Train an encoder on unlabelled stamps, by self-supervision, and on labels beside them.

    Parameters
    ----------
    tables : sequence of paths
        Stamp tables, all of the same bands.
    out : path
        The model's folder. An interrupted run of the same command goes on where it stopped.
    labels : sequence of paths
        For a hybrid recipe: CSV files, see `strandline.labels.read_labels`, of the first tables,
        in their order; further tables have no labels. The model then gives probabilities.
    recipe : str or path
        Name of a recipe in the package, or a TOML file.
    epochs : int, optional
        Instead of the recipe's.
    devices : int
        GPUs, or processes where there are none, that divide every batch among them.
    seed : int
        Same seed, same machine: same model.
    """
    check_target(out, MODEL_FILES)
    if devices < 1:
        raise OptionError(f"devices is {devices}; at least 1 is needed.")
    chosen = Recipe.load(recipe)
    opened = [StampTable.open(path) for path in tables]
    if len(labels) > len(opened):
        raise LabelError(
            f"{len(labels)} label files were given for {len(opened)} stamp tables. Name them in "
            "the order of the tables that they belong to, at most one for each."
        )
    matched = [table_labels(table, path) for table, path in zip(opened, labels, strict=False)]
    told = [(found.rows, found.values) for found in matched]
    return learn.pretrain(
        opened, chosen, Path(out), labels=told, epochs=epochs, devices=devices, seed=seed
    )


def train(
    table: str | Path,
    labels: str | Path,
    out: str | Path,
    *,
    recipe: str | Path | None = None,
    encoder: str | Path | None = None,
    head: str | None = None,
    shapes: str | None = None,
    epochs: int | None = None,
    seed: int = 0,
) -> Model:
    """Train a classifier on labels: end to end, or on a pretrained encoder.

    Parameters
    ----------
    table : path
        The stamp table.
    labels : path
        CSV, see `strandline.labels.read_labels`.
    out : path
        The model's folder.
    recipe : str or path, optional
        By default the encoder's, or ``brown2025-cnn`` without an encoder.
    encoder : str or path, optional
        A model made by `pretrain`; the recipe's head says whether its features are kept as they
        are or all weights are trained on.
    head : str, optional
        Kind of head instead of the recipe's: see `strandline.recipe.HeadSettings`.
    shapes : str, optional
        ``none``, ``beside`` or ``only`` instead of the recipe's: whether the head sees shape
        statistics. They are taken from the table's columns if `strandline shapes` made them, and
        measured otherwise.
    epochs, seed
        As for `pretrain`.
    """
    check_target(out, MODEL_FILES)
    opened = StampTable.open(table)
    base = Model.load(encoder) if encoder else None
    matched = table_labels(opened, labels)
    if recipe is None and base is not None:
        chosen = base.recipe
    else:
        chosen = Recipe.load(recipe or "brown2025-cnn")
    chosen = chosen.with_head(kind=head, shapes=shapes)
    return learn.train(
        opened,
        matched.rows,
        matched.values,
        chosen,
        Path(out),
        encoder=base,
        epochs=epochs,
        seed=seed,
    )
