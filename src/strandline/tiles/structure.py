"""Whether a FITS file is all there, by its own headers, before anything is decoded.

astropy says that a file is cut short by a warning only, and leaves parts out that it cannot make
sense of. Warnings are shared by all threads, so the length is checked here instead.
"""

import bz2
import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import BinaryIO

from strandline.errors import TileError

__all__ = ["count_parts", "open_plain"]

_BLOCK = 2880
_CARD = 80
_MOST_HEADER_BLOCKS = 2000
_BITPIX = (8, 16, 32, 64, -32, -64)
_AGAIN = "Fetch or copy it again."


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """Open a file; one compressed as a whole (gzip, bzip2) is unpacked into memory.

    What it is compressed with is told by its first bytes, not by its ending.

    Raises
    ------
    TileError
        If it is missing, may not be read, is empty, or its compressed content is damaged.
    """
    try:
        with path.open("rb") as handle:
            first = handle.read(3)
            handle.seek(0)
            if not first:
                raise TileError(f"{path}: is empty (0 bytes). {_AGAIN}")
            if first.startswith(b"\x1f\x8b"):
                yield _unpacked(path, gzip.GzipFile(fileobj=handle))
            elif first == b"BZh":
                yield _unpacked(path, bz2.BZ2File(handle))
            else:
                yield handle
    except FileNotFoundError as error:
        raise TileError(f"{path}: no such file.") from error
    except IsADirectoryError as error:
        raise TileError(f"{path}: is a folder, not a file.") from error
    except PermissionError as error:
        raise TileError(f"{path}: may not be read (no permission).") from error
    except OSError as error:
        raise TileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _unpacked(path: Path, packed: gzip.GzipFile | bz2.BZ2File) -> io.BytesIO:
    plain = io.BytesIO()
    try:
        shutil.copyfileobj(packed, plain, 1 << 20)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise TileError(
            f"{path}: its compressed content is cut short or damaged after {plain.tell()} bytes "
            f"({error}). {_AGAIN}"
        ) from error
    plain.seek(0)
    return plain


def count_parts(path: Path, handle: BinaryIO) -> int:
    """Return how many parts (HDUs) a FITS file has, all of them checked to be there in full.

    Bytes after the last part that do not begin another one are passed over, as is missing padding.

    Parameters
    ----------
    path : Path
        For messages.
    handle : binary file
        Is left at its beginning.

    Raises
    ------
    TileError
        If it is no FITS file, is truncated, or its headers contradict themselves.
    """
    size = handle.seek(0, io.SEEK_END)
    count = at = 0
    while at < size:
        handle.seek(at)
        block = handle.read(_BLOCK)
        if count == 0 and not block.startswith(b"SIMPLE"):
            raise TileError(f"{path}: is not a FITS file{_what_it_is(block)}. {_AGAIN}")
        if count and block[:8] != b"XTENSION"[: len(block)]:
            break  # padding, or what some writers leave behind
        cards = _cards(path, count, size, handle, block)
        start = handle.tell()
        length = _data_bytes(path, count, cards)
        if start + length > size:
            raise TileError(
                f"{path}: is truncated: {size} bytes are there, but part {count} of it ends at "
                f"byte {start + length}. {_AGAIN}"
            )
        count += 1
        at = start + -(-length // _BLOCK) * _BLOCK
    handle.seek(0)
    return count


def _what_it_is(block: bytes) -> str:
    begins = block.lstrip()[:24]
    if begins.lower().startswith((b"<html", b"<!doctype")):
        return " but a web page, perhaps an error of the server it was fetched from"
    text = begins.decode("ascii", errors="replace").split("\n")[0]
    if text and text.isprintable() and "\ufffd" not in text:
        return f"; it begins with the text {text!r}"
    return f"; it begins with the bytes {block[:8].hex(' ')}"


def _cards(path: Path, part: int, size: int, handle: BinaryIO, block: bytes) -> dict[str, str]:
    """Return keyword and text of the value of each card of one header; leaves `handle` behind it.

    The first card of a keyword counts.
    """
    cards: dict[str, str] = {}
    for _ in range(_MOST_HEADER_BLOCKS):
        for start in range(0, len(block) - len(block) % _CARD, _CARD):
            card = block[start : start + _CARD].decode("latin-1")
            keyword = card[:8].rstrip()
            if keyword == "END" and not card[8:].strip():
                return cards
            if card[8:10] == "= ":
                cards.setdefault(keyword, card[10:].split("/")[0].strip())
        if len(block) < _BLOCK:
            break
        block = handle.read(_BLOCK)
    raise TileError(
        f"{path}: is truncated or damaged: the header of part {part} has no end ({size} bytes are "
        f"there). {_AGAIN}"
    )


def _data_bytes(path: Path, part: int, cards: dict[str, str]) -> int:
    """Return the length of the data that belong to a header, without padding."""

    def number(keyword: str, least: int, default: int | None = None) -> int:
        text = cards.get(keyword)
        if text is None and default is not None:
            return default
        try:
            value = int(text or "")
        except ValueError:
            value = least - 1
        if value < least:
            raise TileError(
                f"{path}: keyword {keyword} of part {part} is {text or 'missing'}; expected a "
                f"whole number of at least {least}. The header is damaged. {_AGAIN}"
            )
        return value

    bitpix = number("BITPIX", -64)
    if bitpix not in _BITPIX:
        raise TileError(
            f"{path}: keyword BITPIX of part {part} is {bitpix}; expected one of "
            f"{', '.join(map(str, _BITPIX))}. The header is damaged. {_AGAIN}"
        )
    sides = [number(f"NAXIS{k}", 0) for k in range(1, number("NAXIS", 0) + 1)]
    if not sides:
        return 0
    if sides[0] == 0 and cards.get("GROUPS") == "T":
        sides = sides[1:]
    values = number("PCOUNT", 0, 0) + prod(sides)
    return abs(bitpix) // 8 * number("GCOUNT", 1, 1) * values
