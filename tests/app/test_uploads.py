"""What somebody drops on the page: read carefully, or refused."""

import io
import os
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from strandline.app.uploads import LARGEST_BYTES, decode, stamp_of
from strandline.errors import OptionError
from strandline.stamps import StampTable, TableSpec
from strandline.tiles import Tile


def picture(width: int = 60, height: int = 50, form: str = "PNG") -> bytes:
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(buffer, form)
    return buffer.getvalue()


def fits_file(shape: tuple[int, ...] = (80, 80), **cards: object) -> bytes:
    buffer = io.BytesIO()
    hdu = fits.PrimaryHDU(np.random.default_rng(0).normal(0, 1, shape).astype(np.float32))
    known = {"FILTER": "r", "MAGZERO": 27.0, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    known |= {"CRVAL1": 150.0, "CRVAL2": 2.0, "CRPIX1": 40.0, "CRPIX2": 40.0}
    known |= {"CDELT1": -0.4 / 3600, "CDELT2": 0.4 / 3600}
    for name, value in (known | cards).items():
        hdu.header[name] = value
    hdu.writeto(buffer)
    return buffer.getvalue()


@pytest.fixture
def picture_table(tmp_path: Path) -> StampTable:
    path = tmp_path / "pictures.lance"
    with StampTable.writer(path, TableSpec(("r", "g", "b"), 48, "picture")) as writer:
        writer.append(
            {"id": ["p"], **{f"noise_{band}": np.full(1, np.nan) for band in "rgb"}},
            np.zeros((1, 3, 48, 48), np.float16),
            np.ones((1, 3), np.float32),
        )
    return StampTable.open(path)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_stamp_of_a_table_of_pictures(
    picture_table: StampTable, form: str
) -> None:
    batch, bands, assumed = stamp_of(decode(picture(form=form)), picture_table)
    assert batch.pixels.shape == (1, 3, 48, 48)
    assert bands == ("r", "g", "b")
    assert assumed == ""
    assert 0 <= batch.flux_njy().min() <= batch.flux_njy().max() <= 255


def test_a_picture_for_calibrated_stamps_is_a_guess_that_is_told(table_path: Path) -> None:
    batch, bands, assumed = stamp_of(decode(picture()), StampTable.open(table_path))
    assert bands == ("g", "r", "i")
    assert np.isfinite(batch.flux_njy()).all()
    assert "first guess" in assumed


def test_fits_becomes_a_stamp_in_its_band(table_path: Path) -> None:
    found = decode(fits_file())
    assert isinstance(found, Tile)
    batch, bands, _ = stamp_of(found, StampTable.open(table_path))
    assert bands == ("r",)
    assert batch.pixels.shape == (1, 1, 40, 40)
    assert batch.noise_njy[0, 0] > 0


def test_fits_of_other_bands_or_for_pictures_is_refused(
    table_path: Path, picture_table: StampTable
) -> None:
    with pytest.raises(OptionError, match="None is in common"):
        stamp_of(decode(fits_file(FILTER="u")), StampTable.open(table_path))
    with pytest.raises(OptionError, match="holds colour pictures"):
        stamp_of(decode(fits_file()), picture_table)


def bomb(width: int, height: int) -> bytes:
    """Return a PNG that is small and says that it is huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Evil:
    """Would run something if it were unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/strandline-was-here",)


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil()], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no picture"),
        (b"GIF89a" + b"\0" * 50, "no picture"),
        (pickle.dumps(Evil()), "no picture"),
        (npy(), "no picture"),
        (b"<svg onload='alert(1)'/>", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no picture"),
        (picture(5, 5), "expected 16 px"),
        (picture()[:300], "damaged"),
        (bomb(60_000, 60_000), "megapixels at most"),
        (b"\xff" * (LARGEST_BYTES + 1), "at most 8 MB"),
        (fits_file()[:3000], r"damaged|no image|cannot be"),
        (b"SIMPLE  =                    T" + b" " * 4000, r"damaged|no image"),
        (fits_file((40,)), "no image"),
    ],
)
def test_what_is_no_small_picture_is_refused(content: bytes, said: str) -> None:
    Path("/tmp/strandline-was-here").unlink(missing_ok=True)
    with pytest.raises(OptionError, match=said) as refused:
        decode(content)
    assert "/tmp" not in str(refused.value)
    assert not Path("/tmp/strandline-was-here").exists()


def test_a_huge_fits_header_is_refused_before_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    content = fits_file().replace(
        b"NAXIS1  =                   80", b"NAXIS1  =            800000080"
    )
    with pytest.raises(OptionError, match=r"megapixels at most|damaged"):
        decode(content)
