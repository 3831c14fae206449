"""``search``: galaxies that look alike."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from strandline.api.workers import survey_package
from strandline.explore import Together, similar
from strandline.stamps import StampTable

__all__ = ["search"]

_SURVEY_INDEX = "vectors.lance"


def search(
    table: str | Path,
    like: str | Sequence[str],
    *,
    n: int = 20,
    column: str = "embedding",
    together: Together = "mean",
) -> pa.Table:
    """Return the `n` galaxies whose embedding is nearest to that of galaxy `like`.

    Parameters
    ----------
    table : path
        A stamp table with an embedding (see `embed`), or the folder of a survey (see `survey`).
    like : str or sequence of str
        Ids of galaxies in the table.
    n : int
        How many to return, those of `like` not counted.
    column : str
        The embedding.
    together : {"mean", "any"}
        What it is to be like several; see `strandline.explore.similar`.
    """
    if (Path(table) / _SURVEY_INDEX).is_dir():
        index = survey_package().VectorIndex(Path(table) / _SURVEY_INDEX)
        names = [like] if isinstance(like, str) else list(like)
        return index.like(names, n, any_of_them=together == "any")
    return similar(StampTable.open(table), like=like, n=n, column=column, together=together)
