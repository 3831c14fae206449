"""Galaxies chosen from a catalogue: a condition in SQL, the first by a column, ids."""

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strandline.errors import OptionError, TableError

__all__ = ["largest", "matching", "named"]

_ROW = "row_of_the_catalogue"


def matching(catalogue: pa.Table, condition: str) -> pa.Table:
    """Return the rows for which a condition holds, in their order.

    Parameters
    ----------
    catalogue : pyarrow.Table
    condition : str
        As after WHERE in SQL: ``probability > 0.9 and mag_r < 20``, ``source like 'a%'``,
        ``flags = 0``, ``shape_gini is not null``. Names with other signs than letters, digits
        and underscores stand between backquotes. What was not measured (NaN) is null, so that no
        comparison holds for it.

    Raises
    ------
    OptionError
        If it cannot be understood, or names a column that is not there.
    """
    if ";" in condition or not condition.strip():
        raise OptionError(f"--where {condition!r}: expected one condition, e.g. probability > 0.9.")
    whole = pa.table({name: _with_nulls(catalogue[name]) for name in catalogue.column_names})
    whole = whole.append_column(_ROW, pa.array(np.arange(len(catalogue))))
    try:
        found = lance.write_dataset(whole, "memory://").to_table(columns=[_ROW], filter=condition)
    except (ValueError, OSError) as error:
        raise OptionError(
            f"--where {condition!r}: {_reason(error)} Expected a condition as after WHERE in SQL, "
            f'e.g. "probability > 0.9 and flags = 0"; columns: {", ".join(catalogue.column_names)}.'
        ) from error
    return catalogue.take(np.sort(found[_ROW].to_numpy()))


def largest(catalogue: pa.Table, column: str, count: int | None = None) -> pa.Table:
    """Return rows sorted by a column, largest first, `count` of them at most.

    Rows that have no value come last, equal ones in their order.

    Raises
    ------
    OptionError
        If there is no such column, or it holds no numbers.
    """
    if column not in catalogue.column_names:
        raise OptionError(
            f"There is no column {column!r} to sort by; there are "
            f"{', '.join(catalogue.column_names)}."
        )
    values = catalogue[column]
    if not (pa.types.is_integer(values.type) or pa.types.is_floating(values.type)):
        raise OptionError(f"Column {column!r} holds {values.type}; only numbers can be sorted by.")
    numbers = pc.cast(_with_nulls(values), pa.float64()).to_numpy()
    order = np.argsort(np.where(np.isnan(numbers), np.inf, -numbers), kind="stable")
    return catalogue.take(order[:count])


def named(catalogue: pa.Table, ids: list[str]) -> pa.Table:
    """Return the rows of these ids, in the order of `ids`.

    Raises
    ------
    TableError
        If one is not there.
    """
    if "id" not in catalogue.column_names:
        raise TableError("The catalogue has no column id, so that no galaxy can be named.")
    rows = pc.index_in(pa.array(ids, pa.string()), catalogue["id"].cast(pa.string()))
    missing = [name for name, row in zip(ids, rows.to_pylist(), strict=True) if row is None]
    if missing:
        raise TableError(
            f"{len(missing)} of {len(ids)} ids are not in the catalogue, e.g. {missing[0]!r}."
        )
    return catalogue.take(rows)


def _with_nulls(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)


def _reason(error: Exception) -> str:
    """Return the library's reason without its place in the source."""
    text = str(error).split(", /")[0].removeprefix("Invalid user input: ")
    return text.split(" Valid fields are")[0].rstrip(". ") + "."
