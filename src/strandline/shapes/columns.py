"""Shape statistics of a table's stamps: read from its columns, or measured where there are none."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strandline.progress import track
from strandline.shapes.measure import SHAPE_NAMES, measure_shapes
from strandline.shapes.scene import SceneOptions
from strandline.stamps import StampBatch, StampTable, TableSpec

__all__ = ["SHAPES_VERSION", "ShapeReader", "read_shapes", "scene_options", "shape_metadata"]

SHAPES_VERSION = 1
"""One more whenever the same stamp is given other numbers; older columns are then not read."""

_ALL_BANDS = "all"
_BATCH = 64


def scene_options(spec: TableSpec) -> SceneOptions:
    """Return how stamps of a table are divided: pictures still have their sky."""
    return SceneOptions(subtract_sky=spec.kind == "picture")


def shape_metadata(band: str | None) -> dict[str, str]:
    """Return what a table is told of its columns ``shape_*``; `band` is None for all together."""
    return {"shapes_band": band or _ALL_BANDS, "shapes_version": str(SHAPES_VERSION)}


class ShapeReader:
    """Gives the shape statistics of stamps of one table, on all its bands together.

    The table's columns ``shape_*`` are taken if they are all there, were measured on all bands and
    by this version of `strandline.shapes`; else the stamps are measured.

    Parameters
    ----------
    table : StampTable

    Attributes
    ----------
    kept : bool
        Whether the columns are taken.
    """

    def __init__(self, table: StampTable) -> None:
        self._table = table
        self._options = scene_options(table.spec)
        self._names = [f"shape_{name}" for name in SHAPE_NAMES]
        told = table.metadata
        current = all(told.get(key) == value for key, value in shape_metadata(None).items())
        self.kept = current and set(self._names) <= set(table.column_names)

    def __call__(self, batch: StampBatch) -> NDArray[np.float32]:
        """Return statistics of shape (row, len(SHAPE_NAMES)); NaN where there is none."""
        if self.kept:
            return self.columns(batch.rows)
        return measure_shapes(batch, options=self._options)[0]

    def columns(self, rows: ArrayLike) -> NDArray[np.float32]:
        """Return what the table's columns say of `rows`."""
        found = self._table.columns(*self._names, rows=rows)
        parts = [found[name].to_numpy() for name in self._names]
        return np.stack(parts, axis=1).astype(np.float32)


def read_shapes(table: StampTable, rows: ArrayLike) -> NDArray[np.float32]:
    """Return the shape statistics of rows of a table; see `ShapeReader`.

    Parameters
    ----------
    table : StampTable
    rows : array_like of int
        Which, and in what order.

    Returns
    -------
    ndarray of float32, shape (row, len(SHAPE_NAMES))
    """
    reader, wanted = ShapeReader(table), np.asarray(rows, dtype=np.int64)
    if reader.kept:
        return reader.columns(wanted)
    parts = [np.zeros((0, len(SHAPE_NAMES)), dtype=np.float32)]
    with track("Measuring shapes", len(wanted)) as advance:
        for batch in table.batches(_BATCH, rows=wanted):
            parts.append(reader(batch))
            advance(len(batch.rows))
    return np.concatenate(parts)
