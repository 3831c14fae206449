"""The stamp table: what is written is read back, whatever the way it is asked for."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError, OutputError, TableError
from strandline.stamps import StampTable, TableSpec, quantise

SPEC = TableSpec(("g", "r", "z"), 8, "fits")
COUNT = 150


def _pixels(count: int = COUNT, spec: TableSpec = SPEC) -> NDArray[np.float16]:
    shape = (count, len(spec.bands), spec.size_px, spec.size_px)
    return np.random.default_rng(1).normal(size=shape).astype(np.float16)


def _columns(count: int = COUNT, spec: TableSpec = SPEC) -> dict[str, NDArray[np.generic]]:
    noise = np.arange(1.0, count + 1)
    columns: dict[str, NDArray[np.generic]] = {
        f"noise_{band}": noise * k for k, band in enumerate(spec.bands, 1)
    }
    return {"id": np.array([f"s{i}" for i in range(count)]), "ra": noise / 7, **columns}


def _unit(count: int = COUNT, spec: TableSpec = SPEC) -> NDArray[np.float32]:
    return np.linspace(1, 2, count * len(spec.bands), dtype=np.float32).reshape(count, -1)


def make(path: Path, count: int = COUNT, step: int = 37, spec: TableSpec = SPEC) -> StampTable:
    columns, pixels, unit = _columns(count, spec), _pixels(count, spec), _unit(count, spec)
    with StampTable.writer(path, spec) as writer:
        for at in range(0, count, step):
            part = slice(at, at + step)
            writer.append({k: v[part] for k, v in columns.items()}, pixels[part], unit[part])
    return StampTable.open(path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> StampTable:
    """A table that no test changes."""
    return make(tmp_path_factory.mktemp("table") / "shared.lance")


@pytest.fixture
def table(tmp_path: Path) -> StampTable:
    return make(tmp_path / "stamps.lance")


def test_columns_and_spec_come_back(shared: StampTable) -> None:
    again = StampTable.open(shared.path)
    assert again.spec == SPEC
    assert len(again) == COUNT
    columns = again.columns()
    assert columns["id"].to_pylist() == [f"s{i}" for i in range(COUNT)]
    np.testing.assert_array_equal(columns["ra"].to_numpy(), np.arange(1.0, COUNT + 1) / 7)
    assert np.isnan(columns["mag_r"].to_numpy()).all()
    assert columns["healpix"].to_pylist() == [-1] * COUNT
    assert not {"pixels", "unit"} & set(columns.column_names)


def test_columns_of_some_rows_keep_the_order_asked_for(shared: StampTable) -> None:
    assert shared.columns("id", rows=[9, 2, 2, 140])["id"].to_pylist() == ["s9", "s2", "s2", "s140"]


def test_read_gives_rows_in_the_order_asked_for(shared: StampTable) -> None:
    rows = np.array([140, 3, 3, 77])
    batch = shared.read(rows)
    np.testing.assert_array_equal(batch.pixels, _pixels()[rows])
    np.testing.assert_array_equal(batch.unit_njy, _unit()[rows])
    np.testing.assert_array_equal(batch.noise_njy[:, 1], 2 * (rows + 1))
    flux = _pixels()[rows].astype(np.float32) * _unit()[rows][:, :, None, None]
    np.testing.assert_array_equal(batch.flux_njy(), flux)


@pytest.mark.parametrize("batch_size", [1, 32, 64, 149, 1000])
@pytest.mark.parametrize("some", [False, True])
def test_batches_hold_every_row_once(shared: StampTable, batch_size: int, some: bool) -> None:
    rows = np.random.default_rng(2).permutation(COUNT)[:100] if some else np.arange(COUNT)
    batches = list(shared.batches(batch_size, rows=rows if some else None))
    sizes = [len(batch) for batch in batches]
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    np.testing.assert_array_equal(np.concatenate([b.rows for b in batches]), rows)
    np.testing.assert_array_equal(np.concatenate([b.pixels for b in batches]), _pixels()[rows])
    np.testing.assert_array_equal(np.concatenate([b.unit_njy for b in batches]), _unit()[rows])
    noise = np.concatenate([b.noise_njy for b in batches])
    np.testing.assert_array_equal(noise[:, 2], 3 * (rows + 1))


def test_batches_across_files(tmp_path: Path) -> None:
    """A long table is several files; batches and addresses run across them."""
    whole = make(tmp_path / "whole.lance")
    data = lance.dataset(str(whole.path)).to_table()
    lance.write_dataset(data, tmp_path / "parts.lance", max_rows_per_file=40)
    parts = StampTable.open(tmp_path / "parts.lance")
    assert len(list((tmp_path / "parts.lance" / "data").iterdir())) == 4
    read = np.concatenate([batch.pixels for batch in parts.batches(32)])
    np.testing.assert_array_equal(read, _pixels())
    vectors = np.random.default_rng(3).normal(size=(COUNT, 4)).astype(np.float32)
    parts.add_columns(*_vectors(vectors))
    assert parts.nearest(vectors[123], 1)["row"].to_pylist() == [123]


def test_table_survives_pickling(shared: StampTable) -> None:
    again = pickle.loads(pickle.dumps(shared))
    np.testing.assert_array_equal(again.read([5]).pixels, shared.read([5]).pixels)


# --- later columns -----------------------------------------------------------------------------


def _vectors(values: NDArray[np.float32], step: int = 40) -> tuple[list[pa.RecordBatch], pa.Schema]:
    kind = pa.list_(pa.float32(), values.shape[1])
    schema = pa.schema([pa.field("embedding", kind)])
    batches = []
    for at in range(0, len(values), step):
        flat = pa.array(values[at : at + step].ravel())
        array = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
        batches.append(pa.record_batch([array], schema=schema))
    return batches, schema


def _embedding(table: StampTable) -> NDArray[np.float32]:
    column = table.columns("embedding")["embedding"].combine_chunks()
    values: NDArray[np.float32] = column.flatten().to_numpy().reshape(len(table), -1)
    return values


def test_added_columns_keep_row_order_and_metadata(table: StampTable) -> None:
    values = np.random.default_rng(4).normal(size=(COUNT, 5)).astype(np.float32)
    table.add_columns(*_vectors(values), {"embedding_model": "tiny"})
    for opened in (table, StampTable.open(table.path)):
        np.testing.assert_array_equal(_embedding(opened), values)
        assert opened.metadata == {"embedding_model": "tiny"}
        np.testing.assert_array_equal(opened.read([7]).pixels, _pixels()[[7]])
        assert "embedding" not in opened.columns().column_names


def test_adding_again_replaces_and_frees_the_disk(table: StampTable) -> None:
    rng = np.random.default_rng(5)
    sizes = []
    for _ in range(3):
        values = rng.normal(size=(COUNT, 64)).astype(np.float32)
        table.add_columns(*_vectors(values))
        np.testing.assert_array_equal(_embedding(table), values)
        sizes.append(sum(f.stat().st_size for f in table.path.rglob("*") if f.is_file()))
    assert sizes[2] < sizes[0] + values.nbytes / 2
    assert not [name for name in table.column_names if name.startswith("_")]


def test_failing_columns_leave_the_table_as_it_was(table: StampTable) -> None:
    values = np.ones((COUNT, 3), dtype=np.float32)
    table.add_columns(*_vectors(values))
    batches, schema = _vectors(2 * values)

    def broken() -> Iterator[pa.RecordBatch]:
        yield batches[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.add_columns(broken(), schema)
    np.testing.assert_array_equal(_embedding(StampTable.open(table.path)), values)
    assert [entry.name for entry in table.path.parent.iterdir()] == [table.path.name]


def test_wrong_number_of_rows_is_refused(table: StampTable) -> None:
    batches, schema = _vectors(np.ones((COUNT - 1, 3), dtype=np.float32))
    with pytest.raises(TableError, match="150 rows, but 149 values came for embedding"):
        table.add_columns(batches, schema)


def test_own_columns_cannot_be_replaced(table: StampTable) -> None:
    schema = pa.schema([("flags", pa.int32())])
    with pytest.raises(TableError, match="flags is part of the stamps"):
        table.add_columns([], schema)


# --- neighbours --------------------------------------------------------------------------------


def _clusters(count: int, width: int = 32) -> NDArray[np.float32]:
    rng = np.random.default_rng(6)
    centres = rng.normal(size=(50, width))
    values = centres[rng.integers(50, size=count)] + 0.3 * rng.normal(size=(count, width))
    return values.astype(np.float32)


def _brute_force(values: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float64]:
    cosine = values @ query / np.linalg.norm(values, axis=1) / np.linalg.norm(query)
    return np.asarray(1 - cosine.astype(np.float64))


def test_nearest_without_index_is_exact(table: StampTable) -> None:
    values = _clusters(COUNT)
    table.add_columns(*_vectors(values))
    table.build_index()
    found = table.nearest(values[11], 20)
    distance = _brute_force(values, values[11])
    assert found["row"].to_pylist() == np.argsort(distance)[:20].tolist()
    assert found["id"].to_pylist() == [f"s{row}" for row in found["row"].to_pylist()]
    np.testing.assert_allclose(found["distance"].to_numpy(), np.sort(distance)[:20], atol=1e-6)


def test_index_finds_nearly_all_neighbours(tmp_path: Path) -> None:
    count = 6000
    table = make(tmp_path / "long.lance", count, 1000, TableSpec(("r",), 2, "fits"))
    values = _clusters(count)
    table.add_columns(*_vectors(values, 500))
    table.build_index()
    table = StampTable.open(table.path)
    hits = 0
    for row in range(0, count, 200):
        found = set(table.nearest(values[row], 20)["row"].to_pylist())
        hits += len(found & set(np.argsort(_brute_force(values, values[row]))[:20].tolist()))
    assert hits / (20 * count / 200) > 0.95
    table.add_columns(*_vectors(values[::-1].copy(), 500))  # the old index must not answer for it
    assert table.nearest(values[0], 1)["row"].to_pylist() == [count - 1]


def test_more_neighbours_than_rows_are_all_rows(table: StampTable) -> None:
    table.add_columns(*_vectors(_clusters(COUNT)))
    assert sorted(
        table.nearest(np.ones(32, dtype=np.float32), COUNT + 50)["row"].to_pylist()
    ) == list(range(COUNT))


def test_vector_of_another_width_is_refused(table: StampTable) -> None:
    table.add_columns(*_vectors(_clusters(COUNT)))
    with pytest.raises(TableError, match=r"embedding has 32 values a row.*shape \(5,\)"):
        table.nearest(np.ones(5, dtype=np.float32), 3)


# --- bad input ---------------------------------------------------------------------------------


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.lance: there is no such stamp table"):
        StampTable.open(tmp_path / "none.lance")


def test_missing_table_tells_of_a_run_cut_off(tmp_path: Path) -> None:
    (tmp_path / ".a.lance.17.partial").mkdir()
    with pytest.raises(TableError, match=r"17\.partial is left of a run that was cut off"):
        StampTable.open(tmp_path / "a.lance")


def test_file_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.lance").write_text("hello")
    with pytest.raises(TableError, match="is a file; a stamp table is a folder"):
        StampTable.open(tmp_path / "a.lance")


def test_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is a folder but not a stamp table"):
        StampTable.open(tmp_path)


def test_table_without_manifest_is_incomplete(table: StampTable) -> None:
    for manifest in (table.path / "_versions").iterdir():
        manifest.unlink()
    with pytest.raises(TableError, match="incomplete stamp table"):
        StampTable.open(table.path)


def test_foreign_lance_table(tmp_path: Path) -> None:
    lance.write_dataset(pa.table({"cat": [1]}), tmp_path / "cats.lance")
    with pytest.raises(TableError, match=r"not one of stamps \(its columns: cat"):
        StampTable.open(tmp_path / "cats.lance")


def test_later_format_is_refused(table: StampTable) -> None:
    dataset = lance.dataset(str(table.path))
    dataset.update_schema_metadata({"strandline": '{"format": 2}'})
    with pytest.raises(TableError, match="format 2; this version of strandline reads up to 1"):
        StampTable.open(table.path)


def test_missing_embedding_says_how_to_make_it(shared: StampTable) -> None:
    with pytest.raises(
        TableError, match=r"no column 'embedding'\. Make it first: strandline embed"
    ):
        shared.nearest(np.ones(3, dtype=np.float32), 2)


def test_unknown_column_lists_those_there_are(shared: StampTable) -> None:
    with pytest.raises(TableError, match=r"no column 'colour'\. It has: id, tile"):
        shared.columns("colour")


def test_pixels_are_not_a_plain_column(shared: StampTable) -> None:
    with pytest.raises(OptionError, match="pixels: are read with"):
        shared.columns("pixels")


def test_row_outside_the_table(shared: StampTable) -> None:
    with pytest.raises(TableError, match="has rows 0 to 149, not 150"):
        shared.read([3, 150])


# --- writing -----------------------------------------------------------------------------------


def _write_until(failure: BaseException, path: Path) -> None:
    with StampTable.writer(path, SPEC) as writer:
        writer.append(_columns(), _pixels(), _unit())
        raise failure


def test_failure_while_writing_leaves_the_old_table(table: StampTable) -> None:
    with pytest.raises(KeyboardInterrupt):
        _write_until(KeyboardInterrupt(), table.path)
    assert len(StampTable.open(table.path)) == COUNT
    assert [entry.name for entry in table.path.parent.iterdir()] == [table.path.name]


def test_wrong_pixels_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(TableError, match=r"expected float16 of shape \(150, 3, 8, 8\)"),
        StampTable.writer(tmp_path / "a.lance", SPEC) as writer,
    ):
        writer.append(_columns(), _pixels()[:, :2], _unit())
    assert not list(tmp_path.iterdir())


def test_wrong_columns_are_refused(tmp_path: Path) -> None:
    columns = {**_columns(), "colour": np.zeros(COUNT)}
    del columns["noise_z"]
    with (
        pytest.raises(TableError, match=r"missing: \['noise_z'\]; .*\['colour'\]"),
        StampTable.writer(tmp_path / "a.lance", SPEC) as writer,
    ):
        writer.append(columns, _pixels(), _unit())


def test_two_bytes_a_pixel(tmp_path: Path) -> None:
    spec = TableSpec(("g", "r", "z"), 64, "fits")
    table = make(tmp_path / "wide.lance", 60, spec=spec)
    stored = sum(f.stat().st_size for f in table.path.rglob("*") if f.is_file())
    assert stored < 60 * spec.pixel_count * 2 * 1.05


def test_bands_must_be_distinct() -> None:
    with pytest.raises(OptionError, match="distinct names"):
        TableSpec(("g", "g"), 8, "fits")


def test_full_disk_is_told(tiny_disk: Path) -> None:
    spec = TableSpec(("g",), 128, "fits")
    count = 500  # 16 MB, twice the disk
    with pytest.raises(OutputError, match=r"a\.lance: the disk is full"):
        make(tiny_disk / "a.lance", count, spec=spec)
    assert not list(tiny_disk.iterdir())


def test_full_disk_while_adding_columns_keeps_the_table(tiny_disk: Path) -> None:
    table = make(tiny_disk / "a.lance")
    values = np.random.default_rng(7).normal(size=(COUNT, 2**14)).astype(np.float32)  # 10 MB
    with pytest.raises(OutputError, match="columns could not be added, the table is as it was"):
        table.add_columns(*_vectors(values))
    assert len(StampTable.open(table.path)) == COUNT
    assert [entry.name for entry in tiny_disk.iterdir()] == ["a.lance"]


# --- quantisation ------------------------------------------------------------------------------


def test_rounding_error_is_far_below_the_noise() -> None:
    noise = np.array([[0.03, 4.0, 700.0]], dtype=np.float32)
    rng = np.random.default_rng(8)
    strength = 10 ** rng.uniform(-4, 5.5, (1, 3, 100, 100)) * rng.choice([-1, 1], (1, 3, 100, 100))
    flux = (strength * noise[:, :, None, None]).astype(np.float32)
    pixels, unit = quantise(flux, noise)
    error = np.abs(pixels.astype(np.float64) * unit[:, :, None, None] - flux)
    in_noise = error / noise[:, :, None, None]
    tiny = 8 * 2.0**-25  # half the smallest step of float16, in units of the noise
    # 1e-6: the product with a float32 unit
    assert (in_noise <= np.maximum(np.abs(strength) * (2.0**-11 + 1e-6), tiny)).all()
    assert in_noise[np.abs(strength) <= 100].max() < 0.05


def test_bright_flux_is_clipped_and_nan_kept() -> None:
    flux = np.array([1e9, -1e9, np.nan, np.inf, 3.0], dtype=np.float32).reshape(1, 1, 1, 5)
    pixels, unit = quantise(flux, np.array([[1.0]], dtype=np.float32))
    assert unit.tolist() == [[8.0]]
    np.testing.assert_array_equal(
        pixels.ravel(), np.array([65504, -65504, np.nan, 65504, 0.375], dtype=np.float16)
    )


@pytest.mark.parametrize("noise", [np.nan, 0.0, -1.0, np.inf])
def test_band_without_noise_has_unit_one(noise: float) -> None:
    flux = np.full((1, 1, 2, 2), np.nan, dtype=np.float32)
    pixels, unit = quantise(flux, np.array([[noise]], dtype=np.float32))
    assert unit.tolist() == [[1.0]]
    assert np.isnan(pixels).all()
