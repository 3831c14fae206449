"""Labels from a CSV file, matched to galaxies by id or by file name."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from strandline.errors import LabelError

__all__ = ["LabelKeys", "Labels", "read_labels"]

_VALUES = {"1": 1, "interacting": 1, "0": 0, "non_interacting": 0}
_EXPECTED = "expected a CSV, separated by commas, with columns 'id' or 'file', and 'label'"
_FILE_COLUMNS = ("file", "source")


@dataclass(frozen=True)
class LabelKeys:
    """What a label may name a galaxy by; one entry a row of the table or catalogue.

    `path` may be empty when it is not known; it only settles which of several pictures of the
    same file name is meant.
    """

    id: Sequence[str]
    source: Sequence[str]
    path: Sequence[str] = ()


@dataclass(frozen=True)
class Labels:
    """Labels matched to rows.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Rows of the table, ascending, each once.
    values : ndarray of int64, shape (n,)
        1 interacting, 0 not.
    left_out : dict
        Label values that are neither, with how often they occur.
    unknown : tuple of str
        Names in the file that are not in the table.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.int64]
    left_out: dict[str, int]
    unknown: tuple[str, ...]

    def summary(self) -> str:
        """Say in one line what was used and what was left out."""
        ones = int(self.values.sum())
        text = f"{len(self.values)} labels: {ones} interacting, {len(self.values) - ones} not"
        if self.left_out:
            values = ", ".join(f"{value!r} {count}" for value, count in self.left_out.items())
            text += f"; left out by value: {values}"
        if self.unknown:
            some = ", ".join(self.unknown[:3]) + (", …" if len(self.unknown) > 3 else "")
            text += f"; not in the table: {len(self.unknown)} ({some})"
        return text


def read_labels(path: str | Path, keys: LabelKeys) -> Labels:
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
    find: Callable[[str], int | None] = _ById(keys) if name_column == "id" else _ByFile(keys, path)
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


class _ById:
    def __init__(self, keys: LabelKeys) -> None:
        self._rows = {name: row for row, name in enumerate(keys.id)}

    def __call__(self, name: str) -> int | None:
        return self._rows.get(name)


class _ByFile:
    """Match by file name; among pictures of the same name the longest shared path end wins."""

    def __init__(self, keys: LabelKeys, labels: Path) -> None:
        self._labels = labels
        self._paths: Sequence[str] = keys.path or keys.source
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, source in enumerate(keys.source):
            self._rows[PurePath(source).name].append(row)

    def __call__(self, name: str) -> int | None:
        rows = self._rows.get(PurePath(name).name, [])
        if len(rows) < 2:
            return rows[0] if rows else None
        shared = [_shared_end(name, self._paths[row]) for row in rows]
        best = [row for row, length in zip(rows, shared, strict=True) if length == max(shared)]
        if len(best) > 1:
            raise LabelError(
                f"{self._labels}: {name!r} stands for {len(best)} galaxies of the table "
                f"(cut from the same image, or pictures of the same name). Label them by 'id'."
            )
        return best[0]


def _shared_end(one: str, other: str) -> int:
    count = 0
    for a, b in zip(reversed(PurePath(one).parts), reversed(PurePath(other).parts), strict=False):
        if a != b:
            break
        count += 1
    return count


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
