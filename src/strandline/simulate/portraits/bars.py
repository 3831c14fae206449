"""Bars: boxy, flat along their length, old."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from strandline.simulate.portraits.canvas import Plane
from strandline.simulate.portraits.profiles import RadialProfile, cell_means
from strandline.simulate.portraits.sheet import Sheet, turned

__all__ = ["bar_image", "bar_profile"]

Image = NDArray[np.float32]
_BOXY = 2.7  # exponent of the bar's isophotes (Athanassoula et al. 1990, MNRAS 245, 130)
_AREA = 4 * gamma(1 + 1 / _BOXY) ** 2 / gamma(1 + 2 / _BOXY) / np.pi  # to that of the ellipse


def bar_profile(flatness: float) -> RadialProfile:
    """Return the profile of a bar of length 1 along it; its ``half_light`` is in bar lengths."""

    def brightness(radius: NDArray[np.float64]) -> NDArray[np.float64]:
        end = 1 / (1 + np.exp((radius - 0.85) / 0.1))
        return np.asarray(end * np.exp(-(2.6 * (1 - flatness) + 0.6) * radius))

    return RadialProfile.tabulate(brightness, 1.5)


def bar_image(
    sheet: Sheet,
    plane: Plane,
    length_arcsec: float,
    azimuth_rad: float,
    axis_ratio: float,
    flatness: float,
) -> Image:
    """Return the share of a bar's light in each cell, shape (y, x).

    Parameters
    ----------
    sheet : Sheet
    plane : Plane
        Of the disc.
    length_arcsec : float
        From the centre to the bar's end.
    azimuth_rad : float
        Of the bar in the plane.
    axis_ratio : float
        Of the bar, in the plane.
    flatness : float
        0 for an exponential fall along the bar, 1 for a plateau with a sharp end.
    """
    profile = bar_profile(flatness)
    half_light = length_arcsec * profile.half_light
    cos, sin = math.cos(azimuth_rad), math.sin(azimuth_rad)

    def light(x: NDArray[Any], y: NDArray[Any]) -> Image:
        along, across = turned(x, y, plane)
        a, b = along * cos + across * sin, (across * cos - along * sin) / axis_ratio
        radius = (np.abs(a) ** _BOXY + np.abs(b) ** _BOXY) ** (1 / _BOXY)
        return profile.at(radius * np.float32(1 / half_light))

    area = _AREA * axis_ratio * plane.axis_ratio * half_light**2
    return cell_means(sheet, plane, light) * np.float32(sheet.cell_arcsec**2 / area)
