"""Which galaxies to label next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strandline.errors import OptionError
from strandline.seeding import generator

__all__ = ["QueueMix", "next_to_label"]

_WIDTH = 5
_CANDIDATES = 2000
_LABELLED_NEARBY = 500


@dataclass(frozen=True)
class QueueMix:
    """Shares of the queue, in the place of a formula with weights that nobody can explain.

    With a rare class it is the likely ones that bring examples, and these that teach most.

    Attributes
    ----------
    likely : float
        Of highest probability.
    uncertain : float
        Of probability nearest to a half on the balanced scale.
    diverse : float
        Farthest from all that is labelled or chosen already (k-centre; Sener & Savarese 2018).
    novel : float
        Of highest novelty.
    """

    likely: float = 0.6
    uncertain: float = 0.2
    diverse: float = 0.1
    novel: float = 0.1

    def __post_init__(self) -> None:
        shares = (self.likely, self.uncertain, self.diverse, self.novel)
        if min(shares) < 0 or not sum(shares) > 0:
            raise OptionError(f"Shares of the queue are {shares}; none may be negative, nor all 0.")

    def counts(self, n: int) -> dict[str, int]:
        """Return how many of `n` each is, by largest remainders."""
        shares = np.array([self.likely, self.uncertain, self.diverse, self.novel])
        exact = n * shares / shares.sum()
        whole = np.floor(exact).astype(int)
        more = np.argsort(-(exact - whole), kind="stable")[: n - whole.sum()]
        whole[more] += 1
        names = ("likely", "uncertain", "diverse", "novel")
        return dict(zip(names, whole.tolist(), strict=True))


def next_to_label(
    vectors: NDArray[np.floating],
    probability: NDArray[np.floating] | None,
    labelled_rows: ArrayLike,
    novelty: NDArray[np.floating] | None,
    n: int,
    seed: int,
    mix: QueueMix | None = None,
) -> NDArray[np.int64]:
    """Return the rows to label next, never one that is labelled, nor one without a vector.

    Likely and uncertain ones are spread: of five times as many candidates those farthest from
    each other are taken, so that ten copies do not fill the queue.

    Parameters
    ----------
    vectors : ndarray of float, shape (row, axis)
        Places in a `strandline.explore.vectors.Space`, or any vectors with a meaningful distance.
    probability : ndarray of float, shape (row,), optional
        By the head of now; without it, their part goes to diverse and novel ones.
    labelled_rows : array_like of int
    novelty : ndarray of float, shape (row,), optional
        Without it, its part goes to the others.
    n : int
        Fewer are returned when fewer are left.
    seed : int
        Chooses among candidates where there are more than 2000, of which the farthest are sought.
    mix : QueueMix, optional

    Returns
    -------
    ndarray of int64, shape (n,)
        Interleaved: the first few hold some of each kind.

    Raises
    ------
    OptionError
        If `n` is below 1, or shapes do not fit.
    """
    if n < 1:
        raise OptionError(f"n is {n}; it must be at least 1.")
    for name, values in (("probability", probability), ("novelty", novelty)):
        if values is not None and np.shape(values) != (len(vectors),):
            raise OptionError(f"{name} has shape {np.shape(values)} for {len(vectors)} vectors.")
    labelled = np.asarray(labelled_rows, dtype=np.int64)
    free = np.isfinite(vectors).all(axis=1)
    usable = labelled[free[labelled]]
    free[labelled] = False
    counts = _affordable(mix or QueueMix(), probability is not None, novelty is not None).counts(n)
    rng = generator(seed, "queue", len(labelled))
    chosen: dict[str, list[int]] = {name: [] for name in counts}

    def take(name: str, rows: list[int]) -> None:
        chosen[name] = rows
        free[rows] = False

    if probability is not None:
        odds = np.asarray(probability, dtype=np.float64)
        take("likely", _spread(vectors, free, odds, counts["likely"]))
        take("uncertain", _spread(vectors, free, -np.abs(odds - 0.5), counts["uncertain"]))
    if novelty is not None:
        take("novel", _first(free, np.asarray(novelty, dtype=np.float64), counts["novel"]))
    if counts["diverse"]:
        near = usable
        if len(near) > _LABELLED_NEARBY:
            near = rng.choice(near, _LABELLED_NEARBY, replace=False)
        taken = [row for rows in chosen.values() for row in rows]
        candidates = np.flatnonzero(free)
        if len(candidates) > _CANDIDATES:
            candidates = rng.choice(candidates, _CANDIDATES, replace=False)
        centres = np.concatenate([near, taken]).astype(np.int64)
        take("diverse", _farthest(vectors, candidates, centres, counts["diverse"]))
    return _interleaved(list(chosen.values()))


def _affordable(mix: QueueMix, scored: bool, novelty: bool) -> QueueMix:
    if not scored:  # nothing is known yet: look around
        return QueueMix(0, 0, 0.5, 0.5) if novelty else QueueMix(0, 0, 1, 0)
    if not novelty and mix.likely + mix.uncertain + mix.diverse > 0:
        return QueueMix(mix.likely, mix.uncertain, mix.diverse, 0)
    return mix if novelty else QueueMix(1, 0, 0, 0)


def _first(free: NDArray[np.bool_], score: NDArray[np.float64], n: int) -> list[int]:
    """Return the `n` free rows of highest score, best first; rows without a score come last."""
    rows = np.flatnonzero(free)
    values = np.nan_to_num(score[rows], nan=-np.inf)
    if n < len(rows):
        keep = np.argpartition(-values, n)[:n]
        rows, values = rows[keep], values[keep]
    return [int(row) for row in rows[np.argsort(-values, kind="stable")]]


def _spread(
    vectors: NDArray[np.floating], free: NDArray[np.bool_], score: NDArray[np.float64], n: int
) -> list[int]:
    if n < 1:
        return []
    best = np.array(_first(free, score, _WIDTH * n), dtype=np.int64)
    first = [int(row) for row in best[:1]]
    return first + _farthest(vectors, best[1:], best[:1], n - 1)


def _farthest(
    vectors: NDArray[np.floating],
    candidates: NDArray[np.int64],
    centres: NDArray[np.int64],
    n: int,
) -> list[int]:
    """Return candidates, each the farthest from `centres` and from those before it."""
    n = min(n, len(candidates))
    places = np.asarray(vectors[candidates], dtype=np.float64)
    apart = np.full(len(candidates), np.inf)
    for centre in np.asarray(vectors[centres], dtype=np.float64):
        apart = np.minimum(apart, ((places - centre) ** 2).sum(axis=1))
    chosen = []
    for _ in range(n):
        best = int(np.argmax(apart))
        chosen.append(int(candidates[best]))
        apart = np.minimum(apart, ((places - places[best]) ** 2).sum(axis=1))
        apart[best] = -1.0
    return chosen


def _interleaved(parts: list[list[int]]) -> NDArray[np.int64]:
    """Merge lists so that each is spread evenly."""
    places = [((k + 0.5) / len(rows), row) for rows in parts for k, row in enumerate(rows)]
    return np.array([row for _, row in sorted(places, key=lambda pair: pair[0])], dtype=np.int64)
