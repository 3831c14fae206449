"""``shapes``: the shape statistics of every stamp, as columns of the table."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from strandline.errors import OptionError
from strandline.progress import track
from strandline.shapes import SHAPE_NAMES, measure_shapes, scene_options, shape_metadata
from strandline.stamps import StampTable

__all__ = ["shapes"]

_FLAGS = "shape_flags"


def shapes(table: str | Path, *, band: str | None = None, batch_size: int = 64) -> int:
    """Measure the shape of every galaxy of a table and write ``shape_*`` columns into it.

    Parameters
    ----------
    table : path
        The stamp table; columns are added to it, pixels are not rewritten.
    band : str, optional
        Where to measure; by default on all bands together.
    batch_size : int
        Stamps in memory at a time.

    Returns
    -------
    int
        Galaxies with every statistic measured; the others have NaN and a bit of
        `strandline.flags.ShapeFlag` in ``shape_flags``.

    Raises
    ------
    OptionError
        If the table has no such band.
    """
    opened = StampTable.open(table)
    spec = opened.spec
    if band is not None and band not in spec.bands:
        raise OptionError(f"band is {band!r}; {table} has {', '.join(spec.bands)}.")
    index = None if band is None else spec.bands.index(band)
    options = scene_options(spec)
    schema = pa.schema(
        [pa.field(f"shape_{name}", pa.float32()) for name in SHAPE_NAMES]
        + [pa.field(_FLAGS, pa.int32())]
    )
    whole = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal whole
        with track("Measuring shapes", len(opened)) as advance:
            for batch in opened.batches(batch_size):
                values, flags = measure_shapes(batch, band=index, options=options)
                whole += int(np.isfinite(values).all(axis=1).sum())
                columns = [pa.array(column) for column in values.T] + [pa.array(flags)]
                yield pa.record_batch(columns, schema=schema)
                advance(len(batch.rows))

    opened.add_columns(batches(), schema, shape_metadata(band))
    return whole
