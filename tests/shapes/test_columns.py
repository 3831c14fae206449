"""Shapes of a table: its columns where they are current, else measured."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from strandline import api
from strandline.shapes import SHAPE_NAMES, ShapeReader, measure_shapes, read_shapes, shape_metadata
from strandline.stamps import StampTable
from tests.learn.conftest import _galaxies, _write_table

ROWS = np.array([5, 0, 9])


@pytest.fixture
def table(tmp_path: Path) -> StampTable:
    return _write_table(tmp_path / "stamps.lance", _galaxies(12)[0])


def test_columns_and_measuring_give_the_same(table: StampTable) -> None:
    measured = read_shapes(table, ROWS)
    assert not ShapeReader(table).kept
    np.testing.assert_array_equal(measured, measure_shapes(table.read(ROWS))[0])
    api.shapes(table.path)
    opened = StampTable.open(table.path)
    reader = ShapeReader(opened)
    assert reader.kept
    np.testing.assert_array_equal(read_shapes(opened, ROWS), measured)
    np.testing.assert_array_equal(reader(opened.read(ROWS)), measured)


def test_columns_of_one_band_are_not_taken(table: StampTable) -> None:
    api.shapes(table.path, band="g")
    assert not ShapeReader(StampTable.open(table.path)).kept


@pytest.mark.parametrize("told", [{}, shape_metadata(None) | {"shapes_version": "0"}], ids=str)
def test_columns_of_another_version_are_not_taken(table: StampTable, told: dict[str, str]) -> None:
    names = [f"shape_{name}" for name in SHAPE_NAMES]
    schema = pa.schema([pa.field(name, pa.float32()) for name in names])
    zeros = [pa.array(np.zeros(12, dtype=np.float32)) for _ in names]
    table.add_columns([pa.record_batch(zeros, schema=schema)], schema, told)
    opened = StampTable.open(table.path)
    assert not ShapeReader(opened).kept
    assert read_shapes(opened, ROWS).any()


def test_no_rows_are_no_trouble(table: StampTable) -> None:
    assert read_shapes(table, []).shape == (0, len(SHAPE_NAMES))


def test_pictures_have_their_sky_subtracted(tmp_path: Path) -> None:
    images = _galaxies(2)[0] + 40
    table = _write_table(tmp_path / "p.lance", images, kind="picture")
    flat = _write_table(tmp_path / "f.lance", images - 40)
    found, expected = read_shapes(table, [0, 1]), read_shapes(flat, [0, 1])
    gini = SHAPE_NAMES.index("gini")
    np.testing.assert_allclose(found[:, gini], expected[:, gini], atol=0.02)
