from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from strandline.errors import TileError
from strandline.photometry import NANOMAGGY_NJY
from strandline.tiles import BandImage, ReadOptions, Tile, TileSource, discover, read_tile
from tests.tiles.makers import SIZE, header, pixels, write


def _read(path: Path, options: ReadOptions = ReadOptions()) -> Tile:  # noqa: B008 - frozen
    (source,) = discover([path], options).sources
    return read_tile(source, options)


@pytest.mark.parametrize(
    ("cards", "njy"),
    [
        ({"MAGZERO": 31.4}, 1.0),
        ({"ZP": 28.9}, 10.0),
        ({"PHOTZP": 23.9}, 1000.0),
        ({"FLUXMAG0": 10**12.56}, 1.0),
        ({"BUNIT": "nanomaggy"}, NANOMAGGY_NJY),
        ({"BUNIT": "nJy"}, 1.0),
        ({"SURVEY": "DECaLS"}, NANOMAGGY_NJY),
    ],
)
def test_every_zero_point_leads_to_njy(
    tmp_path: Path, cards: dict[str, object], njy: float
) -> None:
    tile = _read(write(tmp_path / "a_g.fits", pixels(), **cards))
    assert tile.calibrated == (True,)
    np.testing.assert_allclose(tile.image_njy[0], pixels() * njy, rtol=1e-5)


def test_the_option_wins_over_the_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a_g.fits", MAGZERO=25.0)
    tile = _read(path, ReadOptions(zeropoint=31.4))
    np.testing.assert_allclose(tile.image_njy[0], pixels(), rtol=1e-6)


def test_no_zero_point_is_said_not_hidden(tmp_path: Path) -> None:
    tile = _read(write(tmp_path / "a_g.fits"))
    assert tile.calibrated == (False,)
    assert "a_g.fits tells no zero point" in tile.notes[0]
    assert "--zeropoint" in tile.notes[0]


def test_impossible_zero_point_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a_g.fits", MAGZERO="unknown")
    with pytest.raises(TileError, match=r"a_g\.fits: keyword MAGZERO = 'unknown'"):
        _read(path)


def test_fpacked_file(tmp_path: Path) -> None:
    image = fits.CompImageHDU(pixels(), header(FILTER="r", MAGZERO=31.4), quantize_level=64)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "a.fits.fz")
    tile = _read(tmp_path / "a.fits.fz")
    # quantised to 1/64 of the noise, which is 1
    np.testing.assert_allclose(tile.image_njy[0], pixels(), atol=1 / 64)


def test_rubin_coadd_planes(tmp_path: Path) -> None:
    mask = np.zeros((SIZE, SIZE), dtype=np.int32)
    mask[0, :5] = 1 << 8  # no data
    mask[1, :5] = 1 << 1  # saturated
    mask[2, :5] = 1 << 3  # cosmic ray, interpolated
    planes = [
        fits.ImageHDU(pixels(), header(BUNIT="nJy"), name="IMAGE"),
        fits.ImageHDU(
            mask, header(**{"HIERARCH MP_NO_DATA": 8, "MP_SAT": 1, "MP_CR": 3}), name="MASK"
        ),
        fits.ImageHDU(np.full((SIZE, SIZE), 4, dtype=np.float32), header(), name="VARIANCE"),
    ]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "coadd-r-1-2.fits")
    tile = _read(tmp_path / "coadd-r-1-2.fits")
    assert tile.bands == ("r",)
    assert np.isnan(tile.image_njy[0, 0, :5]).all()
    assert np.count_nonzero(np.isnan(tile.image_njy)) == 5
    assert tile.saturated[1, :5].all()
    assert np.count_nonzero(tile.saturated) == 5
    assert tile.variance_njy2 is not None
    assert np.all(tile.variance_njy2 == 4)


def test_weight_is_inverse_variance_and_scales_with_flux(tmp_path: Path) -> None:
    weight = np.full((SIZE, SIZE), 4, dtype=np.float32)
    weight[3, 3] = 0
    planes = [
        fits.ImageHDU(pixels(), header(FILTER="g", MAGZERO=28.9), name="SCI"),
        fits.ImageHDU(weight, header(), name="WGT"),
    ]
    fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(tmp_path / "a.fits")
    tile = _read(tmp_path / "a.fits")
    assert tile.variance_njy2 is not None
    assert tile.variance_njy2[0, 0, 0] == pytest.approx(0.25 * 100)
    assert np.argwhere(np.isnan(tile.image_njy[0])).tolist() == [[3, 3]]


def test_saturation_keyword(tmp_path: Path) -> None:
    data = pixels()
    data[7, 9] = 5000
    tile = _read(write(tmp_path / "a_g.fits", data, SATURATE=4000.0, MAGZERO=25.0))
    assert np.argwhere(tile.saturated).tolist() == [[7, 9]]


def test_seeing_in_arcsec_and_in_pixels(tmp_path: Path) -> None:
    made = header(FILTER="g")
    made["FWHM"] = (4.0, "Median FWHM in pixels")
    fits.writeto(tmp_path / "a.fits", pixels(), made)
    assert _read(tmp_path / "a.fits").psf_fwhm_arcsec[0] == pytest.approx(4 * 0.263)
    write(tmp_path / "b_r.fits", SEEING=1.1)
    assert _read(tmp_path / "b_r.fits").psf_fwhm_arcsec == (1.1,)


def test_blocks_of_zeros_are_missing_but_a_zero_pixel_is_not(tmp_path: Path) -> None:
    data = pixels(2, SIZE, SIZE)
    data[0, :10] = 0
    data[1, 20, 20] = 0
    tile = _read(write(tmp_path / "cube.fits", data, BANDS="gr", BUNIT="nJy"))
    assert np.isnan(tile.image_njy[0, :10]).all()
    assert not np.isnan(tile.image_njy[0, 10:]).any()
    assert tile.image_njy[1, 20, 20] == 0
    assert tile.notes == ("band g: 25.0% of the pixels are exactly zero, treated as missing",)


def test_a_plane_of_zeros_is_a_missing_band(tmp_path: Path) -> None:
    data = pixels(2, SIZE, SIZE)
    data[1] = 0
    tile = _read(write(tmp_path / "cube.fits", data, BANDS="gr", BUNIT="nJy"))
    assert np.isnan(tile.image_njy[1]).all()
    assert "band r: no usable pixel, treated as missing" in tile.notes


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_nothing_usable_is_an_error(tmp_path: Path, value: float) -> None:
    path = write(tmp_path / "a_g.fits", np.full((SIZE, SIZE), value, dtype=np.float32))
    with pytest.raises(TileError, match=r"a_g\.fits: no band \(g\) has a usable pixel"):
        _read(path)


def test_shifted_band_is_moved_onto_the_first(tmp_path: Path) -> None:
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)

    def star(column: float, row: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        spot = 100 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 18)
        return np.asarray(spot, dtype=np.float32)

    write(tmp_path / "a_g.fits", star(20, 18))
    # the same star half a pixel to the right and up, and the header says so
    write(tmp_path / "a_r.fits", star(20.5, 18.5), CRPIX1=21.0, CRPIX2=21.0)
    tile = _read(tmp_path)
    assert "band r: lies up to 0.7 px from band g" in tile.notes[-1]
    green, red = np.nan_to_num(tile.image_njy)
    for axis in (x, y):
        centres = [float((axis * plane).sum() / plane.sum()) for plane in (green, red)]
        assert centres[0] == pytest.approx(centres[1], abs=0.02)  # edge of the spot lost: 1 %


def test_shapes_that_differ_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "a_g.fits")
    other = write(tmp_path / "a_r.fits", pixels(SIZE, 30))
    source = TileSource("a", (BandImage("g", one), BandImage("r", other)), "fits", 0.263)
    with pytest.raises(TileError, match=r"a_r\.fits: band r has 30x40 px, but band g.*40x40"):
        read_tile(source)


def test_decam_header_with_both_matrices(tmp_path: Path) -> None:
    made = header(FILTER="g")
    made["PC1_1"], made["PC2_2"], made["CDELT1"], made["CDELT2"] = -7e-5, 7e-5, 1.0, 1.0
    fits.writeto(tmp_path / "a.fits", pixels(), made)
    tile = _read(tmp_path / "a.fits")
    assert tile.pixel_scale_arcsec == pytest.approx(0.263)
    centre = (SIZE - 1) / 2
    assert tile.wcs is not None
    np.testing.assert_allclose(tile.wcs.all_pix2world(centre, centre, 0), (150.0, 2.0))


def test_grey_and_16_bit_pictures(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    tile = _read(tmp_path / "deep.png")
    assert tile.image_njy.shape == (3, 8, 8)
    np.testing.assert_allclose(tile.image_njy[1], ramp / 257, atol=1e-3)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"text", "is not a picture"), (b"", "is not a picture")],
)
def test_pictures_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(TileError, match=rf"x\.jpg: {message}"):
        _read(tmp_path / "x.jpg")


def test_truncated_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.jpg")
    content = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(TileError, match=r"x\.jpg: cannot be decoded"):
        _read(tmp_path / "x.jpg")


@pytest.mark.realsky
def test_real_images(realsky: Path) -> None:
    found = discover([realsky / "decals_fits", realsky / "decam_fits"])
    assert [Path(item.path).name for item in found.skipped] == ["example_incomplete.fits"]
    tiles = {source.name: read_tile(source) for source in found.sources}
    assert len(tiles) == 12
    decam = [tile for name, tile in tiles.items() if name.startswith("DECam")]
    assert [tile.bands for tile in decam] == [("g", "r")] * 4 + [("g",)]
    for tile in decam:
        assert tile.pixel_scale_arcsec == pytest.approx(0.263, abs=0.002)
        real = fits.getheader(tile.path)
        assert tile.wcs is not None
        x, y = tile.wcs.all_world2pix(real["RA"], real["DEC"], 0)
        assert np.hypot(x - real["RA_PIX"], y - real["DEC_PIX"]) < 0.2
    assert any("zero, treated as missing" in note for note in tiles["example_bad_pix"].notes)
