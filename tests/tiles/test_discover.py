import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from strandline.errors import OptionError
from strandline.tiles import ReadOptions, discover
from tests.tiles.makers import SCALE_DEG, header, pixels, write


def test_bands_of_one_sky_are_one_tile(tmp_path: Path) -> None:
    write(tmp_path / "a_r.fits", FILTER="r")
    write(tmp_path / "a_g.fits", FILTER="g")
    write(tmp_path / "b_g.fits", FILTER="g", ra=150.5)
    found = discover([tmp_path])
    assert [(s.name, [i.band for i in s.images]) for s in found.sources] == [
        ("a", ["g", "r"]),
        ("b", ["g"]),
    ]
    assert found.bands == ("g", "r")
    assert found.skipped == ()
    assert found.sources[0].source == "a_g.fits"
    assert found.sources[0].pixel_scale_arcsec == pytest.approx(0.263)


def test_order_of_inputs_does_not_matter(tmp_path: Path) -> None:
    files = [write(tmp_path / f"t{k}_{b}.fits", ra=150 + k) for k in range(3) for b in "gr"]
    assert discover(files) == discover(files[::-1]) == discover([tmp_path / "*.fits"])


def test_a_second_image_of_the_same_sky_is_another_tile(tmp_path: Path) -> None:
    for name in ("one_g", "one_r", "two_g"):
        write(tmp_path / f"{name}.fits")
    found = discover([tmp_path])
    assert [[i.path.stem for i in s.images] for s in found.sources] == [
        ["one_g", "one_r"],
        ["two_g"],
    ]


def test_cube_planes_are_bands(tmp_path: Path) -> None:
    path = write(tmp_path / "cube.fits", pixels(3, 40, 40), BANDS="grz")
    (source,) = discover([path]).sources
    assert [(image.band, image.plane) for image in source.images] == [("g", 0), ("r", 1), ("z", 2)]


def test_cube_without_names_asks_for_them(tmp_path: Path) -> None:
    path = write(tmp_path / "cube.fits", pixels(3, 40, 40))
    (skipped,) = discover([path]).skipped
    assert "cube of 3 planes" in skipped.reason
    assert "--bands" in skipped.reason
    named = discover([path], ReadOptions(bands=("g", "r", "i")))
    assert named.bands == ("g", "r", "i")


def test_extensions_of_one_file_are_tiles(tmp_path: Path) -> None:
    parts = [fits.ImageHDU(pixels(), header(ra=150 + k, FILTER="r"), name=f"N{k}") for k in (1, 2)]
    fits.HDUList([fits.PrimaryHDU(), *parts]).writeto(tmp_path / "mosaic.fits")
    found = discover([tmp_path])
    assert [source.name for source in found.sources] == ["mosaic-N1", "mosaic-N2"]


def test_weights_and_masks_go_with_their_image(tmp_path: Path) -> None:
    for kind in "iwd":
        write(tmp_path / f"c4d_os{kind}_g.fits", FILTER="g")
    write(tmp_path / "lost.weight.fits", ra=10.0)
    found = discover([tmp_path])
    (source,) = found.sources
    image = source.images[0]
    assert image.path.name == "c4d_osi_g.fits"
    assert image.weight == tmp_path / "c4d_osw_g.fits"
    assert image.mask == tmp_path / "c4d_osd_g.fits"
    assert [Path(item.path).name for item in found.skipped] == ["lost.weight.fits"]


def test_different_scale_is_refused_naming_both(tmp_path: Path) -> None:
    write(tmp_path / "a_g.fits")
    # twice the pixels of half the size: the same sky
    fine = header(CRPIX1=40.5, CRPIX2=40.5, CD1_1=-SCALE_DEG / 2, CD2_2=SCALE_DEG / 2)
    fits.writeto(tmp_path / "a_r.fits", pixels(80, 80), fine)
    found = discover([tmp_path])
    assert found.sources == ()
    assert len(found.skipped) == 2
    for text in ("a_g.fits has 40x40 px", "a_r.fits has 80x80 px", "one grid"):
        assert text in found.skipped[0].reason


@pytest.mark.parametrize(
    ("shape", "cards", "told"),
    [
        ((30, 40), {}, "40x30 px"),  # cut short
        ((4, 4), {"CRPIX1": 2.5, "CRPIX2": 2.5, "CD1_1": -10 * SCALE_DEG}, "4x4 px"),
        ((40, 40), {"CD1_1": -10 * SCALE_DEG, "CD2_2": 10 * SCALE_DEG}, '2.6300"'),  # same pixels
    ],
)
def test_bands_of_one_name_on_other_grids_are_refused_not_parted(
    tmp_path: Path, shape: tuple[int, int], cards: dict[str, object], told: str
) -> None:
    write(tmp_path / "a_g.fits")
    write(tmp_path / "a_r.fits", pixels(*shape), **cards)
    write(tmp_path / "b_g.fits", ra=151.0)
    found = discover([tmp_path])
    assert [source.name for source in found.sources] == ["b"]
    assert [Path(item.path).name for item in found.skipped] == ["a_g.fits", "a_r.fits"]
    assert told in found.skipped[0].reason


def test_one_name_on_another_part_of_the_sky_is_another_tile(tmp_path: Path) -> None:
    write(tmp_path / "a_g.fits")
    write(tmp_path / "a_r.fits", ra=150.0 + SCALE_DEG * 40)
    assert len(discover([tmp_path]).sources) == 2


def test_the_same_file_by_two_names_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a_g.fits")
    monkeypatch.chdir(tmp_path)
    found = discover(["a_g.fits", tmp_path / "a_g.fits", "."])
    assert [source.path for source in found.sources] == ["a_g.fits"]


def test_links_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "l_g.fits").symlink_to("gone.fits")
    for given in (tmp_path, tmp_path / "l_g.fits"):
        reasons = [item.reason for item in discover([given]).skipped]
        assert reasons[0] == "is a link to gone.fits, which is not there."


def test_name_that_is_too_long_for_the_disk(tmp_path: Path) -> None:
    write(tmp_path / "a_g.fits")
    found = discover([tmp_path / ("x" * 300 + ".fits"), tmp_path])
    assert len(found.sources) == 1
    assert found.skipped[0].reason == "cannot be looked into (File name too long)."


def test_folder_with_a_name_like_an_image(tmp_path: Path) -> None:
    (tmp_path / "x_g.fits").mkdir()
    (skipped,) = discover([tmp_path]).skipped
    assert "subfolders are not searched" in skipped.reason
    (skipped,) = discover([tmp_path / "x_g.fits"]).skipped
    assert "folder without images" in skipped.reason


def test_pictures_are_tiles_of_their_own(tmp_path: Path) -> None:
    for name in ("x.jpg", "y.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    found = discover([tmp_path])
    assert [(s.name, s.kind, s.source) for s in found.sources] == [
        ("x", "picture", "x.jpg"),
        ("y", "picture", "y.png"),
    ]
    assert found.bands == ("r", "g", "b")


def test_pictures_beside_images_are_set_aside(tmp_path: Path) -> None:
    write(tmp_path / "a_g.fits")
    Image.new("RGB", (8, 8)).save(tmp_path / "preview.jpg")
    found = discover([tmp_path])
    assert [source.kind for source in found.sources] == ["fits"]
    assert "separately" in found.skipped[0].reason


def test_equal_names_are_told_apart_and_made_safe(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / folder / "my galaxy.png")
    found = discover([tmp_path / "one", tmp_path / "two"])
    assert [source.name for source in found.sources] == ["my-galaxy", "my-galaxy_2"]


def _text(path: Path) -> None:
    path.write_text("hello")


def _empty(path: Path) -> None:
    path.touch()


def _truncated(path: Path) -> None:
    write(path)
    os.truncate(path, path.stat().st_size // 2)


def _no_wcs(path: Path) -> None:
    fits.writeto(path, pixels())


def _singular(path: Path) -> None:
    write(path, CD1_1=0.0, CD2_2=0.0)


def _not_a_number(path: Path) -> None:
    write(path, CD1_1=1e-4, CRVAL1=1e9, CRVAL2=500.0)


def _no_image(path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU()]).writeto(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_text, "is not a FITS file; it begins with the text 'hello'"),
        (_empty, "is empty"),
        (_truncated, "is truncated"),
        (_no_wcs, "no usable world coordinates"),
        (_singular, "CD1_1 = 0.0"),
        (_not_a_number, "world coordinates"),
        (_no_image, "holds no image"),
    ],
)
def test_a_bad_file_is_named_and_the_others_go_on(
    tmp_path: Path,
    make: Callable[[Path], None],
    reason: str,
) -> None:
    make(tmp_path / "bad_g.fits")
    write(tmp_path / "good_g.fits")
    found = discover([tmp_path])
    assert [source.name for source in found.sources] == ["good"]
    (skipped,) = found.skipped
    assert skipped.path == str(tmp_path / "bad_g.fits")
    assert reason in skipped.reason


def test_unknown_band_is_said(tmp_path: Path) -> None:
    (skipped,) = discover([write(tmp_path / "image.fits")]).skipped
    assert "band cannot be told" in skipped.reason
    (source,) = discover([tmp_path], ReadOptions(bands=("r",))).sources
    assert source.images[0].band == "r"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("none.fits", "no such file"), ("none*.fits", "matches no image"), ("x.doc", "ending")],
)
def test_inputs_that_are_nothing(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "x.doc").touch()
    (skipped,) = discover([tmp_path / name]).skipped
    assert reason in skipped.reason


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "x.doc").touch()
    (skipped,) = discover([tmp_path]).skipped
    assert "folder without images (1 other files)" in skipped.reason


def test_no_input_at_all() -> None:
    with pytest.raises(OptionError, match="No images were given"):
        discover([])


def test_tile_list(tmp_path: Path) -> None:
    write(tmp_path / "p.fits")
    write(tmp_path / "q.fits", np.ones((40, 40), dtype=np.float32))
    (tmp_path / "tiles.csv").write_text(
        "tile,band,image,weight,zeropoint,psf_fwhm_arcsec\n"
        "east,r,p.fits,q.fits,30.5,0.9\n"
        "east,g,q.fits,,,\n"
        "east,g,q.fits,,,\n"
        "west,g,gone.fits,,,\n"
        "west,r,p.fits,,thirty,\n"
    )
    found = discover([tmp_path / "tiles.csv"])
    (source,) = found.sources
    assert source.name == "east"
    green, red = source.images
    assert (green.band, red.band) == ("g", "r")
    assert red.weight == tmp_path / "q.fits"
    assert (red.zeropoint, red.psf_fwhm_arcsec) == (30.5, 0.9)
    reasons = [item.reason for item in found.skipped]
    assert len(reasons) == 3
    assert "has band 'g' already" in reasons[0]
    assert "gone.fits is no file" in reasons[1]
    assert "'thirty' is no number" in reasons[2]


def test_tile_list_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "tiles.csv").write_text("tile,filter,image\na,g,x.fits\n")
    (skipped,) = discover([tmp_path / "tiles.csv"]).skipped
    assert "column band is missing; column filter is not known" in skipped.reason
