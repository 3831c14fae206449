"""Pictures of stamps as a page shows them: in colour, faint light, one band, the residual."""

import base64
import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from strandline.errors import OptionError
from strandline.flags import StampFlag
from strandline.measure import look_around
from strandline.report import colour_picture, faint_picture
from strandline.report.colour import Stretch
from strandline.report.faint import faint_view_of_picture
from strandline.report.stretch import noise_of
from strandline.report.thumbs import draw_pair
from strandline.stamps import StampTable

__all__ = ["CARD_PX", "Look", "Painter", "encoded"]

CARD_PX = 200
_LARGEST_PX = 800
_KEPT = 6000
_QUALITY = 82
_BLACK_SIGMA = 400.0

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """How a stamp is shown.

    Attributes
    ----------
    view : str
        ``colour``, ``faint``, ``residual``, or ``band:NAME``.
    stretch : Stretch
        As sliders say; of the inverted views brightness alone counts.
    smoothing_px : float
        Of the faint view.
    size_px : int
        Longest side of the picture; a larger stamp is shrunk to it.
    """

    view: str = "colour"
    stretch: Stretch = field(default_factory=Stretch)
    smoothing_px: float = 1.5
    size_px: int = _LARGEST_PX


class Painter:
    """Draws stamps of a table and keeps what was drawn; may be used by many threads.

    Parameters
    ----------
    table : StampTable
    """

    def __init__(self, table: StampTable) -> None:
        self.table = table
        self._kept: OrderedDict[tuple[int, Look], str] = OrderedDict()
        self._lock = Lock()
        flags = table.columns("flags")["flags"].to_numpy()
        self._calibrated = (flags & int(StampFlag.UNCALIBRATED)) == 0

    @property
    def views(self) -> tuple[str, ...]:
        """Names of all views of this table."""
        return ("colour", "faint", "residual", *(f"band:{band}" for band in self.table.spec.bands))

    def draw(self, rows: Sequence[int], look: Look) -> list[str]:
        """Return a data URI of each stamp; those not drawn before are read together.

        Raises
        ------
        OptionError
            For a view that there is not.
        TableError
            For a row that is not in the table.
        """
        if look.view not in self.views:
            raise OptionError(f"view is {look.view!r}; expected one of {', '.join(self.views)}.")
        with self._lock:
            found = {row: self._kept[row, look] for row in rows if (row, look) in self._kept}
        missing = [row for row in dict.fromkeys(rows) if row not in found]
        if missing:
            for row, pixels in zip(missing, self.pixels(missing, look), strict=True):
                found[row] = encoded(pixels)
            with self._lock:
                for row in missing:
                    self._kept[row, look] = found[row]
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return [found[row] for row in rows]

    def pixels(self, rows: Sequence[int], look: Look) -> list[Pixels]:
        """Return the pictures of stamps, (y, x, 3) or (y, x) each, first row on top."""
        batch = self.table.read(np.asarray(rows, dtype=np.int64))
        drawn = [
            self._one(flux, noise, look, bool(self._calibrated[row]))
            for row, flux, noise in zip(rows, batch.flux_njy(), batch.noise_njy, strict=True)
        ]
        return [_fitted(picture, look.size_px) for picture in drawn]

    def _one(
        self, flux: NDArray[np.float32], noise: NDArray[np.float32], look: Look, calibrated: bool
    ) -> Pixels:
        spec, stretch = self.table.spec, look.stretch
        if look.view.startswith("band:"):
            k = spec.bands.index(look.view.removeprefix("band:"))
            flux, noise = flux[k : k + 1], noise[k : k + 1]
            if spec.kind == "picture":
                return _turned(np.nan_to_num(flux[0]), stretch)
            bands = spec.bands[k : k + 1]
            return colour_picture(flux, noise, bands, sky_subtracted=True, stretch=stretch)[::-1]
        if look.view == "residual":
            rest, sigma = _residual(flux, noise)
            picture = faint_picture(
                rest[None],
                np.array([sigma], np.float32),
                smoothing_px=1.0,
                sky_subtracted=True,
                black_sigma=_BLACK_SIGMA / 4 / stretch.brightness,
            )
            return picture if spec.kind == "picture" else picture[::-1]
        if spec.kind == "picture":
            if look.view == "faint":
                rgb = flux[[spec.bands.index(band) for band in "rgb"]]
                return faint_view_of_picture(rgb)
            return _turned(draw_pair(flux, noise, spec)[0].astype(np.float32), stretch)
        if look.view == "faint":
            return faint_picture(
                flux,
                noise,
                smoothing_px=look.smoothing_px,
                sky_subtracted=True,
                black_sigma=_BLACK_SIGMA / stretch.brightness,
            )[::-1]
        return colour_picture(
            flux, noise, spec.bands, calibrated=calibrated, sky_subtracted=True, stretch=stretch
        )[::-1]


def _residual(
    flux: NDArray[np.float32], noise: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float]:
    """Return all bands together, less the models of galaxies on them, and the noise of a pixel."""
    total = np.zeros(flux.shape[1:], np.float64)
    weight = np.zeros(flux.shape[1:], np.float64)
    for plane, given in zip(flux, noise, strict=True):
        good = np.isfinite(plane)
        if good.any():
            inverse = 1 / noise_of(plane, float(given)) ** 2
            total += np.where(good, plane, 0) * inverse
            weight += good * inverse
    with np.errstate(invalid="ignore", divide="ignore"):
        plane = np.where(weight > 0, total / weight, np.nan)
    scenery = look_around(plane)
    if scenery is None:
        return plane.astype(np.float32), float("nan")
    rest = np.where(scenery.missing, np.nan, scenery.residual)
    return rest.astype(np.float32), float(scenery.noise)


def _turned(values: NDArray[np.float32], stretch: Stretch) -> Pixels:
    """Return a picture that is stretched already, brighter by a power and more or less coloured."""
    scaled = np.clip(values.astype(np.float32) / 255, 0, 1) ** (1 / stretch.brightness)
    if scaled.ndim == 3:
        grey = scaled.mean(axis=2, keepdims=True)
        scaled = grey + (scaled - grey) * stretch.saturation
    return np.asarray(np.clip(255 * scaled + 0.5, 0, 255), dtype=np.uint8)


def _fitted(picture: Pixels, largest: int) -> Pixels:
    height, width = picture.shape[:2]
    if max(height, width) <= largest:
        return np.ascontiguousarray(picture)
    scale = largest / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def encoded(picture: Pixels) -> str:
    """Return a picture as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="WEBP", quality=_QUALITY, method=1)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
