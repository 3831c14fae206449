"""Novelty of galaxies that come later, or by the billion: a scale fitted to a sample once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from strandline.errors import OptionError
from strandline.explore.novelty import NOVELTY_AXES
from strandline.explore.vectors import Space
from strandline.seeding import stable_seed

__all__ = ["NoveltyScale"]

_TREES = 100
_BATCH = 20_000
_SAME = 1e-6


@dataclass(frozen=True)
class NoveltyScale:
    """How novel any vector is among those of a sample; see `strandline.explore.novelty.novelty_of`.

    Of the vectors of the sample itself it says what `novelty_of` says, of which it is the part that
    can be handed to other processes.

    Attributes
    ----------
    space : Space
    search : NearestNeighbors
        Among the sample's places.
    forest : IsolationForest
    values : dict of ndarray of float64, shape (sample,)
        Of each part, sorted.
    means : ndarray of float64, shape (sample,)
        Of the ranks, sorted.
    """

    space: Space
    search: NearestNeighbors
    forest: IsolationForest
    values: dict[str, NDArray[np.float64]]
    means: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: NDArray[np.floating], *, seed: int, neighbours: int = 10) -> Self:
        """Fit to a sample, shape (row, feature), such as 10,000 galaxies drawn at random.

        Raises
        ------
        OptionError
            For fewer than 3 finite vectors.
        """
        vectors = np.asarray(vectors)
        vectors = vectors[np.isfinite(vectors).all(axis=1)]
        if len(vectors) < 3:
            raise OptionError(f"{len(vectors)} vectors are finite; 3 are needed for novelty.")
        space = Space.of(vectors, seed=seed, axes=NOVELTY_AXES)
        places = space(vectors)
        count = min(neighbours, len(places) - 1)
        search = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(places)
        forest = IsolationForest(
            n_estimators=_TREES, random_state=stable_seed(seed, "isolation") % 2**32
        ).fit(places)
        told = _parts(search, forest, places)
        values = {name: np.sort(part) for name, part in told.items()}
        return cls(space, search, forest, values, np.sort(_mean_rank(values, told)))

    def __call__(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the share of the sample that is less novel, shape (row,); NaN if not finite."""
        places = self.space(np.asarray(vectors))
        score = np.full(len(places), np.nan, dtype=np.float32)
        good = np.isfinite(places).all(axis=1)
        if good.any():
            told = _parts(self.search, self.forest, places[good])
            rank = _rank(self.means, _mean_rank(self.values, told))
            score[good] = np.clip((rank - 1) / (len(self.means) - 1), 0, 1)
        return score


def _distance(search: NearestNeighbors, places: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the distance to the last of the neighbours.

    A member of the sample is no neighbour of itself: it is left out, or else the farthest.
    """
    found = []
    for start in range(0, len(places), _BATCH):
        apart = search.kneighbors(places[start : start + _BATCH])[0]
        found.append(np.where(apart[:, 0] < _SAME, apart[:, -1], apart[:, -2]))
    return np.concatenate(found)


def _parts(
    search: NearestNeighbors, forest: IsolationForest, places: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    return {"distance": _distance(search, places), "isolation": -forest.score_samples(places)}


def _mean_rank(
    values: dict[str, NDArray[np.float64]], told: dict[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean(
        [_rank(values[name], told[name]) for name in values], axis=0
    )
    return mean


def _rank(ordered: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from 1 among sorted values; equal ones share the mean of theirs."""
    left = np.searchsorted(ordered, values, side="left")
    right = np.searchsorted(ordered, values, side="right")
    return np.asarray((left + right + 1) / 2, dtype=np.float64)
