"""``novelty``: what is unlike all else in a table, less what was called uninteresting."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.explore.grouping import first_of_each, group_alike
from strandline.explore.marks import read_ids, rows_of
from strandline.explore.novelty import novelty_in_any, rescore
from strandline.explore.vectors import Space, aspects_of, read_looks
from strandline.progress import say
from strandline.shapes import has_harmonics
from strandline.stamps import StampTable

__all__ = ["Novel", "novelty"]

_GROUPED = 2000


@dataclass(frozen=True)
class Novel:
    """The most novel galaxies, those that are nearly the same taken as one.

    Attributes
    ----------
    ids : list of str
        The first of each group, most novel first.
    alike : ndarray of int64, shape (group,)
        How many are in its group, itself included.
    score : ndarray of float32, shape (group,)
    """

    ids: list[str]
    alike: NDArray[np.int64]
    score: NDArray[np.float32]


def novelty(
    table: str | Path,
    *,
    uninteresting: str | Path | None = None,
    interesting: str | Path | None = None,
    column: str = "embedding",
    seed: int = 0,
) -> Novel:
    """Write how novel each galaxy is into the table.

    Parameters
    ----------
    table : path
        A stamp table with an embedding. Gets columns ``novelty`` (float32, 0 to 1, see
        `strandline.explore.novelty.novelty_in_any` and `rescore`) and ``novelty_group`` (int32):
        the number of the group of nearly the same galaxies to which each of the 2000 most novel
        belongs, from 0 for that of the most novel; -1 for all others.
    uninteresting, interesting : path, optional
        Ids of galaxies that a person looked at: a CSV with a column id, or one on each line.
    column : str
        The embedding; harmonics of light, if the table has them, count beside it.
    seed : int

    Raises
    ------
    TableError
        If there is no embedding, or an id is unknown.
    """
    opened = StampTable.open(table)
    marks = [
        (rows_of(opened, read_ids(path)), value)
        for path, value in ((uninteresting, 0.0), (interesting, 1.0))
        if path is not None
    ]
    vectors = read_looks(opened, column)
    aspects = aspects_of(vectors, harmonics=has_harmonics(opened))
    score = novelty_in_any(vectors, aspects, seed=seed)
    if marks:
        rows = np.concatenate([found for found, _ in marks])
        given = np.concatenate([np.full(len(found), value) for found, value in marks])
        say(f"Corrected by {len(rows)} marks.")
        score = rescore(Space.of(vectors, seed=seed)(vectors), score, rows, given, seed=seed)
    order = np.argsort(-np.nan_to_num(score, nan=-1.0), kind="stable")[:_GROUPED]
    order = order[np.isfinite(score[order])]
    groups = group_alike(vectors, order, seed=seed)
    _write(opened, score, order, groups, opened.metadata.get(f"{column}_encoder", ""))
    members = first_of_each(order, groups)
    first = np.array([rows[0] for rows in members], dtype=np.int64)
    return Novel(
        opened.columns("id", rows=first)["id"].to_pylist(),
        np.array([len(rows) for rows in members], dtype=np.int64),
        score[first],
    )


def _write(
    table: StampTable,
    score: NDArray[np.float32],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64],
    encoder: str,
) -> None:
    group = np.full(len(table), -1, dtype=np.int32)
    group[rows] = groups
    schema = pa.schema([("novelty", pa.float32()), ("novelty_group", pa.int32())])
    batch = pa.record_batch([pa.array(score), pa.array(group)], schema=schema)
    table.add_columns([batch], schema, {"novelty_encoder": encoder})
