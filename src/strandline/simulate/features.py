"""How bright a feature shall be, and how it is measured for the truth."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.photometry import mag_to_flux, surface_brightness
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.plans import Feature

__all__ = ["weigh"]

_FAINTEST_SHARE, _BRIGHTEST_SHARE = 0.08, 0.4
_HELD = 0.8  # of the feature's light, within the area over which its brightness is meant
_SMOOTH_ARCSEC = 0.4  # so that the grain of particles does not count as brightness


def weigh(
    image: NDArray[np.float32],
    total_flux_njy: float,
    length_arcsec: float,
    rng: np.random.Generator,
    *,
    brightness: tuple[float, float] = (23.3, 25.6),
) -> tuple[Feature, float]:
    """Decide how bright a feature is.

    A surface brightness is drawn evenly from the range `brightness` (mag/arcsec2, r) and then
    bounded so that the feature holds 8 to 40 % of the galaxy's light: small galaxies have small
    features. That is the bright end of what is known of tidal features, so that a thousand
    galaxies are enough to learn from.

    Parameters
    ----------
    image : ndarray of float32, shape (y, x)
        The feature's light in any unit, on the canvas's pixels.
    total_flux_njy : float
        Of galaxy and feature together, in r.
    length_arcsec : float
    rng : Generator
    brightness : tuple of float
        Brightest and faintest surface brightness.

    Returns
    -------
    feature : Feature
    flux_njy : float
        Of the feature, in r.
    """
    area_arcsec2 = _area_holding(image, _HELD)
    drawn = rng.uniform(*brightness)
    flux = float(mag_to_flux(drawn)) * area_arcsec2 / _HELD
    share = float(np.clip(flux / total_flux_njy, _FAINTEST_SHARE, _BRIGHTEST_SHARE))
    flux = share * total_flux_njy
    measured = float(surface_brightness(_HELD * flux, area_arcsec2))
    return Feature(measured, share, length_arcsec), flux


def _area_holding(image: NDArray[np.float32], held: float) -> float:
    smooth = gaussian_filter(image, _SMOOTH_ARCSEC / PIXEL_ARCSEC)
    brightest_first = np.sort(smooth, axis=None)[::-1]
    growth = np.cumsum(brightest_first, dtype=np.float64)
    pixels = int(np.searchsorted(growth, held * growth[-1])) + 1
    return pixels * PIXEL_ARCSEC**2
