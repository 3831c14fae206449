"""From files to a stamp table, as a user has it made."""

import math
import re
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix
from numpy.typing import NDArray
from PIL import Image as Pillow

from strandline.errors import NothingFoundError, OptionError
from strandline.flags import StampFlag
from strandline.stamps import DetectOptions, StampReport, StampTable, make_table
from strandline.stamps.splits import split_by_sky
from strandline.tiles import ReadOptions, discover
from tests.stamps.scenes import (
    NOISE,
    SCALE_ARCSEC,
    SEEING_PX,
    Image,
    sersic,
    sky_noise,
    wcs_of,
    write_band,
)

SHAPE = (240, 240)
PLACES = [(120.0, 120.0, 3e5), (50.0, 60.0, 1e5), (200.0, 180.0, 2e5)]
SIZE = 48


def _light(shape: tuple[int, int] = SHAPE, scale: float = 1.0) -> Image:
    """Return three discs; `scale` is the number of pixels for one of `SHAPE`."""
    discs = (
        sersic(
            *(shape, (x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5, flux, 6 * scale),
            fwhm_px=SEEING_PX * scale,
        )
        for x, y, flux in PLACES
    )
    return np.asarray(sum(discs), dtype=np.float32)


def _tile(folder: Path, name: str, bands: str = "gr", *, ra: float = 150.0, **more: Any) -> None:
    for k, band in enumerate(bands):
        image = (k + 1) * (_light() + sky_noise(*SHAPE, seed=len(name) + k)) + np.float32(20)
        write_band(folder / f"{name}_{band}.fits", image, ra=ra, FILTER=band, **more)


def _make(images: Path | list[Path], out: Path, **options: Any) -> tuple[StampReport, StampTable]:
    found = discover([images] if isinstance(images, Path) else images)
    report = make_table(found, out, **{"size_px": SIZE, **options})
    return report, StampTable.open(out)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiles of two bands, a degree apart."""
    folder = tmp_path_factory.mktemp("images")
    _tile(folder, "east", ra=151)
    _tile(folder, "west", ra=150)
    return folder


@pytest.fixture(scope="module")
def made(images: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[StampReport, StampTable]:
    return _make(images, tmp_path_factory.mktemp("made") / "a.lance")


def test_report(made: tuple[StampReport, StampTable]) -> None:
    report, table = made
    assert (report.stamps, report.tiles, len(table)) == (6, 2, 6)
    assert report.skipped == []
    assert {tile for tile, _ in report.notes} == {"east", "west"}
    assert all("too few stars" in note for _, note in report.notes)
    assert report.summary() == "6 stamps from 2 images"


def test_columns_are_complete_and_right(made: tuple[StampReport, StampTable]) -> None:
    table = made[1]
    assert (table.spec.bands, table.spec.size_px, table.spec.kind) == (("g", "r"), SIZE, "fits")
    columns = {name: column.to_numpy() for name, column in _numbers(table).items()}
    text = table.columns("id", "tile", "source", "path", "split").to_pydict()
    assert text["tile"] == ["east"] * 3 + ["west"] * 3
    assert text["id"] == [f"{tile}-{k:05d}" for tile in ("east", "west") for k in range(3)]
    assert text["source"][0] == "east_g.fits"
    assert Path(text["path"][0]).is_file()
    for name, values in columns.items():
        if name not in ("star_score", "split"):
            assert np.isfinite(values).all(), name
    true = wcs_of(SHAPE).pixel_to_world([x for x, _, _ in PLACES], [y for _, y, _ in PLACES])
    here = SkyCoord(columns["ra"][3:], columns["dec"][3:], unit="deg")
    nearest, apart, _ = here.match_to_catalog_sky(true)
    assert sorted(nearest.tolist()) == [0, 1, 2]
    assert apart.arcsec.max() < 0.5 * SCALE_ARCSEC
    flux = np.array([PLACES[k][2] for k in nearest])
    mag = 31.4 - 2.5 * np.log10(flux)
    np.testing.assert_allclose(columns["mag_g"][3:], mag, atol=0.03)
    np.testing.assert_allclose(columns["mag_r"][3:], mag - 2.5 * math.log10(2), atol=0.03)
    np.testing.assert_allclose(columns["noise_r"], 2 * NOISE, rtol=0.03)
    np.testing.assert_allclose(columns["pixel_scale_arcsec"], SCALE_ARCSEC, rtol=1e-5)
    grid = HEALPix(2**29, order="nested")
    index = grid.lonlat_to_healpix(columns["ra"] * u.deg, columns["dec"] * u.deg)
    np.testing.assert_array_equal(columns["healpix"], index)
    assert text["split"] == split_by_sky(index, 0)


def _numbers(table: StampTable) -> dict[str, Any]:
    columns = table.columns()
    return {
        name: columns[name]
        for name in columns.column_names
        if name not in ("id", "tile", "source", "path", "split")
    }


def test_pixels_hold_the_galaxy_and_its_flux(made: tuple[StampReport, StampTable]) -> None:
    """Sky subtracted, the unit eight times the noise, the galaxy at the middle."""
    table = made[1]
    batch = table.read(np.arange(6))
    np.testing.assert_allclose(batch.unit_njy, 8 * batch.noise_njy, rtol=1e-6)
    flux = batch.flux_njy()
    magnitude = table.columns("mag_g")["mag_g"].to_numpy()
    # 48^2 pixels of noise are 480 nJy
    np.testing.assert_allclose(
        flux[:, 0].sum(axis=(1, 2)), 10 ** (0.4 * (31.4 - magnitude)), rtol=0.05
    )
    for stamp in flux[:, 0]:
        y, x = np.unravel_index(stamp.argmax(), stamp.shape)
        assert math.hypot(x - 23.5, y - 23.5) < 3


def test_same_images_same_table(
    images: Path, made: tuple[StampReport, StampTable], tmp_path: Path
) -> None:
    _, again = _make(images, tmp_path / "b.lance")
    for name in again.columns().column_names:
        one, other = again.columns(name)[name].to_numpy(), made[1].columns(name)[name].to_numpy()
        np.testing.assert_array_equal(one, other)
    rows = np.arange(6)
    np.testing.assert_array_equal(again.read(rows).pixels, made[1].read(rows).pixels)


def test_seed_is_that_of_the_splits(images: Path, tmp_path: Path) -> None:
    _, table = _make(images, tmp_path / "a.lance", seed=5)
    index = table.columns("healpix")["healpix"].to_numpy()
    assert table.columns("split")["split"].to_pylist() == split_by_sky(index, 5)


def test_stamps_are_200_px_by_default(images: Path, tmp_path: Path) -> None:
    _, table = _make(images, tmp_path / "a.lance", size_px=None)
    assert table.spec.size_px == 200
    flags = table.columns("flags")["flags"].to_numpy()
    assert (flags & StampFlag.EDGE > 0).sum() == 4  # only the middle ones fit into 240 px


def test_options_of_detection_are_heeded(images: Path, tmp_path: Path) -> None:
    report, table = _make(images, tmp_path / "a.lance", detect=DetectOptions(max_per_tile=1))
    assert len(table) == 2
    assert report.left_out == {"beyond max_per_tile": 4}
    assert report.summary() == ("2 stamps from 2 images; without a stamp: 4 beyond max_per_tile")


# --- tiles that differ -------------------------------------------------------------------------


def test_variance_in_the_file_gives_the_noise_of_each_place(tmp_path: Path) -> None:
    image = _light() + sky_noise(*SHAPE)
    variance = np.full(SHAPE, NOISE**2)
    image[:, :90] += sky_noise(240, 90, seed=9, sigma=2 * NOISE)
    variance[:, :90] = 5 * NOISE**2
    write_band(tmp_path / "a_r.fits", image, variance=variance, FILTER="r")
    _, table = _make(tmp_path, tmp_path / "a.lance")
    columns = table.columns("x", "noise_r")
    noise = columns["noise_r"].to_numpy()[np.argsort(columns["x"].to_numpy())]
    # the blank sky as a whole has the noise of neither part: ratios are what is certain
    assert noise[0] / noise[2] == pytest.approx(math.sqrt(5), rel=1e-3)
    assert noise[2] == pytest.approx(NOISE, rel=0.2)


def test_tiles_of_other_scale_come_to_one(tmp_path: Path) -> None:
    """The same sky on pixels of 0.263" and of 0.526", at the same depth on the sky."""
    _tile(tmp_path, "fine", "r")
    coarse = _light((120, 120), 0.5) + sky_noise(120, 120, seed=8, sigma=2 * NOISE)
    write_band(tmp_path / "rough_r.fits", coarse, scale_arcsec=2 * SCALE_ARCSEC, ra=151, FILTER="r")
    size_arcsec = 48 * SCALE_ARCSEC
    _, table = _make(tmp_path, tmp_path / "a.lance", size_px=None, size_arcsec=size_arcsec)
    assert table.spec.size_px == 48
    columns = table.columns().to_pydict()
    assert columns["tile"] == ["fine"] * 3 + ["rough"] * 3
    resampled = np.array(columns["flags"]) & StampFlag.RESAMPLED > 0
    assert resampled.tolist() == [False] * 3 + [True] * 3
    np.testing.assert_allclose(columns["pixel_scale_arcsec"], SCALE_ARCSEC, rtol=1e-5)
    flux = table.read(np.arange(6)).flux_njy()[:, 0].sum(axis=(1, 2))
    # noise of 48^2 px is 480 nJy, of 24^2 coarse ones as much; each sky level errs by 0.03
    np.testing.assert_allclose(flux[3:], flux[:3], rtol=0.05)
    np.testing.assert_allclose(columns["mag_r"][3:], columns["mag_r"][:3], atol=0.05)
    np.testing.assert_allclose(columns["radius_arcsec"][3:], columns["radius_arcsec"][:3], rtol=0.1)
    batch = table.read([5])  # the faintest
    corners = batch.flux_njy()[0, 0][
        np.ix_([*range(6), *range(42, 48)], [*range(6), *range(42, 48)])
    ]
    # 144 pixels, of which a coarse one fills four: 36 independent ones, known to 12 %
    assert corners.std() == pytest.approx(float(batch.noise_njy[0, 0]), rel=0.4)


def test_tiles_of_other_bands_share_a_table(tmp_path: Path) -> None:
    _tile(tmp_path, "one", "gr")
    _tile(tmp_path, "other", "rz", ra=152)
    _, table = _make(tmp_path, tmp_path / "a.lance")
    assert table.spec.bands == ("g", "r", "z")
    columns = table.columns()
    flags = columns["flags"].to_numpy()
    assert (flags & StampFlag.MISSING_BAND > 0).all()
    for band, present in (("g", [1, 0]), ("r", [1, 1]), ("z", [0, 1])):
        for name in (f"mag_{band}", f"mag_err_{band}", f"noise_{band}"):
            finite = np.isfinite(columns[name].to_numpy())
            assert finite.tolist() == [bool(present[0])] * 3 + [bool(present[1])] * 3
    pixels = np.isfinite(table.read([0, 3]).pixels).all(axis=(2, 3))
    assert pixels.tolist() == [[True, True, False], [False, True, True]]


def test_uncalibrated_images_are_told(tmp_path: Path) -> None:
    _tile(tmp_path, "a", "r", zeropoint=None)
    report, table = _make(tmp_path, tmp_path / "a.lance")
    columns = table.columns()
    assert (columns["flags"].to_numpy() & StampFlag.UNCALIBRATED > 0).all()
    assert np.isnan(columns["mag_r"].to_numpy()).all()
    assert np.isfinite(columns["noise_r"].to_numpy()).all()
    assert any("tells no zero point" in note for _, note in report.notes)
    _, told = _make(tmp_path, tmp_path / "b.lance", read=ReadOptions(zeropoint=31.4))
    assert np.isfinite(told.columns("mag_r")["mag_r"].to_numpy()).all()
    assert not (told.columns("flags")["flags"].to_numpy() & StampFlag.UNCALIBRATED).any()


# --- bad tiles ---------------------------------------------------------------------------------


def _bad(folder: Path) -> dict[str, Path]:
    blank = np.full(SHAPE, np.nan, dtype=np.float32)
    flat = np.full(SHAPE, 3, dtype=np.float32)
    return {
        "no band .* has a usable pixel": write_band(
            folder / "blank_r.fits", blank, ra=140, FILTER="r"
        ),
        "no noise at all": write_band(folder / "flat_r.fits", flat, ra=141, FILTER="r"),
        r"no galaxy was found \(\d objects.*least signal-to-noise of a galaxy 30, see --min-snr": (
            write_band(folder / "noise_r.fits", sky_noise(*SHAPE), ra=142, FILTER="r")
        ),
    }


def test_bad_tiles_are_skipped_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = _bad(tmp_path)
    _tile(tmp_path, "good", "r")
    report, table = _make(tmp_path, tmp_path / "a.lance")
    assert set(table.columns("tile")["tile"].to_pylist()) == {"good"}
    assert (report.tiles, report.stamps) == (1, 3)
    reasons = {item.path: item.reason for item in report.skipped}
    assert set(reasons) == {str(path) for path in bad.values()}
    said = capsys.readouterr().err
    for pattern, path in bad.items():
        matched = re.search(pattern, reasons[str(path)])
        assert matched, reasons[str(path)]
        assert not reasons[str(path)].startswith(str(path))
        assert f"skipped {path}: {reasons[str(path)]}" in said
    assert report.summary().endswith("; 3 inputs skipped")


def test_nothing_to_cut_leaves_no_table(tmp_path: Path) -> None:
    _bad(tmp_path)
    out = tmp_path / "out" / "a.lance"
    out.parent.mkdir()
    with pytest.raises(NothingFoundError, match=r"nothing to cut .* 3 images; the last one was"):
        make_table(discover([tmp_path]), out)
    assert list(out.parent.iterdir()) == []


def test_nothing_found_leaves_the_old_table(images: Path, tmp_path: Path) -> None:
    _bad(tmp_path)
    out = tmp_path / "a.lance"
    _make(images, out)
    with pytest.raises(NothingFoundError, match="nothing to cut a stamp of"):
        make_table(discover([tmp_path]), out)
    assert len(StampTable.open(out)) == 6


# --- positions ---------------------------------------------------------------------------------


def _wanted(folder: Path, rows: list[tuple[str, float, float]]) -> Path:
    """Write a catalogue of pixels on a tile at ra 150."""
    path = folder / "wanted.csv"
    wcs = wcs_of(SHAPE)
    lines = ["id,ra,dec"]
    for name, x, y in rows:
        ra, dec = wcs.pixel_to_world_values(x, y)
        lines.append(f"{name},{float(ra)!r},{float(dec)!r}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_positions_replace_detection(images: Path, tmp_path: Path) -> None:
    wanted = _wanted(
        tmp_path,
        [("sky", 180.0, 40.0), ("galaxy", 120.0, 120.0), ("away", 5000.0, 0.0), ("far", -900, 9)],
    )
    report, table = _make(images, tmp_path / "a.lance", positions=wanted)
    columns = table.columns().to_pydict()
    assert columns["id"] == ["sky", "galaxy"]
    assert columns["flags"] == [StampFlag.BAD_PHOTOMETRY, 0]
    assert np.isnan(columns["mag_g"]).tolist() == [True, False]
    assert report.left_out == {"positions on no image": 2}
    assert [(Path(item.path).name, item.reason) for item in report.skipped] == [
        ("east_g.fits", f"none of the positions of {wanted} lies on it.")
    ]
    assert np.isfinite(table.read([0]).pixels).all()


def test_galaxies_on_overlapping_tiles_have_a_stamp_from_each(tmp_path: Path) -> None:
    """The catalogue already has an a_2; no two stamps may share an id."""
    for name, shift in (("one", 0.0), ("three", 80.0), ("two", 40.0)):
        _tile(tmp_path, name, "r", ra=150 + shift * SCALE_ARCSEC / 3600)
    wanted = _wanted(tmp_path, [("a", 120.0, 120.0), ("a_2", 110.0, 90.0), ("b", 230.0, 120.0)])
    report, table = _make(tmp_path / "*.fits", tmp_path / "a.lance", positions=wanted)
    columns = table.columns("id", "tile").to_pydict()
    assert len(set(columns["id"])) == len(columns["id"]) == report.stamps
    by_tile = {
        tile: [i for i, t in zip(columns["id"], columns["tile"], strict=True) if t == tile]
        for tile in ("one", "three", "two")
    }
    assert by_tile["one"] == ["a", "a_2", "b"]
    assert by_tile["three"] == ["a_3", "a_2_2"]
    assert by_tile["two"] == ["a_4", "a_2_3"]
    assert not report.left_out


def test_positions_without_ids_are_numbered(images: Path, tmp_path: Path) -> None:
    wanted = _wanted(tmp_path, [("x", 120.0, 120.0), ("y", 50.0, 60.0)])
    lines = [line.split(",", 1)[1] for line in wanted.read_text().splitlines()]
    wanted.write_text("\n".join(lines))
    _, table = _make(images, tmp_path / "a.lance", positions=wanted)
    assert table.columns("id")["id"].to_pylist() == ["west-00000", "west-00001"]


# --- pictures ----------------------------------------------------------------------------------


def _picture(path: Path, height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    Pillow.fromarray(values).save(path)
    return values


def test_pictures_are_exact(tmp_path: Path) -> None:
    first, second = (_picture(tmp_path / f"{name}.png", 40, 40, ord(name)) for name in "ab")
    report, table = _make(tmp_path, tmp_path / "a.lance", size_px=None)
    assert (table.spec.bands, table.spec.size_px, table.spec.kind) == (
        ("r", "g", "b"),
        40,
        "picture",
    )
    batch = table.read([0, 1])
    assert batch.pixels.dtype == np.float16
    for pixels, values in zip(batch.pixels, (first, second), strict=True):
        np.testing.assert_array_equal(pixels, values.transpose(2, 0, 1))
    assert (batch.unit_njy == 1).all()
    columns = table.columns().to_pydict()
    assert columns["id"] == ["a", "b"]
    assert columns["flags"] == [StampFlag.UNCALIBRATED | StampFlag.NO_WCS] * 2
    assert columns["healpix"] == [-1, -1]
    assert np.isnan(columns["ra"] + columns["mag_r"] + columns["pixel_scale_arcsec"]).all()
    assert report.summary() == "2 stamps from 2 images"


def test_pictures_of_another_size_are_resampled(tmp_path: Path) -> None:
    values = _picture(tmp_path / "a.png", 40, 60)
    Pillow.new("RGB", (90, 80), (10, 20, 30)).save(tmp_path / "b.png")
    _, table = _make(tmp_path, tmp_path / "a.lance", size_px=None)
    batch = table.read([0, 1])
    np.testing.assert_array_equal(batch.pixels[0], values[:, 10:50].transpose(2, 0, 1))
    flags = table.columns("flags")["flags"].to_numpy()
    assert (flags & StampFlag.RESAMPLED > 0).tolist() == [False, True]
    colours = np.broadcast_to(np.array([10, 20, 30])[:, None, None], (3, 40, 40))
    np.testing.assert_array_equal(batch.pixels[1], colours)


def test_size_of_pictures_is_that_of_the_first_good_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    _picture(tmp_path / "b.png", 50, 64)
    report, table = _make(tmp_path, tmp_path / "a.lance", size_px=None)
    assert table.spec.size_px == 50
    assert [Path(item.path).name for item in report.skipped] == ["a.png"]


# --- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size_px": 64, "size_arcsec": 20.0}, r'give size_px \(64\) or size_arcsec \(20\.0"\)'),
        ({"size_px": 8}, "must be 16 to 4096 px wide; got 8 px"),
        ({"size_px": 5000}, "must be 16 to 4096 px wide; got 5000 px"),
        ({"size_px": None, "size_arcsec": -3.0}, r"size_arcsec must be positive; got -3\.0"),
        ({"size_px": None, "size_arcsec": math.nan}, "size_arcsec must be positive; got nan"),
        (
            {"size_px": None, "size_arcsec": 2.0},
            r'must be 16 to 4096 px wide; got 8 px \(2\.0" at 0\.263" a pixel\)',
        ),
        ({"positions": Path("none.csv")}, r"none\.csv: no such file"),
    ],
)
def test_impossible_options(
    images: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    found = discover([images])
    with pytest.raises(OptionError, match=message):
        make_table(found, tmp_path / "a.lance", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options", [{"size_arcsec": 30.0}, {"positions": Path("a.csv")}, {"size_arcsec": math.nan}]
)
def test_pictures_have_neither_scale_nor_coordinates(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    _picture(tmp_path / "a.png", 40, 40)
    found = discover([tmp_path])
    with pytest.raises(OptionError, match="Colour pictures have no scale and no coordinates"):
        make_table(found, tmp_path / "a.lance", **options)
