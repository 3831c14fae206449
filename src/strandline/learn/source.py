"""Stamps of one or several tables as training reads them: in memory if they fit, else streamed."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from strandline.errors import TrainingError
from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.progress import track
from strandline.stamps import StampTable
from strandline.stamps.readahead import read_ahead

__all__ = ["StampSource", "check_alike"]

_READ_AT_ONCE = 128
_BYTES_PER_VALUE = 2  # canvases are kept as float16


class StampSource:
    """Chosen rows of tables, numbered through from 0, as canvases.

    Parameters
    ----------
    tables : sequence of StampTable
        Of the same bands, size and kind; see `check_alike`.
    rows : sequence of ndarray of int64
        Of each table; ascending.
    geometry : CanvasGeometry
    cache_mb : float
        Up to this size all canvases are kept in memory, read once; beyond it each batch is read
        from the tables when it is due, ahead of the training in a thread.
    """

    def __init__(
        self,
        tables: Sequence[StampTable],
        rows: Sequence[NDArray[np.int64]],
        geometry: CanvasGeometry,
        cache_mb: float,
    ) -> None:
        self._tables = tuple(tables)
        self._rows = tuple(rows)
        self._geometry = geometry
        self._starts = np.cumsum([0, *(len(part) for part in rows)])
        values = len(self) * len(tables[0].spec.bands) * geometry.side_px**2
        self.cached = values * _BYTES_PER_VALUE <= cache_mb * 1e6
        self._kept: Canvases | None = None

    def __len__(self) -> int:
        return int(self._starts[-1])

    def load(self, what: str) -> None:
        """Read all canvases into memory if they are to be kept there; shows progress."""
        if not self.cached or self._kept is not None:
            return
        kept: Canvases | None = None
        at = 0
        with track(f"Reading {what} stamps", len(self)) as advance:
            for table, rows in zip(self._tables, self._rows, strict=True):
                for batch in table.batches(_READ_AT_ONCE, rows=rows):
                    part = Canvases.from_batch(batch, self._geometry).half()
                    if kept is None:
                        kept = _room(len(self), part)
                    fresh = slice(at, at + len(part))
                    kept.pixels[fresh], kept.unit[fresh] = part.pixels, part.unit
                    kept.noise[fresh] = part.noise
                    at += len(part)
                    advance(len(part))
        self._kept = kept

    def read(self, index: NDArray[np.int64]) -> Canvases:
        """Return the canvases of images `index`, in that order."""
        if self._kept is not None:
            return self._kept[index]
        order = np.argsort(index, kind="stable")  # rising rows are read faster
        parts = [
            Canvases.from_batch(table.read(rows[here - start]), self._geometry)
            for table, rows, start, here in self._per_table(index[order])
        ]
        together = Canvases(
            torch.cat([part.pixels for part in parts]),
            torch.cat([part.unit for part in parts]),
            torch.cat([part.noise for part in parts]),
            parts[0].bin_px,
        )
        return together[np.argsort(order)].half()

    def batches(self, plan: Iterable[NDArray[np.int64]]) -> Iterator[Canvases]:
        """Yield the canvases of each index array of `plan`, read ahead unless in memory."""
        reads = (self.read(index) for index in plan)
        return reads if self._kept is not None else read_ahead(reads)

    def _per_table(
        self, index: NDArray[np.int64]
    ) -> Iterator[tuple[StampTable, NDArray[np.int64], int, NDArray[np.int64]]]:
        owner = np.searchsorted(self._starts, index, side="right") - 1
        for number, (table, rows) in enumerate(zip(self._tables, self._rows, strict=True)):
            here = index[owner == number]
            if len(here):
                yield table, rows, int(self._starts[number]), here


def check_alike(tables: Sequence[StampTable]) -> None:
    """Check that tables can be trained on together.

    Raises
    ------
    TrainingError
        If there is none, or two differ in bands, size or kind.
    """
    if not tables:
        raise TrainingError("No stamp table was given to train on.")
    first = tables[0]
    for other in tables[1:]:
        if other.spec != first.spec:
            raise TrainingError(
                f"{other.path} ({_said(other)}) cannot be trained on together with {first.path} "
                f"({_said(first)}). Cut them again with the same bands and size."
            )


def _said(table: StampTable) -> str:
    spec = table.spec
    return f"{spec.kind}, bands {' '.join(spec.bands)}, {spec.size_px} px"


def _room(count: int, like: Canvases) -> Canvases:
    def empty(values: torch.Tensor) -> torch.Tensor:
        return torch.empty((count, *values.shape[1:]), dtype=values.dtype)

    return Canvases(empty(like.pixels), empty(like.unit), empty(like.noise), like.bin_px)
