"""Rows of the table: pixels in the table's bands and scale, and columns that agree with them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.photometry import flux_to_mag
from strandline.stamps import TableSpec, detect
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.cutting import cut
from strandline.stamps.rows import Rows, galaxy_rows, picture_row
from strandline.stamps.schema import table_schema
from strandline.stamps.splits import split_by_name, split_by_sky
from strandline.tiles import Tile
from tests.stamps.scenes import NOISE, SCALE_ARCSEC, make_tile, sersic, sky_noise

SHAPE = (300, 300)
PLACES = [(150.0, 150.0), (60.3, 70.8), (240.0, 8.0)]  # the last at the lower edge
SPEC = TableSpec(("g", "r"), 40, "fits")


def _stack() -> NDArray[np.float32]:
    light = sum(sersic(SHAPE, x, y, 2e5, 6) for x, y in PLACES)
    return np.stack([light + sky_noise(*SHAPE), 2 * light + 2 * sky_noise(*SHAPE, seed=1)])


@pytest.fixture(scope="module")
def tile() -> Tile:
    return make_tile(_stack(), "gr")


@pytest.fixture(scope="module")
def galaxies(tile: Tile) -> Catalogue:
    return _chosen(tile)


def _chosen(tile: Tile) -> Catalogue:
    found = detect(tile)
    nearest = [int(np.argmin(np.hypot(found.x - x, found.y - y))) for x, y in PLACES]
    return found.take(np.array(nearest))


def _all(
    tile: Tile,
    galaxies: Catalogue,
    spec: TableSpec = SPEC,
    pixel_arcsec: float | None = None,
) -> Rows:
    parts = list(galaxy_rows(tile, galaxies, spec, pixel_arcsec=pixel_arcsec, seed=3))
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    return Rows(
        columns,
        np.concatenate([part.pixels_njy for part in parts]),
        np.concatenate([part.noise_njy for part in parts]),
    )


def test_every_column_of_the_table_is_there(tile: Tile, galaxies: Catalogue) -> None:
    rows = _all(tile, galaxies)
    assert set(rows.columns) == set(table_schema(SPEC).names) - {"pixels", "unit"}
    assert all(len(values) == len(rows) == 3 for values in rows.columns.values())


def test_columns_are_those_of_the_catalogue(tile: Tile, galaxies: Catalogue) -> None:
    columns = _all(tile, galaxies).columns
    for name in ("x", "y", "ra", "dec", "radius_arcsec", "axis_ratio", "position_angle_deg"):
        np.testing.assert_array_equal(columns[name], getattr(galaxies, name))
    assert columns["id"].tolist() == ["tile-00000", "tile-00001", "tile-00002"]
    assert set(columns["tile"]) == {"tile"}
    assert set(columns["source"]) == {"tile_r.fits"}
    assert set(columns["path"]) == {"somewhere/tile_r.fits"}
    assert (columns["pixel_scale_arcsec"] == SCALE_ARCSEC).all()
    for k, band in enumerate("gr"):
        np.testing.assert_allclose(
            columns[f"mag_{band}"], flux_to_mag(galaxies.flux_njy[:, k]), rtol=1e-12
        )
        relative = galaxies.flux_err_njy[:, k] / galaxies.flux_njy[:, k]
        np.testing.assert_allclose(columns[f"mag_err_{band}"], 1.0857 * relative, rtol=1e-4)


def test_healpix_and_split_follow_the_sky(tile: Tile, galaxies: Catalogue) -> None:
    columns = _all(tile, galaxies).columns
    grid = HEALPix(2**29, order="nested")
    expected = grid.lonlat_to_healpix(galaxies.ra * u.deg, galaxies.dec * u.deg)
    np.testing.assert_array_equal(columns["healpix"], expected)
    assert columns["split"].tolist() == split_by_sky(expected, 3)


def test_pixels_are_cut_from_the_tile_without_sky(tile: Tile, galaxies: Catalogue) -> None:
    rows = _all(tile, galaxies)
    expected, _ = cut(galaxies.sky.image_njy, galaxies.x, galaxies.y, 40)
    np.testing.assert_array_equal(rows.pixels_njy, expected)
    peaks = np.nanmax(rows.pixels_njy[:2, 0, 15:25, 15:25], axis=(1, 2))
    np.testing.assert_array_equal(peaks, np.nanmax(rows.pixels_njy[:2, 0], axis=(1, 2)))


def test_only_the_galaxy_at_the_edge_is_flagged(tile: Tile, galaxies: Catalogue) -> None:
    flags = _all(tile, galaxies).columns["flags"] & StampFlag.EDGE
    assert (flags > 0).tolist() == [False, False, True]


def test_catalogue_keeps_its_own_flags(tile: Tile, galaxies: Catalogue) -> None:
    before = galaxies.flags.copy()
    _all(tile, galaxies, pixel_arcsec=0.4)
    np.testing.assert_array_equal(galaxies.flags, before)


def test_noise_is_that_of_the_sky(tile: Tile, galaxies: Catalogue) -> None:
    rows = _all(tile, galaxies)
    np.testing.assert_allclose(rows.noise_njy, [[NOISE, 2 * NOISE]] * 3, rtol=0.03)
    np.testing.assert_array_equal(rows.columns["noise_r"], rows.noise_njy[:, 1])


def test_many_galaxies_come_in_parts(tile: Tile, galaxies: Catalogue) -> None:
    many = galaxies.take(np.arange(70) % 3)
    parts = list(galaxy_rows(tile, many, SPEC, pixel_arcsec=None, seed=3))
    assert [len(part) for part in parts] == [32, 32, 6]
    whole = _all(tile, many)
    assert len(set(whole.columns["id"])) == 70
    np.testing.assert_array_equal(whole.pixels_njy[69], whole.pixels_njy[0])


# --- noise from a variance ---------------------------------------------------------------------


def test_local_noise_is_the_median_of_the_variance_below_the_stamp() -> None:
    """The pipeline's variance is too small by four throughout; the right side is shallower."""
    stack = _stack()
    variance = np.stack([np.full(SHAPE, NOISE**2 / 4), np.full(SHAPE, NOISE**2)])
    variance[:, :, :110] *= 9
    stack[:, :, :110] += 2.83 * np.stack(
        [sky_noise(300, 110, seed=5), 2 * sky_noise(300, 110, seed=6)]
    )
    tile = make_tile(stack, "gr", variance_njy2=variance.astype(np.float32))
    rows = _all(tile, _chosen(tile))
    expected = np.array([[1, 2], [3, 6], [1, 2]]) * NOISE
    # a quarter of the field has nine times the variance: the blank sky's median is the others'
    np.testing.assert_allclose(rows.noise_njy, expected, rtol=0.2)
    ratio = rows.noise_njy[1] / rows.noise_njy[0]
    np.testing.assert_allclose(ratio, 3, rtol=1e-5)


def test_local_noise_against_a_loop() -> None:
    stack = _stack()
    rng = np.random.default_rng(7)
    variance = (NOISE**2 * rng.uniform(0.5, 2, (2, *SHAPE))).astype(np.float32)
    variance[:, rng.random(SHAPE) < 0.1] = np.nan
    tile = make_tile(stack, "gr", variance_njy2=variance)
    galaxies = _chosen(tile)
    rows = _all(tile, galaxies)
    scaled = galaxies.sky.variance_njy2
    assert scaled is not None
    for k in range(3):
        x, y = round(galaxies.x[k]), round(galaxies.y[k])
        window = scaled[:, max(0, y - 20) : y + 20, max(0, x - 20) : x + 20]
        expected = np.sqrt(np.nanmedian(window, axis=(1, 2)))
        # the code looks at every eighth pixel each way: 25 values that scatter by 35 %
        np.testing.assert_allclose(rows.noise_njy[k], expected, rtol=0.25)


# --- bands -------------------------------------------------------------------------------------


def test_bands_that_the_tile_lacks_are_nan_and_flagged(tile: Tile, galaxies: Catalogue) -> None:
    spec = TableSpec(("u", "g", "i", "r"), 40, "fits")
    rows = _all(tile, galaxies, spec)
    plain = _all(tile, galaxies)
    np.testing.assert_array_equal(rows.pixels_njy[:, [1, 3]], plain.pixels_njy)
    np.testing.assert_array_equal(rows.noise_njy[:, [1, 3]], plain.noise_njy)
    assert np.isnan(rows.pixels_njy[:, [0, 2]]).all()
    assert np.isnan(rows.noise_njy[:, [0, 2]]).all()
    assert np.isnan(rows.columns["noise_u"]).all()
    assert (rows.columns["flags"] & StampFlag.MISSING_BAND).all()
    assert not {"mag_u", "mag_i"} & set(rows.columns)  # left to the table: NaN


def test_band_in_another_order_is_put_in_its_place(tile: Tile, galaxies: Catalogue) -> None:
    turned = _all(tile, galaxies, TableSpec(("r", "g"), 40, "fits"))
    np.testing.assert_array_equal(turned.pixels_njy, _all(tile, galaxies).pixels_njy[:, ::-1])


def test_band_that_is_all_nan_is_nan_and_flagged() -> None:
    stack = _stack()
    stack[0] = np.nan
    tile = make_tile(stack, "gr")
    rows = _all(tile, _chosen(tile))
    assert (rows.columns["flags"] & StampFlag.MISSING_BAND).all()
    assert not (rows.columns["flags"] & StampFlag.MISSING_PIXELS).any()
    assert np.isnan(rows.columns["mag_g"]).all()
    assert np.isnan(rows.columns["noise_g"]).all()
    assert np.isfinite(rows.columns["mag_r"]).all()


def test_band_missing_below_one_stamp_has_no_noise_there() -> None:
    stack = _stack()
    stack[0, :110, :110] = np.nan
    tile = make_tile(stack, "gr")
    rows = _all(tile, _chosen(tile))
    assert np.isfinite(rows.noise_njy[:, 0]).tolist() == [True, False, True]
    missing = rows.columns["flags"] & StampFlag.MISSING_BAND
    assert (missing > 0).tolist() == [False, True, False]


def test_uncalibrated_band_has_flux_but_no_magnitude(tile: Tile) -> None:
    partly = replace(tile, calibrated=(True, False))
    rows = _all(partly, _chosen(partly))
    assert "mag_r" not in rows.columns
    assert np.isfinite(rows.columns["mag_g"]).all()
    assert (rows.columns["flags"] & StampFlag.UNCALIBRATED).all()
    assert np.isfinite(rows.pixels_njy[0]).all()


def test_without_world_coordinates_the_split_is_the_tiles(tile: Tile) -> None:
    lost = replace(tile, wcs=None)
    columns = _all(lost, _chosen(lost)).columns
    assert columns["healpix"].tolist() == [-1, -1, -1]
    assert columns["split"].tolist() == split_by_name(["tile"] * 3, 3)
    assert (columns["flags"] & StampFlag.NO_WCS).all()


# --- another scale -----------------------------------------------------------------------------


@pytest.mark.parametrize("bin_px", [0.5, 1.6])
def test_other_scale_keeps_flux_and_signal_to_noise(
    tile: Tile, galaxies: Catalogue, bin_px: float
) -> None:
    """Shares by overlap lose nothing; 1e-3 is what the pixels at the rim hold."""
    rows = _all(tile, galaxies, replace(SPEC, size_px=round(40 / bin_px)), SCALE_ARCSEC * bin_px)
    plain = _all(tile, galaxies)
    np.testing.assert_allclose(
        np.sum(rows.pixels_njy[:2], axis=(2, 3)),
        np.sum(plain.pixels_njy[:2], axis=(2, 3)),
        rtol=0.02,
    )
    assert (rows.columns["flags"] & StampFlag.RESAMPLED).all()
    np.testing.assert_allclose(rows.columns["pixel_scale_arcsec"], SCALE_ARCSEC * bin_px)
    np.testing.assert_array_equal(rows.columns["mag_g"], plain.columns["mag_g"])


@pytest.mark.parametrize("bin_px", [0.5, 2.0])
def test_noise_of_other_pixels_is_that_of_their_pixels(bin_px: float) -> None:
    """Measured on the blank corners of a stamp, 150 image pixels: 6 %, and the phase of a stamp."""
    tile = make_tile(_stack(), "gr")
    size = round(80 / bin_px)
    rows = _all(tile, _chosen(tile), replace(SPEC, size_px=size), bin_px * SCALE_ARCSEC)
    edge = size // 6
    blank = [
        rows.pixels_njy[0, 0, a, b]
        for a in (np.s_[:edge], np.s_[-edge:])
        for b in (np.s_[:edge], np.s_[-edge:])
    ]
    assert np.std(blank) == pytest.approx(rows.noise_njy[0, 0], rel=0.3)
    assert rows.noise_njy[0, 1] / rows.noise_njy[0, 0] == pytest.approx(2, rel=0.05)


def test_scale_that_is_the_tiles_own_is_not_resampled(tile: Tile, galaxies: Catalogue) -> None:
    rows = _all(tile, galaxies, SPEC, SCALE_ARCSEC * 1.0005)
    assert not (rows.columns["flags"] & StampFlag.RESAMPLED).any()
    np.testing.assert_array_equal(rows.pixels_njy, _all(tile, galaxies).pixels_njy)
    assert (rows.columns["pixel_scale_arcsec"] == SCALE_ARCSEC).all()


def test_resampled_stamp_points_at_the_galaxy(tile: Tile, galaxies: Catalogue) -> None:
    """Centred on the galaxy itself, not on the nearest pixel: within 0.1 px by its moments."""
    rows = _all(tile, galaxies, replace(SPEC, size_px=41), 0.5 * SCALE_ARCSEC)
    light = np.clip(rows.pixels_njy[1, 1], 0, None).astype(np.float64)
    across = np.arange(41) - 20
    assert abs((light.sum(axis=0) * across).sum() / light.sum()) < 0.5
    assert abs((light.sum(axis=1) * across).sum() / light.sum()) < 0.5


# --- pictures ----------------------------------------------------------------------------------


def _picture(height: int = 30, width: int = 50, **changes: Any) -> Tile:
    rgb = np.random.default_rng(1).integers(0, 256, (3, height, width)).astype(np.float32)
    return make_tile(
        rgb, "rgb", kind="picture", wcs=None, pixel_scale_arcsec=math.nan, name="ngc", **changes
    )


@pytest.mark.parametrize(("size", "resampled"), [(30, False), (24, True), (60, True)])
def test_picture_is_one_row(size: int, resampled: bool) -> None:
    spec = TableSpec(("r", "g", "b"), size, "picture")
    rows = picture_row(_picture(), spec, 0)
    assert rows.pixels_njy.shape == (1, 3, size, size)
    expected = StampFlag.UNCALIBRATED | StampFlag.NO_WCS
    assert rows.columns["flags"][0] == expected | (StampFlag.RESAMPLED if resampled else 0)
    assert rows.columns["id"].tolist() == ["ngc"]
    assert rows.columns["split"].tolist() == split_by_name(["ngc"], 0)
    if not resampled:
        np.testing.assert_array_equal(rows.pixels_njy[0], _picture().image_njy[:, :, 10:40])


def test_noise_of_a_picture_is_that_of_its_counts() -> None:
    rng = np.random.default_rng(2)
    sky = np.clip(rng.normal(40, 5, (3, 200, 200)), 0, 255).round()
    tile = replace(_picture(200, 200), image_njy=sky.astype(np.float32))
    rows = picture_row(tile, TableSpec(("r", "g", "b"), 200, "picture"), 0)
    np.testing.assert_allclose(rows.noise_njy, 5, rtol=0.06)


def test_places_are_where_the_galaxies_are(galaxies: Catalogue, tile: Tile) -> None:
    assert tile.wcs is not None
    truth = SkyCoord(*tile.wcs.pixel_to_world_values(*_columns_of(PLACES)), unit="deg")
    apart = truth.separation(SkyCoord(galaxies.ra, galaxies.dec, unit="deg"))
    assert apart.arcsec[:2].max() < 0.3 * SCALE_ARCSEC


def _columns_of(places: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in places], [y for _, y in places]
