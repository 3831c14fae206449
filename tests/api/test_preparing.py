"""What a table gets before it is explored; the models' part is in tests/app/test_browser.py."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from strandline import api
from strandline.errors import ModelError
from strandline.shapes import has_harmonics
from strandline.shapes.harmonics import HARMONICS_METADATA
from strandline.stamps import StampTable, TableSpec

COUNT, FEATURES = 12, 4


def _table(path: Path, *names: str, bands: tuple[str, ...] = ("q",)) -> StampTable:
    with StampTable.writer(path, TableSpec(bands, 8, "fits")) as writer:
        writer.append(
            {
                "id": [f"g{k}" for k in range(COUNT)],
                **{f"noise_{band}": np.ones(COUNT, np.float32) for band in bands},
            },
            np.zeros((COUNT, len(bands), 8, 8), np.float16),
            np.ones((COUNT, len(bands)), np.float32),
        )
    table = StampTable.open(path)
    vectors = np.random.default_rng(0).normal(0, 1, (COUNT, FEATURES)).astype(np.float32)
    columns = {
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), FEATURES),
        "probability": pa.array(np.linspace(0, 1, COUNT).astype(np.float32)),
    }
    whole = pa.table({name: columns[name] for name in names})
    if names:
        table.add_columns(whole.to_batches(), whole.schema, {"embedding_encoder": "e1"})
    return StampTable.open(path)


def test_what_is_missing_is_added_and_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.lance"
    before = _table(path, "embedding", "probability").columns("probability")
    table = api.prepare_table(path)
    assert {"map_x", "map_y", "novelty"} <= set(table.column_names)
    assert table.columns("probability").equals(before)
    place = table.columns("map_x")
    version = table.metadata
    again = api.prepare_table(path)
    assert again.columns("map_x").equals(place)
    assert again.metadata == version


def test_a_map_of_another_embedding_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.lance"
    _table(path, "embedding", "probability")
    table = api.prepare_table(path)
    place = table.columns("map_x")
    other = np.random.default_rng(1).normal(0, 1, COUNT * FEATURES).astype(np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(other), FEATURES)
    whole = pa.table({"embedding": column})
    table.add_columns(whole.to_batches(), whole.schema, {"embedding_encoder": "e2"})
    assert not api.prepare_table(path).columns("map_x").equals(place)


def test_harmonics_of_an_earlier_version_are_measured_again_and_novelty_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.lance"
    _table(path, "embedding", "probability")
    with monkeypatch.context() as earlier:
        earlier.setitem(HARMONICS_METADATA, "harmonics_version", "1")
        table = api.prepare_table(path)
    dull = pa.table({"novelty": pa.array(np.full(COUNT, 0.5, np.float32))})
    table.add_columns(dull.to_batches(), dull.schema)
    again = api.prepare_table(path)
    assert has_harmonics(again)
    assert not again.columns("novelty").equals(dull)


def test_without_a_model_the_embedding_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.lance"
    _table(path, "embedding")  # no model knows band q
    assert "probability" not in api.prepare_table(path).column_names
    bare = tmp_path / "b.lance"
    _table(bare)
    with pytest.raises(ModelError, match="knows one of the bands q"):
        api.prepare_table(bare)
