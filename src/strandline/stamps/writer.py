"""Writing a stamp table, batch by batch, in bounded memory."""

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from strandline.errors import TableError
from strandline.files import write_aside
from strandline.stamps.schema import TableSpec, table_schema

__all__ = ["LANCE_ERRORS", "TABLE_MARKS", "StampWriter", "open_writer"]

LANCE_ERRORS = (OSError, RuntimeError, ValueError, pa.ArrowException)
"""What Lance raises; a full disk may be any of the first three."""

TABLE_MARKS = ("_versions", "_transactions")
"""Entries by which a folder is known as a stamp table, which another may replace."""

_BYTES_AT_ONCE = 32e6
_BYTES_PER_FILE = 4 * 1024**3
_DEFAULTS: dict[str, Any] = {"healpix": -1, "flags": 0, "split": ""}


class StampWriter:
    """Appends stamps to a new table; made by `StampTable.writer`.

    Rows are gathered to about 32 MB and then written by a thread of its own.
    """

    def __init__(self, path: Path, spec: TableSpec) -> None:
        self.spec = spec
        self.count = 0
        self._schema = table_schema(spec)
        self._rows_at_once = max(1, int(_BYTES_AT_ONCE / (2 * spec.pixel_count)))
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._queue: queue.Queue[pa.RecordBatch | BaseException | None] = queue.Queue(maxsize=1)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(path,), daemon=True)
        self._thread.start()

    def append(
        self,
        columns: Mapping[str, ArrayLike],
        pixels: NDArray[np.float16],
        unit_njy: NDArray[np.float32],
    ) -> None:
        """Append some rows.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (row,)
            Scalar columns of the table; ``id`` and ``noise_{band}`` must be there, of others
            a missing one is NaN, '', ``healpix`` -1, ``flags`` 0.
        pixels : ndarray of float16, shape (row, band, y, x)
            Flux in units of `unit_njy`; see `strandline.stamps.quantise`.
        unit_njy : ndarray of float32, shape (row, band)

        Raises
        ------
        TableError
            If a column is unknown or missing, or a shape does not fit the table.
        OSError
            If writing failed; `StampTable.writer` turns it into an OutputError.
        """
        batch = self._record_batch(columns, pixels, unit_njy)
        self._pending.append(batch)
        self._pending_rows += batch.num_rows
        self.count += batch.num_rows
        if self._pending_rows >= self._rows_at_once:
            self._flush()

    def close(self) -> None:
        """Write what is left and wait until the table is whole."""
        if self._pending_rows:
            self._flush()
        self._send(None)
        self._thread.join()
        self._raise()

    def abort(self, reason: BaseException) -> None:
        """Stop without a whole table."""
        if self._thread.is_alive():
            self._pending = []
            self._send(reason)
            self._thread.join()

    def _record_batch(
        self,
        columns: Mapping[str, ArrayLike],
        pixels: NDArray[np.float16],
        unit_njy: NDArray[np.float32],
    ) -> pa.RecordBatch:
        spec, rows = self.spec, len(pixels)
        shape = (rows, len(spec.bands), spec.size_px, spec.size_px)
        if pixels.shape != shape or pixels.dtype != np.float16:
            raise TableError(
                f"pixels: expected float16 of shape {shape} (row, band, y, x), "
                f"got {pixels.dtype} of shape {pixels.shape}."
            )
        if np.shape(unit_njy) != shape[:2]:
            raise TableError(f"unit_njy: expected shape {shape[:2]}, got {np.shape(unit_njy)}.")
        required = {"id", *(f"noise_{band}" for band in spec.bands)}
        missing, unknown = required - columns.keys(), columns.keys() - set(self._schema.names[:-2])
        if missing or unknown:
            raise TableError(
                f"columns missing: {sorted(missing)}; columns that no stamp table has: "
                f"{sorted(unknown)}."
            )
        arrays = [_scalar(field, columns, rows) for field in list(self._schema)[:-2]]
        unit = pa.array(np.ascontiguousarray(unit_njy, dtype=np.float32).ravel())
        arrays.append(pa.FixedSizeListArray.from_arrays(unit, len(spec.bands)))
        flat = pa.array(np.ascontiguousarray(pixels).ravel())
        arrays.append(pa.FixedSizeListArray.from_arrays(flat, spec.pixel_count))
        return pa.record_batch(arrays, schema=self._schema)

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._pending, schema=self._schema).combine_chunks()
        self._pending, self._pending_rows = [], 0
        for batch in table.to_batches():
            self._send(batch)

    def _send(self, entry: pa.RecordBatch | BaseException | None) -> None:
        while self._thread.is_alive():
            try:
                self._queue.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise OSError(f"{self._error}") from self._error

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while (entry := self._queue.get()) is not None:
            if isinstance(entry, BaseException):
                raise OSError("stopped before the end")
            yield entry

    def _run(self, path: Path) -> None:
        try:
            reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
            lance.write_dataset(
                reader,
                path,
                data_storage_version="2.1",
                max_bytes_per_file=_BYTES_PER_FILE,
            )
        except BaseException as error:  # raised again in the caller's thread
            self._error = error


@contextmanager
def open_writer(path: str | Path, spec: TableSpec) -> Iterator[StampWriter]:
    """Yield a writer of a new table, which appears at `path` when the body succeeds.

    Raises
    ------
    OutputError
        When the disk is full or the place cannot be written.
    """
    with write_aside(path, marks=TABLE_MARKS) as aside:
        writer = StampWriter(aside, spec)
        try:
            yield writer
            writer.close()
        except BaseException as error:
            writer.abort(error)
            raise


def _scalar(field: pa.Field, columns: Mapping[str, ArrayLike], rows: int) -> pa.Array:
    if field.name not in columns:
        empty = "" if field.type == pa.string() else np.nan
        return pa.array([_DEFAULTS.get(field.name, empty)] * rows, type=field.type)
    values = np.asarray(columns[field.name])
    if values.shape != (rows,):
        raise TableError(f"{field.name}: expected {rows} values, got shape {values.shape}.")
    if field.type != pa.string():
        values = values.astype(field.type.to_pandas_dtype())
    return pa.array(values, type=field.type)
