"""Galaxies named by their id, one by one or in a file, as rows of a table."""

import csv
import difflib
import heapq
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from strandline.errors import OptionError, TableError
from strandline.stamps import StampTable

__all__ = ["read_ids", "rows_of"]

_SPELLINGS_COMPARED = 2000


def rows_of(table: StampTable, ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the row of each id, in their order.

    Raises
    ------
    TableError
        For an unknown id; names those spelled like it.
    """
    known = table.columns("id")["id"]
    found = pc.index_in(pa.array(list(ids), type=pa.string()), known.combine_chunks())
    for name, row in zip(ids, found.to_pylist(), strict=True):
        if row is None:
            close = _close_spellings(name, known.to_pylist())
            hint = f" Ids nearest in spelling: {', '.join(close)}." if close else ""
            raise TableError(
                f"{table.path}: has no galaxy with id {name!r}.{hint} "
                "The ids are in column id of the catalogue."
            )
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)


def read_ids(path: str | Path) -> list[str]:
    """Return the ids in a file: column ``id`` of a CSV, or one on each line.

    Raises
    ------
    OptionError
        If the file is missing, is no text, or holds no id.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: cannot be read as a list of ids ({error}).") from error
    rows = [row for row in csv.reader(lines) if any(cell.strip() for cell in row)]
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    if "id" in head:
        place = head.index("id")
        ids = [row[place].strip() for row in rows[1:] if len(row) > place]
    elif max(map(len, rows), default=1) == 1:
        ids = [row[0].strip() for row in rows]
    else:
        raise OptionError(
            f"{path}: has columns {', '.join(head)}; expected one named id, or an id on each line."
        )
    if not any(ids):
        raise OptionError(f"{path}: holds no id; expected a column id, or an id on each line.")
    return list(dict.fromkeys(name for name in ids if name))


def _close_spellings(wanted: str, ids: Sequence[str]) -> list[str]:
    """Return up to three ids that are spelled like `wanted`.

    difflib is slow, so it sees only those that begin and end most alike.
    """

    def alike(text: str) -> int:
        return _shared(wanted, text) + _shared(reversed(wanted), reversed(text))

    best = heapq.nlargest(_SPELLINGS_COMPARED, ids, key=alike)
    return difflib.get_close_matches(wanted, best, n=3, cutoff=0.5)


def _shared(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many letters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
