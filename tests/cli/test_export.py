"""``strandline export`` as its user calls it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.table import Table

from strandline.classify import read_catalogue, write_catalogue
from strandline.stamps import StampTable, TableSpec
from tests.cli.conftest import said_and_done
from tests.conftest import Run


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Ten galaxies, ranked, the last without a position."""
    path = tmp_path / "scores.parquet"
    ra = np.r_[10 + 0.1 * np.arange(9), np.nan]
    columns = {
        "rank": np.arange(1, 11),
        "id": [f"g{k}" for k in range(10)],
        "ra": ra,
        "dec": np.where(np.isnan(ra), np.nan, -5.0),
        "mag_r": np.linspace(18, 22, 10),
        "radius_arcsec": np.r_[2.5, np.nan, np.full(8, 0.1)].astype(np.float32),
        "probability": np.linspace(0.95, 0.05, 10).astype(np.float32),
    }
    write_catalogue(pa.table(columns), path)
    return path


@pytest.mark.parametrize("ending", ["csv", "fits", "votable", "parquet"])
def test_every_format_holds_the_selection(
    run: Run, catalogue: Path, out: Path, ending: str
) -> None:
    file = out / f"some.{ending}"
    ran = run("export", catalogue, "--where", "mag_r > 19", "--top", 3, "--out", file)
    assert ran.status == 0, ran.err
    assert ran.out == f"{file}: 3 galaxies\n"
    assert read_catalogue(file)["id"].to_pylist() == ["g3", "g4", "g5"]
    if ending in ("fits", "votable"):
        units = Table.read(file)
        assert (str(units["ra"].unit), str(units["mag_r"].unit)) == ("deg", "mag")
    if ending == "parquet":
        field = pyarrow.parquet.read_schema(file).field("radius_arcsec")
        assert field.metadata[b"unit"] == b"arcsec"


def test_regions_surround_galaxies_that_have_a_position(
    run: Run, catalogue: Path, out: Path
) -> None:
    ran = run("export", catalogue, "--by", "mag_r", "--top", 9, "--out", out / "x.reg")
    assert ran.status == 0, ran.err
    assert "1 galaxies have no position" in ran.err
    lines = (out / "x.reg").read_text().splitlines()
    assert lines[0] == "# Region file format: DS9 version 4.1"
    assert lines[2] == "icrs"
    circles = [line for line in lines if line.startswith("circle")]
    assert len(circles) == 8
    assert circles[0] == 'circle(10.8000000,-5.0000000,3.00") # text={g8}'
    run("export", catalogue, "--top", 1, "--out", out / "y.reg")
    assert (
        (out / "y.reg").read_text().splitlines()[-1].startswith("circle(10.0000000,-5.0000000,7.50")
    )


def test_ids_choose_and_a_stamp_table_is_a_catalogue_too(
    run: Run, out: Path, tmp_path: Path
) -> None:
    path = tmp_path / "t.lance"
    with StampTable.writer(path, TableSpec(bands=("g",), size_px=4, kind="fits")) as writer:
        writer.append(
            {"id": list("abc"), "ra": np.arange(3.0), "dec": np.zeros(3), "noise_g": np.ones(3)},
            np.zeros((3, 1, 4, 4), dtype=np.float16),
            np.ones((3, 1), dtype=np.float32),
        )
    (tmp_path / "ids.txt").write_text("c\na\n")
    ran = run("export", path, "--ids", tmp_path / "ids.txt", "--out", out / "c.csv")
    assert ran.status == 0, ran.err
    found = read_catalogue(out / "c.csv")
    assert found["id"].to_pylist() == ["c", "a"]
    assert "pixels" not in found.column_names


def test_what_cannot_be_exported_is_said(run: Run, catalogue: Path, out: Path) -> None:
    def refused(*options: object, file: str = "x.csv") -> None:
        said_and_done(
            run("export", catalogue, *options[:-1], "--out", out / file), out, str(options[-1])
        )
        assert not (out / file).exists()

    refused("--where", "brightness > 3", "No field named brightness")
    refused("--where", "mag_r > 30", "none of 10 galaxies is left")
    refused("--by", "id", "only numbers can be sorted by")
    refused("a catalogue's ending", file="x.xls")
    refused("--where", "rank = 10", "No galaxy has a position", file="x.reg")
    bad = catalogue.with_name("u.csv")
    write_catalogue(pa.table({"id": ["ü"], "probability": [0.5]}), bad)
    said_and_done(run("export", bad, "--out", out / "x.fits"), out, "ASCII")
