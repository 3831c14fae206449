"""How a store stands: who said how much of what, and how well people agree."""

from dataclasses import dataclass

import numpy as np

from strandline.labels.agreement import Agreement, agreements
from strandline.labels.classes import LabelClass
from strandline.labels.store import LabelStore

__all__ = ["ClassSummary", "LabelSummary", "summarise"]

_DISPUTED = 10


@dataclass(frozen=True)
class ClassSummary:
    """How one class stands.

    Attributes
    ----------
    label_class : LabelClass
    votes : dict of str to int
        Votes that count, by value.
    yes, no, undecided : int
        Galaxies, by the consensus.
    disputed : tuple of (str, float)
        Galaxies on which people disagree most, with the entropy of their votes in bits.
    agreement : tuple of Agreement
        Of all pairs of people who share galaxies.
    """

    label_class: LabelClass
    votes: dict[str, int]
    yes: int
    no: int
    undecided: int
    disputed: tuple[tuple[str, float], ...]
    agreement: tuple[Agreement, ...]


@dataclass(frozen=True)
class LabelSummary:
    """How a store stands.

    Attributes
    ----------
    votes, withdrawn : int
        All that were ever cast, and those of them that were taken back.
    people : dict of str to int
        Votes that count, by person.
    classes : tuple of ClassSummary
    """

    votes: int
    withdrawn: int
    people: dict[str, int]
    classes: tuple[ClassSummary, ...]


def summarise(
    store: LabelStore, label_class: str | None = None, consensus: str = "majority"
) -> LabelSummary:
    """Summarise a store, or one class of it.

    Parameters
    ----------
    store : LabelStore
    label_class : str, optional
        By default all that have votes.
    consensus : {"majority", "dawid-skene"}
    """
    everything = store.votes(label_class)
    current = store.current(label_class)
    there = set(current["class"].to_pylist())
    people, counts = np.unique(np.array(current["person"].to_pylist(), str), return_counts=True)
    return LabelSummary(
        len(everything),
        len(everything) - everything["withdrawn_at"].null_count,
        {str(people[k]): int(counts[k]) for k in np.argsort(-counts, kind="stable")},
        tuple(_of_class(store, one, consensus) for one in store.classes() if one.name in there),
    )


def _of_class(store: LabelStore, label_class: LabelClass, consensus: str) -> ClassSummary:
    current = store.current(label_class.name)
    found = store.labels(label_class.name, consensus)
    bits = found.disagreement_bits
    worst = [int(k) for k in np.argsort(-bits, kind="stable")[:_DISPUTED] if bits[k] > 0]
    no, yes, unsure = (int(total) for total in found.votes.sum(axis=0))
    return ClassSummary(
        label_class,
        {"yes": yes, "no": no, "unsure": unsure},
        yes=int((found.values == 1).sum()),
        no=int((found.values == 0).sum()),
        undecided=int((found.values < 0).sum()),
        disputed=tuple((found.ids[k], float(bits[k])) for k in worst),
        agreement=tuple(agreements(current)),
    )
