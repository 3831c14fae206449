"""Votes and labels in files of one's own: CSV and Parquet, out and back in without loss."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from strandline.errors import LabelError, OptionError, StrandlineError
from strandline.files import write_aside
from strandline.labels.asking import VOTE_COLUMNS
from strandline.labels.consensus import Consensus
from strandline.labels.files import read_label_file, read_label_names
from strandline.labels.incoming import Incoming, made_key
from strandline.labels.matching import LabelKeys
from strandline.labels.votes import Galaxy, Vote

__all__ = [
    "check_ending",
    "column_names",
    "labels_as_votes",
    "labels_table",
    "read_votes",
    "write_table",
]

_ENDINGS = (".csv", ".parquet")
_MULTILINE = pa.csv.ParseOptions(newlines_in_values=True)
_NEEDED = ("id", "class", "value", "person")


def check_ending(path: str | Path) -> None:
    """Check that a file's name says CSV or Parquet.

    Raises
    ------
    OptionError
    """
    if Path(path).suffix.lower() not in _ENDINGS:
        raise OptionError(f"{path}: expected a name that ends in {' or '.join(_ENDINGS)}.")


def write_table(table: pa.Table, out: str | Path) -> None:
    """Write votes or labels as CSV or Parquet, by the name's ending."""
    check_ending(out)
    with write_aside(out) as aside:
        if Path(out).suffix.lower() == ".csv":
            pa.csv.write_csv(table, aside)
        else:
            pa.parquet.write_table(table, aside)


def labels_table(found: Consensus) -> pa.Table:
    """Return decided galaxies as ``--labels`` reads them: ``id`` and ``label``, and more."""
    decided = found.values >= 0
    columns = {
        "id": pa.array(found.ids, pa.string()),
        "label": pa.array(found.values),
        "probability": pa.array(found.probability),
        "no": pa.array(found.votes[:, 0]),
        "yes": pa.array(found.votes[:, 1]),
        "unsure": pa.array(found.votes[:, 2]),
        "fingerprint": pa.array(found.fingerprints, pa.string()),
    }
    return pa.table(columns).filter(pa.array(decided))


def column_names(path: str | Path) -> tuple[str, ...]:
    """Return the names of a file's columns, in lower case.

    Raises
    ------
    LabelError
        If it is neither CSV nor Parquet.
    """
    with _complaints(path):
        if Path(path).suffix.lower() == ".parquet":
            names = pa.parquet.read_schema(path).names
        else:
            names = _csv_names(path)
    return tuple(name.strip().lower() for name in names)


def read_votes(path: str | Path) -> Incoming:
    """Read votes: what an export wrote, or a file of one's own.

    Parameters
    ----------
    path : path
        CSV or Parquet with columns ``id``, ``class``, ``value`` and ``person``, and any other of
        `VOTE_COLUMNS`. A vote without a ``key`` gets one that follows from what it says, so that a
        file that is imported twice is stored once.

    Raises
    ------
    LabelError
        Names the line that cannot be read; then nothing of the file is used.
    """
    table = _read(path)
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise LabelError(
            f"{path}: has no column {missing[0]!r}; a file of votes has {', '.join(_NEEDED)} and "
            f"may have more. It has {', '.join(table.column_names[:8])}."
        )
    votes, taken = [], []
    for line, row in enumerate(table.to_pylist(), 2):
        try:
            vote = _vote(row)
            back = _moment(row.get("withdrawn_at"))
        except (StrandlineError, ValueError, TypeError, AttributeError) as error:
            raise LabelError(f"{path}: row {line}: {error} Nothing was imported.") from error
        votes.append(vote)
        if back is not None:
            taken.append((vote.key, vote.person, back))
    if not votes:
        raise LabelError(f"{path}: has a header but no rows.")
    return Incoming(tuple(votes), tuple(taken))


def labels_as_votes(
    path: str | Path, label_class: str, person: str, keys: LabelKeys | None = None
) -> Incoming:
    """Take a file of labels, as ``--labels`` reads it, for one person's votes on one class.

    Parameters
    ----------
    path : path
        See `strandline.labels.read_labels`.
    label_class, person : str
    keys : LabelKeys, optional
        Of the stamp table that it belongs to; needed if it names files.

    Raises
    ------
    LabelError
    """
    column, names = read_label_names(path)
    if keys is None:
        if column != "id":
            raise LabelError(
                f"{path}: names galaxies by {column!r}, so that their stamp table is needed. "
                "Name it with --table."
            )
        unique = list(dict.fromkeys(names))
        keys = LabelKeys(unique, unique)
    found = read_label_file(path, keys)
    votes = []
    for row, number in zip(found.rows.tolist(), found.values.tolist(), strict=True):
        value = ("no", "yes")[number]
        key = made_key("label", keys.id[row], label_class, person, value)
        votes.append(
            Vote(Galaxy(keys.id[row]), label_class, value, person, key=key, origin=Path(path).name)
        )
    left_out = dict(found.left_out)
    if found.unknown:
        left_out["not in the table"] = len(found.unknown)
    return Incoming(tuple(votes), left_out=left_out)


def _vote(row: Mapping[str, Any]) -> Vote:
    told = {name: row.get(name) for name in VOTE_COLUMNS.names}
    galaxy = Galaxy(
        str(told["id"] or ""),
        _number(told["ra"]),
        _number(told["dec"]),
        str(told["table"] or ""),
        str(told["fingerprint"] or ""),
    )
    moment = _moment(told["cast_at"])
    parts = [str(told[name] or "").strip() for name in ("class", "value", "person", "cast_at")]
    key = made_key("vote", galaxy.fingerprint, galaxy.id, *parts)
    shown = json.loads(told["shown"]) if told["shown"] else {}
    if not isinstance(shown, dict):
        raise LabelError(f"shown is {told['shown']!r}; expected a JSON object.")
    return Vote(
        galaxy,
        parts[0],
        parts[1].lower(),
        parts[2],
        shown=shown,
        cast_at=moment or datetime.now(UTC),
        key=UUID(told["key"]) if told["key"] else key,
        origin=str(told["origin"] or ""),
    )


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _read(path: str | Path) -> pa.Table:
    """Return a file as a table; columns of CSV are text, so that nothing is guessed."""
    with _complaints(path):
        if Path(path).suffix.lower() == ".parquet":
            table = pa.parquet.read_table(path)
        else:
            options = pa.csv.ConvertOptions(
                column_types=dict.fromkeys(_csv_names(path), pa.string()),
                strings_can_be_null=False,
            )
            table = pa.csv.read_csv(path, convert_options=options, parse_options=_MULTILINE)
    return table.rename_columns([name.strip().lower() for name in table.column_names])


def _csv_names(path: str | Path) -> list[str]:
    return list(pa.csv.open_csv(path, parse_options=_MULTILINE).schema.names)


@contextmanager
def _complaints(path: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        kind = "Parquet file" if Path(path).suffix.lower() == ".parquet" else "CSV text in UTF-8"
        reason = str(error).split("\n")[0][:200]
        raise LabelError(f"{path}: is damaged, or no {kind} ({reason}).") from error
