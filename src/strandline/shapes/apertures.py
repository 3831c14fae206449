"""Light within circles and ellipses around a centre, and the radii that follow from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.shapes.compiled import compiled

__all__ = ["Ellipse", "Growth", "ellipse_of", "elliptical_radius"]

_STEP_PX = 0.1
_ETA = 0.2
_RING_PX = 1.0


@dataclass(frozen=True)
class Ellipse:
    """Centre (px), axis ratio, and angle of the major axis (rad from +x towards +y)."""

    x: float
    y: float
    axis_ratio: float = 1.0
    angle: float = 0.0


class Growth:
    """Curve of growth: light and area within ellipses of growing semi-major axis.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
    masked : ndarray of bool, shape (y, x)
        Left out of light and area.
    ellipse : Ellipse

    Notes
    -----
    Pixels are divided into up to 7 x 7 parts near the centre, where this matters.
    """

    def __init__(
        self, image: NDArray[np.float64], masked: NDArray[np.bool_], ellipse: Ellipse
    ) -> None:
        bins = int(np.hypot(*image.shape) / ellipse.axis_ratio / _STEP_PX) + 2
        light, area = _rings(
            image, masked, ellipse.x, ellipse.y, ellipse.axis_ratio, ellipse.angle, _STEP_PX, bins
        )
        self._light = np.concatenate([[0.0], np.cumsum(light)])
        self._area = np.concatenate([[0.0], np.cumsum(area)])
        self._radius = _STEP_PX * np.arange(len(self._light))

    def light(self, radius_px: float) -> float:
        """Return the sum of the pixels within `radius_px`."""
        return float(np.interp(radius_px, self._radius, self._light))

    def petrosian(self) -> float:
        """Return Petrosian's (1976) radius (px); NaN if there is none.

        It is the smallest at which the brightness in a ring of 1 px is a fifth of the mean within
        (Lotz et al. 2004, ApJ 128, 163, eq. 4).
        """
        half = round(_RING_PX / 2 / _STEP_PX)
        light, area = self._light, self._area
        middle = slice(2 * half, -half)
        with np.errstate(divide="ignore", invalid="ignore"):
            ring = (light[3 * half :] - light[half : -2 * half]) / (
                area[3 * half :] - area[half : -2 * half]
            )
            ratio = np.abs(ring) / np.abs(light[middle] / area[middle]) - _ETA
        below = np.flatnonzero(ratio < 0)
        if not below.size:
            return float("nan")
        k = int(below[0])
        radius = self._radius[middle]
        if k == 0 or not np.isfinite(ratio[k - 1]):
            return float(radius[k])
        return float(radius[k] - _STEP_PX * ratio[k] / (ratio[k] - ratio[k - 1]))

    def radius_holding(self, fraction: float, within_px: float) -> float:
        """Return the radius (px) that holds `fraction` of the light within `within_px`, or NaN."""
        wanted = fraction * self.light(within_px)
        if not wanted > 0:
            return float("nan")
        above = np.flatnonzero(self._light > wanted)
        k = int(above[0]) if above.size else 0
        if k == 0:
            return float("nan")
        before, after = self._light[k - 1], self._light[k]
        return float(self._radius[k - 1] + _STEP_PX * (wanted - before) / (after - before))


def ellipse_of(image: NDArray[np.float64], x: float, y: float) -> Ellipse:
    """Return the ellipse of the second moments of `image` about a point (Bertin & Arnouts 1996).

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        0 where it does not belong to the object.
    x, y : float
        px
    """
    total, xx, yy, xy = _second_moments(image, x, y)
    if total <= 0:
        return Ellipse(x, y)
    xx, yy, xy = xx / total, yy / total, xy / total
    rho = 1 / 12  # a pixel's own width
    while abs(xx * yy - xy**2) < rho**2:
        xx += rho if xx >= 0 else -rho
        yy += rho if yy >= 0 else -rho
    half = float(np.hypot((xx - yy) / 2, xy))
    major, minor = abs((xx + yy) / 2 + half), abs((xx + yy) / 2 - half)
    major, minor = max(major, minor), min(major, minor)
    ratio = float(np.clip(np.sqrt(minor / major), 0.05, 1.0))
    return Ellipse(x, y, ratio, float(0.5 * np.arctan2(2 * xy, xx - yy)))


def elliptical_radius(shape: tuple[int, ...], ellipse: Ellipse) -> NDArray[np.float64]:
    """Return the semi-major axis (px) of the ellipse through each pixel, shape (y, x)."""
    return _semi_major(shape[0], shape[1], ellipse.x, ellipse.y, ellipse.axis_ratio, ellipse.angle)


@compiled
def _semi_major(
    height: int, width: int, x: float, y: float, axis_ratio: float, angle: float
) -> NDArray[np.float64]:
    radius = np.empty((height, width))
    cosine, sine = np.cos(angle), np.sin(angle)
    for j in range(height):
        for i in range(width):
            along = (i - x) * cosine + (j - y) * sine
            across = ((j - y) * cosine - (i - x) * sine) / axis_ratio
            radius[j, i] = np.sqrt(along * along + across * across)
    return radius


@compiled
def _second_moments(
    image: NDArray[np.float64], x: float, y: float
) -> tuple[float, float, float, float]:
    total, xx, yy, xy = 0.0, 0.0, 0.0, 0.0
    for j in range(image.shape[0]):
        for i in range(image.shape[1]):
            value = image[j, i]
            if value != 0.0:
                total += value
                xx += value * (i - x) ** 2
                yy += value * (j - y) ** 2
                xy += value * (i - x) * (j - y)
    return total, xx, yy, xy


@compiled
def _rings(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    x: float,
    y: float,
    axis_ratio: float,
    angle: float,
    step: float,
    bins: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    light, area = np.zeros(bins), np.zeros(bins)
    cosine, sine = np.cos(angle), np.sin(angle)
    for j in range(image.shape[0]):
        for i in range(image.shape[1]):
            if masked[j, i]:
                continue
            distance = np.hypot(i - x, j - y) * axis_ratio
            parts = 7 if distance < 4 else (3 if distance < 12 else 1)
            share = 1.0 / parts**2
            value = image[j, i] * share
            for b in range(parts):
                dy = j - y + (b + 0.5) / parts - 0.5
                for a in range(parts):
                    dx = i - x + (a + 0.5) / parts - 0.5
                    along = dx * cosine + dy * sine
                    across = (dy * cosine - dx * sine) / axis_ratio
                    k = int(np.sqrt(along * along + across * across) / step)
                    if k < bins:
                        light[k] += value
                        area[k] += share
    return light, area
