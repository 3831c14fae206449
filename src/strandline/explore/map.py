"""The embedding in two dimensions (UMAP; McInnes, Healy & Melville 2018, arXiv:1802.03426)."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from strandline.errors import OptionError
from strandline.progress import track
from strandline.seeding import generator, stable_seed
from strandline.stamps import StampTable

with warnings.catch_warnings():
    # umap says at import that its variant with tensorflow, unused here, is not available
    warnings.simplefilter("ignore", ImportWarning)
    from umap.umap_ import UMAP

__all__ = ["map_embedding", "map_table"]

_FEWEST_FOR_UMAP = 15
_NEIGHBOURS = 15
_DIMENSIONS = 50
_BATCH = 10_000

Vectors = NDArray[np.float32]


def map_embedding(
    vectors: NDArray[np.floating], seed: int, sample: int = 20_000
) -> NDArray[np.float32]:
    """Lay vectors out in a plane so that like ones are near each other.

    Vectors are scaled to length 1 first, so that likeness is the angle between them, as in
    `strandline.explore.similar`. Then they are centred and turned onto their 50 strongest
    principal axes, which takes noise away and makes the search for neighbours several times
    faster. The axes are *not* whitened: that would give noise the weight of signal.

    Parameters
    ----------
    vectors : ndarray of float, shape (row, feature)
    seed : int
    sample : int
        UMAP is fitted on at most so many rows, drawn at random; the others are put where their
        neighbours among these are, in batches. Time and memory stay bounded.

    Returns
    -------
    ndarray of float32, shape (row, 2)
        Row order; NaN where a vector is not finite. With fewer than 15 finite rows the two
        strongest principal axes.
    """
    vectors = np.asarray(vectors)
    if vectors.ndim != 2:
        raise OptionError(f"vectors has shape {vectors.shape}; expected (row, feature).")

    def read(rows: NDArray[np.int64]) -> Vectors:
        return np.asarray(vectors[rows], dtype=np.float32)

    parts = list(_map_in_batches(read, len(vectors), seed, sample))
    return np.concatenate(parts) if parts else np.empty((0, 2), dtype=np.float32)


def map_table(
    table: StampTable, *, seed: int, sample: int = 20_000, column: str = "embedding"
) -> None:
    """Add columns ``map_x`` and ``map_y`` (float32) to a table, from its embedding.

    The result is that of `map_embedding`, read and written in batches; old columns of these
    names are replaced.

    Raises
    ------
    TableError
        When the table has no such column; says how to make it.
    """

    def read(rows: NDArray[np.int64]) -> Vectors:
        values = table.columns(column, rows=rows)[column].combine_chunks()
        flat = np.asarray(values.flatten().to_numpy(zero_copy_only=False), dtype=np.float32)
        return flat.reshape(len(rows), -1)

    schema = pa.schema([("map_x", pa.float32()), ("map_y", pa.float32())])

    def batches() -> Iterator[pa.RecordBatch]:
        with track("Mapping", len(table)) as advance:
            for places in _map_in_batches(read, len(table), seed, sample):
                x, y = (pa.array(axis, from_pandas=False) for axis in places.T.copy())
                yield pa.record_batch([x, y], schema=schema)
                advance(len(places))

    encoder = table.metadata.get(f"{column}_encoder", "")
    table.add_columns(batches(), schema, {"map_seed": str(seed), "map_encoder": encoder})


def _map_in_batches(
    read: Callable[[NDArray[np.int64]], Vectors], count: int, seed: int, sample: int
) -> Iterator[NDArray[np.float32]]:
    """Yield the places of rows 0 to `count` in batches; `read` returns the vectors of rows."""
    if sample < _FEWEST_FOR_UMAP:
        raise OptionError(f"sample is {sample}; it must be at least {_FEWEST_FOR_UMAP}.")
    if count == 0:
        return
    rows = np.arange(count)
    if count > sample:
        rows = np.sort(generator(seed, "map sample").choice(count, sample, replace=False))
    layout = _Layout(read(rows), seed)
    for start in range(0, count, _BATCH):
        stop = min(start + _BATCH, count)
        fitted = (rows >= start) & (rows < stop)
        places = np.full((stop - start, 2), np.nan, dtype=np.float32)
        places[rows[fitted] - start] = layout.places[fitted]
        others = np.setdiff1d(np.arange(start, stop), rows[fitted], assume_unique=True)
        if others.size:
            places[others - start] = layout.transform(read(others))
        yield places


class _Layout:
    """A plane fitted to some vectors, into which others can be put.

    Attributes
    ----------
    places : ndarray of float32, shape (row, 2)
        Of the vectors fitted; NaN where one is not finite.
    """

    def __init__(self, vectors: Vectors, seed: int) -> None:
        self._umap: UMAP | None = None
        self._pca: PCA | None = None
        self.places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
        good = np.isfinite(vectors).all(axis=1)
        directions = _directions(vectors[good])
        count = len(directions)
        if count == 0:
            return
        if not directions.size or np.ptp(directions, axis=0).max() < 1e-6:
            self.places[good] = 0  # one row, or all alike
            return
        use_umap = count >= _FEWEST_FOR_UMAP
        wanted = _DIMENSIONS if use_umap else 2
        self._pca = PCA(min(wanted, *directions.shape), svd_solver="full").fit(directions)
        reduced = self._pca.transform(directions)
        if use_umap:
            self._umap = UMAP(
                n_neighbors=min(_NEIGHBOURS, count - 1),
                random_state=stable_seed(seed, "map") % 2**32,
                transform_seed=stable_seed(seed, "map others") % 2**32,
                n_jobs=1,  # more would make the result depend on their timing
            )
            with _quiet_umap():
                self.places[good] = self._umap.fit_transform(reduced)
        else:
            self.places[good] = _two_columns(reduced)

    def transform(self, vectors: Vectors) -> NDArray[np.float32]:
        """Return the places of other vectors, shape (row, 2); NaN where one is not finite."""
        places = np.full((len(vectors), 2), np.nan, dtype=np.float32)
        good = np.isfinite(vectors).all(axis=1)
        if not good.any():
            return places
        if self._pca is None:  # what was fitted is one point
            places[good] = self.places[np.isfinite(self.places).all(axis=1)][:1]
            return places
        reduced = self._pca.transform(_directions(vectors[good]))
        if self._umap is None:
            places[good] = _two_columns(reduced)
        else:
            with _quiet_umap():
                places[good] = self._umap.transform(reduced)
        return places


def _directions(vectors: Vectors) -> NDArray[np.float64]:
    """Return `vectors` scaled to length 1; those of length 0 stay."""
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(length > 0, length, 1.0))


def _two_columns(reduced: NDArray[np.floating]) -> NDArray[np.float32]:
    padded = np.zeros((len(reduced), 2), dtype=np.float32)
    padded[:, : reduced.shape[1]] = reduced[:, :2]
    return padded


@contextmanager
def _quiet_umap() -> Iterator[None]:
    """Leave out what umap says of groups that have no neighbours in common, which is no fault."""
    with warnings.catch_warnings():
        for message in ("Graph is not fully connected", "Spectral initialisation failed"):
            warnings.filterwarnings("ignore", message=message, category=UserWarning)
        yield
