"""A vector index over a survey's catalogue: which galaxies look most like a given one."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from strandline.errors import TableError
from strandline.files import write_aside
from strandline.stamps.vectorindex import VectorPlan
from strandline.survey.places import Place

__all__ = ["VECTORS", "VectorIndex", "build_vectors"]

VECTORS = "vectors.lance"
"""The index in the folder of the survey."""

_COLUMNS = ("id", "source", "ra", "dec", "probability", "novelty", "embedding")
_ROWS_AT_ONCE = 20_000
_MARKS = ("_versions", "_transactions")


def build_vectors(place: Place, files: Sequence[str], out: Path) -> int:
    """Write the index of a catalogue's files, in their order; returns its rows.

    See `VectorPlan` for how they are indexed.
    """

    def opened(name: str) -> pa.parquet.ParquetFile:
        content = place.read(name)
        if content is None:
            raise TableError(f"{place}/{name}: is gone.")
        return pa.parquet.ParquetFile(io.BytesIO(content))

    kinds = opened(files[0]).schema_arrow
    schema = pa.schema([pa.field(name, kinds.field(name).type) for name in _COLUMNS])

    def batches() -> Iterator[pa.RecordBatch]:
        for name in files:
            for batch in opened(name).iter_batches(_ROWS_AT_ONCE, columns=list(_COLUMNS)):
                columns = [batch[name] for name in _COLUMNS]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

    with write_aside(out, marks=_MARKS) as aside:
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        dataset = lance.write_dataset(reader, aside, data_storage_version="2.1")
        count = int(dataset.count_rows())
        VectorPlan(count).build(dataset, "embedding")
    return count


class VectorIndex:
    """The index of a survey.

    Parameters
    ----------
    path : path
        ``vectors.lance`` in the folder of the survey.

    Raises
    ------
    TableError
        If there is none.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._dataset = lance.dataset(str(path))
        except (OSError, ValueError) as error:
            raise TableError(
                f"{path}: is no vector index of a survey. strandline survey makes one."
            ) from error

    def __len__(self) -> int:
        return int(self._dataset.count_rows())

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return the embedding of a galaxy, by id.

        Raises
        ------
        TableError
            If there is no such galaxy.
        """
        quoted = name.replace("'", "''")
        found = self._dataset.to_table(columns=["embedding"], filter=f"id = '{quoted}'", limit=1)
        if not found.num_rows:
            raise TableError(f"{self.path}: has no galaxy {name!r}.")
        return np.asarray(found["embedding"][0].values.to_numpy(zero_copy_only=False), np.float32)

    def nearest(self, vector: NDArray[np.floating], n: int) -> pa.Table:
        """Return the galaxies whose embeddings point most nearly in the direction of `vector`.

        Parameters
        ----------
        vector : ndarray of float, shape (feature,)
        n : int

        Returns
        -------
        Table
            Columns id, source, ra, dec, probability, novelty and ``distance`` (float32), which is
            1 - cosine of the angle; nearest first.

        Raises
        ------
        TableError
            If the vector has another length than the index.
        """
        width = self._dataset.schema.field("embedding").type.list_size
        if np.shape(vector) != (width,):
            raise TableError(
                f"{self.path}: vectors have {width} values, the one asked for has shape "
                f"{np.shape(vector)}. Were they made by the same model?"
            )
        query = {
            "column": "embedding",
            "q": pa.array(np.asarray(vector, dtype=np.float16)),
            "k": n,
            **VectorPlan(len(self)).search(),
        }
        names = [name for name in _COLUMNS if name != "embedding"]
        found = self._dataset.to_table(columns=[*names, "_distance"], nearest=query)
        return found.rename_columns([*names, "distance"])

    def like(self, names: Sequence[str], n: int, *, any_of_them: bool = False) -> pa.Table:
        """Return the galaxies that look most like some, those left out; the likest first.

        Parameters
        ----------
        names : sequence of str
            Ids.
        n : int
        any_of_them : bool
            Like any one of them, instead of like their mean.

        Returns
        -------
        Table
            As `nearest` gives it, and ``similarity``: the cosine of the angle.

        Raises
        ------
        TableError
            If there is no such galaxy.
        """
        unit = [vector / np.linalg.norm(vector) for vector in map(self.vector, names)]
        asked = unit if any_of_them else [np.mean(unit, axis=0)]
        parts = [self.nearest(vector, n + len(names)) for vector in asked]
        found = pa.concat_tables(parts).sort_by([("distance", "ascending"), ("id", "ascending")])
        seen, rows = set(names), []
        for row, name in enumerate(found["id"].to_pylist()):
            if name not in seen:
                seen.add(name)
                rows.append(row)
        best = found.take(rows[:n])
        similarity = np.float32(1) - best["distance"].to_numpy()
        return best.append_column("similarity", pa.array(similarity))
