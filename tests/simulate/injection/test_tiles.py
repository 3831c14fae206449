"""Injection into FITS files: copies with features, headers kept, each band on its own grid."""

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from strandline import api
from strandline.errors import NothingFoundError, OptionError, TileError
from strandline.photometry import flux_to_mag, zeropoint_to_njy
from strandline.stamps import StampTable
from tests.simulate.injection.sky import ZEROPOINT, Sky


def _truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "injected.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def out(sky: Sky, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiles") / "out"
    api.inject([sky.folder], folder, sb="23", length_kpc="15", kinds=["jellyfish"], gain="1e9")
    return folder


def test_files_are_copied_with_light_added_and_headers_kept(sky: Sky, out: Path) -> None:
    rows = _truth(out)
    assert rows
    total = sum(10 ** (-0.4 * float(row["feature_mag_r"])) * float(row["inside"]) for row in rows)
    for path in sky.files:
        before, old = fits.getdata(path, header=True)
        after, new = fits.getdata(out / "images" / path.name, header=True)
        added = (after - before).astype(np.float64) * zeropoint_to_njy(ZEROPOINT)
        assert added.min() > -1.0
        if "_r" in path.name:
            assert flux_to_mag(added.sum()) == pytest.approx(-2.5 * np.log10(total), abs=0.02)
        for key in ("FILTER", "MAGZERO", "CRVAL1", "CRPIX1", "GAIN"):
            assert new[key] == old[key]
        assert "strandline inject" in str(new["HISTORY"])
        assert rows[0]["id"] in str(new["HISTORY"]).replace("\n", "")


def test_the_difference_lies_at_the_hosts(sky: Sky, out: Path) -> None:
    after, before = (fits.getdata(f / "sky_r.fits") for f in (out / "images", sky.folder))
    y, x = np.indices(before.shape)
    changed = (after - before) * zeropoint_to_njy(ZEROPOINT) > 20
    near = np.zeros_like(changed)
    for row in _truth(out):
        reach = 1.6 * float(row["length_arcsec"]) / 0.263 + 10
        near |= np.hypot(x - float(row["x"]), y - float(row["y"])) < reach
    assert changed.sum() > 100
    assert not (changed & ~near).any()


def test_both_versions_can_be_cut_at_the_hosts(out: Path, tmp_path: Path) -> None:
    positions = out / "positions.csv"
    for name in ("original", "injected"):
        table = tmp_path / f"{name}.lance"
        api.stamps([out / f"tiles-{name}.csv"], table, positions=positions, size_px=100)
        ids = StampTable.open(table).columns("id")["id"].to_pylist()
        assert sorted(ids) == sorted(row["original"] for row in _truth(out))


def test_a_band_that_is_shifted_gets_its_light_at_the_same_place_on_the_sky(
    sky: Sky, tmp_path: Path
) -> None:
    shifted = tmp_path / "in"
    shutil.copytree(sky.folder, shifted)
    with fits.open(shifted / "sky_z.fits", mode="update") as file:
        file[0].data = np.roll(file[0].data, (5, 3), (0, 1))
        file[0].header["CRPIX1"] += 3
        file[0].header["CRPIX2"] += 5
    options: dict[str, Any] = {
        "sb": "22",
        "most_fraction": 9.0,
        "length_kpc": "15",
        "kinds": ["stream"],
        "gain": "1e9",
        "seed": 2,
    }
    for name, folder in (("a", sky.folder), ("b", shifted)):
        api.inject([folder], tmp_path / name, ids=["sky-00000"], **options)
    added = {}
    for name, folder in (("a", sky.folder), ("b", shifted)):
        after, before = (
            fits.getdata(f / "sky_z.fits") for f in (tmp_path / name / "images", folder)
        )
        added[name] = after - before
    moved = np.roll(added["b"], (-5, -3), (0, 1))
    inner = np.s_[20:-20, 20:-20]
    assert np.corrcoef(moved[inner].ravel(), added["a"][inner].ravel())[0, 1] > 0.99


def test_cubes_and_compressed_files_become_plain_copies(sky: Sky, tmp_path: Path) -> None:
    planes = np.stack([fits.getdata(path) for path in sky.files])
    header = fits.getheader(sky.files[0])
    header["BANDS"] = "g,r,z"
    del header["FILTER"]
    packed = tmp_path / "cube.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(planes, header, quantize_level=64)]).writeto(
        packed
    )
    api.inject([packed], tmp_path / "out", count=1, kinds=["shells"], sb="23", most_fraction=9)
    with fits.open(tmp_path / "out/images/cube.fits") as file:
        assert file[1].data.shape == planes.shape
        assert file[1].header["BANDS"] == "g,r,z"
        assert (file[1].data - planes).sum() > 0
    assert not (tmp_path / "out/tiles-injected.csv").exists()


def test_bad_input_is_explained_and_leaves_nothing(sky: Sky, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(NothingFoundError, match="'nobody'"):
        api.inject([sky.folder], out, ids=["nobody"])
    with pytest.raises(OptionError, match="copies"):
        api.inject([sky.folder], out, copies=2)
    with pytest.raises(OptionError, match="by ids"):
        api.inject([sky.folder], out, rows="0:3")
    bare = tmp_path / "bare"
    shutil.copytree(sky.folder, bare)
    for path in bare.glob("*.fits"):
        fits.delval(path, "MAGZERO")
    with pytest.raises(TileError, match="zero point"):
        api.inject([bare], out)
    odd = tmp_path / "odd"
    shutil.copytree(sky.folder, odd)
    fits.setval(odd / "sky_g.fits", "FILTER", value="nb816")
    with pytest.raises(OptionError, match=r"nb816.*u, g, vis, r"):
        api.inject([odd], out)
    assert not out.exists()


def test_light_stops_at_the_saturation_level(tmp_path: Path, sky: Sky) -> None:
    low = tmp_path / "low"
    shutil.copytree(sky.folder, low)
    for path in low.glob("*.fits"):
        fits.setval(path, "SATURATE", value=float(np.max(fits.getdata(path))) * 1.01)
    api.inject(
        [low],
        tmp_path / "out",
        sb="18",
        length_kpc="12",
        kinds=["jellyfish"],
        count=1,
        most_fraction=100,
    )
    for path in low.glob("*.fits"):
        level = fits.getval(path, "SATURATE")
        assert fits.getdata(tmp_path / "out/images" / path.name).max() <= level * 1.0001
