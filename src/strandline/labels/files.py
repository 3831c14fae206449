"""Labels from a CSV file, matched to galaxies by id or by file name."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from strandline.errors import LabelError
from strandline.labels.matching import ByFile, ById, LabelKeys, Labels

__all__ = ["read_label_file", "read_label_names"]

_VALUES = {"1": 1, "interacting": 1, "0": 0, "non_interacting": 0}
_EXPECTED = "expected a CSV, separated by commas, with columns 'id' or 'file', and 'label'"
_FILE_COLUMNS = ("file", "source")


def read_label_file(path: str | Path, keys: LabelKeys) -> Labels:
    """Read labels from a CSV file and match them to rows.

    Parameters
    ----------
    path : path
        CSV with a header: ``id`` (as in the table) or ``file`` (a picture's name, with or without
        folders), and ``label``: 1 or ``interacting``, 0 or ``non_interacting``. Rows with any other
        label are left out and counted. Further columns are ignored.
    keys : LabelKeys
        The galaxies that may be named.

    Raises
    ------
    LabelError
        If the file is not such a CSV, names none of the galaxies, names several by one entry, or
        gives one galaxy two labels.
    """
    path = Path(path)
    name_column, entries = _read_rows(path)
    find: Callable[[str], int | None] = ById(keys) if name_column == "id" else ByFile(keys, path)
    found: dict[int, tuple[int, str]] = {}
    left_out: Counter[str] = Counter()
    unknown: list[str] = []
    for name, label in entries:
        value = _VALUES.get(_normal(label))
        if value is None:
            left_out[label] += 1
            continue
        row = find(name)
        if row is None:
            unknown.append(name)
        elif row in found and found[row][0] != value:
            raise LabelError(
                f"{path}: {name!r} is labelled both 0 and 1 (also as {found[row][1]!r}). "
                "Keep one row for each galaxy."
            )
        else:
            found[row] = (value, name)
    if not found:
        raise LabelError(_nothing_matched(path, name_column, unknown, left_out, keys))
    rows = np.array(sorted(found), dtype=np.int64)
    values = np.array([found[int(row)][0] for row in rows], dtype=np.int64)
    return Labels(rows, values, dict(left_out), tuple(unknown))


def read_label_names(path: str | Path) -> tuple[str, list[str]]:
    """Return the column by which a label file names galaxies, and the names in it."""
    column, entries = _read_rows(Path(path))
    return column, [name for name, _ in entries]


def _normal(label: str) -> str:
    text = label.strip().lower().replace("-", "_").replace(" ", "_")
    return text[:-2] if text in ("0.0", "1.0") else text


def _read_rows(path: Path) -> tuple[str, list[tuple[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            if not columns:
                raise LabelError(f"{path}: is empty; {_EXPECTED}.")
            name_column = next((c for c in ("id", *_FILE_COLUMNS) if c in columns), None)
            if name_column is None or "label" not in columns:
                raise LabelError(
                    f"{path}: has columns {', '.join(map(repr, columns[:6]))}; {_EXPECTED}."
                )
            rows = [
                ((entry[name_column] or "").strip(), (entry["label"] or "").strip())
                for entry in reader
            ]
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelError(
            f"{path}: is not a CSV text file in UTF-8 ({error}). Save it as CSV in UTF-8."
        ) from error
    if not rows:
        raise LabelError(f"{path}: has a header but no rows.")
    return name_column, rows


def _nothing_matched(
    path: Path, column: str, unknown: list[str], left_out: Counter[str], keys: LabelKeys
) -> str:
    if not unknown:
        values = ", ".join(repr(value) for value in list(left_out)[:5])
        return f"{path}: no label is 0, 1, interacting or non_interacting (found {values})."
    known = keys.id if column == "id" else keys.source
    return (
        f"{path}: none of its {len(unknown)} labelled names is in the table. It has {column} "
        f"{unknown[0]!r}, the table has {known[0]!r}. Were the labels made for another table?"
        if len(known)
        else f"{path}: the table to match it to is empty."
    )
