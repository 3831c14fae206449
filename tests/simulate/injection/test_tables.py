"""Injection into stamp tables: both versions, exactly the light asked for, and the truth."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from strandline import api
from strandline.errors import NothingFoundError, OptionError, OutputError, TableError
from strandline.photometry import flux_to_mag, surface_brightness
from strandline.stamps import StampTable
from tests.simulate.injection.sky import FWHM_PX, NOISE_NJY


def _truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "injected.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _light(folder: Path, row: dict[str, str]) -> NDArray[np.float32]:
    """Return what was added, shape (band, y, x): the difference of both versions."""
    table = StampTable.open(folder / "stamps.lance")
    ids = table.columns("id")["id"].to_pylist()
    both = table.read([ids.index(row["original"]), ids.index(row["id"])]).flux_njy()
    return np.asarray(both[1] - both[0])


def test_each_galaxy_is_there_as_it_was_and_with_features(table: Path, injected: Path) -> None:
    before, after = StampTable.open(table), StampTable.open(injected / "stamps.lance")
    names = before.columns("id")["id"].to_pylist()
    ids = after.columns("id")["id"].to_pylist()
    hosts = [name for name in ids if "+" not in name]
    assert hosts
    assert set(hosts) <= set(names)
    assert len(ids) == 3 * len(hosts) == len(set(ids))
    for host in hosts:
        old, new = names.index(host), ids.index(host)
        np.testing.assert_array_equal(before.read([old]).pixels, after.read([new]).pixels)
        assert all(name.startswith(f"{host}+") for name in ids[new + 1 : new + 3])
    for column in ("mag_r", "ra", "split", "flags", "noise_g"):
        values = after.columns(column)[column].to_pylist()
        assert values[0] == values[1] == values[2]


def test_truth_and_labels_name_every_version(injected: Path) -> None:
    ids = StampTable.open(injected / "stamps.lance").columns("id")["id"].to_pylist()
    rows = _truth(injected)
    assert [row["id"] for row in rows] == [name for name in ids if "+" in name]
    with (injected / "labels.csv").open(newline="") as file:
        labels = {row["id"]: row["label"] for row in csv.DictReader(file)}
    assert labels == {name: str(int("+" in name)) for name in ids}
    assert {float(row["sb_asked"]) for row in rows} <= {23.0, 25.0}
    assert len({row["kind"] for row in rows}) > 1


def test_injected_light_has_the_brightness_and_magnitude_of_the_truth(
    table: Path, tmp_path: Path
) -> None:
    """To 2 %: the stored pixels are 2^-11 coarse, and noise of photons is left out."""
    out = tmp_path / "out"
    kinds = ["stream", "jellyfish"]
    api.inject([table], out, sb="22.5", length_kpc="12:14", kinds=kinds, gain="1e9", count=3)
    scale = 0.263
    for row in _truth(out):
        assert float(row["sb"]) == pytest.approx(22.5, abs=0.02)
        light = _light(out, row)[1].astype(np.float64)
        inside = float(row["inside"])
        assert inside > 0.85
        expected_mag = float(row["feature_mag_r"]) - 2.5 * np.log10(inside)
        assert flux_to_mag(light.sum()) == pytest.approx(expected_mag, abs=0.02)
        mask = np.asarray(Image.open(out / row["mask"]))[::-1]
        assert light[mask].sum() == pytest.approx(0.8 * light.sum(), rel=0.02)
        seen = surface_brightness(light[mask].sum(), mask.sum() * scale**2)
        assert float(seen) == pytest.approx(float(row["sb_seen"]), abs=0.02)


def test_photon_noise_is_that_of_the_added_light(table: Path, tmp_path: Path) -> None:
    runs = {}
    options: dict[str, Any] = {"sb": "21", "length_kpc": "15", "most_fraction": 100}
    for gain in ("1e9", "0.05"):
        out = tmp_path / gain
        api.inject([table], out, kinds=["stream"], gain=gain, count=1, **options)
        runs[gain] = _light(out, _truth(out)[0])
    clean, noise = runs["1e9"], runs["0.05"] - runs["1e9"]
    bright = clean > 30
    assert bright.sum() > 1000
    pull = noise[bright] / np.sqrt(clean[bright] / 0.05)
    assert np.std(pull) == pytest.approx(1.0, abs=0.1)
    assert _truth(tmp_path / "0.05")[0]["photon_noise"] == "1"


def test_a_feature_depends_on_its_host_and_the_seed_alone(
    table: Path, injected: Path, tmp_path: Path
) -> None:
    rows = _truth(injected)
    host = rows[-1]["original"]
    options: dict[str, Any] = {"sb": "23,25", "length_kpc": "15:18", "copies": 2}
    api.inject([table], tmp_path / "same", ids=[host], seed=3, **options)
    alone = [row for row in _truth(tmp_path / "same") if row["original"] == host]
    for ours, others in zip(rows[-2:], alone, strict=True):
        assert {**ours, "mask": ""} == {**others, "mask": ""}
        np.testing.assert_array_equal(_light(injected, ours), _light(tmp_path / "same", others))
    api.inject([table], tmp_path / "other", ids=[host], seed=4, **options)
    assert _truth(tmp_path / "other")[0]["seed"] != rows[-2]["seed"]


def test_seeing_is_measured_from_the_stars_on_the_stamps(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.inject([table], tmp_path / "out", count=1, kinds=["jellyfish"])
    said = capsys.readouterr().err
    told = float(said.split(" r ")[1].split('"')[0])
    assert told == pytest.approx(FWHM_PX * 0.263, rel=0.06)


def test_missing_pixels_stay_missing_and_rows_can_be_chosen(table: Path, tmp_path: Path) -> None:
    ids = StampTable.open(table).columns("id")["id"].to_pylist()
    report = api.inject([table], tmp_path / "out", ids=ids[:2], redshift=0.03, psf="1.0", gain="1")
    assert report.galaxies == 2
    assert not report.redshift_assumed
    both = StampTable.open(tmp_path / "out/stamps.lance").read([0, 1]).pixels
    np.testing.assert_array_equal(np.isnan(both[0]), np.isnan(both[1]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kinds": ["tail"]}, "tails, merger, remnant"),
        ({"sb": "28:24"}, "24:28"),
        ({"sb": "bright"}, "bright"),
        ({"length_kpc": "0:5"}, "length_kpc"),
        ({"redshift": -1.0}, "redshift is -1"),
        ({"psf": "r=wide"}, "r=wide"),
        ({"gain": "0"}, "gain"),
        ({"rows": "900:"}, "900:"),
        ({"copies": 0}, "copies"),
        ({"most_fraction": 0.0}, "max_fraction"),
        ({"count": 0}, "count"),
        ({"zeropoint": 25.0}, "comes alone"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_is_allowed(
    table: Path, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        api.inject([table], tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_tables_that_cannot_be_injected_into_are_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no galaxy 'nobody'"):
        api.inject([table], tmp_path / "out", ids=["nobody"])
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (32, 32), (9, 9, 9)).save(pictures / f"{name}.png")
    api.stamps([pictures], tmp_path / "p.lance")
    with pytest.raises(TableError, match="no surface brightness"):
        api.inject([tmp_path / "p.lance"], tmp_path / "out")
    with pytest.raises(OptionError, match="no surface brightness"):
        api.inject([pictures], tmp_path / "out")
    with pytest.raises(OutputError, match="other things"):
        api.inject([table], pictures)
    with pytest.raises(OptionError, match="would replace"):
        api.inject([table], table.parent)


def test_galaxies_too_faint_for_such_features_are_left_out(table: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"kinds": ["jellyfish"], "length_kpc": "15", "psf": "1.0"}
    with pytest.raises(NothingFoundError, match=r"than 0\.001 times its light"):
        api.inject([table], tmp_path / "out", sb="21", most_fraction=0.001, **options)
    assert not (tmp_path / "out").exists()
    report = api.inject([table], tmp_path / "all", sb="25", **options)
    fractions = sorted(float(row["fraction"]) for row in _truth(tmp_path / "all"))
    limit = (fractions[1] + fractions[2]) / 2
    fewer = api.inject([table], tmp_path / "few", sb="25", most_fraction=limit, **options)
    assert fewer.galaxies == 2
    assert fewer.left_out == report.galaxies - 2
    assert "left out" in fewer.summary()
    ids = StampTable.open(tmp_path / "few/stamps.lance").columns("id")["id"].to_pylist()
    assert len(ids) == 4  # galaxies without a feature are not there at all


def test_noise_of_the_sky_is_untouched(injected: Path) -> None:
    """Where no light falls both versions are alike to the last bit or far below the noise."""
    row = _truth(injected)[0]
    light = _light(injected, row)
    assert np.nanmedian(np.abs(light)) < NOISE_NJY
