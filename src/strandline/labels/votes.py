"""What one person says of one galaxy, and when, having seen what."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from strandline.errors import LabelError
from strandline.labels.classes import class_name
from strandline.stamps import StampTable

__all__ = ["VALUES", "Galaxy", "Vote", "check_person", "galaxies", "table_fingerprint"]

VALUES = ("yes", "no", "unsure")

_LONGEST_NAME = 200
_LARGEST_SHOWN = 10_000


@dataclass(frozen=True)
class Galaxy:
    """A galaxy as a vote names it.

    Attributes
    ----------
    id : str
        As in the stamp table.
    ra_deg, dec_deg : float or None
        ICRS; None where there is no position, as for pictures.
    table : str
        Name of the stamp table, for people.
    fingerprint : str
        Of the stamp table (`table_fingerprint`): which galaxies it holds. Empty if unknown.
    """

    id: str
    ra_deg: float | None = None
    dec_deg: float | None = None
    table: str = ""
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if not self.id or "\0" in self.id:
            raise LabelError(f"galaxy {self.id!r}: expected the id that it has in its stamp table.")
        if self.ra_deg is None or self.dec_deg is None or not _on_sky(self.ra_deg, self.dec_deg):
            object.__setattr__(self, "ra_deg", None)
            object.__setattr__(self, "dec_deg", None)


@dataclass(frozen=True)
class Vote:
    """What one person says of one galaxy.

    Attributes
    ----------
    galaxy : Galaxy
    label_class : str
        Name of a class of the store.
    value : str
        ``yes``, ``no`` or ``unsure``.
    person : str
    shown : mapping
        What was on the screen, kept as JSON: stretch, view mode, the model and its probability.
    cast_at : datetime
        With its zone; by default now.
    key : UUID
        Made where the vote is cast, so that a vote that is sent twice is stored once.
    origin : str
        The page, or the file that it was imported from.

    Raises
    ------
    LabelError
        If a value is none of these.
    """

    galaxy: Galaxy
    label_class: str
    value: str
    person: str
    shown: Mapping[str, Any] = field(default_factory=dict)
    cast_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    key: UUID = field(default_factory=uuid4)
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label_class", class_name(self.label_class))
        object.__setattr__(self, "person", check_person(self.person, self.galaxy.id))
        if self.value not in VALUES:
            raise LabelError(
                f"vote on {self.galaxy.id!r}: is {self.value!r}; expected {', '.join(VALUES)}."
            )
        if self.cast_at.tzinfo is None:
            raise LabelError(f"vote on {self.galaxy.id!r}: cast_at has no time zone; give UTC.")
        try:
            size = len(json.dumps(dict(self.shown), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise LabelError(
                f"vote on {self.galaxy.id!r}: what was shown cannot be kept as JSON ({error})."
            ) from error
        if size > _LARGEST_SHOWN:
            raise LabelError(
                f"vote on {self.galaxy.id!r}: what was shown has {size} characters; expected at "
                f"most {_LARGEST_SHOWN}."
            )


def check_person(name: str, galaxy: str = "") -> str:
    """Return the name of a person without blanks around it.

    Raises
    ------
    LabelError
        If it is empty, longer than 200 characters or not printable.
    """
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        about = f"vote on {galaxy!r}: " if galaxy else ""
        raise LabelError(
            f"{about}person is {name[:20]!r}; expected a name of at most {_LONGEST_NAME} printable "
            "characters."
        )
    return name


def table_fingerprint(table: StampTable) -> str:
    """Return 16 hexadecimal digits that tell which galaxies a table holds, and in what order.

    Columns that are added later, and copies of the table, leave it as it is.
    """
    columns = table.columns("id", "ra", "dec")
    digest = hashlib.sha256("\n".join(columns["id"].to_pylist()).encode())
    for name in ("ra", "dec"):
        digest.update(np.asarray(columns[name], dtype="<f8").tobytes())
    return digest.hexdigest()[:16]


def galaxies(table: StampTable, rows: Iterable[int] | None = None) -> list[Galaxy]:
    """Return the galaxies of a table as votes name them, all or those of `rows`, in that order."""
    mark = table_fingerprint(table)
    wanted = None if rows is None else list(rows)
    columns = table.columns("id", "ra", "dec", rows=wanted).to_pydict()
    return [
        Galaxy(name, ra, dec, table.path.name, mark)
        for name, ra, dec in zip(columns["id"], columns["ra"], columns["dec"], strict=True)
    ]


def _on_sky(ra_deg: float, dec_deg: float) -> bool:
    return bool(np.isfinite(ra_deg) and -90 <= dec_deg <= 90)
