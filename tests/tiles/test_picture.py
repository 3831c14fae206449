from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from strandline.errors import TileError
from strandline.tiles import BandImage, Tile, TileSource
from strandline.tiles.picture import read_picture


def _read(path: Path) -> Tile:
    return read_picture(TileSource("x", (BandImage("rgb", path),), "picture", float("nan")))


def test_colours_are_bands_and_rows_stay_in_order(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    tile = _read(tmp_path / "x.png")
    assert tile.bands == ("r", "g", "b")
    assert tile.kind == "picture"
    assert tile.wcs is None
    np.testing.assert_array_equal(tile.image_njy, pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "CMYK"])
def test_every_mode_becomes_three_bands(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("x.tif" if mode == "CMYK" else "x.png")
    Image.new("L", (4, 6), 255).convert("RGB").convert(mode).save(path)
    image = _read(path).image_njy
    assert image.shape == (3, 6, 4)
    assert np.all(image == 255)


def test_picture_too_large_for_a_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    Image.new("RGB", (10, 10)).save(tmp_path / "x.png")
    with pytest.raises(TileError, match=r"x\.png: is too large for one stamp"):
        _read(tmp_path / "x.png")


def test_picture_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(TileError, match=r"x\.png: no such file"):
        _read(tmp_path / "x.png")
