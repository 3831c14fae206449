"""Probabilities of classes that users named, on whatever embedding their heads belong to."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.errors import ModelError, StrandlineError
from strandline.explore.vectors import read_vectors
from strandline.learn import Model, embed_table
from strandline.learn.classheads import ClassHead
from strandline.learn.fingerprint import fingerprint
from strandline.progress import say
from strandline.shapes import read_harmonics, read_shapes
from strandline.stamps import StampTable

__all__ = ["head_probabilities", "load_heads"]

_ROWS_AT_ONCE = 20_000
Parts = Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]


def load_heads(
    folders: Sequence[str | Path], table: str | Path | None = None
) -> dict[str, ClassHead]:
    """Load heads of classes, by the class's name.

    Parameters
    ----------
    folders : sequence of str or path
        Their folders; or names of heads that the explorer saved, in ``heads`` beside the table.
    table : path, optional

    Raises
    ------
    ModelError
        If one cannot be read, or two are of one class.
    """
    heads: dict[str, ClassHead] = {}
    for folder in folders:
        head = ClassHead.load(_find(folder, table))
        if head.name in heads:
            raise ModelError(f"{folder}: another head of the class {head.name} was given already.")
        heads[head.name] = head
    return heads


def head_probabilities(
    table: StampTable, heads: dict[str, ClassHead], *, batch_size: int = 128
) -> dict[str, NDArray[np.float32]]:
    """Return each class's probability of every row, by class.

    A column of the table that was made by a head's encoder is read; without one, the encoder is
    sought by the name that the head tells, and the stamps are encoded.

    Raises
    ------
    ModelError
        If a head's encoder is not found, or is another one by now.
    """
    told = {name: np.empty(len(table), dtype=np.float32) for name in heads}
    for encoder in dict.fromkeys(head.encoder for head in heads.values()):
        of_it = {name: head for name, head in heads.items() if head.encoder == encoder}
        shaped = any(head.inputs.shapes for head in of_it.values())
        waved = any(head.harmonics for head in of_it.values())
        for rows, features in _features(table, next(iter(of_it.values())), batch_size):
            shapes = read_shapes(table, rows) if shaped else None
            looks = {False: features}
            if waved:
                looks[True] = np.concatenate([features, read_harmonics(table, rows)], axis=1)
            for name, head in of_it.items():
                told[name][rows] = head.probability(looks[head.harmonics], shapes)
    return told


def _find(name: str | Path, table: str | Path | None) -> Path:
    beside = Path(table).resolve().parent / "heads" / name if table is not None else Path(name)
    return beside if not Path(name).is_dir() and beside.is_dir() else Path(name)


def _features(table: StampTable, head: ClassHead, batch_size: int) -> Parts:
    for key, encoder in table.metadata.items():
        column = key.removesuffix("_encoder")
        if column != key and encoder == head.encoder and column in table.column_names:
            return _read(table, column)
    try:
        model = Model.load(head.encoder_name)
    except StrandlineError as error:
        raise ModelError(
            f"The head {head.name} needs the encoder {head.encoder_name}: no column of "
            f"{table.path} was made by it, and it cannot be loaded ({error}) Embed the table "
            f"by it: strandline embed {table.path} --model FOLDER."
        ) from error
    head.check(fingerprint(model), head.encoder_name)
    say(f"Encoding stamps by {head.encoder_name}, to which the head {head.name} belongs.")
    return embed_table(table, model, batch_size=batch_size)


def _read(table: StampTable, column: str) -> Parts:
    for start in range(0, len(table), _ROWS_AT_ONCE):
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(table)))
        yield rows, read_vectors(table, column, rows)
