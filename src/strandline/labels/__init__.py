"""What people say of galaxies: files of labels, the store of votes, and what follows from them.

The store needs SQLAlchemy, which is imported when a store is first asked for.
"""

from typing import TYPE_CHECKING

from strandline.labels.address import is_store, shown_name
from strandline.labels.matching import LabelKeys, Labels
from strandline.labels.reading import read_labels
from strandline.lazy import lazily

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

__getattr__ = lazily(__name__, _HOMES)
