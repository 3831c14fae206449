"""How well people agree with each other, two by two."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
from sklearn.metrics import cohen_kappa_score

__all__ = ["Agreement", "agreements"]


@dataclass(frozen=True)
class Agreement:
    """Two people, on the galaxies that both voted on.

    Attributes
    ----------
    one, other : str
    galaxies : int
    share : float
        Of these on which they said the same.
    kappa : float
        Cohen's: agreement beyond chance, 1 at best, 0 by chance; NaN if both gave all of them one
        and the same answer, so that chance cannot be told.
    """

    one: str
    other: str
    galaxies: int
    share: float
    kappa: float


def agreements(current: pa.Table) -> list[Agreement]:
    """Compare all pairs of people who share galaxies.

    Parameters
    ----------
    current : Table
        The votes that count (`LabelStore.current`), of one class.

    Returns
    -------
    list of Agreement
        By name.
    """
    said: defaultdict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    columns = (current[name].to_pylist() for name in ("person", "fingerprint", "id", "value"))
    for person, mark, name, value in zip(*columns, strict=True):
        said[person][mark, name] = value
    found = []
    for one, other in combinations(sorted(said), 2):
        shared = sorted(said[one].keys() & said[other].keys())
        if not shared:
            continue
        first, second = ([said[who][galaxy] for galaxy in shared] for who in (one, other))
        same = sum(a == b for a, b in zip(first, second, strict=True))
        chance = len({*first, *second}) > 1
        kappa = float(cohen_kappa_score(first, second)) if chance else float("nan")
        found.append(Agreement(one, other, len(shared), same / len(shared), kappa))
    return found
