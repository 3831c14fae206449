"""Several tables in one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from strandline import api
from strandline.errors import OptionError, TableError
from strandline.stamps import StampTable, TableSpec, join_tables


def _table(path: Path, ids: list[str], bands: tuple[str, ...] = ("g", "r")) -> Path:
    random = np.random.default_rng(len(str(path)))
    count = len(ids)
    columns: dict[str, ArrayLike] = {
        "id": ids,
        "ra": random.uniform(0, 360, count),
        "split": ["train"] * count,
        **{f"noise_{band}": random.uniform(1, 2, count) for band in bands},
    }
    with StampTable.writer(path, TableSpec(bands, 8, "fits")) as writer:
        writer.append(
            columns,
            random.normal(size=(count, len(bands), 8, 8)).astype(np.float16),
            random.uniform(1, 9, (count, len(bands))).astype(np.float32),
        )
    return path


def test_stamps_and_columns_stay_as_they_were(tmp_path: Path) -> None:
    paths = [_table(tmp_path / "a.lance", ["a1", "a2"]), _table(tmp_path / "b.lance", ["b1"])]
    parts = [StampTable.open(path) for path in paths]
    joined = join_tables(parts, tmp_path / "all.lance")
    assert joined.columns("id")["id"].to_pylist() == ["a1", "a2", "b1"]
    assert joined.columns("ra")["ra"].to_pylist()[2] == parts[1].columns("ra")["ra"][0].as_py()
    together = joined.read([0, 1, 2])
    for name in ("pixels", "unit_njy", "noise_njy"):
        apart = [getattr(part.read(np.arange(len(part))), name) for part in parts]
        np.testing.assert_array_equal(getattr(together, name), np.concatenate(apart))


def test_ids_that_are_alike_get_their_tables_names_and_labels_follow(tmp_path: Path) -> None:
    paths = [_table(tmp_path / "a.lance", ["x1", "x2"]), _table(tmp_path / "b.lance", ["x1"])]
    labels = [tmp_path / "a.csv", tmp_path / "b.csv"]
    labels[0].write_text("id,label\nx2,1\nx1,0\n")
    labels[1].write_text("id,label\nx1,interacting\n")
    joined = api.join(paths, tmp_path / "all.lance", labels=labels)
    assert joined.columns("id")["id"].to_pylist() == ["a-x1", "a-x2", "b-x1"]
    written = (tmp_path / "all.labels.csv").read_text().replace('"', "").split()
    assert written == ["id,label", "a-x1,0", "a-x2,1", "b-x1,1"]


def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one = _table(tmp_path / "a.lance", ["x1"])
    other = _table(tmp_path / "b.lance", ["x2"], bands=("g", "i"))
    with pytest.raises(TableError, match=r"b\.lance.*g.*i"):
        api.join([one, other], tmp_path / "all.lance")
    with pytest.raises(OptionError, match="takes two"):
        api.join([one], tmp_path / "all.lance")
    with pytest.raises(OptionError, match="given 1 times"):
        api.join([one, one], tmp_path / "all.lance", labels=[one])
    with pytest.raises(TableError, match="twice"):
        api.join([one, one], tmp_path / "all.lance")
    assert not (tmp_path / "all.lance").exists()
