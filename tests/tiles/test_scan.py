import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from strandline.errors import TileError
from strandline.tiles import ReadOptions
from strandline.tiles.scan import bare_stem, open_fits, pixels_of, scan_fits
from tests.tiles.makers import SIZE, header, pixels, write

OPTIONS = ReadOptions()


@pytest.mark.parametrize(
    "name", ["a.b.fits", "a.b.fits.fz", "a.b.FITS.gz", "a.b.fit.bz2", "a.b.fz"]
)
def test_bare_stem(name: str) -> None:
    assert bare_stem(Path("x") / name) == "a.b"


def _raw_card(path: Path, keyword: str, value: str) -> None:
    content = bytearray(path.read_bytes())
    at = content.find(f"{keyword:8s}=".encode())
    content[at : at + 80] = f"{keyword:8s}= {value:>20s}".ljust(80).encode()
    path.write_bytes(content)


@pytest.mark.parametrize("value", ["NaN", "Inf", "1.2.3", "1E400", "'abc'"])
@pytest.mark.parametrize("keyword", ["CRVAL1", "CRPIX2", "CD1_1"])
def test_coordinates_that_are_no_numbers(tmp_path: Path, keyword: str, value: str) -> None:
    path = write(tmp_path / "a_g.fits")
    _raw_card(path, keyword, value)
    with pytest.raises(TileError, match=rf"a_g\.fits: {keyword} = .* is no finite number"):
        scan_fits(path, OPTIONS)


def test_values_that_cannot_be_parsed_stand_as_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a_g.fits", MAGZERO=25.0)
    _raw_card(path, "MAGZERO", "n/a")
    with open_fits(path) as parts:
        assert parts[0].header["MAGZERO"] == "n"


@pytest.mark.parametrize(
    "card", ["lower   = abc", "DATE-OBS= 12/03/99", "HIERARCH a b = 1.2.3", "CONTINUE  'abc", "==="]
)
def test_odd_cards_that_do_not_matter(tmp_path: Path, card: str) -> None:
    path = write(tmp_path / "a_g.fits", UNUSED=1)
    content = bytearray(path.read_bytes())
    at = content.find(b"UNUSED  =")
    content[at : at + 80] = card.ljust(80).encode()
    path.write_bytes(content)
    assert len(scan_fits(path, OPTIONS)) == 1


@pytest.mark.parametrize(
    ("shape", "told"),
    [((5,), "PRIMARY 5"), ((1, 5), "PRIMARY 5x1"), ((2, 3, 4, 5), "PRIMARY 5x4x3x2")],
)
def test_axes_that_are_no_image(tmp_path: Path, shape: tuple[int, ...], told: str) -> None:
    path = write(tmp_path / "a_g.fits", pixels(*shape))
    with pytest.raises(TileError, match=rf"no image of two or three axes \(its parts: {told}\)"):
        scan_fits(path, OPTIONS)


def test_axes_of_length_one_are_passed_over(tmp_path: Path) -> None:
    (found,) = scan_fits(write(tmp_path / "a_g.fits", pixels(1, 1, SIZE, SIZE)), OPTIONS)
    assert found.place.shape == (SIZE, SIZE)


def test_table_without_image(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("ra", "D", array=[1.0])], name="CAT")
    table.writeto(tmp_path / "a_g.fits")
    with pytest.raises(TileError, match="its parts: PRIMARY empty, CAT a table"):
        scan_fits(tmp_path / "a_g.fits", OPTIONS)


def test_only_masks(tmp_path: Path) -> None:
    mask = fits.ImageHDU(pixels(), header(), name="MASK")
    fits.HDUList([fits.PrimaryHDU(), mask]).writeto(tmp_path / "a_g.fits")
    with pytest.raises(TileError, match="holds only MASK, no image"):
        scan_fits(tmp_path / "a_g.fits", OPTIONS)


def test_planes_of_one_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fits", pixels(3, SIZE, SIZE), BANDS="ggz")
    with pytest.raises(TileError, match=r"2 planes of the cube are named 'g' \(g, g, z\)"):
        scan_fits(path, OPTIONS)


def test_given_bands_name_the_planes_only_where_their_number_fits(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fits", pixels(3, SIZE, SIZE), BANDS="grz")
    for given, bands in ((("u", "g", "r"), ["u", "g", "r"]), (("u",), ["g", "r", "z"])):
        found = scan_fits(path, ReadOptions(bands=given))
        assert [each.image.band for each in found] == bands


def test_damaged_compression_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "a.fits.fz"
    packed = fits.CompImageHDU(pixels(200, 200), header(FILTER="g"), quantize_level=16)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path)
    content = bytearray(path.read_bytes())
    content[-20000:-4000] = np.random.default_rng(0).bytes(16000)
    path.write_bytes(content)
    with open_fits(path) as parts, pytest.raises(TileError, match=r"a\.fits\.fz: is damaged"):
        pixels_of(parts[1], path)


def test_truncation_is_seen_whatever_other_threads_do_to_warnings(tmp_path: Path) -> None:
    path = write(tmp_path / "a_g.fits")
    path.write_bytes(path.read_bytes()[:5000])

    def scan(_: int) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                scan_fits(path, OPTIONS)
            except TileError as error:
                return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(scan, range(100)))
    assert all("is truncated" in text for text in told)
