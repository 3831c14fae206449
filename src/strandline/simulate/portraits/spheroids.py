"""Spheroids: bulges, elliptical galaxies with colour gradients, twists and boxiness."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import population_sed
from strandline.simulate.portraits.profiles import cell_means, sersic_profile
from strandline.simulate.portraits.sheet import Sheet, turned

__all__ = ["Isophotes", "lay_spheroid", "paint_spheroid"]

Image = NDArray[np.float32]
_GRADIENT_YOUTH = 0.07  # youth per factor e in radius: g-r falls by 0.05 per factor e


@dataclass(frozen=True)
class Isophotes:
    """How isophotes differ from similar, aligned ellipses.

    Attributes
    ----------
    fourth : float
        Fourth-order coefficient a4/a: above 0 discy, below 0 boxy (Bender et al. 1988,
        A&AS 74, 385: within 0.03).
    twist_rad : float
        Turn of the major axis per factor e in radius, beyond a tenth of the half-light radius.
    """

    fourth: float = 0.0
    twist_rad: float = 0.0


def paint_spheroid(
    canvas: Canvas,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    *,
    index: float,
    youth: float,
    redshift: float,
    gradient: float = 1.0,
    isophotes: Isophotes | None = None,
) -> float:
    """Paint a Sersic spheroid whose outer parts are a little bluer; return its r light, nJy.

    Parameters
    ----------
    canvas : Canvas
    flux_njy : float
        All its r light; what lies beyond the canvas is lost, and not in the returned light.
    half_light_arcsec : float
        Circularised: geometric mean of the half-light ellipse's axes.
    plane : Plane
        Where it is, its major axis and its axis ratio on the sky.
    index : float
        Sersic index, 0.3 to 8.
    youth : float
        Of its mean population, see `strandline.simulate.portraits.colours.population_sed`.
    redshift : float
    gradient : float
        Colour gradient in units of a typical elliptical's; 0 for none.
    isophotes : Isophotes, optional
    """
    sheet = Sheet(canvas, plane, _reach(half_light_arcsec, plane), half_light_arcsec)
    lay_spheroid(
        sheet,
        flux_njy,
        half_light_arcsec,
        plane,
        index=index,
        youth=youth,
        redshift=redshift,
        gradient=gradient,
        isophotes=isophotes,
    )
    return sheet.lay()


def lay_spheroid(
    sheet: Sheet,
    flux_njy: float,
    half_light_arcsec: float,
    plane: Plane,
    *,
    index: float,
    youth: float,
    redshift: float,
    gradient: float = 1.0,
    isophotes: Isophotes | None = None,
) -> None:
    """Lay a spheroid on a sheet; arguments as of `paint_spheroid`."""
    if sheet.empty or flux_njy <= 0:
        return
    form = isophotes or Isophotes()
    profile = sersic_profile(index)
    major = half_light_arcsec / math.sqrt(plane.axis_ratio)

    def light(x: NDArray[np.floating], y: NDArray[np.floating]) -> Image:
        return profile.at(_radius(x, y, plane, form, half_light_arcsec) * np.float32(1 / major))

    image = cell_means(sheet, plane, light) * np.float32(
        (sheet.cell_arcsec / half_light_arcsec) ** 2
    )
    if gradient == 0:
        sheet.paint(image, flux_njy, population_sed(youth, redshift=redshift))
        return
    # two populations share the profile; the inner one's part falls with radius as R/(R + Re)
    radius = _radius(sheet.x_arcsec, sheet.y_arcsec, plane, form, half_light_arcsec)
    inner = image / (1 + radius * np.float32(1 / major))
    spread = 2.2 * gradient * _GRADIENT_YOUTH
    sheet.paint(inner, flux_njy, population_sed(youth - 0.5 * spread, redshift=redshift))
    sheet.paint(image - inner, flux_njy, population_sed(youth + 0.5 * spread, redshift=redshift))


def _radius(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    plane: Plane,
    form: Isophotes,
    half_light_arcsec: float,
) -> Image:
    """Return the major axis of the isophote through each point, arcsec."""
    if form.twist_rad:
        x, y = x - plane.x_arcsec, y - plane.y_arcsec
        turn = form.twist_rad * np.log(0.1 + np.hypot(x, y) * np.float32(1 / half_light_arcsec))
        cos, sin = np.cos(turn), np.sin(turn)
        x, y = x * cos + y * sin, y * cos - x * sin
        plane = Plane(plane.angle_rad, plane.axis_ratio)
    along, across = turned(x, y, plane)
    radius = np.hypot(along, across)
    if form.fourth:
        inverse = 1 / np.maximum(radius, np.float32(1e-6))
        cos2 = (along * inverse) ** 2 - (across * inverse) ** 2  # cos of twice the angle
        radius = radius * (1 - np.float32(form.fourth) * (2 * cos2**2 - 1))
    return np.asarray(radius, dtype=np.float32)


def _reach(half_light_arcsec: float, plane: Plane) -> float:
    return 8.0 * half_light_arcsec / math.sqrt(plane.axis_ratio)
