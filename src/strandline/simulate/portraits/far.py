"""Galaxies far behind: small smooth ellipses, cheap enough that a field may hold hundreds.

Exponential and de Vaucouleurs profiles are sums of Gaussians (Hogg & Lang 2013, PASP 125, 719).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.plans import SystemPlan
from strandline.simulate.portraits.canvas import Frame
from strandline.simulate.portraits.colours import BANDS, OLD, YOUNG, population_sed

__all__ = ["paint_far"]

Array = NDArray[np.float64]

# weight and variance (in squared half-light radii) of the Gaussians
_EXPONENTIAL = np.array(
    [
        [2.34853813e-03, 1.20078965e-03],
        [3.07995260e-02, 8.84526493e-03],
        [2.23364214e-01, 3.91463084e-02],
        [1.17949102, 1.39976817e-01],
        [4.33873750, 4.60962500e-01],
        [5.99820770, 1.50159566],
    ]
)
_DE_VAUCOULEURS = np.array(
    [
        [4.26347652e-02, 2.23759216e-04],
        [2.40127183e-01, 1.00220099e-03],
        [6.85907632e-01, 4.18731126e-03],
        [1.51937350, 1.69432589e-02],
        [2.83627243, 6.84850479e-02],
        [4.46467501, 2.87207080e-01],
        [5.72440830, 1.33320254],
        [5.60989349, 8.40215071],
    ]
)
_REACH_RADII = 4.5
_PIXEL_VARIANCE = 0.2  # px^2; keeps the narrowest Gaussians from falling between pixels
_THINNEST = 0.2


def paint_far(
    sky_njy: NDArray[np.float32], systems: Iterable[SystemPlan], frame: Frame, pad_px: int
) -> None:
    """Add single galaxies to `sky_njy`, shape (band, y, x), in place.

    Parameters
    ----------
    sky_njy : ndarray of float32, shape (band, y, x)
        Its pixel (`pad_px`, `pad_px`) is pixel (0, 0) of the systems' positions.
    systems : iterable of SystemPlan
        Of one galaxy each.
    frame : Frame
    pad_px : int
    """
    picked = [BANDS.index(band) for band in frame.bands]
    for system in systems:
        galaxy = system.galaxies[0]
        rng = generator(galaxy.seed, "portrait")
        early = galaxy.morphology == "elliptical"
        youth = OLD + 0.1 * rng.random() if early else YOUNG * rng.uniform(0.3, 1.1)
        sed = population_sed(youth, redshift=galaxy.redshift)[picked]
        flux = (float(mag_to_flux(galaxy.mag_r)) * sed).astype(np.float32)
        radius_px = galaxy.radius_arcsec / frame.pixel_arcsec
        ratio = np.sqrt(_THINNEST**2 + (1 - _THINNEST**2) * rng.uniform(0.2 if early else 0, 1))
        gaussians = _DE_VAUCOULEURS if early else _EXPONENTIAL
        x, y = system.x + pad_px, system.y + pad_px
        half = int(np.ceil(_REACH_RADII * radius_px)) + 2
        left, top = max(round(x) - half, 0), max(round(y) - half, 0)
        patch = sky_njy[:, top : round(y) + half + 1, left : round(x) + half + 1]
        if not patch.size:
            continue
        dx = np.arange(left, left + patch.shape[2])[None, :] - x
        dy = np.arange(top, top + patch.shape[1])[:, None] - y
        patch += flux[:, None, None] * _ellipse(
            dx, dy, radius_px, float(ratio), rng.uniform(0, np.pi), gaussians
        )


def _ellipse(
    dx: Array, dy: Array, radius_px: float, ratio: float, angle: float, gaussians: Array
) -> NDArray[np.float32]:
    """Return the share of light in each pixel, shape (y, x); half of it within `radius_px`.

    The radius is that of the circle of the same area as the half-light ellipse.
    """
    along = dx * np.cos(angle) + dy * np.sin(angle)
    across = dy * np.cos(angle) - dx * np.sin(angle)
    image = np.zeros(along.shape)
    total = gaussians[:, 0].sum()
    for weight, variance in gaussians:
        major = variance * radius_px**2 / ratio + _PIXEL_VARIANCE
        minor = variance * radius_px**2 * ratio + _PIXEL_VARIANCE
        peak = weight / total / (2 * np.pi * np.sqrt(major * minor))
        image += peak * np.exp(-0.5 * (along**2 / major + across**2 / minor))
    return image.astype(np.float32)
