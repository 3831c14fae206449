"""How unlike all others a galaxy is, and what a person's marks make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesRegressor, IsolationForest
from sklearn.neighbors import NearestNeighbors

from strandline.errors import OptionError
from strandline.explore.vectors import Space, usual_distance
from strandline.seeding import generator, stable_seed

__all__ = ["NOVELTY_AXES", "Novelty", "novelty_in_any", "novelty_of", "rescore"]

NOVELTY_AXES = 32
"""Along more, distances are all alike."""

_TREES = 100
_LEAST_TRUST, _TRUST = 0.1, 0.85  # of a mark: Lochner & Bassett's epsilon_1 and epsilon_2
_BATCH = 20_000


@dataclass(frozen=True)
class Novelty:
    """How novel each row is.

    Attributes
    ----------
    score : ndarray of float32, shape (row,)
        The share of rows that are less novel by the mean of both ranks: 0 to 1. NaN where a
        vector is not finite.
    parts : dict of ndarray of float32, shape (row,)
        ``distance``: to the k-th neighbour. ``isolation``: score of an isolation forest (Liu, Ting
        & Zhou 2008), 0 to 1.
    """

    score: NDArray[np.float32]
    parts: dict[str, NDArray[np.float32]]


def novelty_of(
    vectors: NDArray[np.floating], *, seed: int, neighbours: int = 10, sample: int = 10_000
) -> Novelty:
    """Measure how novel vectors are, on their `NOVELTY_AXES` strongest axes (see `Space`).

    Parameters
    ----------
    vectors : ndarray of float, shape (row, feature)
    seed : int
    neighbours : int
        k: a group of so many alike, or fewer, is novel as a whole.
    sample : int
        Neighbours are looked for among at most so many rows, drawn at random, and the forest is
        grown on them, so that time is linear in the number of rows. With ``s`` sampled of ``n``
        rows, a group of ``k * n / s`` is novel as a whole.

    Raises
    ------
    OptionError
        For a number of neighbours below 1, or fewer than 3 finite vectors.
    """
    if neighbours < 1 or sample < 3:
        raise OptionError(f"neighbours is {neighbours}, sample {sample}; at least 1 and 3.")
    vectors = np.asarray(vectors)
    places = Space.of(vectors, seed=seed, axes=NOVELTY_AXES)(vectors)
    good = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(good) < 3:
        raise OptionError(f"Of {len(vectors)} vectors {len(good)} are finite; 3 are needed.")
    chosen = good
    if len(good) > sample:
        chosen = np.sort(generator(seed, "novelty").choice(good, sample, replace=False))
    far = _by_neighbours(places, good, chosen, min(neighbours, len(chosen) - 1))
    told: dict[str, NDArray[np.float64]] = {"distance": far}
    forest = IsolationForest(
        n_estimators=_TREES, random_state=stable_seed(seed, "isolation") % 2**32
    ).fit(places[chosen])
    told["isolation"] = -forest.score_samples(places[good])
    ranks = np.mean([rankdata(values) for values in told.values()], axis=0)
    return Novelty(
        _spread(_shares(ranks), good, len(vectors)),
        {name: _spread(values, good, len(vectors)) for name, values in told.items()},
    )


def novelty_in_any(
    vectors: NDArray[np.floating], aspects: Sequence[slice], *, seed: int
) -> NDArray[np.float32]:
    """Return how novel each row is in that aspect in which it is most so, shape (row,).

    What is unlike all else in one respect only is lost among hundreds of features that tell of
    others.

    Parameters
    ----------
    vectors : ndarray of float, shape (row, feature)
    aspects : sequence of slice
        Features that are looked at together; see `strandline.explore.vectors.aspects_of`.
    seed : int

    Returns
    -------
    ndarray of float32, shape (row,)
        The share of rows that are less novel, 0 to 1; NaN where a vector is not finite.
    """
    most = np.max([novelty_of(vectors[:, part], seed=seed).score for part in aspects], axis=0)
    good = np.flatnonzero(np.isfinite(most))
    return _spread(_shares(most[good]), good, len(most))


def rescore(
    places: NDArray[np.float32],
    novelty: NDArray[np.floating],
    rows: ArrayLike,
    interest: ArrayLike,
    *,
    seed: int,
) -> NDArray[np.float32]:
    """Correct novelty by how interesting a person found some galaxies.

    That of Astronomaly (Lochner & Bassett 2021, arXiv:2010.11202): a regression foretells the
    interest everywhere, and the novelty is multiplied by ``tanh(delta - 1 + arctanh(interest))``,
    where ``delta = exp(distance to the nearest mark)``: near those found dull novelty sinks to a
    tenth, far from all marks it stays. Two things differ. As distances along many axes are all
    alike, they are counted from the typical distance of nearest neighbours (0) to the median
    distance to a mark (1). As `novelty` is a share, what is multiplied is its surprise,
    ``-log(1 - novelty)``, and the result is a share again.

    Parameters
    ----------
    places : ndarray of float32, shape (row, axis)
        ``Space.of(vectors, seed=seed)(vectors)``, which a page keeps between marks.
    novelty : ndarray of float, shape (row,)
    rows : array_like of int, shape (mark,)
        Those marked.
    interest : array_like of float, shape (mark,)
        0 uninteresting, 1 interesting, or between.
    seed : int

    Returns
    -------
    ndarray of float32, shape (row,)
        The share of rows that are less novel now, 0 to 1; NaN where `novelty` or the place is.

    Raises
    ------
    OptionError
        If a mark is not between 0 and 1, or its row does not exist.
    """
    marked, given = np.asarray(rows, dtype=np.int64), np.asarray(interest, dtype=np.float64)
    if marked.shape != given.shape or not ((given >= 0) & (given <= 1)).all():
        raise OptionError("Give a number from 0 (uninteresting) to 1 for each row marked.")
    if len(marked) and (marked.min() < 0 or marked.max() >= len(places)):
        raise OptionError(
            f"Rows are 0 to {len(places) - 1}; marked {marked.min()} to {marked.max()}."
        )
    good = np.flatnonzero(np.isfinite(places).all(axis=1) & np.isfinite(novelty))
    known = np.isin(marked, good)
    marked, given = marked[known], given[known]
    if not len(marked):
        return np.asarray(novelty, dtype=np.float32)
    foretold = _foretold(places, good, marked, given, seed)
    apart = _apart(places, good, marked, seed)
    factor = np.tanh(np.expm1(apart) + np.arctanh(_LEAST_TRUST + _TRUST * foretold))
    rest = 1 - np.asarray(novelty, dtype=np.float64)[good]
    surprise = -np.log(np.maximum(rest, 0.5 / len(good)))
    return _spread(_shares(surprise * factor), good, len(places))


def _by_neighbours(
    places: NDArray[np.float32], rows: NDArray[np.int64], sample: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return the distance of `rows` to the last of `count` neighbours in `sample`."""
    search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(places[sample])
    far = np.empty(len(rows))
    for start in range(0, len(rows), _BATCH):
        part = slice(start, start + _BATCH)
        apart, who = search.kneighbors(places[rows[part]])
        # a row is no neighbour of itself: it moves to the end, or else the farthest is left out
        order = np.argsort(sample[who] == rows[part][:, None], axis=1, kind="stable")[:, :count]
        far[part] = np.take_along_axis(apart, order, axis=1)[:, -1]
    return far


def _foretold(
    places: NDArray[np.float32],
    rows: NDArray[np.int64],
    marked: NDArray[np.int64],
    given: NDArray[np.float64],
    seed: int,
) -> NDArray[np.float64]:
    trees = ExtraTreesRegressor(_TREES, random_state=stable_seed(seed, "interest") % 2**32)
    trees.fit(places[marked], given)
    foretold = np.clip(trees.predict(places[rows]), 0, 1)
    foretold[np.searchsorted(rows, marked)] = given
    return np.asarray(foretold)


def _apart(
    places: NDArray[np.float32], rows: NDArray[np.int64], marked: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Return distances to the nearest mark: 0 as near as neighbours are, 1 the median."""
    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(places[marked])
    apart = search.kneighbors(places[rows])[0][:, 0]
    typical = float(np.median(apart))
    near = min(usual_distance(places, seed=seed), 0.9 * typical)
    return np.asarray(np.clip((apart - near) / max(typical - near, 1e-12), 0, 3))


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((rankdata(values) - 1) / max(len(values) - 1, 1))


def _spread(
    values: NDArray[np.floating], rows: NDArray[np.int64], count: int
) -> NDArray[np.float32]:
    whole = np.full(count, np.nan, dtype=np.float32)
    whole[rows] = values
    return whole
