"""``newclass``: a class that a user names and shows a few examples of, as a head."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.explore.marks import read_ids, rows_of
from strandline.explore.vectors import read_looks, table_encoder
from strandline.files import check_target
from strandline.learn.cards import describe_tables, made_now
from strandline.learn.classheads import HEAD_FILES, ClassHead, check_class_name
from strandline.learn.inputs import HeadInputs
from strandline.learn.rare import draw_background, fit_rare
from strandline.progress import say
from strandline.shapes import HARMONICS, SHAPE_NAMES, has_harmonics, read_shapes
from strandline.stamps import StampTable

__all__ = ["NewClass", "newclass"]


@dataclass(frozen=True)
class NewClass:
    """A class, and the galaxies that are most like it.

    Attributes
    ----------
    head : ClassHead
    ranking : pyarrow.Table
        All galaxies but the examples, likeliest first: ``id``, ``source``, ``ra``, ``dec`` (deg),
        ``probability`` (balanced scale), ``row``.
    auc : float
        Of the examples left out against unlabelled galaxies.
    """

    head: ClassHead
    ranking: pa.Table
    auc: float


def newclass(
    table: str | Path,
    name: str,
    examples: str | Path | Sequence[str],
    out: str | Path,
    *,
    unlike: str | Path | Sequence[str] = (),
    shapes: bool | None = None,
    column: str = "embedding",
    seed: int = 0,
) -> NewClass:
    """Make a head for a class from a few examples, on an embedding that stays as it is.

    Parameters
    ----------
    table : path
        A stamp table with an embedding.
    name : str
        Of the class: small letters, digits, underscores. The head gives ``probability_<name>``.
    examples : path or sequence of str
        Ids, two at least, five or more rather: a file (see `read_ids`), or themselves.
    out : path
        Folder of the head.
    unlike : path or sequence of str
        Ids of galaxies that look like the class and are not. Others need not be named:
        galaxies at random from the table stand for them, see `strandline.learn.rare`.
    shapes : bool, optional
        Whether the head sees shape statistics beside the embedding; by default where the table
        holds them (``strandline shapes``).
    column : str
        The embedding; harmonics of light, if the table has them, are seen beside it.
    seed : int

    Raises
    ------
    OptionError, TableError, TrainingError
        For a name that cannot be a column's, unknown ids, a missing embedding, too few examples.
    """
    check_class_name(name)
    check_target(out, HEAD_FILES)
    opened = StampTable.open(table)
    rows = [rows_of(opened, _ids(given)) for given in (examples, unlike)]
    both = np.intersect1d(rows[0], rows[1])
    if len(both):
        found = opened.columns("id", rows=both)["id"].to_pylist()[0]
        raise OptionError(f"{found} is both an example of {name} and named as not being one.")
    encoder, encoder_name = table_encoder(opened, column)
    vectors = read_looks(opened, column)
    measured = _measured(opened, shapes)
    inputs = HeadInputs(vectors.shape[1])
    if measured is not None:
        inputs = HeadInputs.of(vectors.shape[1], measured, controls=False)
    matrix = inputs.matrix(vectors, measured)
    labelled = np.concatenate(rows)
    values = np.repeat([1, 0], [len(part) for part in rows])
    finite = np.flatnonzero(np.isfinite(matrix).all(axis=1))
    _check_seen(opened, labelled[~np.isin(labelled, finite)])
    free = draw_background(len(finite), np.flatnonzero(np.isin(finite, labelled)), seed)
    fit = fit_rare(matrix[labelled], values, matrix[finite[free]], seed)
    card = {
        "examples": len(rows[0]),
        "not_examples": len(rows[1]),
        "unlabelled": len(free),
        "auc_left_out": fit.auc,
        "training": {"tables": describe_tables([opened])},
        "seed": seed,
        **made_now(),
    }
    waved = has_harmonics(opened)
    width = vectors.shape[1] - HARMONICS * waved
    head = ClassHead(name, fit.head, inputs, encoder, encoder_name, width, card, waved)
    head.save(out)
    ranking = _ranking(opened, head.probability(vectors, measured), rows[0])
    return NewClass(head, ranking, fit.auc)


def _check_seen(table: StampTable, blind: NDArray[np.int64]) -> None:
    if len(blind):
        names = table.columns("id", rows=blind)["id"].to_pylist()
        raise OptionError(
            f"{table.path}: {', '.join(names[:5])} cannot be learned from, as the embedding holds "
            "NaN there (a stamp without data). Leave it out."
        )


def _ids(given: str | Path | Sequence[str]) -> list[str]:
    return read_ids(given) if isinstance(given, str | Path) else list(dict.fromkeys(given))


def _measured(table: StampTable, shapes: bool | None) -> NDArray[np.float32] | None:
    if shapes is None:
        shapes = all(f"shape_{name}" in table.column_names for name in SHAPE_NAMES)
        if shapes:
            say("The head sees the table's shape statistics beside the embedding.")
    return read_shapes(table, np.arange(len(table))) if shapes else None


def _ranking(
    table: StampTable, probability: NDArray[np.float32], examples: NDArray[np.int64]
) -> pa.Table:
    order = np.argsort(-np.nan_to_num(probability, nan=-1.0), kind="stable")
    order = order[~np.isin(order, examples) & np.isfinite(probability[order])]
    found = table.columns("id", "source", "ra", "dec", rows=order)
    found = found.append_column("probability", pa.array(probability[order]))
    return found.append_column("row", pa.array(order))
