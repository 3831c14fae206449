"""The stamp table on disk: the only door to it; Lance stays behind."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
import pyarrow.ipc
from numpy.typing import ArrayLike, NDArray

from strandline.errors import OptionError, OutputError, TableError
from strandline.files import undisturbed
from strandline.stamps.readahead import read_ahead
from strandline.stamps.schema import TableSpec, read_spec, table_schema
from strandline.stamps.vectorindex import VectorPlan
from strandline.stamps.writer import LANCE_ERRORS, StampWriter, open_writer

__all__ = ["StampBatch", "StampTable"]

_PIXEL_COLUMNS = ("pixels", "unit")
_METADATA_PREFIX = "strandline."


@dataclass(frozen=True)
class StampBatch:
    """Some stamps in memory.

    Attributes
    ----------
    rows : ndarray of int64, shape (row,)
        Where they stand in the table.
    pixels : ndarray of float16, shape (row, band, y, x)
        Flux in units of `unit_njy`; NaN is missing. May be read-only: where no reordering was
        needed it is the memory that Arrow read into.
    unit_njy : ndarray of float32, shape (row, band)
        nJy in one stored unit (counts for pictures and uncalibrated bands).
    noise_njy : ndarray of float32, shape (row, band)
        Sky noise per pixel; NaN for a band without data.
    """

    rows: NDArray[np.int64]
    pixels: NDArray[np.float16]
    unit_njy: NDArray[np.float32]
    noise_njy: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)

    def flux_njy(self) -> NDArray[np.float32]:
        """Return the flux in nJy, a new array of shape (row, band, y, x); NaN is missing."""
        return self.pixels.astype(np.float32) * self.unit_njy[:, :, None, None]


class StampTable:
    """A stamp table on disk.

    Parameters
    ----------
    path : path
        A folder that `StampTable.writer` made.

    Attributes
    ----------
    path : Path
    spec : TableSpec

    Raises
    ------
    TableError
        If it is missing, incomplete, or not a stamp table.

    Notes
    -----
    Memory stays bounded by what is asked for: a batch, a column, never all pixels.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._dataset = _open_dataset(self.path)
        self.spec = read_spec(self._dataset.schema, path)
        self._count = int(self._dataset.count_rows())

    @classmethod
    def open(cls, path: str | Path) -> "StampTable":
        """Open the table at `path`; see the class."""
        return cls(path)

    @classmethod
    def writer(cls, path: str | Path, spec: TableSpec) -> AbstractContextManager[StampWriter]:
        """Return a context that gives a `StampWriter`; the table appears when it ends well."""
        return open_writer(path, spec)

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"StampTable({str(self.path)!r}): {len(self)} stamps, {self.spec}"

    def __reduce__(self) -> tuple[type["StampTable"], tuple[Path]]:
        return StampTable, (self.path,)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns, pixels and later ones included."""
        return tuple(self._dataset.schema.names)

    @property
    def metadata(self) -> dict[str, str]:
        """What `add_columns` was told of its columns."""
        found = self._dataset.schema.metadata or {}
        texts = {key.decode(): value.decode() for key, value in found.items()}
        return {
            key.removeprefix(_METADATA_PREFIX): value
            for key, value in texts.items()
            if key.startswith(_METADATA_PREFIX)
        }

    def check_columns(self, names: Iterable[str]) -> None:
        """Check that there are columns of these names.

        Raises
        ------
        TableError
            Names the one that is missing and how to make it.
        """
        for name in names:
            if name not in self.column_names:
                hint = (
                    f" Make it first: strandline embed {self.path} --model MODEL."
                    if name == "embedding"
                    else f" It has: {', '.join(self.column_names)}."
                )
                raise TableError(f"{self.path}: has no column {name!r}.{hint}")

    def columns(self, *names: str, rows: ArrayLike | None = None) -> pa.Table:
        """Return columns without pixels, in row order or in that of `rows`.

        Parameters
        ----------
        *names : str
            By default all that hold one value a row: neither pixels nor vectors.
        rows : array_like of int, optional
            Only these.

        Raises
        ------
        TableError
            If there is no such column.
        """
        wanted = list(names) or [
            field.name
            for field in self._dataset.schema
            if not pa.types.is_fixed_size_list(field.type)
        ]
        self.check_columns(wanted)
        if "pixels" in wanted:
            raise OptionError("pixels: are read with StampTable.read or .batches, not .columns.")
        if rows is None:
            with self._reading():
                return self._dataset.to_table(columns=wanted)
        chosen = self._check_rows(rows).tolist()
        with self._reading():
            return self._dataset.take(chosen, columns=wanted)

    def read(self, rows: ArrayLike) -> StampBatch:
        """Return the stamps of `rows`, in that order; a row may be asked for twice.

        Raises
        ------
        TableError
            If a row is not in the table.
        """
        wanted = self._check_rows(rows)
        ordered, place = np.unique(wanted, return_inverse=True)
        with self._reading():
            found = self._dataset.take(ordered.tolist(), columns=self._stamp_columns())
        batch = self._stamp_batch(ordered, found)
        if np.array_equal(ordered, wanted):
            return batch
        # Lance takes rows out of order several times slower than this copy
        return StampBatch(
            wanted, batch.pixels[place], batch.unit_njy[place], batch.noise_njy[place]
        )

    def batches(self, batch_size: int, *, rows: ArrayLike | None = None) -> Iterator[StampBatch]:
        """Yield the stamps in batches while a thread reads the next ones.

        Parameters
        ----------
        batch_size : int
            Stamps in a batch; the last may have fewer.
        rows : array_like of int, optional
            Which, and in what order; by default all, in row order.

        Yields
        ------
        StampBatch
            At most four batches are in memory at a time, the consumer's included.
        """
        if batch_size < 1:
            raise OptionError(f"batch_size must be at least 1; got {batch_size}.")
        # Lance's own scan of all rows costs more than asking for them piece by piece
        indices = np.arange(len(self)) if rows is None else self._check_rows(rows)
        starts = range(0, len(indices), batch_size)
        return read_ahead(self.read(indices[start : start + batch_size]) for start in starts)

    def add_columns(
        self,
        batches: Iterable[pa.RecordBatch],
        schema: pa.Schema,
        metadata: dict[str, str] | None = None,
    ) -> None:
        """Add columns, one value a row in row order; those of the same names are replaced.

        Parameters
        ----------
        batches : iterable of RecordBatch
            Of `schema`, together as many rows as the table. They are gathered in a file beside
            the table before it is touched, so that any failure leaves it as it was.
        schema : Schema
        metadata : dict of str to str, optional
            Kept with the table; see `metadata`.

        Raises
        ------
        TableError
            If the number of rows is another, or the name is one of the table's own columns.
        OutputError
            If the disk is full.
        """
        own = [name for name in schema.names if name in table_schema(self.spec).names]
        if own:
            raise TableError(f"{self.path}: column {own[0]} is part of the stamps themselves.")
        prefix = f".{self.path.name}."
        try:
            holder = tempfile.TemporaryDirectory(dir=self.path.parent, prefix=prefix)
        except OSError as error:
            raise self._explain(error) from error
        with holder as folder:
            aside = Path(folder) / "columns.arrow"
            try:
                count = _spool(batches, schema, aside)
            except OSError as error:
                raise self._explain(error) from error
            if count != len(self):
                raise TableError(
                    f"{self.path}: has {len(self)} rows, but {count} values came for "
                    f"{', '.join(schema.names)}. Nothing was changed."
                )
            try:
                with undisturbed():
                    self._swap_in(aside, schema)
                    if metadata:
                        self._dataset.update_schema_metadata(
                            {_METADATA_PREFIX + key: text for key, text in metadata.items()}
                        )
            except LANCE_ERRORS as error:
                raise self._explain(error) from error
            finally:  # files of a failed attempt, and of the columns replaced
                self._dataset.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)

    def build_index(self, column: str = "embedding") -> None:
        """Index a vector column for `nearest`, if there are rows enough that it pays (5000).

        See `VectorPlan` for what is kept of the vectors.
        """
        self.check_columns([column])
        try:
            VectorPlan(len(self)).build(self._dataset, column)
        except LANCE_ERRORS as error:
            raise self._explain(error) from error

    def nearest(self, vector: NDArray[np.float32], n: int, column: str = "embedding") -> pa.Table:
        """Return the `n` rows whose vectors point most nearly in the direction of `vector`.

        Parameters
        ----------
        vector : ndarray of float32, shape (feature,)
        n : int
        column : str

        Returns
        -------
        Table
            Columns ``row`` (int64), ``id`` and ``distance`` (float32): 1 - cosine of the angle,
            0 to 2, nearest first. Exact without an index; with one, some of its cells are searched
            (see `VectorPlan`).
        """
        self.check_columns([column])
        width = self._dataset.schema.field(column).type.list_size
        vector = np.asarray(vector, dtype=np.float32)
        if vector.shape != (width,):
            raise TableError(
                f"{self.path}: {column} has {width} values a row, the vector asked for has shape "
                f"{vector.shape}. Were they made by the same model?"
            )
        query = {
            "column": column,
            "q": vector,
            "k": n,
            **VectorPlan(len(self)).search(),
        }
        with self._reading():
            found = self._dataset.to_table(
                columns=["id", "_distance"], nearest=query, with_row_address=True
            )
        return pa.table(
            {
                "row": self._rows_at(found["_rowaddr"].to_numpy()),
                "id": found["id"],
                "distance": found["_distance"],
            }
        )

    def _rows_at(self, addresses: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return row numbers of Lance's addresses: fragment in the high, offset in the low half."""
        fragments = self._dataset.get_fragments()
        counts = [fragment.count_rows() for fragment in fragments]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        first = dict(zip((fragment.fragment_id for fragment in fragments), starts, strict=True))
        rows = [first[int(a) >> 32] + (int(a) & 0xFFFFFFFF) for a in addresses]
        return np.array(rows, dtype=np.int64)

    def _stamp_columns(self) -> list[str]:
        return [*_PIXEL_COLUMNS, *(f"noise_{band}" for band in self.spec.bands)]

    def _stamp_batch(self, rows: NDArray[np.int64], found: pa.Table) -> StampBatch:
        spec = self.spec
        bands, size = len(spec.bands), spec.size_px
        noise = [_numpy(found[f"noise_{band}"]) for band in spec.bands]
        return StampBatch(
            rows=rows,
            pixels=_numpy(found["pixels"]).reshape(-1, bands, size, size),
            unit_njy=_numpy(found["unit"]).reshape(-1, bands),
            noise_njy=np.stack(noise, axis=1),
        )

    def _swap_in(self, aside: Path, schema: pa.Schema) -> None:
        """Add the columns under other names, swap names in one commit, drop the replaced ones."""
        fresh = {name: f"_new_{name}" for name in schema.names}
        replaced = [name for name in schema.names if name in self.column_names]
        helpers = {f"{prefix}{name}" for prefix in ("_new_", "_old_") for name in schema.names}
        stale = sorted(helpers.intersection(self.column_names))
        if stale:  # of an attempt that was killed
            self._dataset.drop_columns(stale)
        with pa.OSFile(str(aside)) as source:  # mapped, it would count as memory
            reader = pa.ipc.open_stream(source)
            renamed = pa.schema([field.with_name(fresh[field.name]) for field in schema])
            stream = (pa.RecordBatch.from_arrays(batch.columns, schema=renamed) for batch in reader)
            self._dataset.add_columns(pa.RecordBatchReader.from_batches(renamed, stream))
        moves: list[Any] = [{"path": name, "name": f"_old_{name}"} for name in replaced]
        moves += [{"path": fresh[name], "name": name} for name in schema.names]
        self._dataset.alter_columns(*moves)
        if replaced:
            self._dataset.drop_columns([f"_old_{name}" for name in replaced])

    def _check_rows(self, rows: ArrayLike) -> NDArray[np.int64]:
        indices = np.asarray(rows, dtype=np.int64)
        outside = indices[(indices < 0) | (indices >= len(self))]
        if len(outside):
            raise TableError(f"{self.path}: has rows 0 to {len(self) - 1}, not {outside[0]}.")
        return indices

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except LANCE_ERRORS as error:
            raise TableError(
                f"{self.path}: is damaged and cannot be read ({_short(error)}). "
                "Remove it and make it again, or copy it again."
            ) from error

    def _explain(self, error: BaseException) -> OutputError:
        free = shutil.disk_usage(self.path).free / 1e6
        return OutputError(
            f"{self.path}: columns could not be added, the table is as it was ({_short(error)}). "
            f"{free:.0f} MB of disk are free there."
        )


def _spool(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    count = 0
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _numpy(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Return the values, flat; without a copy if they are in one piece."""
    pieces = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    flat = [
        piece.flatten() if pa.types.is_fixed_size_list(piece.type) else piece for piece in pieces
    ]
    arrays = [piece.to_numpy(zero_copy_only=True) for piece in flat]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _open_dataset(path: Path) -> lance.LanceDataset:
    if not path.exists():
        partial = sorted(path.parent.glob(f".{path.name}.*.partial"))
        left = f" {partial[0].name} is left of a run that was cut off." if partial else ""
        raise TableError(
            f"{path}: there is no such stamp table.{left} Make one with: "
            f"strandline stamps IMAGES --out {path}."
        )
    if not path.is_dir():
        raise TableError(f"{path}: is a file; a stamp table is a folder (.lance).")
    try:
        dataset = lance.dataset(str(path))
    except LANCE_ERRORS as error:
        if (path / "data").is_dir() or (path / "_versions").is_dir():
            raise TableError(
                f"{path}: is an incomplete stamp table, damaged or from a run that was cut off "
                f"({_short(error)}). Remove it and make it again."
            ) from error
        raise TableError(
            f"{path}: is a folder but not a stamp table. Make one with: "
            "strandline stamps IMAGES --out TABLE."
        ) from error
    _check_whole(dataset, path)
    return dataset


def _check_whole(dataset: lance.LanceDataset, path: Path) -> None:
    """Check that the files of the table are there, in full where their length is recorded."""
    for fragment in dataset.get_fragments():
        for part in fragment.data_files():
            file = path / "data" / part.path
            size = file.stat().st_size if file.is_file() else None
            if size is None or size != (part.file_size_bytes or size):
                state = "is missing" if size is None else f"is cut short ({size} bytes)"
                raise TableError(
                    f"{path}: is an incomplete stamp table: data/{part.path} {state}. "
                    "Remove the table and make it again, or copy it again."
                )


def _short(error: BaseException) -> str:
    """Return what Lance says without the places in its own source."""
    return str(error).split(", /")[0].splitlines()[0] if str(error) else type(error).__name__
