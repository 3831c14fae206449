"""A picture that somebody drops on the page: decoded carefully, and seen by the table's encoder.

Nothing of it is executed or unpickled, its name is never a path, and its size is known before it
is decoded.
"""

import io
import struct
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import zoom

from strandline.errors import OptionError, StrandlineError
from strandline.learn import Model
from strandline.shapes import has_harmonics, measure_harmonics
from strandline.stamps import StampBatch, StampTable, TableSpec
from strandline.tiles import Tile, discover, read_tile

__all__ = ["LARGEST_BYTES", "decode", "stamp_of", "vector_of"]

LARGEST_BYTES = 8_000_000
_LARGEST_PX = 20_000_000
_SMALLEST_PX = 16
_MOST = f"{_LARGEST_PX / 1e6:.0f} megapixels at most"
_FORMATS = ("JPEG", "PNG", "WEBP")
_FITS = b"SIMPLE  ="
_WHITE_SIGMA, _SOFTENING_SIGMA = 60.0, 2.5  # of the stretch that a colour picture is taken to have
_EXPECTED = (
    "Expected a JPEG, PNG or WebP picture, or a FITS image that is not compressed as a whole"
)

Floats = NDArray[np.float32]


def decode(content: bytes) -> Floats | Tile:
    """Decode an upload.

    Returns
    -------
    ndarray of float32, shape (3, y, x), or Tile
        A colour picture, 0..255, first row on top; or a FITS image in its bands.

    Raises
    ------
    OptionError
        If it is too large, of another format, or damaged.
    """
    if len(content) > LARGEST_BYTES:
        raise OptionError(
            f"The file has {len(content) / 1e6:.1f} MB; at most {LARGEST_BYTES / 1e6:.0f} MB are "
            "taken. Cut it around the galaxy first."
        )
    if content.startswith(_FITS):
        return _fits(content)
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            _check_size(picture.width, picture.height)
            rgb = np.asarray(picture.convert("RGB"), dtype=np.float32)
    except UnidentifiedImageError as error:
        raise OptionError(f"This is no picture that can be read. {_EXPECTED}.") from error
    except Image.DecompressionBombError as error:
        raise OptionError(f"The picture is far too large ({error}); {_MOST}.") from error
    except (OSError, ValueError, SyntaxError, struct.error) as error:
        raise OptionError(f"The picture is damaged ({error}). Fetch or save it again.") from error
    return np.ascontiguousarray(rgb.transpose(2, 0, 1))


def stamp_of(found: Floats | Tile, table: StampTable) -> tuple[StampBatch, tuple[str, ...], str]:
    """Return a decoded upload as a stamp like those of a table.

    Returns
    -------
    StampBatch
        One stamp: the middle of the picture, of the table's size in pixels.
    tuple of str
        Its bands.
    str
        What had to be assumed, for the person; empty if nothing.

    Raises
    ------
    OptionError
        If it is of another kind than the table's stamps and cannot be taken for one.
    """
    spec = table.spec
    if isinstance(found, Tile):
        if spec.kind == "picture":
            raise OptionError("This table holds colour pictures; drop a JPEG, PNG or WebP.")
        return _of_tile(found, table)
    if spec.kind == "picture":
        flux = _square(found, spec.size_px)
        return _batch(flux, np.full(3, np.nan, np.float32), 1.0), ("r", "g", "b"), ""
    return _of_colours(found, table)


def vector_of(content: bytes, table: StampTable, model: Model) -> tuple[Floats, str]:
    """Return what is known of how an upload looks, and what had to be assumed.

    Its embedding and, if the table has them, harmonics, shape (feature,), as in `read_looks`.

    Raises
    ------
    OptionError, ModelError
    """
    batch, bands, assumed = stamp_of(decode(content), table)
    embedding = model.embed(batch, bands)[0]
    if not has_harmonics(table):
        return embedding, assumed
    has_sky = table.spec.kind == "picture"
    harmonics = measure_harmonics(batch, [np.nan], has_sky=has_sky)[0]
    return np.concatenate([embedding, harmonics]), assumed


def _check_size(width: int, height: int) -> None:
    if width * height > _LARGEST_PX or min(width, height) < _SMALLEST_PX:
        raise OptionError(
            f"The picture has {width} x {height} px; expected {_SMALLEST_PX} px a side at least "
            f"and {_MOST}."
        )


def _fits(content: bytes) -> Tile:
    """Read a FITS file by the readers of tiles, once its headers say that it is small."""
    try:
        with fits.open(io.BytesIO(content), memmap=False, lazy_load_hdus=False) as hdus:
            for hdu in hdus:
                shape: tuple[int, ...] = getattr(hdu, "shape", ())
                if len(shape) >= 2:
                    _check_size(int(np.prod(shape[:-1])), int(shape[-1]))
    except OptionError:
        raise
    except Exception as error:  # astropy's parsers raise what they will on damaged files
        raise OptionError(f"The FITS file is damaged ({error}). {_EXPECTED}.") from error
    with tempfile.TemporaryDirectory(prefix="strandline-drop-") as folder:
        path = Path(folder) / "dropped.fits"
        path.write_bytes(content)
        try:
            sources = discover([path])
            if not sources.sources:
                reasons = "; ".join(one.reason for one in sources.skipped)
                raise OptionError(f"The FITS file has no image that can be used ({reasons}).")
            return read_tile(sources.sources[0])
        except OptionError:
            raise
        except StrandlineError as error:
            raise OptionError(str(error).replace(f"{folder}/", "")) from error


def _of_tile(tile: Tile, table: StampTable) -> tuple[StampBatch, tuple[str, ...], str]:
    spec = table.spec
    known = [band for band in spec.bands if band in tile.bands]
    if not known:
        raise OptionError(
            f"The image has bands {', '.join(tile.bands)}; the table's are "
            f"{', '.join(spec.bands)}. None is in common."
        )
    scale = np.nanmedian(table.columns("pixel_scale_arcsec")["pixel_scale_arcsec"].to_numpy())
    assumed = ""
    ratio = 1.0
    if np.isfinite(scale) and np.isfinite(tile.pixel_scale_arcsec):
        ratio = float(scale) / tile.pixel_scale_arcsec
    else:
        assumed = "Its pixel scale is not known and taken to be that of the table."
    side = min(max(round(spec.size_px * ratio), _SMALLEST_PX), 4 * spec.size_px)
    planes = []
    for band in known:
        plane = _middle(tile.image_njy[tile.bands.index(band)][None], side)[0]
        if side != spec.size_px:  # flux of a pixel goes with its area
            plane = _zoomed(plane, spec.size_px) * np.float32((side / spec.size_px) ** 2)
        planes.append(plane)
    flux = np.stack(planes).astype(np.float32)
    noise = np.array([_scatter(plane) for plane in flux], np.float32)
    return _batch(flux, noise, 8 * np.where(noise > 0, noise, 1)), tuple(known), assumed


def _of_colours(rgb: Floats, table: StampTable) -> tuple[StampBatch, tuple[str, ...], str]:
    """Take a colour picture for three bands of a survey; its stretch can only be guessed."""
    spec = table.spec
    bands = _bands_for_colours(spec)
    noise = np.array(
        [
            np.nanmedian(table.columns(f"noise_{band}")[f"noise_{band}"].to_numpy())
            for band in bands
        ],
        np.float32,
    )
    planes = []
    for plane, sigma in zip(_square(rgb, spec.size_px)[::-1][: len(bands)], noise, strict=True):
        sky = float(np.percentile(plane, 20))
        bright = np.clip((plane - sky) / max(255.0 - sky, 1.0), -0.1, 1)
        flux = _SOFTENING_SIGMA * np.sinh(bright * np.arcsinh(_WHITE_SIGMA / _SOFTENING_SIGMA))
        planes.append(flux[::-1] * sigma)
    return (
        _batch(np.stack(planes).astype(np.float32), noise, 8 * noise),
        bands,
        "A colour picture has no calibration: blue, green and red are taken for "
        f"{', '.join(bands)} and its stretch is guessed, so that what is found is a "
        "first guess. A FITS image in these bands is better.",
    )


def _bands_for_colours(spec: TableSpec) -> tuple[str, ...]:
    """Return bands for blue, green and red, as colour pictures of this table are made."""
    from_optical = [band for band in ("g", "r", "i", "z", "y") if band in spec.bands]
    known = from_optical if len(from_optical) >= 3 else list(spec.bands)
    if len(known) < 3:
        return tuple(known[:1])
    return (known[0], known[1], known[2])


def _batch(flux: Floats, noise: Floats, unit: float | NDArray[np.floating]) -> StampBatch:
    units = np.broadcast_to(np.asarray(unit, np.float32), (len(flux),)).astype(np.float32)
    pixels = (flux / units[:, None, None]).astype(np.float16)
    return StampBatch(np.zeros(1, np.int64), pixels[None], units[None], noise[None])


def _square(planes: Floats, side: int) -> Floats:
    """Return the largest square in the middle, scaled to `side` pixels."""
    square = _middle(planes, min(planes.shape[1:]))
    if square.shape[1] == side:
        return square
    resized = [
        Image.fromarray(plane, mode="F").resize((side, side), Image.Resampling.BICUBIC)
        for plane in square
    ]
    return np.clip(np.stack([np.asarray(plane, np.float32) for plane in resized]), 0, 255)


def _middle(planes: Floats, side: int) -> Floats:
    """Cut a square around the middle; what lies outside is NaN."""
    height, width = planes.shape[1:]
    out = np.full((len(planes), side, side), np.nan, np.float32)
    y, x = height // 2 - side // 2, width // 2 - side // 2
    inner = planes[:, max(y, 0) : y + side, max(x, 0) : x + side]
    top, left = max(-y, 0), max(-x, 0)
    out[:, top : top + inner.shape[1], left : left + inner.shape[2]] = inner
    return out


def _zoomed(plane: Floats, side: int) -> Floats:
    good = np.isfinite(plane)
    scaled = zoom(
        np.where(good, plane, 0), side / plane.shape[0], order=1, grid_mode=True, mode="nearest"
    )
    weight = zoom(
        good.astype(np.float32), side / plane.shape[0], order=1, grid_mode=True, mode="nearest"
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0.5, scaled / weight, np.nan).astype(np.float32)


def _scatter(plane: Floats) -> float:
    values = plane[np.isfinite(plane)]
    if not values.size:
        return float("nan")
    low, middle = np.percentile(values, (16, 50))
    return float(middle - low)
