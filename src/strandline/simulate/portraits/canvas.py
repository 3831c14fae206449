"""The canvas that a system is painted on, and the brushes: particles and texture."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.simulate.portraits.colours import BANDS, DUST_CURVE

__all__ = ["Canvas", "Frame", "Plane", "faded", "texture"]

Image = NDArray[np.float32]

_FADES_FROM = 0.75


def faded(x: Image, y: Image, end: float) -> Image:
    """Return which part of the light at (x, y) is kept: 1 inside, fading to 0 at the radius `end`.

    Light that ended with the square that it is painted on would show as a box in deep images.
    """
    outside = (np.hypot(x, y) / end - _FADES_FROM) / (1 - _FADES_FROM)
    kept = np.cos(0.5 * np.pi * np.clip(outside, 0.0, 1.0)) ** 2
    return np.asarray(kept, dtype=np.float32)


@dataclass(frozen=True)
class Frame:
    """Which part of the sky a canvas shows, in which bands.

    Attributes
    ----------
    pixel_arcsec : float
    bands : tuple of str
        Some of `strandline.simulate.portraits.colours.BANDS`.
    most_half_px : int
        Canvases are cut at this many pixels from their middle.
    """

    pixel_arcsec: float
    bands: tuple[str, ...]
    most_half_px: int = 400


class Canvas:
    """Light of one system before atmosphere and noise, on a square cutout.

    Parameters
    ----------
    frame : Frame
    half_px : int
        The cutout is ``2 * half_px + 1`` pixels wide; at most ``frame.most_half_px``.
    offset_px : tuple of float
        Where the system's position lies relative to the centre of the middle pixel, (x, y).
    ends_arcsec : float, optional
        Distance from the system's position at which all its light has faded away.

    Attributes
    ----------
    light_njy : ndarray of float32, shape (band, y, x)
        In the order of ``frame.bands``.
    torn_njy : ndarray of float32, shape (band, y, x)
        The part of it that an interaction has torn off.
    torn_r_njy : ndarray of float32, shape (y, x)
        The same in r, whether or not r is among the bands.
    x_arcsec, y_arcsec : ndarray of float32, shapes (1, x) and (y, 1)
        Position relative to the system's.
    kept : ndarray of float32, shape (y, x)
        Part of the light that is painted: it fades to nothing at `ends_arcsec`.
    """

    def __init__(
        self,
        frame: Frame,
        half_px: int,
        offset_px: tuple[float, float] = (0.0, 0.0),
        *,
        ends_arcsec: float = math.inf,
    ) -> None:
        half_px = min(half_px, frame.most_half_px)
        side = 2 * half_px + 1
        self.frame = frame
        self.light_njy = np.zeros((len(frame.bands), side, side), dtype=np.float32)
        self.torn_njy = np.zeros_like(self.light_njy)  # untouched zeros cost no memory
        self.torn_r_njy: Image = np.zeros((side, side), dtype=np.float32)
        self._picked = [BANDS.index(band) for band in frame.bands]
        pixel = frame.pixel_arcsec
        index = np.arange(-half_px, half_px + 1, dtype=np.float32)
        self.x_arcsec: Image = ((index - offset_px[0]) * pixel)[None, :].astype(np.float32)
        self.y_arcsec: Image = ((index - offset_px[1]) * pixel)[:, None].astype(np.float32)
        self.kept: Image = faded(self.x_arcsec, self.y_arcsec, ends_arcsec)
        self._corner = (float(self.x_arcsec[0, 0]), float(self.y_arcsec[0, 0]))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.light_njy.shape[1], self.light_njy.shape[2]

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel."""
        return self.frame.pixel_arcsec

    def add(
        self,
        image: NDArray[np.floating[Any]],
        flux_njy: float,
        sed: NDArray[np.float32],
        *,
        torn: bool = False,
    ) -> None:
        """Add `image`, shape (y, x), scaled so that all of it is `flux_njy` in r.

        For light that lies wholly on the canvas. `sed` is flux relative to r in each of `BANDS`.
        An image without light adds nothing.
        """
        total = float(image.sum(dtype=np.float64))
        if total > 0:
            self.paint(image / np.float32(total), flux_njy, sed, torn=torn)

    def paint(
        self,
        share: NDArray[np.floating[Any]],
        flux_njy: float,
        sed: NDArray[np.float32],
        *,
        torn: bool = False,
    ) -> None:
        """Add `flux_njy` in r, of which each pixel gets its `share`, shape (y, x).

        For light that may reach beyond the canvas: shares add up to less than 1 then. `torn`
        light is the feature's and is kept apart as well.
        """
        spectrum = (flux_njy * sed[self._picked]).astype(np.float32)
        image = share.astype(np.float32, copy=False) * self.kept
        for band, flux in enumerate(spectrum):
            light = flux * image
            self.light_njy[band] += light
            if torn:
                self.torn_njy[band] += light
        if torn:
            self.torn_r_njy += np.float32(flux_njy) * image

    def dim(self, optical_depth: Image) -> None:
        """Put dust of this r-band `optical_depth`, shape (y, x), before all light so far."""
        curve = DUST_CURVE[self._picked]
        passed = np.exp(-curve[:, None, None] * optical_depth)
        self.light_njy *= passed
        if self.torn_r_njy.any():
            self.torn_njy *= passed
            self.torn_r_njy *= np.exp(-optical_depth)

    def splat(
        self,
        x_arcsec: NDArray[np.float64],
        y_arcsec: NDArray[np.float64],
        weight: NDArray[np.float64] | float = 1.0,
        smooth_arcsec: NDArray[np.float64] | float = 0.0,
    ) -> Image:
        """Return particles as an image, shape (y, x); light beyond the cutout is lost.

        Parameters
        ----------
        x_arcsec, y_arcsec : ndarray of float64, shape (particle,)
        weight : ndarray of float64, shape (particle,), or float
            Light of each; what lies on the canvas adds up to the image's sum.
        smooth_arcsec : ndarray of float64, shape (particle,), or float
            Sigma of the Gaussian that each particle is spread over. Particles are sorted into
            steps of a factor 1.5 in width and each step is smoothed as one image.
        """
        widths = np.broadcast_to(np.asarray(smooth_arcsec, dtype=np.float64), x_arcsec.shape)
        weights = np.broadcast_to(np.asarray(weight, dtype=np.float64), x_arcsec.shape)
        sigma_px = widths / self.pixel_arcsec
        step = np.where(
            sigma_px > 0.3, np.round(np.log(np.maximum(sigma_px, 0.3)) / np.log(1.5)), -99
        ).astype(np.int64)
        image = np.zeros(self.shape, dtype=np.float32)
        for k in np.unique(step):
            these = step == k
            sigma = 0.0 if k == -99 else 1.5 ** float(k)
            image += self._smoothed(x_arcsec[these], y_arcsec[these], weights[these], sigma)
        return image

    def _smoothed(
        self,
        x_arcsec: NDArray[np.float64],
        y_arcsec: NDArray[np.float64],
        weight: NDArray[np.float64],
        sigma_px: float,
    ) -> Image:
        """Return particles spread over one Gaussian; wide ones on a grid as coarse as they bear.

        Sharing among pixels and reading between them widen by 1/6 square pixel each, of which
        the Gaussian is relieved.
        """
        bin_px = max(1, int(sigma_px / 1.6))
        margin = math.ceil(3.5 * sigma_px / bin_px) + 1  # light from beyond the cutout
        rows, columns = (side // bin_px + 2 + 2 * margin for side in self.shape)
        grid_px = bin_px * self.pixel_arcsec
        column = (x_arcsec - self._corner[0]) / grid_px + margin
        row = (y_arcsec - self._corner[1]) / grid_px + margin
        grid = _share_among_pixels(row, column, weight, (rows, columns))
        widened = (2 if bin_px > 1 else 1) / 6
        rest = math.sqrt(max((sigma_px / bin_px) ** 2 - widened, 0.0))
        if rest > 0.25:
            grid = gaussian_filter(grid, rest, mode="constant", truncate=3.5)
        if bin_px == 1:
            return grid[margin : margin + self.shape[0], margin : margin + self.shape[1]]
        fine = _between(grid, self.shape[0], bin_px, margin)
        fine = _between(fine.T, self.shape[1], bin_px, margin).T
        return fine / np.float32(bin_px**2)


@dataclass(frozen=True)
class Plane:
    """The plane of a disc on the sky.

    Attributes
    ----------
    angle_rad : float
        Of the major axis, from +x towards +y.
    axis_ratio : float
        Minor to major axis of circles in the plane as seen on the sky.
    x_arcsec, y_arcsec : float
        Where its centre is on the canvas.
    """

    angle_rad: float
    axis_ratio: float
    x_arcsec: float = 0.0
    y_arcsec: float = 0.0

    def on_canvas(self, canvas: Canvas) -> tuple[Image, Image]:
        """Return radius (arcsec) and azimuth (rad) in the plane at each pixel, shape (y, x)."""
        cos, sin = np.float32(np.cos(self.angle_rad)), np.float32(np.sin(self.angle_rad))
        x = canvas.x_arcsec - np.float32(self.x_arcsec)
        y = canvas.y_arcsec - np.float32(self.y_arcsec)
        along = x * cos + y * sin
        across = (y * cos - x * sin) / np.float32(self.axis_ratio)
        return np.hypot(along, across), np.arctan2(across, along)

    def to_sky(
        self, radius_arcsec: NDArray[np.float64], azimuth_rad: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y on the sky (arcsec) of points in the plane."""
        along = radius_arcsec * np.cos(azimuth_rad)
        across = radius_arcsec * np.sin(azimuth_rad) * self.axis_ratio
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        return (
            self.x_arcsec + along * cos - across * sin,
            self.y_arcsec + along * sin + across * cos,
        )


def _share_among_pixels(
    row: NDArray[np.float64],
    column: NDArray[np.float64],
    weight: NDArray[np.float64],
    shape: tuple[int, int],
) -> Image:
    """Share each particle among its four nearest pixels; those beyond the grid are dropped."""
    rows, columns = shape
    inside = (column >= 0) & (column < columns - 1) & (row >= 0) & (row < rows - 1)
    column, row, weight = column[inside], row[inside], weight[inside]
    left, low = column.astype(np.int64), row.astype(np.int64)
    right_share, up_share = column - left, row - low
    flat = np.zeros(rows * columns)
    for up in (0, 1):
        for right in (0, 1):
            share = (up_share if up else 1 - up_share) * (right_share if right else 1 - right_share)
            pixel = (low + up) * columns + left + right
            flat += np.bincount(pixel, weights=weight * share, minlength=flat.size)
    return flat.reshape(rows, columns).astype(np.float32)


def _between(grid: Image, side: int, bin_px: int, margin: int) -> Image:
    """Read the rows of a coarse grid at fine pixels, shape (side, column).

    Written out, as BLAS adds up in another order for another number of threads.
    """
    place = np.arange(side) / bin_px + margin
    low = place.astype(np.int64)
    upper = (place - low).astype(np.float32)[:, None]
    return (1 - upper) * grid[low] + upper * grid[low + 1]


def texture(
    shape: tuple[int, int], scale_px: float, contrast: float, rng: np.random.Generator
) -> Image:
    """Return log-normal clumpiness of mean about 1, shape (y, x), on two scales."""
    coarse = _smooth_noise(shape, 2.5 * scale_px, rng)
    fine = _smooth_noise(shape, scale_px, rng)
    log_light = contrast * 0.7 * (coarse + fine) - 0.5 * contrast**2
    return np.asarray(np.exp(log_light), dtype=np.float32)


def _smooth_noise(shape: tuple[int, int], scale_px: float, rng: np.random.Generator) -> Image:
    noise = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), scale_px, mode="wrap")
    return np.asarray(noise / max(float(noise.std()), 1e-12), dtype=np.float32)
