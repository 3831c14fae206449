"""Pictures of stamps for the page: encoded, embedded, and many small ones on one sheet."""

import base64
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from strandline.flags import StampFlag
from strandline.report.colour import choose_channels, colour_picture
from strandline.report.faint import faint_picture, faint_view_of_picture
from strandline.report.stretch import hatch
from strandline.stamps import StampTable, TableSpec

__all__ = ["CELL_PX", "Pair", "Sheet", "channel_names", "draw_pair", "gallery_pairs", "make_sheet"]

CELL_PX = 64
_LARGEST_PX = 300
_QUALITY = 85
_SHEET_QUALITY = 80
_AT_ONCE = 32
_SHEET_RADII = 12.0
_HATCHED_RGB = ((20, 22, 28), (38, 41, 50))


@dataclass(frozen=True)
class Pair:
    """Both pictures of a stamp, as data URIs."""

    colour: str
    faint: str


@dataclass(frozen=True)
class Sheet:
    """Small pictures of many stamps on one image: number k in row k // columns.

    Attributes
    ----------
    colour, faint : str
        Data URIs of the two sheets.
    columns : int
        Pictures in a row.
    """

    colour: str
    faint: str
    columns: int


def draw_pair(
    flux_njy: NDArray[np.float32],
    noise_njy: NDArray[np.float32],
    spec: TableSpec,
    *,
    calibrated: bool = True,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a stamp's colour picture and its faint-light view, first row on top.

    Parameters
    ----------
    flux_njy : ndarray of float32, shape (band, y, x)
    noise_njy : ndarray of float32, shape (band,)
    spec : TableSpec
        Bands, and whether these are images of the sky or stretched pictures.
    calibrated : bool
        See `colour_picture`.

    Returns
    -------
    ndarray of uint8, shape (y, x, 3), and ndarray of uint8, shape (y, x)
    """
    if spec.kind == "picture":
        rgb = flux_njy[[spec.bands.index(band) for band in "rgb"]]
        return _plain(rgb), faint_view_of_picture(rgb)  # stored with the first row on top
    colour = colour_picture(
        flux_njy, noise_njy, spec.bands, calibrated=calibrated, sky_subtracted=True
    )
    return colour[::-1], faint_picture(flux_njy, noise_njy, sky_subtracted=True)[::-1]


def _plain(rgb: NDArray[np.float32]) -> NDArray[np.uint8]:
    missing = ~np.isfinite(rgb).all(axis=0)
    picture = np.nan_to_num(np.moveaxis(np.clip(rgb, 0, 255), 0, -1)).astype(np.uint8)
    lines = hatch((missing.shape[0], missing.shape[1]))
    picture[missing & ~lines], picture[missing & lines] = _HATCHED_RGB
    return picture


def channel_names(spec: TableSpec) -> str:
    """Say which bands are red, green and blue."""
    if spec.kind == "picture":
        return "as it came"
    names = [spec.bands[k] for k in choose_channels(spec.bands)]
    if len(names) == 1:
        return f"{names[0]} in grey"
    if len(names) == 2:
        return f"{names[1]}, mean, {names[0]} as red, green, blue"
    return f"{names[2]}, {names[1]}, {names[0]} as red, green, blue"


def gallery_pairs(
    table: StampTable, rows: NDArray[np.int64], flags: NDArray[np.int64]
) -> list[Pair]:
    """Draw the stamps of `rows` at their own size, at most 300 px a side.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (n,)
        Rows of the table.
    flags : ndarray of int64, shape (n,)
        Their flags.
    """
    pairs = []
    for flux, noise, flag in _stamps(table, rows, flags):
        pair = draw_pair(flux, noise, table.spec, calibrated=not flag & int(StampFlag.UNCALIBRATED))
        colour, faint = (_fitted(Image.fromarray(picture), _LARGEST_PX) for picture in pair)
        pairs.append(Pair(_webp(colour, _QUALITY), _webp(faint, _QUALITY)))
    return pairs


def make_sheet(
    table: StampTable,
    rows: NDArray[np.int64],
    flags: NDArray[np.int64],
    radius_px: NDArray[np.float64],
) -> Sheet:
    """Draw small pictures of the stamps of `rows`, each cropped to its galaxy, on two sheets.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (n,)
        Rows of the table, at least one.
    flags : ndarray of int64, shape (n,)
        Their flags.
    radius_px : ndarray of float64, shape (n,)
        Half-light radii; where NaN the whole stamp is shown.
    """
    columns = math.ceil(math.sqrt(len(rows)))
    height = math.ceil(len(rows) / columns) * CELL_PX
    colour = Image.new("RGB", (columns * CELL_PX, height))
    faint = Image.new("L", (columns * CELL_PX, height), 255)
    for k, (flux, noise, flag) in enumerate(_stamps(table, rows, flags)):
        flux, noise = _shrunk(flux, noise, float(radius_px[k]))
        pair = draw_pair(flux, noise, table.spec, calibrated=not flag & int(StampFlag.UNCALIBRATED))
        place = (k % columns * CELL_PX, k // columns * CELL_PX)
        for sheet, picture in zip((colour, faint), pair, strict=True):
            small = Image.fromarray(picture).resize((CELL_PX, CELL_PX), Image.Resampling.LANCZOS)
            sheet.paste(small, place)
    return Sheet(_webp(colour, _SHEET_QUALITY), _webp(faint, _SHEET_QUALITY), columns)


def _stamps(
    table: StampTable, rows: NDArray[np.int64], flags: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], int]]:
    """Yield flux, noise and flags of each stamp; few are in memory at once."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        batch = table.read(part)
        yield from zip(
            batch.flux_njy(), batch.noise_njy, flags[start : start + _AT_ONCE].tolist(), strict=True
        )


def _shrunk(
    flux: NDArray[np.float32], noise: NDArray[np.float32], radius_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Crop around the middle to 12 radii and average blocks of pixels down to about a cell."""
    bands, height, width = flux.shape
    side = min(height, width)
    wanted = side if not np.isfinite(radius_px) else math.ceil(_SHEET_RADII * radius_px)
    side = min(max(wanted, CELL_PX), side)
    block = max(side // CELL_PX, 1)
    side -= side % block
    y, x = (height - side) // 2, (width - side) // 2
    middle = flux[:, y : y + side, x : x + side]
    blocks = middle.reshape(bands, side // block, block, side // block, block)
    good = np.isfinite(blocks)
    number = good.sum(axis=(2, 4))
    total = np.where(good, blocks, 0).sum(axis=(2, 4))
    mean = np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(np.float32)
    return mean, noise / np.float32(block)


def _fitted(picture: Image.Image, largest: int) -> Image.Image:
    if max(picture.size) <= largest:
        return picture
    scale = largest / max(picture.size)
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _webp(picture: Image.Image, quality: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", quality=quality, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
