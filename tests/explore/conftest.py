"""Small stamp tables with an embedding of two groups."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from strandline.stamps import StampTable, TableSpec

MakeTable = Callable[[NDArray[np.float32] | None], StampTable]


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """Return what writes a table of 60 empty stamps, with these embeddings or none."""

    def make(vectors: NDArray[np.float32] | None) -> StampTable:
        count = 60
        path = tmp_path / "stamps.lance"
        with StampTable.writer(path, TableSpec(bands=("g",), size_px=4, kind="fits")) as writer:
            writer.append(
                {
                    "id": [f"field-{k:04d}" for k in range(count)],
                    "source": [f"f{k % 3}_g.fits" for k in range(count)],
                    "ra": 40 + 0.01 * np.arange(count),
                    "dec": np.full(count, -8.5),
                    "noise_g": np.ones(count, dtype=np.float32),
                },
                np.zeros((count, 1, 4, 4), dtype=np.float16),
                np.ones((count, 1), dtype=np.float32),
            )
        table = StampTable.open(path)
        if vectors is not None:
            width = vectors.shape[1]
            schema = pa.schema([("embedding", pa.list_(pa.float32(), width))])
            values = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), width)
            table.add_columns([pa.record_batch([values], schema=schema)], schema, {})
        return table

    return make


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    """Two groups of 30."""
    rng = np.random.default_rng(11)
    centre = np.repeat(rng.normal(0, 1, (2, 12)), 30, axis=0)
    return (centre + 0.4 * rng.normal(0, 1, (60, 12))).astype(np.float32)


@pytest.fixture
def table(make_table: MakeTable, vectors: NDArray[np.float32]) -> StampTable:
    """A table with `vectors` as its embedding."""
    return make_table(vectors)
