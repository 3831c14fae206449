"""``strandline measure --tiles``: features that leave their stamp."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from strandline import api
from strandline.flags import MeasureFlag
from tests.conftest import Run

SIDE, STAMP, SCALE = 420, 120, 0.3
TAIL_PX = 95  # its far end from the host; half a stamp is 60


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A galaxy with a long tail in the middle of a tile in g and r, of zero point 25."""
    folder = tmp_path_factory.mktemp("tiles")
    random = np.random.default_rng(1)
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    beyond = np.maximum(np.abs(y - TAIL_PX / 2) - TAIL_PX / 2, 0)
    light = 600 * np.exp(-np.hypot(x, y) / 4) + 5 * np.exp(-(x**2 + beyond**2) / 50)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [10.0, -5.0]
    wcs.wcs.crpix, wcs.wcs.cdelt = [SIDE / 2 + 0.5] * 2, [-SCALE / 3600, SCALE / 3600]
    for band in "gr":
        header = wcs.to_header()
        header["FILTER"] = band
        pixels = light + random.normal(0, 1, light.shape)
        fits.writeto(folder / f"field_{band}.fits", pixels.astype(np.float32), header)
    return folder


@pytest.fixture(scope="module")
def table(images: Path) -> Path:
    """One stamp of it, too small for the tail."""
    positions = images / "positions.csv"
    positions.write_text("name,ra,dec\nlong,10,-5\n")
    out = images / "t.lance"
    api.stamps([images], out, size_px=STAMP, positions=positions, zeropoint=25.0)
    return out


def measured(run: Run, table: Path, out: Path, *options: object) -> Table:
    ran = run("measure", table, "--out", out, "--psf", "1", "--redshift", "0.05", *options)
    assert ran.status == 0, ran.err
    (row,) = Table.read(out)
    assert row["features"] >= 1
    return row


def test_feature_that_leaves_the_stamp_is_measured_on_the_tile(
    run: Run, images: Path, table: Path, tmp_path: Path
) -> None:
    small = measured(run, table, tmp_path / "small.fits")
    assert small["measure_flags"] & MeasureFlag.EDGE
    pages = tmp_path / "pages"
    wide = measured(run, table, tmp_path / "wide.fits", "--tiles", images, "--pages", pages)
    assert not wide["measure_flags"] & MeasureFlag.EDGE
    assert wide["measure_flags"] & MeasureFlag.WIDENED
    assert small["reach_arcsec"] < 1.1 * STAMP / 2 * SCALE
    assert wide["reach_arcsec"] == pytest.approx(TAIL_PX * SCALE, rel=0.1)
    # nJy by the zero point that the table was cut with, though nothing tells it here
    assert wide["host_mag_r"] == pytest.approx(small["host_mag_r"], abs=0.05)
    assert wide["area_arcsec2"] > 1.2 * small["area_arcsec2"]
    assert len(list(pages.glob("*.png"))) == 1


def test_tile_that_is_another_leaves_the_flag(
    run: Run, images: Path, table: Path, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for path in images.glob("field_*.fits"):
        with fits.open(path) as file:
            fits.writeto(others / path.name, np.roll(file[0].data, 25, axis=0), file[0].header)
    row = measured(run, table, tmp_path / "f.fits", "--tiles", others)
    assert row["measure_flags"] & MeasureFlag.EDGE
    assert not row["measure_flags"] & MeasureFlag.WIDENED


def test_place_without_the_tiles_is_named(
    run: Run, images: Path, table: Path, tmp_path: Path
) -> None:
    (tmp_path / "other_g.fits").write_bytes((images / "field_g.fits").read_bytes())
    ran = run("measure", table, "--out", tmp_path / "f.csv", "--tiles", tmp_path)
    assert ran.status == 1
    assert "holds none of the 1 tiles" in ran.err
