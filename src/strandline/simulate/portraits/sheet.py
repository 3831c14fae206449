"""The sheet: the part of a canvas that one galaxy covers, on which its components are laid.

A galaxy is painted on its own sheet, so that its dust dims its own light only and what the dust
takes can be given back; then the sheet is laid on the canvas. Small galaxies have sheets whose
cells are finer than the canvas' pixels.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Canvas, Plane, faded
from strandline.simulate.portraits.colours import BANDS, DUST_CURVE

__all__ = ["Sheet"]

Image = NDArray[np.float32]
_FINEST = 5  # cells along a pixel
_MOST_CELLS = 300_000
_CELLS_PER_SCALE = 2.0


class Sheet:
    """Light of one galaxy on the part of a canvas around it.

    Parameters
    ----------
    canvas : Canvas
    plane : Plane
        Of the galaxy; its centre is the sheet's.
    reach_arcsec : float
        How far from the centre there may be light.
    finest_arcsec : float
        Smallest length over which the light changes, apart from its cusp; cells are at most
        half of it.

    Attributes
    ----------
    x_arcsec, y_arcsec : ndarray of float32, shapes (1, x) and (y, 1)
        Of the cells' centres, from the system's position.
    cell_arcsec : float
        Side of a cell.
    """

    def __init__(
        self, canvas: Canvas, plane: Plane, reach_arcsec: float, finest_arcsec: float
    ) -> None:
        self._canvas = canvas
        self.plane = plane
        pixel = canvas.pixel_arcsec
        x, y = canvas.x_arcsec[0], canvas.y_arcsec[:, 0]
        self._columns = _within(x, plane.x_arcsec, reach_arcsec + pixel)
        self._rows = _within(y, plane.y_arcsec, reach_arcsec + pixel)
        x, y = x[self._columns], y[self._rows]
        around = (x - plane.x_arcsec)[None, :], (y - plane.y_arcsec)[:, None]
        kept = canvas.kept[self._rows, self._columns]
        self._kept: Image = kept * faded(*around, reach_arcsec)
        self._pixels = (y.size, x.size)
        across = 2 * reach_arcsec
        self._whole = bool(min(x.size, y.size) * pixel >= across)
        fine = math.ceil(_CELLS_PER_SCALE * pixel / max(finest_arcsec, 1e-3 * pixel))
        most = math.isqrt(_MOST_CELLS // max(x.size * y.size, 1))
        self._fine = max(1, min(fine, most, _FINEST))
        self.cell_arcsec = pixel / self._fine
        self.x_arcsec: Image = _cells(x, pixel, self._fine)[None, :]
        self.y_arcsec: Image = _cells(y, pixel, self._fine)[:, None]
        # r is kept whether or not it is among the bands: dust is compensated in r
        bands = [BANDS.index(band) for band in canvas.frame.bands]
        self._picked = [*bands, BANDS.index("r")]
        self._light = np.zeros((len(self._picked), *self._pixels), dtype=np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        return self.y_arcsec.size, self.x_arcsec.size

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel of the canvas."""
        return self._canvas.pixel_arcsec

    @property
    def whole(self) -> bool:
        """Whether all of the galaxy's reach lies on the canvas."""
        return self._whole

    @property
    def empty(self) -> bool:
        """Whether the galaxy lies off the canvas."""
        return self._light.size == 0

    @property
    def corner_arcsec(self) -> tuple[float, float]:
        """Position x, y of the first cell's centre."""
        return float(self.x_arcsec[0, 0]), float(self.y_arcsec[0, 0])

    def on_plane(self, plane: Plane | None = None) -> tuple[Image, Image]:
        """Return coordinates in a plane (its own, if None), arcsec, each of shape (y, x).

        Along the major axis, and across it divided by the axis ratio.
        """
        return turned(self.x_arcsec, self.y_arcsec, plane or self.plane)

    def paint(
        self, share: NDArray[np.floating[Any]], flux_njy: float, sed: NDArray[np.float32]
    ) -> None:
        """Add `flux_njy` in r, of which each cell, shape (y, x), gets its `share`."""
        if self._fine > 1:
            rows, columns = self._pixels
            share = share.reshape(rows, self._fine, columns, self._fine).sum(axis=(1, 3))
        image = share.astype(np.float32, copy=False)
        for light, flux in zip(self._light, flux_njy * sed[self._picked], strict=True):
            light += np.float32(flux) * image

    def points(
        self,
        x_arcsec: NDArray[np.float64],
        y_arcsec: NDArray[np.float64],
        light: NDArray[np.float64],
    ) -> Image:
        """Return points of light as an image, shape (y, x), each shared among its four cells."""
        rows, columns = self.shape
        first_x, first_y = self.corner_arcsec
        column = (x_arcsec - first_x) / self.cell_arcsec
        row = (y_arcsec - first_y) / self.cell_arcsec
        inside = (column >= 0) & (column < columns - 1) & (row >= 0) & (row < rows - 1)
        column, row, light = column[inside], row[inside], light[inside]
        left, low = column.astype(np.int64), row.astype(np.int64)
        aside, up = column - left, row - low
        cells = np.concatenate([(low + i) * columns + left + j for i in (0, 1) for j in (0, 1)])
        weight = np.concatenate(
            [
                light * share_up * share_aside
                for share_up in (1 - up, up)
                for share_aside in (1 - aside, aside)
            ]
        )
        image = np.bincount(cells, weights=weight, minlength=rows * columns)
        return np.asarray(image.reshape(rows, columns), dtype=np.float32)

    def dim(
        self, optical_depth: Image, behind: float = 1.0, give_back: Image | None = None
    ) -> None:
        """Put dust before the share `behind` of all light so far.

        Its r-band `optical_depth` has shape (y, x). What it takes from the r light is given
        back: in each cell by the factor `give_back` if there is one, the remainder in
        proportion everywhere. Dust reddens and patterns, it makes no galaxy fainter.
        """
        depth = self._by_pixel(optical_depth)
        before = float(self._light[-1].sum(dtype=np.float64))
        factor = 1.0 if give_back is None else self._by_pixel(give_back)
        for light, curve in zip(self._light, DUST_CURVE[self._picked], strict=True):
            passed = np.exp(-curve * depth)
            light *= factor * (passed if behind == 1 else 1 - np.float32(behind) * (1 - passed))
        after = float(self._light[-1].sum(dtype=np.float64))
        if after > 0:
            self._light *= np.float32(before / after)

    def _by_pixel(self, image: Image) -> Image:
        """Return an image of cells averaged over pixels."""
        if self._fine == 1:
            return image
        rows, columns = self._pixels
        cells = image.reshape(rows, self._fine, columns, self._fine)
        return np.asarray(cells.mean(axis=(1, 3)))

    def lay(self) -> float:
        """Add the light to the canvas; return what lies on it in r, nJy."""
        if self.empty:
            return 0.0
        self._light *= self._kept
        self._canvas.light_njy[:, self._rows, self._columns] += self._light[:-1]
        return float(self._light[-1].sum(dtype=np.float64))


def turned(
    x_arcsec: NDArray[np.floating[Any]], y_arcsec: NDArray[np.floating[Any]], plane: Plane
) -> tuple[Image, Image]:
    """Return coordinates along and across a plane's major axis; across over the axis ratio."""
    cos, sin = math.cos(plane.angle_rad), math.sin(plane.angle_rad)
    x, y = x_arcsec - plane.x_arcsec, y_arcsec - plane.y_arcsec
    ratio = plane.axis_ratio
    return x * cos + y * sin, y * (cos / ratio) - x * (sin / ratio)


def _within(position: Image, centre: float, reach: float) -> slice:
    first, last = np.searchsorted(position, [centre - reach, centre + reach])
    return slice(int(first), int(last))


def _cells(position: Image, pixel: float, fine: int) -> Image:
    """Return the centres of `fine` cells in each pixel."""
    inside = ((np.arange(fine) + 0.5) / fine - 0.5) * pixel
    return np.asarray((position[:, None] + inside).ravel(), dtype=np.float32)
