"""Debris: the particles of an interaction, and what the truth says of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.photometry import surface_brightness
from strandline.simulate.portraits.colours import BANDS, population_sed
from strandline.simulate.portraits.portrait import Feature

__all__ = ["Debris", "area_holding", "measure_feature"]

_HELD = 0.8  # of a feature's light, within the area over which its brightness is meant
_FAR_END = 0.97  # of a feature's light lies nearer to its galaxy
_SMOOTH_ARCSEC = 0.4  # so that the grain of particles does not count as brightness


@dataclass(frozen=True)
class Debris:
    """Particles as they are seen, each a share of light.

    Attributes
    ----------
    position_kpc : ndarray of float64, shape (particle, 3)
        Axes x and y are those of the sky (along the pixel axes), z points to the observer; from
        the system's position.
    home_kpc : ndarray of float64, shape (particle, 3)
        Centre of the galaxy that each one came from (or fell into), in the same frame.
    flux_njy : ndarray of float64, shape (particle,)
        r light of each.
    youth : ndarray of float64, shape (particle,)
        See `strandline.simulate.portraits.colours.population_sed`.
    torn : ndarray of bool, shape (particle,)
        Whether it is where an undisturbed galaxy has no such light: it belongs to the feature.
    """

    position_kpc: NDArray[np.float64]
    home_kpc: NDArray[np.float64]
    flux_njy: NDArray[np.float64]
    youth: NDArray[np.float64]
    torn: NDArray[np.bool_]


def measure_feature(
    debris: Debris,
    image_njy: NDArray[np.float32],
    *,
    total_flux_njy: float,
    pixel_arcsec: float,
    kpc_per_arcsec: float,
    redshift: float,
    directed: bool = True,
) -> Feature | None:
    """Measure the torn part of `debris` for the truth; None when nothing is torn.

    Parameters
    ----------
    debris : Debris
    image_njy : ndarray of float32, shape (y, x)
        The feature's r light, knots included.
    total_flux_njy : float
        r light of the system.
    pixel_arcsec, kpc_per_arcsec, redshift : float
    directed : bool
        Whether the feature has a direction.
    """
    torn = debris.torn & (debris.flux_njy > 0)
    if not torn.any() or not image_njy.any():
        return None
    flux = debris.flux_njy[torn]
    away = debris.position_kpc[torn] - debris.home_kpc[torn]
    true_kpc = _far_end(np.linalg.norm(away, axis=1), flux)
    seen_kpc = _far_end(np.hypot(away[:, 0], away[:, 1]), flux)
    smooth = gaussian_filter(image_njy, _SMOOTH_ARCSEC / pixel_arcsec)
    area = area_holding(smooth, _HELD) * pixel_arcsec**2
    on_canvas = float(image_njy.sum(dtype=np.float64))
    seds = np.stack(
        [population_sed(float(y), redshift=redshift) for y in np.linspace(-0.1, 1.1, 25)]
    )
    nearest = np.clip(np.round((debris.youth[torn] + 0.1) / 0.05), 0, 24).astype(np.int64)
    g_flux = float((flux * seds[nearest, BANDS.index("g")]).sum())
    far = np.hypot(away[:, 0], away[:, 1]) > 0.5 * seen_kpc
    angle = np.nan
    if directed and far.any():
        mean = (away[far, :2] * flux[far, None]).sum(axis=0)
        angle = float(np.arctan2(mean[1], mean[0]))
    return Feature(
        image_njy=image_njy,
        fraction=float(flux.sum()) / total_flux_njy,
        brightness=float(surface_brightness(_HELD * on_canvas, area)),
        peak_brightness=float(surface_brightness(smooth.max(), pixel_arcsec**2)),
        colour_gr=-2.5 * float(np.log10(g_flux / flux.sum())),
        length_kpc=true_kpc,
        projected_kpc=seen_kpc,
        projected_arcsec=seen_kpc / kpc_per_arcsec,
        angle_rad=angle,
    )


def area_holding(image: NDArray[np.floating[Any]], held: float) -> int:
    """Return how many of the brightest pixels hold the share `held` of an image's light."""
    brightest_first = np.sort(image, axis=None)[::-1]
    growth = np.cumsum(brightest_first, dtype=np.float64)
    return int(np.searchsorted(growth, held * growth[-1])) + 1


def _far_end(distance_kpc: NDArray[np.float64], flux: NDArray[np.float64]) -> float:
    order = np.argsort(distance_kpc)
    growth = np.cumsum(flux[order])
    return float(distance_kpc[order][np.searchsorted(growth, _FAR_END * growth[-1])])
