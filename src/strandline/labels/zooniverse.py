"""Zooniverse: classifications of a workflow with one question in, subjects to upload out.

Formats as of the Project Builder: an export has one row a classification, with what was asked
and answered as JSON in ``annotations`` and what is known of the picture in ``subject_data``.
Volunteers do not see metadata whose name begins with ``#``.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strandline.errors import LabelError
from strandline.labels.answers import Answers, said_by
from strandline.labels.incoming import Incoming, made_key
from strandline.labels.votes import Galaxy, Vote

__all__ = ["read_classifications", "write_manifest"]

_COLUMNS = ("classification_id", "user_name", "created_at", "annotations", "subject_data")
_EXPORT = "expected a classification export of Zooniverse"


def read_classifications(
    path: str | Path,
    answers: Answers,
    *,
    workflow: str | None = None,
    task: str | None = None,
    subject_key: str = "id",
) -> Incoming:
    """Read a classification export.

    Parameters
    ----------
    path : path
        CSV.
    answers : Answers
        See `parse_answers`. Where several answers may be ticked, one that is not ticked says no of
        the classes that it would say yes of.
    workflow, task : str, optional
        Which workflow's and which of its questions; needed if there are several.
    subject_key : str
        Column of the subject manifest that holds the table's id; ``id`` in ours.

    Returns
    -------
    Incoming
        A vote for each class that an answer speaks of; answers that mean nothing are counted.

    Raises
    ------
    LabelError
        Names the line that cannot be read; then nothing of the file is used.
    """
    rows = [row for row in _rows(path) if workflow in (None, row.get("workflow_id"))]
    flows = sorted({row.get("workflow_id") or "" for row in rows})
    if len(flows) != 1:
        there = f"classifications of workflows {', '.join(flows)}" if flows else "none"
        raise LabelError(f"{path}: has {there}; name the one that is meant with --workflow.")
    votes: list[Vote] = []
    left_out: Counter[str] = Counter()
    tasks: set[str] = set()
    for row in rows:
        line = f"{path}: line {row['line']}"
        chosen = [
            annotation
            for annotation in _json(row["annotations"], list, f"{line}: annotations")
            if task in (None, annotation.get("task"))
        ]
        tasks.update(str(annotation.get("task")) for annotation in chosen)
        if len(tasks) > 1:
            raise LabelError(
                f"{path}: has answers to tasks {', '.join(sorted(tasks))}; name the question that "
                "is meant with --task."
            )
        given = chosen[0].get("value") if chosen else None
        said = said_by(given, answers, left_out, line)
        if said:
            votes += _votes(row, said, _galaxy(row, subject_key, line), line)
    if not votes:
        raise LabelError(f"{path}: no answer means anything. {_found(left_out)}")
    return Incoming(tuple(votes), left_out=dict(left_out))


def write_manifest(
    galaxies: Sequence[Galaxy], pictures: Sequence[Sequence[str]], path: str | Path
) -> None:
    """Write the manifest that is uploaded with pictures: file names, and which galaxy they show.

    Parameters
    ----------
    galaxies : sequence of Galaxy
    pictures : sequence of sequences of str
        Names of the files of each, as many for each.
    path : path
        CSV.
    """
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = [f"image{k}" for k in range(1, len(pictures[0]) + 1)] if pictures else []
        writer.writerow([*names, "#id", "#ra", "#dec", "#table", "#fingerprint"])
        for galaxy, files in zip(galaxies, pictures, strict=True):
            place = [galaxy.ra_deg, galaxy.dec_deg]
            writer.writerow([*files, galaxy.id, *place, galaxy.table, galaxy.fingerprint])


def _rows(path: str | Path) -> Iterator[dict[str, str]]:
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise LabelError(f"{path}: has no column {missing[0]!r}; {_EXPORT}.")
            for row in reader:
                if None in row or None in row.values():
                    raise LabelError(
                        f"{path}: line {reader.line_num}: is cut short or has cells too many. "
                        "Download the export again."
                    )
                yield {**row, "line": str(reader.line_num)}
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{path}: is damaged ({error}); {_EXPORT}.") from error


def _votes(
    row: Mapping[str, str], said: Mapping[str, str], galaxy: Galaxy, line: str
) -> list[Vote]:
    number = row["classification_id"]
    try:
        moment = datetime.strptime(row["created_at"].strip(), "%Y-%m-%d %H:%M:%S UTC")
    except ValueError as error:
        raise LabelError(
            f"{line}: created_at is {row['created_at']!r}; expected such as "
            "2026-03-01 12:00:00 UTC."
        ) from error
    shown = {
        "zooniverse": {
            "classification": number,
            "workflow": row.get("workflow_id", ""),
            "version": row.get("workflow_version", ""),
            "subject": row.get("subject_ids", ""),
        }
    }
    return [
        Vote(
            galaxy,
            name,
            value,
            row["user_name"],
            shown=shown,
            cast_at=moment.replace(tzinfo=UTC),
            key=made_key("zooniverse", number, name),
            origin="zooniverse",
        )
        for name, value in said.items()
    ]


def _galaxy(row: Mapping[str, str], subject_key: str, line: str) -> Galaxy:
    subjects = _json(row["subject_data"], dict, f"{line}: subject_data")
    if len(subjects) != 1:
        raise LabelError(f"{line}: is about {len(subjects)} subjects; expected one.")
    (about,) = subjects.values()
    known = {str(name).lstrip("#!/ ").lower(): value for name, value in about.items()}
    name = known.get(subject_key.lstrip("#!/ ").lower())
    if name in (None, ""):
        raise LabelError(
            f"{line}: the subject has no {subject_key!r}; it has {', '.join(map(str, about))}. "
            "Name the column of the table's id with --subject-key."
        )
    try:
        ra, dec = (float(known[axis]) if known.get(axis) else None for axis in ("ra", "dec"))
    except (TypeError, ValueError) as error:
        raise LabelError(f"{line}: ra and dec of the subject are no numbers.") from error
    table, mark = (str(known.get(told) or "") for told in ("table", "fingerprint"))
    return Galaxy(str(name), ra, dec, table, mark)


def _json(text: str, kind: type, what: str) -> Any:
    """Return a JSON list or object whose parts are objects."""
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise LabelError(f"{what}: is no JSON ({error.msg}). Download the export again.") from error
    parts = list(value.values()) if isinstance(value, dict) else value
    if type(value) is not kind or not all(isinstance(part, dict) for part in parts):
        raise LabelError(f"{what}: has another form than Zooniverse writes.")
    return value


def _found(left_out: Mapping[str, int]) -> str:
    texts = ", ".join(repr(text) for text in list(left_out)[:6])
    return f"Found: {texts}. Say what they mean with --answer 'ANSWER=CLASS'." if texts else ""
