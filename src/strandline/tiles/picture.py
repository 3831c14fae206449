"""Colour pictures (JPEG, PNG...): already stretched, uncalibrated, one stamp each."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from strandline.errors import TileError
from strandline.tiles.tile import Tile, TileSource

__all__ = ["PICTURE_BANDS", "PICTURE_ENDINGS", "read_picture"]

PICTURE_BANDS = ("r", "g", "b")
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif")


def read_picture(source: TileSource) -> Tile:
    """Read a picture as a tile of bands r, g, b with values 0..255.

    Grey pictures become three equal bands, transparency is dropped, 16-bit values are scaled to
    255. Rows are kept as stored, the first at the top (y = 0), and so is the orientation.

    Raises
    ------
    TileError
        If it cannot be decoded, is truncated, or is absurdly large.
    """
    path = source.images[0].path
    try:
        with Image.open(path) as picture:
            pixels = _rgb(picture)
    except FileNotFoundError as error:
        raise TileError(f"{path}: no such file.") from error
    except Image.DecompressionBombError as error:
        raise TileError(f"{path}: is too large for one stamp ({error}).") from error
    except UnidentifiedImageError as error:
        raise TileError(f"{path}: is not a picture, whatever its ending says.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise TileError(f"{path}: cannot be decoded ({error}). Fetch or copy it again.") from error
    return Tile(
        name=source.name,
        source=source.source,
        path=source.path,
        kind="picture",
        bands=PICTURE_BANDS,
        image_njy=np.ascontiguousarray(pixels.transpose(2, 0, 1)),
        variance_njy2=None,
        saturated=np.zeros(pixels.shape[:2], dtype=np.bool_),
        wcs=None,
        pixel_scale_arcsec=float("nan"),
        psf_fwhm_arcsec=(float("nan"),) * 3,
        calibrated=(False,) * 3,
        notes=(),
    )


def _rgb(picture: Image.Image) -> NDArray[np.float32]:
    """Return the picture as (y, x, 3), 0..255."""
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, dtype=np.float32)
        most = 255.0 if float(values.max(initial=0.0)) <= 255 else 65535.0
        return np.repeat((values * np.float32(255.0 / most))[..., None], 3, axis=2)
    return np.asarray(picture.convert("RGB"), dtype=np.float32)
