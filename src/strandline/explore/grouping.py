"""Galaxies that are nearly the same, so that they take one place on a page and not all of it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import pairwise_distances

from strandline.errors import OptionError
from strandline.explore.vectors import Space, usual_distance

__all__ = ["first_of_each", "group_alike"]

_MOST_ROWS = 3000
_NEARER = 1.0


def group_alike(
    vectors: NDArray[np.floating], rows: ArrayLike, *, seed: int, nearer: float = _NEARER
) -> NDArray[np.int64]:
    """Put together those of some rows that are as near to each other as in a crowd.

    Novel galaxies lie apart from each other; copies, and artefacts of one cause, do not.

    Parameters
    ----------
    vectors : ndarray of float, shape (row, feature)
        Of the whole table.
    rows : array_like of int, shape (chosen,)
        At most 3000, the first of a ranking. All pairs of them are compared.
    seed : int
    nearer : float
        Groups are merged as long as their mean distance (average linkage, which does not string
        a chain of galaxies together) is below this times the `usual_distance` of the table.

    Returns
    -------
    ndarray of int64, shape (chosen,)
        Number of each row's group, in the order in which groups begin. A row whose vector is not
        finite is a group by itself.

    Raises
    ------
    OptionError
        For more rows than 3000, or `nearer` not above 0.
    """
    chosen = np.asarray(rows, dtype=np.int64)
    if len(chosen) > _MOST_ROWS or not nearer > 0:
        raise OptionError(
            f"{len(chosen)} rows with nearer {nearer}; expected at most {_MOST_ROWS} rows, and "
            "nearer above 0."
        )
    groups = np.arange(len(chosen))
    everywhere = Space.of(vectors, seed=seed)(vectors)
    places = everywhere[chosen]
    good = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(good) > 2:
        apart = pairwise_distances(places[good].astype(np.float64))
        merged = linkage(squareform(apart, checks=False), "average")
        found = fcluster(merged, nearer * usual_distance(everywhere, seed=seed), "distance")
        _, first, inverse = np.unique(found, return_index=True, return_inverse=True)
        groups[good] = good[first][inverse]  # by the place of its first member
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def first_of_each(rows: ArrayLike, groups: ArrayLike) -> list[NDArray[np.int64]]:
    """Return the rows of each group, in the ranking's order; the first stands for the others."""
    ranked, number = np.asarray(rows, dtype=np.int64), np.asarray(groups, dtype=np.int64)
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order])) + 1
    return [ranked[part] for part in np.split(order, starts)] if len(ranked) else []
