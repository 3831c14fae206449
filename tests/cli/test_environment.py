"""``strandline environment`` as its user calls it."""

import json
from pathlib import Path

import numpy as np
from astropy.table import Table

from tests.conftest import Run


def _catalogue(path: Path) -> Path:
    rng = np.random.default_rng(3)
    away, turn = 0.9 * np.sqrt(rng.random(400)), rng.uniform(0, 2 * np.pi, 400)
    ra, dec = 30 + away * np.sin(turn), away * np.cos(turn)
    Table(
        {
            "id": [f"g{k}" for k in range(400)],
            "ra": ra,
            "dec": dec,
            "interacting": (rng.random(400) < 0.4 * away).astype(int),
            "position_angle_deg": np.degrees(turn) % 360,  # away from the centre
        }
    ).write(path, format="ascii.csv")
    return path


def test_tables_and_figures_of_a_cluster(run: Run, tmp_path: Path) -> None:
    clusters = tmp_path / "clusters.csv"
    clusters.write_text("name,ra,dec,redshift,r200_kpc\nA1,30,0,0.05,1800\n")
    out = tmp_path / "where"
    ran = run("environment", _catalogue(tmp_path / "c.csv"), "--clusters", clusters, "--out", out)
    assert ran.status == 0, ran.err
    assert "400 galaxies, 400 in a cluster" in ran.out
    radius = Table.read(out / "radius.csv")
    assert radius["galaxies"].sum() == 400
    known = radius[radius["galaxies"] > 0]
    assert (known["lower"] <= known["value"]).all()
    assert (known["value"] <= known["upper"]).all()
    assert known["value"][-1] > known["value"][0]
    told = json.loads((out / "alignment.json").read_text())
    assert told["mean_cosine"] < -0.99
    galaxies = Table.read(out / "environment.csv")
    assert np.isfinite(galaxies["density_neighbour"]).all()
    assert (out / "environment.png").stat().st_size > 10_000
    assert (out / "environment.svg").is_file()


def test_gas_and_velocities_are_used_where_they_are_known(run: Run, tmp_path: Path) -> None:
    catalogue = _catalogue(tmp_path / "c.csv")
    table = Table.read(catalogue)
    away_kpc = np.hypot(table["ra"] - 30, table["dec"]) * 3600 * 0.97  # at redshift 0.05
    table["gas_per_cm3"] = 3e-3 * (1 + (away_kpc / 250) ** 2) ** -1.0
    speed = np.random.default_rng(5).normal(0, 800, 400)
    table["velocity_kms"] = 299_792.458 * 0.05 + speed * 1.05
    table["completeness"] = 0.8
    table.write(catalogue, overwrite=True)
    clusters, out = tmp_path / "clusters.csv", tmp_path / "where"
    clusters.write_text("name,ra,dec,redshift,r200_kpc\nA1,30,0,0.05,1800\n")
    ran = run("environment", catalogue, "--clusters", clusters, "--out", out)
    assert ran.status == 0, ran.err
    assert "gas.csv, speed.csv" in ran.out
    galaxies = Table.read(out / "environment.csv")
    np.testing.assert_allclose(galaxies["cluster_speed_kms"], speed, atol=1)
    # 1.143 protons an electron
    expected = 1.143 * 1.6726e-27 * table["gas_per_cm3"] * 1e6 * (1000 * speed) ** 2
    np.testing.assert_allclose(galaxies["ram_pressure_pa"], expected, rtol=0.02, atol=1e-16)
    gas, speeds = Table.read(out / "gas.csv"), Table.read(out / "speed.csv")
    assert gas["value"][0] > gas["value"][-1]  # most interact far out, where there is least gas
    assert speeds["galaxies"].sum() == 400
    raw = speeds["interacting"] / speeds["galaxies"]
    np.testing.assert_allclose(speeds["value"], raw / 0.8, rtol=1e-6)


def test_bad_input_is_named(run: Run, tmp_path: Path) -> None:
    catalogue, clusters = _catalogue(tmp_path / "c.csv"), tmp_path / "clusters.csv"
    clusters.write_text("name,ra,dec\nA1,30,0\n")
    ran = run("environment", catalogue, "--clusters", clusters, "--out", tmp_path / "o")
    assert ran.status == 1
    assert "has no column redshift" in ran.err
    clusters.write_text("name,ra,dec,redshift\nA1,130,50,0.05\n")
    ran = run("environment", catalogue, "--clusters", clusters, "--out", tmp_path / "o")
    assert ran.status == 1
    assert "none of 400 galaxies" in ran.err
    table = Table.read(catalogue)
    table["completeness"] = 80.0
    table.write(catalogue, overwrite=True)
    clusters.write_text("name,ra,dec,redshift\nA1,30,0,0.05\n")
    ran = run("environment", catalogue, "--clusters", clusters, "--out", tmp_path / "o")
    assert ran.status == 1
    assert "completeness is 80 in a row" in ran.err
    assert not (tmp_path / "o").exists()
