from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from strandline.errors import TileError
from strandline.tiles import discover, read_tile
from strandline.tiles.tilelist import is_tile_list, read_tile_list
from tests.tiles.makers import SIZE, header, pixels, write


def _list(folder: Path, content: str | bytes) -> Path:
    path = folder / "tiles.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_any_csv_is_a_tile_list() -> None:
    assert is_tile_list(Path("x/Tiles.CSV"))
    assert not is_tile_list(Path("x/tiles.fits"))


@pytest.mark.parametrize(
    "content",
    [
        b"tile,band,image\none,g,a b.fits\none,r,\xc3\xa9.fits\n",
        b"\xef\xbb\xbftile,band,image\r\none,g,a b.fits\r\none,r,\xc3\xa9.fits\r\n",
        b"tile, band, image\none, G, a b.fits\none, R, \xc3\xa9.fits",
        b'image,zeropoint,tile,band\n"a b.fits",,one,g\n"\xc3\xa9.fits",,one,r\n',
    ],
)
def test_spellings_of_one_list(tmp_path: Path, content: bytes) -> None:
    files = [write(tmp_path / name) for name in ("a b.fits", "é.fits")]
    found = read_tile_list(_list(tmp_path, content))
    assert found.skipped == ()
    assert [(i.band, i.path, i.zeropoint) for i in found.tiles["one"]] == [
        ("g", files[0], None),
        ("r", files[1], None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "column tile, band, image is missing"),
        ("tile,band,image\n", "lists no tile"),
        ("tile;band;image\n1;g;a.fits\n", "column tile;band;image is not known.*separated by comm"),
        (b"tile,band,image\ncaf\xe9,g,a.fits\n", "UTF-8"),
    ],
)
def test_files_that_are_no_list(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(TileError, match=rf"tiles\.csv: .*{message}"):
        read_tile_list(_list(tmp_path, content))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("one,g,gone.fits,,", "column image: .*gone.fits is no file"),
        ("one,g,a.fits,gone.fits,", "column weight: .*gone.fits is no file"),
        ("one,g,.,,", "column image: .* is no file"),
        ("one,g", "column image is empty"),
        (",g,a.fits,,", "column tile is empty"),
        ("one,,a.fits,,", "column band is empty"),
        ("one,g,a.fits,,nan", "column zeropoint: nan is not between -10 and 50"),
        ("one,g,a.fits,,high", "column zeropoint: 'high' is no number"),
    ],
)
def test_a_bad_row_is_skipped_and_the_others_used(tmp_path: Path, row: str, reason: str) -> None:
    write(tmp_path / "a.fits")
    path = _list(tmp_path, f"tile,band,image,weight,zeropoint\n{row}\ntwo,r,a.fits,,30\n")
    found = read_tile_list(path)
    assert list(found.tiles) == ["two"]
    (skipped,) = found.skipped
    assert skipped.path.endswith("tiles.csv: line 2")
    with pytest.raises(TileError, match=reason):
        raise TileError(skipped.reason)


def test_planes_of_a_listed_cube(tmp_path: Path) -> None:
    data = pixels(3, SIZE, SIZE)
    write(tmp_path / "cube.fits", data, BANDS="grz")
    path = _list(tmp_path, "tile,band,image,zeropoint\na,z,cube.fits,31.4\na,g,cube.fits,31.4\n")
    (source,) = discover([path]).sources
    tile = read_tile(source)
    assert tile.bands == ("g", "z")
    np.testing.assert_allclose(tile.image_njy, data[[0, 2]], rtol=1e-6)


def test_band_that_a_listed_cube_lacks(tmp_path: Path) -> None:
    write(tmp_path / "cube.fits", pixels(3, SIZE, SIZE), BANDS="grz")
    (skipped,) = discover([_list(tmp_path, "tile,band,image\na,y,cube.fits\n")]).skipped
    assert "holds 3 images (bands g, r, z), 0 of them of band 'y'" in skipped.reason


def test_planes_beside_a_listed_image_are_used(tmp_path: Path) -> None:
    mask = np.zeros((SIZE, SIZE), dtype=np.int16)
    mask[5, 6] = 1
    parts = [
        fits.ImageHDU(pixels(), header(), name="IMAGE"),
        fits.ImageHDU(mask, header(), name="MASK"),
        fits.ImageHDU(np.full_like(pixels(), 4), header(), name="VARIANCE"),
    ]
    fits.HDUList([fits.PrimaryHDU(), *parts]).writeto(tmp_path / "m.fits")
    (source,) = discover([_list(tmp_path, "tile,band,image\na,g,m.fits\n")]).sources
    tile = read_tile(source)
    assert np.argwhere(np.isnan(tile.image_njy[0])).tolist() == [[5, 6]]
    assert tile.variance_njy2 is not None


@pytest.mark.parametrize("column", ["weight", "mask"])
def test_companion_of_another_shape(tmp_path: Path, column: str) -> None:
    write(tmp_path / "a.fits")
    fits.writeto(tmp_path / "small.fits", np.ones((5, 6), dtype=np.int16))
    path = _list(tmp_path, f"tile,band,image,{column}\na,g,a.fits,small.fits\n")
    (source,) = discover([path]).sources
    with pytest.raises(TileError, match=rf"small\.fits: the {column} has 6x5 px, .* has 40x40 px"):
        read_tile(source)


def test_companion_without_image(tmp_path: Path) -> None:
    write(tmp_path / "a.fits")
    fits.HDUList([fits.PrimaryHDU()]).writeto(tmp_path / "none.fits")
    (source,) = discover([_list(tmp_path, "tile,band,image,mask\na,g,a.fits,none.fits\n")]).sources
    with pytest.raises(TileError, match=r"none\.fits: holds no image"):
        read_tile(source)


def test_bands_of_a_listed_tile_on_other_grids(tmp_path: Path) -> None:
    write(tmp_path / "a.fits")
    write(tmp_path / "b.fits", pixels(30, SIZE))
    (skipped,) = discover([_list(tmp_path, "tile,band,image\nt,g,a.fits\nt,r,b.fits\n")]).skipped
    for text in ("a.fits has 40x40 px", "b.fits has 40x30 px", "one grid"):
        assert text in skipped.reason
