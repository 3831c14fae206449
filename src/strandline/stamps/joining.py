"""Several stamp tables in one: of several surveys to train on, of several runs to look at."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from strandline.errors import TableError
from strandline.progress import track
from strandline.stamps.schema import table_schema
from strandline.stamps.table import StampTable

__all__ = ["join_tables", "joined_ids"]

_ROWS_AT_ONCE = 64


def joined_ids(tables: Sequence[StampTable]) -> list[list[str]]:
    """Return the ids that the stamps of each table have when these are joined.

    They stay as they are unless two are alike; then each begins with its table's name.
    """
    found = [table.columns("id")["id"].to_pylist() for table in tables]
    if all(count == 1 for count in Counter(chain.from_iterable(found)).values()):
        return found
    names = [table.path.with_suffix("").name for table in tables]
    return [[f"{name}-{id_}" for id_ in ids] for name, ids in zip(names, found, strict=True)]


def join_tables(tables: Sequence[StampTable], out: str | Path) -> StampTable:
    """Write the stamps of several tables into a new one, in their order.

    Columns that were added later (embedding, map, shapes, probabilities) are left behind: they
    were made with each table alone.

    Parameters
    ----------
    tables : sequence of StampTable
        Of the same bands, stamp size and kind. Pixel scales may differ.
    out : path

    Raises
    ------
    TableError
        If they differ, or two have the same name and ids in common.
    OutputError
    """
    first = tables[0]
    for table in tables[1:]:
        if table.spec != first.spec:
            raise TableError(
                f"{table.path}: holds {table.spec}, {first.path} holds {first.spec}; tables that "
                "are joined must have the same bands, stamp size and kind."
            )
    ids = joined_ids(tables)
    twice = [id_ for id_, count in Counter(chain.from_iterable(ids)).items() if count > 1]
    if twice:
        paths = ", ".join(str(table.path) for table in tables)
        raise TableError(f"{paths}: the id {twice[0]!r} would be there twice; rename a table.")
    names = [name for name in table_schema(first.spec).names if name not in ("unit", "pixels")]
    with (
        StampTable.writer(out, first.spec) as writer,
        track("Joining", sum(len(table) for table in tables), "stamps") as advance,
    ):
        for table, new in zip(tables, ids, strict=True):
            scalars = {name: np.asarray(table.columns(name)[name]) for name in names}
            scalars["id"] = np.asarray(new)
            for batch in table.batches(_ROWS_AT_ONCE):
                part = {name: column[batch.rows] for name, column in scalars.items()}
                writer.append(part, batch.pixels, batch.unit_njy)
                advance(len(batch))
    return StampTable.open(out)
