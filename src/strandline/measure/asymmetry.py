"""Asymmetry of a galaxy's light within rings of its isophotes, less what noise makes."""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.measure.bodies import Body
from strandline.measure.turning import turned

__all__ = ["rms_asymmetry"]

_FEWEST_PX = 30


def rms_asymmetry(
    image: NDArray[np.float64],
    masked: NDArray[np.bool_],
    host: Body,
    inner_px: float,
    outer_px: float,
    noise: float,
) -> tuple[float, float]:
    """Return the rms asymmetry between two isophotes, and its error.

    Parameters
    ----------
    image : ndarray of float64, shape (y, x)
        Other bodies subtracted.
    masked : ndarray of bool, shape (y, x)
    host : Body
        About whose centre the image is turned by 180 degrees.
    inner_px, outer_px : float
        Semi-major axes.
    noise : float
        Of a pixel of `image`.

    Returns
    -------
    tuple of float
        The square root of sum (I - I180)^2 / sum 2 I^2, both less what noise adds (Conselice 1997,
        PASP 109, 1251), negative where noise is all there is; NaN if too few pixels are seen.
    """
    x, y = float(host.isophotes.x[0]), float(host.isophotes.y[0])
    opposite = turned(image, x, y)
    hidden = turned(masked.astype(np.float64), x, y, fill=1.0)
    usable = np.zeros(image.shape, dtype=np.bool_)
    usable[host.box] = (host.radius_px >= inner_px) & (host.radius_px < outer_px)
    usable &= ~masked & (hidden < 0.01)
    count = int(usable.sum())
    if count < _FEWEST_PX:
        return math.nan, math.nan
    # turning by a fraction of a pixel averages up to four of them
    part = [(2 * centre % 1.0) for centre in (x, y)]
    calmer = math.prod((1 - p) ** 2 + p**2 for p in part)
    variance = noise**2
    difference = float(((image - opposite)[usable] ** 2).sum()) - count * variance * (1 + calmer)
    light = 2 * (float((image[usable] ** 2).sum()) - count * variance)
    if not light > 0:
        return math.nan, math.nan
    ratio = difference / light
    error = math.sqrt(2 * count) * variance * (1 + calmer) / light
    value = math.copysign(math.sqrt(abs(ratio)), ratio)
    return value, float(error / max(2 * abs(value), math.sqrt(error)))
