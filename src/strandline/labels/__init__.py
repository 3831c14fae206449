"""What people say of galaxies: files of labels, the store of votes, and what follows from them.

The store needs SQLAlchemy, which is imported when a store is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from strandline.labels.address import is_store, shown_name
from strandline.labels.matching import LabelKeys, Labels
from strandline.labels.reading import read_labels

if TYPE_CHECKING:
    from strandline.labels.agreement import Agreement, agreements
    from strandline.labels.classes import LabelClass
    from strandline.labels.consensus import Consensus
    from strandline.labels.notes import Note
    from strandline.labels.store import LabelStore
    from strandline.labels.votes import Galaxy, Vote, galaxies

__all__ = [
    "Agreement",
    "Consensus",
    "Galaxy",
    "LabelClass",
    "LabelKeys",
    "LabelStore",
    "Labels",
    "Note",
    "Vote",
    "agreements",
    "galaxies",
    "is_store",
    "read_labels",
    "shown_name",
]

_HOMES = {
    "Agreement": "agreement",
    "Consensus": "consensus",
    "Galaxy": "votes",
    "LabelClass": "classes",
    "LabelStore": "store",
    "Note": "notes",
    "Vote": "votes",
    "agreements": "agreement",
    "galaxies": "votes",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"strandline.labels.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
