from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from strandline.stamps import vectorindex
from strandline.stamps.vectorindex import VectorPlan


@pytest.mark.parametrize(("rows", "cells", "probes"), [(10_000, 100, 20), (1_000_000, 1000, 50)])
def test_whole_vectors_up_to_two_million(rows: int, cells: int, probes: int) -> None:
    plan = VectorPlan(rows)
    assert (plan.cells, plan.compressed) == (cells, False)
    assert plan.search() == {"metric": "cosine", "nprobes": probes}


def test_of_ten_million_few_cells_are_searched() -> None:
    plan = VectorPlan(10_000_000)
    assert plan.compressed
    assert plan.search()["nprobes"] < 0.02 * plan.cells
    assert plan.search()["refine_factor"] > 1


def test_compressed_vectors_find_nearly_all_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    width, rows = 30, 12_000
    centres = rng.normal(0, 1, (50, width))
    values = centres[rng.integers(50, size=rows)] + 0.4 * rng.normal(0, 1, (rows, width))
    values = values.astype(np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), width)
    dataset = lance.write_dataset(pa.table({"v": column}), tmp_path / "v.lance")
    monkeypatch.setattr(vectorindex, "_COMPRESSED_FROM_ROWS", 10_000)
    plan = VectorPlan(rows)
    plan.build(dataset, "v")
    (index,) = dataset.describe_indices()
    assert index.total_size_bytes is not None
    assert index.total_size_bytes < values.nbytes / 4
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    hits = 0
    for row in range(0, rows, 300):
        asked = {"column": "v", "q": values[row], "k": 10, **plan.search()}
        found = dataset.to_table(columns=[], nearest=asked, with_row_id=True)["_rowid"]
        hits += len(set(found.to_pylist()) & set(np.argsort(-unit @ unit[row])[:10].tolist()))
    assert hits / (10 * rows / 300) > 0.95


def test_few_rows_have_no_index(tmp_path: Path) -> None:
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(40, np.float32)), 4)
    dataset = lance.write_dataset(pa.table({"v": column}), tmp_path / "v.lance")
    VectorPlan(10).build(dataset, "v")
    assert not dataset.describe_indices()
