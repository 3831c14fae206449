"""Stamps of the real sky: what simulated images cannot teach."""

from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from strandline.stamps import StampTable, detect, make_table
from strandline.tiles import discover, read_tile

pytestmark = pytest.mark.realsky


def _zero_points(folder: Path, band: str, column: str) -> NDArray[np.float64]:
    """Return, for each catalogued galaxy, its magnitude less the instrumental one."""
    listed = Table.read(folder / "Abell2670_catalogue_test.csv")
    places = SkyCoord(listed["ra"], listed["dec"], unit="deg")
    offsets = []
    for source in discover([folder]).sources:
        found = detect(read_tile(source))
        if band not in found.bands:
            continue
        here = SkyCoord(found.ra, found.dec, unit="deg")
        nearest, apart, _ = here.match_to_catalog_sky(places)
        at = int(np.argmin(apart.arcsec))
        assert apart.arcsec[at] < 1.0
        flux = found.flux_njy[at, found.bands.index(band)]
        offsets.append(float(listed[column][nearest[at]]) + 2.5 * np.log10(flux))
    return np.array(offsets)


@pytest.mark.parametrize(("band", "count"), [("g", 5), ("r", 4)])
def test_magnitudes_of_abell_2670_agree_with_those_published(
    realsky: Path, band: str, count: int
) -> None:
    """Exposures of one night share a zero point, which their headers do not tell.

    So the published magnitudes (SExtractor's AUTO) less the instrumental ones must be alike:
    they scatter by 0.06 to 0.09 mag, by 0.04 without the galaxy that a neighbour's halo covers.
    """
    offsets = _zero_points(realsky / "decam_fits", band, f"MAG_AUTO_{band}")
    assert len(offsets) == count
    assert np.ptp(offsets) < 0.25
    assert offsets.std(ddof=1) < 0.1


def test_galaxies_of_the_cutouts_are_at_their_middle(realsky: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.lance"
    make_table(discover([realsky / "decam_fits"]), out, size_px=128)
    columns = StampTable.open(out).columns("tile", "x", "y")
    apart = np.hypot(columns["x"].to_numpy() - 127, columns["y"].to_numpy() - 127)
    tiles = np.array(columns["tile"].to_pylist())
    assert len(set(tiles)) == 5
    for tile in set(tiles):
        assert apart[tiles == tile].min() < 3


def test_arp_178_is_found_as_its_members(realsky: Path) -> None:
    """NGC 5613, 5614 and 5615; the last lies on the disc of the second."""
    source = discover([realsky / "decals_fits" / "arp178.fits"]).sources[0]
    found = detect(read_tile(source))
    members = {"NGC 5614": (211, 210), "NGC 5615": (224, 232), "NGC 5613": (231, 330)}
    rows = []
    for x, y in members.values():
        apart = np.hypot(found.x - x, found.y - y)
        assert apart.min() < 3
        rows.append(int(apart.argmin()))
    assert len(set(rows)) == 3
    assert found.snr[rows].min() > 500
    # the largest is not shredded: a hundredth of its light or more have, on its disc, only itself,
    # NGC 5615 and two that are as sharp as stars
    on_disc = np.hypot(found.x - 211, found.y - 210) < 70
    share = found.flux_njy[:, 1] / found.flux_njy[rows[0], 1]
    assert (on_disc & (share > 0.01)).sum() <= 4


def test_damaged_files_are_skipped_or_flagged(realsky: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.lance"
    report = make_table(discover([realsky / "decals_fits"]), out, size_px=64)
    assert [Path(item.path).name for item in report.skipped] == ["example_incomplete.fits"]
    columns = StampTable.open(out).columns("tile", "flags", "mag_r")
    bad = np.array(columns["tile"].to_pylist()) == "example_bad_pix"
    assert bad.any()
    assert (columns["flags"].to_numpy()[bad] != 0).all()
