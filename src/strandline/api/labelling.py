"""``labels``: votes of people in and out of a label store, and what they say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strandline.api.tables import label_keys
from strandline.errors import OptionError, TableError
from strandline.files import check_target
from strandline.labels import LabelClass, LabelStore, galaxies
from strandline.labels.address import DEFAULT_CLASS, StoreAddress
from strandline.labels.answers import parse_answers
from strandline.labels.exchange import (
    check_ending,
    column_names,
    labels_as_votes,
    labels_table,
    read_votes,
    write_table,
)
from strandline.labels.incoming import Incoming, on_table
from strandline.labels.summary import LabelSummary, summarise
from strandline.labels.zooniverse import read_classifications
from strandline.stamps import StampTable

__all__ = [
    "FORMATS",
    "ImportReport",
    "define_class",
    "export_labels",
    "import_labels",
    "label_summary",
]

FORMATS = ("votes", "labels", "zooniverse")

_WHAT = ("votes", "current", "labels")


@dataclass(frozen=True)
class ImportReport:
    """What an import stored.

    Attributes
    ----------
    stored, already : int
        Votes that are new, and that were there.
    left_out : dict of str to int
        What the file says that is no vote, with how often.
    unknown : tuple of str
        Ids that are not in the stamp table.
    """

    stored: int
    already: int
    left_out: dict[str, int]
    unknown: tuple[str, ...]

    def summary(self) -> str:
        """Return all of it as one line."""
        text = f"{self.stored} votes stored, {self.already} were there already"
        if self.left_out:
            some = ", ".join(f"{what!r} {count}" for what, count in list(self.left_out.items())[:8])
            text += f"; left out: {some}"
        if self.unknown:
            text += f"; not in the table: {len(self.unknown)} galaxies ({self.unknown[0]}, …)"
        return text


def import_labels(
    file: str | Path,
    store: str,
    *,
    kind: str | None = None,
    label_class: str | None = None,
    person: str | None = None,
    table: str | Path | None = None,
    answers: Sequence[str] = (),
    workflow: str | None = None,
    task: str | None = None,
    subject_key: str = "id",
) -> ImportReport:
    """Store the votes of a file, all or none; what is stored already is passed over.

    Parameters
    ----------
    file : path
        CSV or Parquet of votes, a CSV of labels as ``--labels`` reads it, or a classification
        export of Zooniverse.
    store : str
        Its address; made if it is not there.
    kind : {"votes", "labels", "zooniverse"}, optional
        By default what the columns look like.
    label_class, person : str, optional
        Of a file of labels: whose they are, and on what (by default ``interacting``).
    table : path, optional
        The stamp table that the ids are of; gives votes their positions.
    answers, workflow, task, subject_key
        For Zooniverse; see `strandline.labels.zooniverse`.

    Raises
    ------
    LabelError, OptionError
    """
    if kind not in (None, *FORMATS):
        raise OptionError(f"format is {kind!r}; expected {', '.join(FORMATS)}.")
    kind = kind or _recognised(file)
    opened = StampTable.open(table) if table else None
    if kind == "zooniverse":
        meant = parse_answers(answers)
        incoming = read_classifications(
            file, meant, workflow=workflow, task=task, subject_key=subject_key
        )
    elif kind == "labels":
        if not person:
            raise OptionError(
                f"{file}: holds labels, not votes; say whose they are: --person NAME."
            )
        about = label_class or StoreAddress.parse(store).label_class or DEFAULT_CLASS
        keys = label_keys(opened) if opened else None
        incoming = labels_as_votes(file, about, person, keys)
    else:
        incoming = read_votes(file)
    unknown: tuple[str, ...] = ()
    if opened:
        incoming, unknown = on_table(incoming, galaxies(opened))
        if not incoming.votes:
            raise TableError(
                f"{file}: none of its {len(unknown)} galaxies is in {table}. It has {unknown[0]!r}."
            )
    return _store(incoming, store, unknown)


def export_labels(
    store: str,
    out: str | Path,
    *,
    what: str = "votes",
    label_class: str | None = None,
    consensus: str | None = None,
) -> int:
    """Write votes or labels of a store; return the number of rows.

    Parameters
    ----------
    store : str
        Its address, which may name class and consensus.
    out : path
        ``.csv`` or ``.parquet``.
    what : {"votes", "current", "labels"}
        All that was ever said, with withdrawals, from which the store can be made again; the votes
        that count; or one label for each decided galaxy of a class, as ``--labels`` reads it.
    label_class : str, optional
        Only this class; for labels ``interacting`` by default.
    consensus : {"majority", "dawid-skene"}, optional

    Raises
    ------
    LabelError, OptionError
    """
    if what not in _WHAT:
        raise OptionError(f"what is {what!r}; expected {', '.join(_WHAT)}.")
    check_ending(out)
    check_target(out)
    told = StoreAddress.parse(store)
    about = label_class or told.label_class
    with LabelStore(store, create=False) as opened:
        if what == "labels":
            found = opened.labels(about or DEFAULT_CLASS, consensus or told.consensus)
            rows = labels_table(found)
        else:
            rows = opened.votes(about) if what == "votes" else opened.current(about)
    write_table(rows, out)
    return len(rows)


def label_summary(store: str, label_class: str | None = None) -> LabelSummary:
    """Return who said how much of what, how well people agree, and where they do not.

    Parameters
    ----------
    store : str
        Its address, which may name class and consensus.
    label_class : str, optional
        Only this class.
    """
    told = StoreAddress.parse(store)
    with LabelStore(store, create=False) as opened:
        return summarise(opened, label_class or told.label_class, told.consensus)


def define_class(
    store: str, name: str, *, description: str = "", key: str | None = None, person: str = ""
) -> LabelClass:
    """Add a class to a store, which is made if it is not there.

    Raises
    ------
    LabelError
        If there is another class of this name or key.
    """
    made = LabelClass(name, description, key, person)
    with LabelStore(store) as opened:
        opened.define(made)
    return made


def _recognised(file: str | Path) -> str:
    names = column_names(file)
    if {"annotations", "subject_data"} <= set(names):
        return "zooniverse"
    return "labels" if "label" in names and "value" not in names else "votes"


def _store(incoming: Incoming, store: str, unknown: tuple[str, ...]) -> ImportReport:
    with LabelStore(store) as opened:
        stored = opened.record_all(incoming.votes, incoming.withdrawals)
    already = len(incoming.votes) - stored
    return ImportReport(stored, already, dict(incoming.left_out), unknown)
