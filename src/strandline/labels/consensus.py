"""One answer for each galaxy from the votes of several people, and where they disagree."""

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import entropy

from strandline.errors import OptionError
from strandline.labels.address import CONSENSUS
from strandline.labels.dawidskene import fit_dawid_skene

__all__ = ["ANSWERS", "Consensus", "Skill", "agree", "find_consensus"]

ANSWERS = ("no", "yes", "unsure")
"""Answers by number; the first two are also the truths that there are."""

_PRIOR = np.array([[8.0, 2.0, 1.0], [2.0, 8.0, 1.0]])
"""Every person is taken to have been right eight times, wrong twice and unsure once of each truth:
with few votes the model would otherwise believe in people who are always right, or always wrong."""


@dataclass(frozen=True)
class Skill:
    """How well a person knows the truth, by Dawid and Skene's model.

    Attributes
    ----------
    sensitivity : float
        Share of yes among this person's answers where the truth is yes.
    specificity : float
        Share of no where the truth is no.
    """

    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Consensus:
    """What people say together, one entry a galaxy.

    Attributes
    ----------
    ids : tuple of str
        As in the galaxy's stamp table; the item's number from `agree`.
    values : ndarray of int64, shape (n,)
        1 yes, 0 no, -1 undecided: a tie, or nobody was sure.
    probability : ndarray of float64, shape (n,)
        Of yes: its share among yes and no (NaN if nobody was sure), or the model's where two or
        more have spoken.
    votes : ndarray of int64, shape (n, 3)
        How many said no, yes and unsure.
    fingerprints : tuple of str
        Of the galaxies' stamp tables.
    skills : dict of str to Skill
        Of each person who shares items with others, by Dawid and Skene's model; empty for the
        majority.
    """

    ids: tuple[str, ...]
    values: NDArray[np.int64]
    probability: NDArray[np.float64]
    votes: NDArray[np.int64]
    fingerprints: tuple[str, ...] = ()
    skills: dict[str, Skill] = field(default_factory=dict)

    @property
    def disagreement_bits(self) -> NDArray[np.float64]:
        """Entropy of no, yes and unsure, shape (n,): 0 if all say the same, 1 if half and half."""
        return np.asarray(entropy(self.votes, axis=1, base=2), dtype=np.float64)

    def __len__(self) -> int:
        return len(self.ids)


def find_consensus(current: pa.Table, method: str) -> Consensus:
    """Return the consensus of the votes that count (`LabelStore.current`), all of one class.

    Raises
    ------
    OptionError
        If there is no such method.
    """
    places: dict[tuple[str, str], int] = {}
    keys = zip(current["fingerprint"].to_pylist(), current["id"].to_pylist(), strict=True)
    items = np.array([places.setdefault(key, len(places)) for key in keys], dtype=np.int64)
    found = agree(items, current["person"].to_pylist(), current["value"].to_pylist(), method)
    marks, ids = zip(*places, strict=True) if places else ((), ())
    return replace(found, ids=ids, fingerprints=marks)


def agree(items: NDArray[np.int64], people: list[str], values: list[str], method: str) -> Consensus:
    """Return the consensus on items numbered from 0 without gaps.

    Parameters
    ----------
    items : ndarray of int64, shape (vote,)
    people, values : list of str, of the same length
        Who said what (`ANSWERS`); each person at most once of an item.
    method : {"majority", "dawid-skene"}

    Notes
    -----
    How well people know the truth shows only where they meet: Dawid and Skene's model is fitted to
    the items that two or more have spoken of. Where only one has, his word stands.
    """
    if method not in CONSENSUS:
        raise OptionError(f"consensus is {method!r}; expected {' or '.join(CONSENSUS)}.")
    count = int(items.max()) + 1 if items.size else 0
    ids = tuple(str(k) for k in range(count))
    answers = np.array([ANSWERS.index(value) for value in values], dtype=np.int64)
    votes = np.zeros((count, len(ANSWERS)), dtype=np.int64)
    np.add.at(votes, (items, answers), 1)
    sure = votes[:, :2].sum(axis=1)
    share = np.where(sure > 0, votes[:, 1] / np.maximum(sure, 1), np.nan)
    shared = np.flatnonzero(votes.sum(axis=1) > 1)
    if method == "majority" or not shared.size:
        return Consensus(ids, _decided(share, sure), share, votes)
    used = np.isin(items, shared)
    names, who = np.unique(np.array(people)[used], return_inverse=True)
    fit = fit_dawid_skene(
        np.searchsorted(shared, items[used]), who, answers[used], classes=2, prior=_PRIOR
    )
    skills = {
        str(name): Skill(float(fit.answering[k, 1, 1]), float(fit.answering[k, 0, 0]))
        for k, name in enumerate(names)
    }
    probability = share.copy()
    probability[shared] = fit.probability[:, 1]
    return Consensus(ids, _decided(probability, sure), probability, votes, skills=skills)


def _decided(probability: NDArray[np.float64], sure: NDArray[np.int64]) -> NDArray[np.int64]:
    undecided = (sure == 0) | (probability == 0.5)
    return np.where(undecided, -1, probability > 0.5).astype(np.int64)
