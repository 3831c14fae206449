"""The one door through which labels come in to be learned from: a CSV file, or a label store."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np

from strandline.errors import LabelError
from strandline.labels.address import DEFAULT_CLASS, StoreAddress, is_store, shown_name
from strandline.labels.files import read_label_file
from strandline.labels.matching import ByPlace, LabelKeys, Labels

__all__ = ["read_labels"]


def read_labels(source: str | Path, keys: LabelKeys) -> Labels:
    """Read labels and match them to rows.

    Parameters
    ----------
    source : path or str
        CSV with a header: ``id`` (as in the table) or ``file`` (a picture's name, with or without
        folders), and ``label``: 1 or ``interacting``, 0 or ``non_interacting``. Rows with any other
        label are left out and counted. Further columns are ignored. Or the address of a label
        store, ``sqlite:///labels.db?class=tail&consensus=dawid-skene``; see `read_store`.
    keys : LabelKeys
        The galaxies that may be named.

    Raises
    ------
    LabelError
        If the source cannot be read, names none of the galaxies, or names several by one entry.
    """
    return read_store(str(source), keys) if is_store(source) else read_label_file(source, keys)


def read_store(address: str, keys: LabelKeys) -> Labels:
    """Read the consensus on one class from a store.

    A vote finds its galaxy by id if the place is the same too, else by place (`ByPlace`). What
    one person said of one galaxy in several tables counts once, the last of it.

    Parameters
    ----------
    address : str
        With ``class`` (by default ``interacting``) and ``consensus`` (by default ``majority``).
    keys : LabelKeys

    Returns
    -------
    Labels
        Galaxies without a decision are left out: ``tied``, or ``unsure`` if nobody was sure.
    """
    from strandline.labels.consensus import agree  # SQLAlchemy only where a store is read
    from strandline.labels.store import LabelStore

    told = StoreAddress.parse(address)
    label_class = told.label_class or DEFAULT_CLASS
    with LabelStore(address, create=False) as store:
        votes = store.current(label_class)
    find = ByPlace(keys)
    standing: dict[tuple[int, str], tuple[datetime, str]] = {}
    unknown: dict[str, None] = {}
    columns = ("id", "ra", "dec", "person", "value", "cast_at")
    for name, ra, dec, person, value, moment in zip(
        *(votes[column].to_pylist() for column in columns), strict=True
    ):
        row = find(name, ra, dec)
        if row is None:
            unknown[name] = None
        elif (row, person) not in standing or standing[row, person][0] <= moment:
            standing[row, person] = (moment, value)
    if not standing:
        raise LabelError(_nothing(address, label_class, list(unknown), keys))
    rows, items = np.unique([row for row, _ in standing], return_inverse=True)
    people, values = [who for _, who in standing], [value for _, value in standing.values()]
    found = agree(items.astype(np.int64), people, values, told.consensus)
    undecided = np.flatnonzero(found.values < 0)
    sure = found.votes[undecided, :2].sum(axis=1) > 0
    left_out = Counter("tied" if known else "unsure" for known in sure)
    kept = found.values >= 0
    if not kept.any():
        raise LabelError(
            f"{shown_name(address)}: none of the {len(rows)} galaxies with votes in class "
            f"{label_class!r} has a decision. More people, or surer ones, are needed."
        )
    return Labels(
        rows[kept].astype(np.int64),
        found.values[kept],
        dict(left_out),
        tuple(unknown),
        label_class,
    )


def _nothing(address: str, label_class: str, unknown: list[str], keys: LabelKeys) -> str:
    name = shown_name(address)
    if not unknown:
        return (
            f"{name}: holds no vote in class {label_class!r} yet. Another class is read by "
            "?class=NAME at the end of the address."
        )
    known = f"the table has {keys.id[0]!r}" if len(keys.id) else "the table is empty"
    return (
        f"{name}: none of its {len(unknown)} galaxies with votes in class {label_class!r} is in "
        f"the table. It has {unknown[0]!r}, {known}. Were the votes cast on another table?"
    )
