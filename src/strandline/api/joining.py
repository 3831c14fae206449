"""``join``: several stamp tables, and their labels, in one."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from strandline.api.tables import table_labels
from strandline.errors import OptionError
from strandline.files import check_target, write_together
from strandline.stamps import TABLE_MARKS, StampTable, join_tables, joined_ids

__all__ = ["join"]


def join(
    tables: Sequence[str | Path], out: str | Path, *, labels: Sequence[str | Path] = ()
) -> StampTable:
    """Join stamp tables of the same bands, stamp size and kind.

    Parameters
    ----------
    tables : sequence of path
    out : path
        The new table, e.g. ``all.lance``.
    labels : sequence of path, optional
        Labels of each table, in their order; ``all.labels.csv`` appears beside the table then.

    Raises
    ------
    OptionError
        If there are fewer than two tables, or not as many label files as tables.
    TableError
        If the tables differ: see `strandline.stamps.join_tables`.
    """
    out = Path(out)
    if len(tables) < 2:
        raise OptionError(f"TABLES: {len(tables)} given; joining takes two at least.")
    if labels and len(labels) != len(tables):
        raise OptionError(
            f"--labels: given {len(labels)} times for {len(tables)} tables; give the labels of "
            "each table, in the same order."
        )
    check_target(out, TABLE_MARKS)
    opened = [StampTable.open(path) for path in tables]
    with write_together(out.parent) as folder:
        join_tables(opened, folder / out.name)
        if labels:
            ids: list[str] = []
            values: list[int] = []
            for table, path, named in zip(opened, labels, joined_ids(opened), strict=True):
                told = table_labels(table, path)
                ids += [named[row] for row in told.rows]
                values += told.values.tolist()
            told_all = pa.table({"id": ids, "label": values})
            csv.write_csv(told_all, folder / f"{out.with_suffix('').name}.labels.csv")
    return StampTable.open(out)
