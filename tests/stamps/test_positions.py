"""Catalogues of positions: every format, every complaint, and what is measured there."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

from strandline.errors import OptionError
from strandline.flags import StampFlag
from strandline.stamps import detect
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.positions import Positions, at_positions, read_positions
from strandline.tiles import Tile
from tests.stamps.scenes import SCALE_ARCSEC, make_tile, sersic, sky_noise, star, wcs_of

RA, DEC = [150.01, 149.5, 0.0], [2.01, -89.0, 12.5]


def _table(**columns: Any) -> Table:
    return Table(columns or {"ra": RA, "dec": DEC})


def _csv(folder: Path, text: str) -> Path:
    path = folder / "wanted.csv"
    path.write_text(text)
    return path


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "ascii.csv"),
        ("a.CSV", "ascii.csv"),
        ("a.ecsv", "ascii.ecsv"),
        ("a.fits", "fits"),
        ("a.fit", "fits"),
        ("a.votable", "votable"),
        ("a.vot", "votable"),
        ("a.xml", "votable"),
        ("a.parquet", "parquet"),
    ],
)
def test_every_format(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "parquet":
        pyarrow.parquet.write_table(pa.table({"id": ["a", "b 2", "c"], "ra": RA, "dec": DEC}), path)
    else:
        _table(id=["a", "b 2", "c"], ra=RA, dec=DEC).write(path, format=kind)
    positions = read_positions(path)
    np.testing.assert_allclose(positions.ra_deg, RA)
    np.testing.assert_allclose(positions.dec_deg, DEC)
    assert positions.name is not None
    assert positions.name.tolist() == ["a", "b 2", "c"]
    assert positions.path == path
    assert len(positions) == 3


@pytest.mark.parametrize(
    ("ra", "dec"),
    [
        ("ra", "dec"),
        ("RA", "DEC"),
        ("RAJ2000", "DEJ2000"),
        ("RAJ2000", "DECJ2000"),
        ("ALPHA_J2000", "DELTA_J2000"),
        ("ra_deg", "dec_deg"),
    ],
)
def test_names_of_columns(tmp_path: Path, ra: str, dec: str) -> None:
    path = _csv(tmp_path, f"mag,{dec},{ra}\n17,2.5,150.25\n")
    positions = read_positions(str(path))
    assert (positions.ra_deg.tolist(), positions.dec_deg.tolist()) == ([150.25], [2.5])
    assert positions.name is None


@pytest.mark.parametrize("column", ["id", "ID", "name", "objID", "source_id"])
def test_names_of_stamps(tmp_path: Path, column: str) -> None:
    positions = read_positions(_csv(tmp_path, f"{column},ra,dec\n123456789012345678,1,2\n5,3,4\n"))
    assert positions.name is not None
    assert positions.name.tolist() == ["123456789012345678", "5"]


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ra,dec\n1,2\n", encoding="utf-8-sig")
    assert read_positions(path).ra_deg.tolist() == [1]


def test_negative_right_ascension_is_turned(tmp_path: Path) -> None:
    assert read_positions(_csv(tmp_path, "ra,dec\n-10,0\n360,0\n")).ra_deg.tolist() == [350, 0]


def test_columns_with_units_are_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "a.ecsv"
    table = _table()
    table["ra"].unit = table["dec"].unit = u.deg
    table.write(path, format="ascii.ecsv")
    np.testing.assert_allclose(read_positions(path).ra_deg, RA)


def test_right_ascension_in_hours_is_not_taken_for_degrees(tmp_path: Path) -> None:
    path = tmp_path / "a.ecsv"
    table = _table(ra=[10.0], dec=[2.0])
    table["ra"].unit = u.hourangle
    table.write(path, format="ascii.ecsv")
    np.testing.assert_allclose(read_positions(path).ra_deg, [150.0])


def test_unit_that_is_no_angle(tmp_path: Path) -> None:
    path = tmp_path / "a.ecsv"
    table = _table(ra=[10.0], dec=[2.0])
    table["dec"].unit = u.m
    table.write(path, format="ascii.ecsv")
    with pytest.raises(OptionError, match=r"a\.ecsv: column dec holds '2\.0 m', no degrees"):
        read_positions(path)


def test_missing_values_of_a_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table({"ra": [1.0, None], "dec": [2.0, 3.0]}), path)
    with pytest.raises(OptionError, match=r"a\.parquet: ra of row 2 is nan"):
        read_positions(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n", r"wanted\.csv: has no columns of positions.*it has x, y"),
        ("ra,y\n1,2\n", r"wanted\.csv: has no columns of positions.*it has ra, y"),
        ("ra,dec\n", r"wanted\.csv: holds no position"),
        ("ra,dec\n1,2\n400,3\n", r"wanted\.csv: ra of row 2 is 400; expected -360 to 360"),
        ("ra,dec\n1,2\n3,91\n4,-91\n", r"dec of row 2 is 91 \(2 rows are like it\); expected -90"),
        ("ra,dec\n1,2\n,3\n", r"wanted\.csv: ra of row 2 is nan; expected"),
        ("ra,dec\n1,nan\n", r"wanted\.csv: dec of row 1 is nan; expected"),
        ("ra,dec\n10:20:30,2\n", r"wanted\.csv: column ra holds .*10:20:30.*, no degrees"),
        ("id,ra,dec\na,1,2\nb,1,2\na,3,4\n", r"the id 'a' comes 2 times; each must be unique"),
        ("id,ra,dec\na,1,2\n,1,2\n", r"wanted\.csv: id of row 2 is empty"),
        ("", r"wanted\.csv: has no columns of positions.*it has none"),
        ("ra,dec\n1,2,3\n4\n", r"wanted\.csv: cannot be read as a table"),
    ],
)
def test_complaints_name_file_row_and_value(tmp_path: Path, text: str, message: str) -> None:
    path = _csv(tmp_path, text)
    with pytest.raises(OptionError, match=message):
        read_positions(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"none\.csv: no such file"):
        read_positions(tmp_path / "none.csv")


def test_unknown_ending(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"a\.txt: a catalogue of positions ends in one of \.csv"):
        read_positions(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["a.fits", "a.parquet", "a.xml", "a.ecsv"])
def test_file_of_another_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello\nyou\n")
    with pytest.raises(OptionError, match=f"{name}: cannot be read as a table"):
        read_positions(tmp_path / name)


# --- on a tile ---------------------------------------------------------------------------------

SHAPE = (300, 400)
GALAXY, STAR = (100.0, 150.0), (300.0, 90.0)


@pytest.fixture(scope="module")
def tile() -> Tile:
    image = sersic(SHAPE, *GALAXY, 3e5, 10) + star(SHAPE, *STAR, 1e5) + sky_noise(*SHAPE)
    return make_tile(image)


@pytest.fixture(scope="module")
def found(tile: Tile) -> Catalogue:
    return detect(tile)


def _positions(
    tile: Tile, x: list[float], y: list[float], names: list[str] | None = None
) -> Positions:
    assert tile.wcs is not None
    ra, dec = tile.wcs.pixel_to_world_values(x, y)
    name = None if names is None else np.array(names)
    return Positions(Path("wanted.csv"), np.asarray(ra), np.asarray(dec), name)


def test_measurements_are_those_of_the_object_there(tile: Tile, found: Catalogue) -> None:
    """7 px off a galaxy of 10 px is on it; the stamp is centred where it was asked for."""
    positions = _positions(tile, [300.5, 105.0], [91.0, 155.0], ["s", "g"])
    at, which = at_positions(tile, found, positions)
    assert which.tolist() == [0, 1]
    assert at.label is not None
    assert at.label.tolist() == ["s", "g"]
    np.testing.assert_allclose(at.x, [300.5, 105.0], atol=1e-6)
    np.testing.assert_allclose(at.y, [91.0, 155.0], atol=1e-6)
    np.testing.assert_array_equal(at.ra, positions.ra_deg)
    np.testing.assert_array_equal(at.dec, positions.dec_deg)
    for k, place in enumerate((STAR, GALAXY)):
        row = int(np.argmin(np.hypot(found.x - place[0], found.y - place[1])))
        for name in ("snr", "radius_arcsec", "axis_ratio", "position_angle_deg", "flags"):
            assert getattr(at, name)[k] == getattr(found, name)[row]
        np.testing.assert_array_equal(at.flux_njy[k], found.flux_njy[row])


def test_blank_sky_has_a_stamp_but_no_measurement(tile: Tile, found: Catalogue) -> None:
    at, which = at_positions(tile, found, _positions(tile, [200.0, 100.0], [250.0, 150.0]))
    assert which.tolist() == [0, 1]
    assert at.label is None
    assert at.flags[0] == StampFlag.BAD_PHOTOMETRY
    for name in ("snr", "radius_arcsec", "axis_ratio", "position_angle_deg", "star_score"):
        assert np.isnan(getattr(at, name)[0])
    assert np.isnan(at.flux_njy[0]).all()
    assert np.isnan(at.flux_err_njy[0]).all()
    assert np.isfinite(at.flux_njy[1]).all()
    assert not at.flags[1] & StampFlag.BAD_PHOTOMETRY


def test_flags_of_the_nearest_object_are_not_those_of_blank_sky(tile: Tile) -> None:
    spoilt = replace(tile, saturated=np.ones(SHAPE, dtype=np.bool_), calibrated=(False,))
    at, _ = at_positions(tile, detect(spoilt), _positions(tile, [200.0], [250.0]))
    assert at.flags[0] == StampFlag.BAD_PHOTOMETRY | StampFlag.UNCALIBRATED


def test_reach_of_a_match(tile: Tile, found: Catalogue) -> None:
    """A match reaches as far as the half-light radius: 10.2 px with seeing."""
    row = int(np.argmin(np.hypot(found.x - GALAXY[0], found.y - GALAXY[1])))
    reach = found.radius_arcsec[row] / SCALE_ARCSEC
    x, y = float(found.x[row]), float(found.y[row])
    at, _ = at_positions(tile, found, _positions(tile, [x + reach - 0.1, x + reach + 0.1], [y, y]))
    assert np.isfinite(at.snr).tolist() == [True, False]


def test_positions_beyond_the_tile(tile: Tile, found: Catalogue) -> None:
    x = [-0.6, -0.4, 399.4, 399.6, 200.0, 200.0, 5000.0]
    y = [100.0, 100.0, 100.0, 100.0, 299.6, -0.4, 100.0]
    _, which = at_positions(tile, found, _positions(tile, x, y))
    assert which.tolist() == [1, 2, 5]


def test_far_side_of_the_sky_is_not_on_the_tile(tile: Tile, found: Catalogue) -> None:
    """A tangential projection gives the antipode the pixel of the centre."""
    antipode = SkyCoord(150, 2, unit="deg").directional_offset_by(0 * u.deg, 180 * u.deg)
    far = Positions(Path("a"), np.array([antipode.ra.deg]), np.array([antipode.dec.deg]), None)
    assert len(at_positions(tile, found, far)[0]) == 0


def test_tile_without_objects_has_stamps_all_the_same() -> None:
    tile = make_tile(sky_noise(*SHAPE))
    found = detect(tile)
    nothing = found.take(np.zeros(len(found), dtype=np.bool_))
    at, which = at_positions(
        tile, nothing, _positions(tile, [10.0, 20.0], [30.0, 40.0], ["a", "b"])
    )
    assert which.tolist() == [0, 1]
    assert at.flags.tolist() == [StampFlag.BAD_PHOTOMETRY] * 2
    assert at.flux_njy.shape == (2, 1)
    assert np.isnan(at.flux_njy).all()
    assert at.label is not None


def test_tile_without_objects_tells_that_it_is_not_calibrated() -> None:
    tile = make_tile(sky_noise(*SHAPE), calibrated=(False,))
    found = detect(tile)
    nothing = found.take(np.zeros(len(found), dtype=np.bool_))
    at, _ = at_positions(tile, nothing, _positions(tile, [10.0], [30.0]))
    assert at.flags.tolist() == [StampFlag.BAD_PHOTOMETRY | StampFlag.UNCALIBRATED]


def test_no_position_on_the_tile(tile: Tile, found: Catalogue) -> None:
    elsewhere = Positions(Path("a"), np.array([20.0]), np.array([-70.0]), np.array(["x"]))
    at, which = at_positions(tile, found, elsewhere)
    assert (len(at), len(which)) == (0, 0)


def test_galactic_image(found: Catalogue) -> None:
    """Positions are equatorial, whatever the image's own coordinates."""
    wcs = wcs_of(SHAPE)
    wcs.wcs.ctype = ["GLON-TAN", "GLAT-TAN"]
    tile = make_tile(sky_noise(*SHAPE), wcs=wcs)
    place = wcs.pixel_to_world(120, 80).icrs
    positions = Positions(Path("a"), np.array([place.ra.deg]), np.array([place.dec.deg]), None)
    at, _ = at_positions(tile, found, positions)
    assert math.hypot(at.x[0] - 120, at.y[0] - 80) < 1e-4


def test_tile_without_world_coordinates(tile: Tile, found: Catalogue) -> None:
    with pytest.raises(OptionError, match=r"tile_r\.fits: has no world coordinates"):
        at_positions(replace(tile, wcs=None), found, _positions(tile, [10.0], [10.0]))
