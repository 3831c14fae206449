from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import Table

from strandline.classify.catalogue import read_catalogue, write_catalogue
from strandline.errors import OptionError, TableError

CATALOGUE = pa.table(
    {
        "id": ["a-1", "0042", "ü"],
        "source": ["x.fits", "1.jpg", "y.fits"],
        "ra": [10.5, np.nan, 359.25],
        "mag_r": pa.array([17.0, np.nan, 20.25], pa.float32()),
        "radius_arcsec": pa.array([1.5, 2.5, 3.5], pa.float32()),
        "flags": pa.array([0, 3, 16], pa.int32()),
        "probability": pa.array([0.75, 0.5, 0.25], pa.float32()),
    }
)


@pytest.mark.parametrize("ending", ["parquet", "csv", "fits", "votable", "xml"])
def test_round_trip(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    table = CATALOGUE if ending != "fits" else CATALOGUE.set_column(0, "id", pa.array(list("abc")))
    assert write_catalogue(table, path) == 3
    back = read_catalogue(path)
    assert back.column_names == table.column_names
    for name in table.column_names:
        assert [str(v) for v in back[name].to_pylist()] == [str(v) for v in table[name].to_pylist()]
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["fits", "votable"])
def test_units_travel_with_the_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    write_catalogue(CATALOGUE.set_column(0, "id", pa.array(list("abc"))), path)
    table = Table.read(path)
    assert str(table["ra"].unit) == "deg"
    assert str(table["mag_r"].unit) == "mag"
    assert str(table["radius_arcsec"].unit) == "arcsec"
    assert table["flags"].unit is None


def test_batches_are_streamed_as_one_catalogue(tmp_path: Path) -> None:
    batches = [CATALOGUE.slice(k, 1).combine_chunks().to_batches()[0] for k in range(3)]
    write_catalogue(iter(batches), tmp_path / "c.parquet")
    back = read_catalogue(tmp_path / "c.parquet")
    assert str(back.to_pylist()) == str(CATALOGUE.to_pylist())


def test_unknown_ending_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"c\.xls: .*\.parquet, \.csv, \.fits, \.votable"):
        write_catalogue(CATALOGUE, tmp_path / "c.xls")


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.csv: no such file"):
        read_catalogue(tmp_path / "none.csv")


@pytest.mark.parametrize("ending", ["parquet", "fits", "votable"])
def test_text_of_another_kind_is_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"c.{ending}"
    path.write_text("not a catalogue")
    with pytest.raises(TableError, match=rf"c\.{ending}: cannot be read as {ending}"):
        read_catalogue(path)
