"""Vectors of a table, and the space in which they are compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from sklearn.covariance import LedoitWolf
from sklearn.neighbors import NearestNeighbors

from strandline.errors import OptionError, TableError
from strandline.seeding import generator
from strandline.shapes import HARMONICS, HARMONICS_PARTS, has_harmonics, read_harmonics
from strandline.stamps import StampTable

__all__ = [
    "Space",
    "aspects_of",
    "likeness",
    "read_looks",
    "read_vectors",
    "table_encoder",
    "usual_distance",
]

_AXES = 128
_SAMPLE = 20_000
_AT_ONCE = 50_000
_FARTHEST = 6.0
_FEW = 2000


def read_vectors(
    table: StampTable, column: str = "embedding", rows: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Return a vector column, float32 of shape (row, feature), of all rows or of some.

    Raises
    ------
    TableError
        If there is no such column, or it holds no vectors.
    """
    found = table.columns(column, rows=rows)[column].combine_chunks()
    if not hasattr(found.type, "list_size"):
        raise TableError(f"{table.path}: column {column!r} holds {found.type}, no vectors.")
    flat = np.asarray(found.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)
    return flat.reshape(len(found), int(found.type.list_size))


def read_looks(table: StampTable, column: str = "embedding") -> NDArray[np.float32]:
    """Return all that is known of how each galaxy looks, float32 of shape (row, feature).

    The embedding, which training has shaped, and behind it the harmonics of light, which tell of
    what no training has seen, if the table has them.
    """
    vectors = read_vectors(table, column)
    if not has_harmonics(table):
        return vectors
    return np.concatenate([vectors, read_harmonics(table, np.arange(len(table)))], axis=1)


def aspects_of(looks: NDArray[np.float32], *, harmonics: bool) -> tuple[slice, ...]:
    """Return which features of `read_looks` tell of one thing, in which galaxies may be novel.

    These are the embedding and, if harmonics stand behind it, light and colour as they are seen,
    and colour in the own frame (`strandline.shapes.HARMONICS_PARTS`).
    """
    if not harmonics:
        return (slice(None),)
    width = looks.shape[1] - HARMONICS
    behind = (slice(width + part.start, width + part.stop) for part in HARMONICS_PARTS)
    return slice(0, width), *behind


def table_encoder(table: StampTable, column: str) -> tuple[str, str]:
    """Return fingerprint and name of the model that made a table's embedding.

    Raises
    ------
    TableError
        If there is none, or it was made before fingerprints were kept.
    """
    table.check_columns([column])
    encoder = table.metadata.get(f"{column}_encoder", "")
    if not encoder:
        raise TableError(
            f"{table.path}: does not tell which encoder made {column}. Make it again: "
            f"strandline embed {table.path}."
        )
    return encoder, table.metadata.get(f"{column}_model", "")


@dataclass(frozen=True)
class Space:
    """The strongest principal axes of some vectors, each with variance 1.

    Here two galaxies point the same way if they differ from the crowd in what it has in common:
    the rare class of few examples is found by a discriminant, which is the mean of their places
    (see `likeness`). Every feature is standardised first and cut at 6 standard deviations, so
    that none outweighs the others and one wild value is no axis. Variances are those of the
    covariance as Ledoit & Wolf (2004) shrink it, so that weak axes of few vectors stay weak.

    Attributes
    ----------
    mean, std : ndarray of float64, shape (feature,)
    middle : ndarray of float64, shape (feature,)
        Mean of the standardised features once they are cut.
    turn : ndarray of float64, shape (feature, axis)
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    middle: NDArray[np.float64]
    turn: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: NDArray[np.floating], *, seed: int, axes: int = _AXES) -> "Space":
        """Fit to at most 20,000 of the finite rows of `vectors`, drawn at random.

        Raises
        ------
        OptionError
            If there are fewer than two of them.
        """
        vectors = np.asarray(vectors)
        if vectors.ndim != 2:
            raise OptionError(f"vectors has shape {vectors.shape}; expected (row, feature).")
        rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
        if len(rows) < 2:
            raise OptionError(f"Of {len(vectors)} vectors {len(rows)} are finite; 2 are needed.")
        if len(rows) > _SAMPLE:
            rows = np.sort(generator(seed, "space").choice(rows, _SAMPLE, replace=False))
        wide = vectors[rows].astype(np.float64)
        mean, std = wide.mean(axis=0), wide.std(axis=0)
        std = np.where(std > 1e-6 * np.abs(mean).max(initial=1e-6), std, 1.0)  # a dead feature
        shrunk = LedoitWolf(store_precision=False).fit(_cut((wide - mean) / std))
        width = wide.shape[1]
        count = min(axes, *wide.shape)
        variance, turn = eigh(shrunk.covariance_, subset_by_index=[width - count, width - 1])
        dead = variance <= 1e-9 * max(variance[-1], 1e-9)
        turn /= np.sqrt(np.where(dead, 1.0, variance))
        return cls(mean, std, shrunk.location_, turn[:, ::-1])

    def __call__(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return places, shape (row, axis); those of vectors that are not finite are NaN."""
        places = np.full((len(vectors), self.turn.shape[1]), np.nan, dtype=np.float32)
        for start in range(0, len(vectors), _AT_ONCE):  # of a million a copy would fill the memory
            part = np.asarray(vectors[start : start + _AT_ONCE])
            good = np.isfinite(part).all(axis=1)
            if good.any():
                wide = _cut((part[good] - self.mean) / self.std) - self.middle
                places[start : start + _AT_ONCE][good] = wide @ self.turn
        return places


def likeness(places: NDArray[np.float32], examples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much places are like those of examples: the cosine of an angle, shape (row,).

    Where every axis has variance 1, the cosine with an example is what a discriminant that
    knows one example and the crowd would say (Hariharan, Malik & Ramanan 2012); distances
    along many axes, in contrast, are all alike. Of several, the mean of directions is meant.

    Parameters
    ----------
    places : ndarray of float32, shape (row, axis)
        From a `Space`; those that are NaN stay so.
    examples : ndarray of float32, shape (example, axis)
        In the same space.
    """
    wanted = _directions(_directions(examples).mean(axis=0, keepdims=True))[0]
    return np.asarray(_directions(places) @ wanted)


def usual_distance(places: NDArray[np.float32], *, seed: int) -> float:
    """Return the median distance to the nearest neighbour among 2000 places drawn at random.

    Parameters
    ----------
    places : ndarray of float32, shape (row, axis)
        From a `Space`; those that are NaN are left out.
    seed : int

    Returns
    -------
    float
        0 for fewer than two places.
    """
    rows = np.flatnonzero(np.isfinite(places).all(axis=1))
    if len(rows) < 2:
        return 0.0
    if len(rows) > _FEW:
        rows = generator(seed, "usual distance").choice(rows, _FEW, replace=False)
    search = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(places[rows])
    return float(np.median(search.kneighbors(places[rows])[0][:, 1]))


def _directions(places: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-12))


def _cut(standard: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(standard, -_FARTHEST, _FARTHEST)
