"""The canvas a galaxy is painted on, and the brushes: profiles, particles, texture."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import gammaincinv

from strandline.simulate.colours import BANDS, DUST_CURVE

__all__ = ["PIXEL_ARCSEC", "Canvas", "Plane", "sersic", "texture"]

PIXEL_ARCSEC = 0.263
"""Pixel of the simulated camera (DECam)."""

Image = NDArray[np.float32]


class Canvas:
    """Light of one galaxy before atmosphere and noise, on a square cutout.

    Parameters
    ----------
    half_px : int
        The cutout is ``2 * half_px + 1`` pixels wide.
    offset_px : tuple of float
        Where the galaxy's centre lies relative to the centre of the middle pixel, (x, y).

    Attributes
    ----------
    light_njy : ndarray of float32, shape (band, y, x)
        In the order of `strandline.simulate.colours.BANDS`.
    x_arcsec, y_arcsec : ndarray of float32, shapes (1, x) and (y, 1)
        Position relative to the galaxy's centre.
    """

    def __init__(self, half_px: int, offset_px: tuple[float, float] = (0.0, 0.0)) -> None:
        side = 2 * half_px + 1
        self.light_njy = np.zeros((len(BANDS), side, side), dtype=np.float32)
        index = np.arange(-half_px, half_px + 1, dtype=np.float32)
        self.x_arcsec: Image = ((index - offset_px[0]) * PIXEL_ARCSEC)[None, :].astype(np.float32)
        self.y_arcsec: Image = ((index - offset_px[1]) * PIXEL_ARCSEC)[:, None].astype(np.float32)
        self._corner = (float(self.x_arcsec[0, 0]), float(self.y_arcsec[0, 0]))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.light_njy.shape[1], self.light_njy.shape[2]

    def add(
        self, image: NDArray[np.floating[Any]], flux_njy: float, sed: NDArray[np.float32]
    ) -> None:
        """Add `image`, shape (y, x), scaled to `flux_njy` in r, with spectrum `sed`.

        An image without light (all of it beyond the cutout) adds nothing.
        """
        total = float(image.sum(dtype=np.float64))
        if total > 0:
            self.light_njy += (flux_njy / total * sed)[:, None, None] * image.astype(np.float32)

    def dim(self, optical_depth: Image) -> None:
        """Put dust of this r-band `optical_depth`, shape (y, x), before all light so far."""
        self.light_njy *= np.exp(-DUST_CURVE[:, None, None] * optical_depth)

    def splat(
        self,
        x_arcsec: NDArray[np.float64],
        y_arcsec: NDArray[np.float64],
        weight: NDArray[np.float64] | float = 1.0,
        smooth_arcsec: float = 0.0,
    ) -> Image:
        """Return particles as an image, shape (y, x), each shared among its four nearest pixels.

        Particles beyond the cutout are dropped. The image may be smoothed by a Gaussian of
        `smooth_arcsec` (sigma).
        """
        column = (x_arcsec - self._corner[0]) / PIXEL_ARCSEC
        row = (y_arcsec - self._corner[1]) / PIXEL_ARCSEC
        rows, columns = self.shape
        inside = (column >= 0) & (column < columns - 1) & (row >= 0) & (row < rows - 1)
        column, row = column[inside], row[inside]
        weights = np.broadcast_to(weight, inside.shape)[inside]
        left, low = column.astype(np.int64), row.astype(np.int64)
        right_share, up_share = column - left, row - low
        flat = np.zeros(rows * columns)
        for up in (0, 1):
            for right in (0, 1):
                share = (up_share if up else 1 - up_share) * (
                    right_share if right else 1 - right_share
                )
                pixel = (low + up) * columns + left + right
                flat += np.bincount(pixel, weights=weights * share, minlength=flat.size)
        image = flat.reshape(rows, columns).astype(np.float32)
        if smooth_arcsec > 0:
            image = gaussian_filter(image, smooth_arcsec / PIXEL_ARCSEC)
        return image


@dataclass(frozen=True)
class Plane:
    """The plane of a disc on the sky.

    Attributes
    ----------
    angle_rad : float
        Of the major axis, from +x towards +y.
    axis_ratio : float
        Minor to major axis of circles in the plane as seen on the sky.
    """

    angle_rad: float
    axis_ratio: float

    def on_canvas(self, canvas: Canvas) -> tuple[Image, Image]:
        """Return radius (arcsec) and azimuth (rad) in the plane at each pixel, shape (y, x)."""
        cos, sin = np.float32(np.cos(self.angle_rad)), np.float32(np.sin(self.angle_rad))
        along = canvas.x_arcsec * cos + canvas.y_arcsec * sin
        across = (canvas.y_arcsec * cos - canvas.x_arcsec * sin) / np.float32(self.axis_ratio)
        return np.hypot(along, across), np.arctan2(across, along)

    def to_sky(
        self, radius_arcsec: NDArray[np.float64], azimuth_rad: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y on the sky (arcsec) of points in the plane."""
        along = radius_arcsec * np.cos(azimuth_rad)
        across = radius_arcsec * np.sin(azimuth_rad) * self.axis_ratio
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        return along * cos - across * sin, along * sin + across * cos

    def from_sky(self, x_arcsec: float, y_arcsec: float) -> tuple[float, float]:
        """Return radius (arcsec) and azimuth (rad) in the plane of one point on the sky."""
        cos, sin = np.cos(self.angle_rad), np.sin(self.angle_rad)
        along = x_arcsec * cos + y_arcsec * sin
        across = (y_arcsec * cos - x_arcsec * sin) / self.axis_ratio
        return float(np.hypot(along, across)), float(np.arctan2(across, along))


def sersic(radius_arcsec: Image, half_light_arcsec: float, index: float) -> Image:
    """Return a Sersic (1968) profile, 1 at the half-light radius, softened within half a pixel.

    The softening keeps the cusp of a large `index` from depending on where the centre falls
    within its pixel; after seeing it cannot be told from the exact profile.
    """
    b = float(gammaincinv(2 * index, 0.5))
    softened = np.sqrt(radius_arcsec**2 + np.float32(0.5 * PIXEL_ARCSEC) ** 2)
    ratio = softened / np.float32(half_light_arcsec)
    return np.asarray(np.exp(-b * (ratio ** np.float32(1 / index) - 1)), dtype=np.float32)


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
