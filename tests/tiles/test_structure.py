import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from strandline.errors import TileError
from strandline.tiles.structure import count_parts, open_plain
from tests.tiles.makers import SIZE, header, pixels, write

_DATA = SIZE * SIZE * 4


def _count(path: Path) -> int:
    with open_plain(path) as handle:
        return count_parts(path, handle)


def _planes(path: Path) -> Path:
    parts = [fits.ImageHDU(pixels(), header(FILTER="g"), name=name) for name in ("IMAGE", "MASK")]
    table = fits.BinTableHDU.from_columns([fits.Column("a", "PJ()", array=[[1], [2, 3]])])
    fits.HDUList([fits.PrimaryHDU(), *parts, table]).writeto(path)
    return path


def test_parts_are_counted_as_astropy_counts_them(tmp_path: Path) -> None:
    packed = fits.CompImageHDU(pixels(), header(), quantize_level=16)
    fits.HDUList([fits.PrimaryHDU(), packed, packed]).writeto(tmp_path / "a.fits.fz")
    for path in (write(tmp_path / "a.fits"), _planes(tmp_path / "b.fits"), tmp_path / "a.fits.fz"):
        with fits.open(path) as file:
            assert _count(path) == len(file)


@pytest.mark.parametrize("name", ["a.fits", "b.fits.gz", "c.fits.bz2"])
def test_every_length_that_lacks_data_is_refused(tmp_path: Path, name: str) -> None:
    whole = _planes(tmp_path / "whole.fits").read_bytes()
    packers: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress}
    pack = packers.get(Path(name).suffix, bytes)
    path = tmp_path / name
    path.write_bytes(pack(whole))
    assert _count(path) == 4
    with fits.open(tmp_path / "whole.fits") as file:
        lengths = [part.size for part in file]
        starts = [part.fileinfo()["datLoc"] for part in file]
    # a file that ends in the padding behind a part cannot be told from one that had no more parts
    ends = [
        range(start + length, start + -(-length // 2880) * 2880 + 1)
        for start, length in zip(starts, lengths, strict=True)
    ]
    for length in np.linspace(100 if name != "a.fits" else 2881, len(pack(whole)) - 1, 40).astype(
        int
    ):
        if name == "a.fits" and any(length in end for end in ends):
            continue
        path.write_bytes(pack(whole)[:length])
        with pytest.raises(TileError, match=r"truncated|cut short"):
            _count(path)


def test_missing_padding_and_bytes_behind_the_end_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fits")
    os.truncate(path, 2880 + _DATA)
    assert _count(path) == 1
    with path.open("ab") as file:
        file.write(b"\0" * 5000)
    assert _count(path) == 1
    os.truncate(path, 2880 + _DATA - 1)
    with pytest.raises(TileError, match=rf"truncated: {2880 + _DATA - 1} bytes.* {2880 + _DATA}"):
        _count(path)


@pytest.mark.parametrize(
    ("keyword", "value", "message"),
    [
        ("BITPIX", "17", "BITPIX of part 0 is 17; expected one of 8, 16"),
        ("NAXIS1", "-40", "NAXIS1 of part 0 is -40; expected a whole number of at least 0"),
        ("NAXIS2", "4.5e1", "NAXIS2 of part 0 is 4.5e1"),
        ("NAXIS2", "400000", "truncated"),
    ],
)
def test_headers_that_cannot_be(tmp_path: Path, keyword: str, value: str, message: str) -> None:
    path = write(tmp_path / "a.fits")
    content = bytearray(path.read_bytes())
    at = content.find(f"{keyword:8s}=".encode())
    content[at : at + 80] = f"{keyword:8s}= {value:>20s}".ljust(80).encode()
    path.write_bytes(content)
    with pytest.raises(TileError, match=message):
        _count(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.fits: is empty \(0 bytes\)"),
        (b"notes on the run\nsecond line", "begins with the text 'notes on the run'"),
        (b"<!DOCTYPE html><html>404", "but a web page"),
        (b"\x89PNG\r\n\x1a\n....", "begins with the bytes 89 50 4e 47"),
        (b"\x1f\x8b not gzip at all", "compressed content is cut short or damaged"),
        (b"SIMPLE  =                    T", r"header of part 0 has no end \(30 bytes"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.fits").write_bytes(content)
    with pytest.raises(TileError, match=message):
        _count(tmp_path / "a.fits")


def test_file_that_is_a_folder_or_gone(tmp_path: Path) -> None:
    with pytest.raises(TileError, match="is a folder"):
        _count(tmp_path)
    with pytest.raises(TileError, match=r"x\.fits: no such file"):
        _count(tmp_path / "x.fits")


def test_random_groups(tmp_path: Path) -> None:
    groups = fits.GroupData(
        np.zeros((3, 1, 1, 4), dtype=np.float32), bitpix=-32, parnames=["u"], pardata=[np.zeros(3)]
    )
    fits.GroupsHDU(groups).writeto(tmp_path / "visibility.fits")
    assert _count(tmp_path / "visibility.fits") == 1
