"""``strandline measure`` as its user calls it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.table import Table
from numpy.typing import ArrayLike

from strandline import api
from strandline.classify import read_catalogue
from strandline.flags import MeasureFlag
from strandline.learn.tracing import Tracer
from strandline.measure import FindOptions
from strandline.measure.features import tracer_of
from strandline.stamps import StampTable, TableSpec
from tests.conftest import Run

SIDE = 128


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A galaxy with a tail, one without, one in one band only, an empty stamp."""
    path = tmp_path_factory.mktemp("measure") / "t.lance"
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    host = 600 * np.exp(-np.hypot(columns, rows) / 4)
    beyond = np.maximum(np.abs(rows - 32) - 16, 0)
    tail = 5 * np.exp(-(columns**2 + beyond**2) / (2 * 5.0**2))
    images = random.normal(size=(4, 2, SIDE, SIDE))
    images[:3] += host
    images[[0, 2]] += tail
    images[2, 0] = np.nan
    images[3] = np.nan
    told: dict[str, ArrayLike] = {
        "id": list("abcd"),
        "ra": np.array([10.0, 10.1, 10.2, 10.3]),
        "dec": np.full(4, -5.0),
        "north_deg": np.zeros(4),
        "east_deg": np.full(4, 90.0),
        "pixel_scale_arcsec": np.full(4, 0.3),
        "noise_g": np.ones(4),
        "noise_r": np.ones(4),
    }
    with StampTable.writer(path, TableSpec(("g", "r"), SIDE, "fits")) as writer:
        writer.append(told, images.astype(np.float16), np.ones((4, 2), dtype=np.float32))
    return path


@pytest.mark.parametrize("ending", ["votable", "fits"])
def test_row_for_each_galaxy_with_units(run: Run, table: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"features.{ending}"
    ran = run("measure", table, "--out", out, "--redshift", "0.05", "--psf", "1.0")
    assert ran.status == 0, ran.err
    assert "4 galaxies, 2 with features" in ran.out
    told = Table.read(out)
    assert told["features"].tolist() == [1, 0, 1, 0]
    assert str(told["length_kpc"].unit) == "kpc"
    assert str(told["sb_r"].unit).replace(" ", "") in ("mag/arcsec2", "magarcsec-2", "mag.arcsec-2")
    angle = float(told["position_angle_deg"][0])
    assert min(angle, 360 - angle) < 8
    # astropy masks NaN
    assert np.isnan(np.ma.filled(told["length_kpc"], np.nan)[1])
    assert told["measure_flags"][2] & MeasureFlag.ONE_BAND
    assert told["measure_flags"][3] & MeasureFlag.NO_DATA
    assert not list(tmp_path.glob(".*"))


def test_catalogue_chooses_and_brings_redshifts(run: Run, table: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "c.csv"
    catalogue.write_text("id,redshift,probability\na,0.1,0.9\nz,0.2,0.1\n")
    out, pages = tmp_path / "f.parquet", tmp_path / "pages"
    ran = run(
        "measure", table, "--catalogue", catalogue, "--out", out, "--psf", "1", "--pages", pages,
        "--cluster-ra", "10", "--cluster-dec", "-4.9", "--cluster-redshift", "0.1",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    (told,) = read_catalogue(out).to_pylist()
    assert (told["id"], told["probability"]) == ("a", 0.9)
    # 1.844 kpc/arcsec at redshift 0.1
    assert told["length_kpc"] == pytest.approx(1.844 * told["length_arcsec"], rel=0.01)
    assert told["cluster_distance_kpc"] == pytest.approx(360 * 1.844, rel=0.01)
    assert told["tail_to_centre_deg"] < 10
    field = pa.parquet.read_schema(out).field("length_kpc")
    assert field.metadata[b"unit"] == b"kpc"
    assert (pages / "index.html").read_text().count("<figure") == 1
    assert len(list(pages.glob("*.png"))) == 1


def test_each_galaxy_is_put_into_the_nearest_cluster(run: Run, table: Path, tmp_path: Path) -> None:
    clusters = tmp_path / "clusters.csv"
    clusters.write_text("name,ra,dec,redshift,r200_kpc\nN,10,-4.9,0.1,1500\nE,40,-5,0.1,1500\n")
    out = tmp_path / "f.parquet"
    ran = run("measure", table, "--out", out, "--psf", "1", "--redshift", "0.1",
              "--clusters", clusters)  # fmt: skip
    assert ran.status == 0, ran.err
    first, *_ = read_catalogue(out).to_pylist()
    assert first["cluster"] == "N"
    assert first["cluster_distance_kpc"] == pytest.approx(360 * 1.844, rel=0.01)
    # its tail points at the centre, which is north: so moves its far end
    assert first["to_centre_kms"] == pytest.approx(first["transverse_kms"], rel=0.05)
    assert first["age_low_gyr"] <= first["age_gyr"] <= first["age_high_gyr"]
    ran = run("measure", table, "--out", out, "--clusters", clusters, "--cluster-ra", "1")
    assert ran.status == 1
    assert "not both" in ran.err


def test_cut_off_work_goes_on_and_gives_the_same(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, again = tmp_path / "whole.csv", tmp_path / "again.csv"
    api.measure(table, whole, psf_arcsec={"": 1.0})
    command = "strandline.api.measuring.command"
    monkeypatch.setattr(f"{command}._BLOCK", 2)
    with monkeypatch.context() as patched:
        patched.setattr(f"{command}.write_catalogue", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            api.measure(table, again, psf_arcsec={"": 1.0})
    assert len(list((tmp_path / ".again.csv.parts").glob("*.parquet"))) == 2
    monkeypatch.setattr(f"{command}.in_order", _nothing_left)
    api.measure(table, again, psf_arcsec={"": 1.0})
    assert again.read_bytes() == whole.read_bytes()


def test_another_tracer_of_the_same_name_begins_anew(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, out = tmp_path / "mine.safetensors", tmp_path / "f.csv"
    shipped = Tracer.load()
    shipped.save(mine)
    options = FindOptions(tracer=mine)
    with monkeypatch.context() as patched:
        patched.setattr("strandline.api.measuring.command.write_catalogue", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            api.measure(table, out, psf_arcsec={"": 1.0}, options=options)
    tracer_of.cache_clear()  # as in another process
    Tracer(shipped.network, dict(shipped.card) | {"level": 1e9}).save(mine)
    report = api.measure(table, out, psf_arcsec={"": 1.0}, options=options)
    assert report.with_features == 0
    tracer_of.cache_clear()


def _cut_off(*_: object) -> int:
    raise KeyboardInterrupt


def _nothing_left(work: object, tasks: list[object], workers: int) -> Iterator[object]:
    assert not tasks
    yield from ()


def test_bad_input_is_named(run: Run, table: Path, tmp_path: Path) -> None:
    ran = run("measure", table, "--out", tmp_path / "f.txt")
    assert ran.status == 1
    assert ".votable" in ran.err
    ran = run("measure", table, "--out", tmp_path / "f.csv", "--redshift", "-1")
    assert ran.status == 1
    assert "redshift is -1" in ran.err
    catalogue = tmp_path / "c.csv"
    catalogue.write_text("id\nx\n")
    ran = run("measure", table, "--out", tmp_path / "f.csv", "--catalogue", catalogue)
    assert ran.status == 1
    assert "none of its 1 galaxies" in ran.err
