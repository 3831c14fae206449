"""``search``: galaxies that look alike."""

from pathlib import Path

import pyarrow as pa

from strandline.explore import similar
from strandline.stamps import StampTable

__all__ = ["search"]


def search(table: str | Path, like: str, *, n: int = 20) -> pa.Table:
    """Return the `n` galaxies whose embedding is nearest to that of galaxy `like`.

    Parameters
    ----------
    table : path
        A stamp table with an ``embedding`` column (see `embed`).
    like : str
        Id of a galaxy in the table.
    n : int
        How many to return, the galaxy itself not counted.
    """
    return similar(StampTable.open(table), like=like, n=n)
