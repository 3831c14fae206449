"""Stars: core and wings, aureole, diffraction spikes, ghosts and the trails of full pixels."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.simulate.camera.exposure import Exposure
from strandline.simulate.camera.glare import bleed, glare, wings
from strandline.simulate.plans import StarPlan
from strandline.simulate.portraits.colours import BANDS, star_sed

__all__ = ["add_stars", "star_flux_njy"]

_FAINTEST = 0.02  # of a pixel's noise: light fainter than this is left out
_LARGEST_HALF_ARCSEC = 180.0


def star_flux_njy(star: StarPlan, band: str) -> float:
    """Return the flux of a star in `band`."""
    return float(mag_to_flux(star.mag_r)) * float(star_sed(star.g_minus_r)[BANDS.index(band)])


def add_stars(
    light_njy: NDArray[np.float32], stars: Iterable[StarPlan], exposure: Exposure
) -> None:
    """Add stars to `light_njy`, shape (y, x), in place, as seen through the seeing.

    Each is painted as far as it can be noticed. Trails of full pixels rise above the saturation
    level, which cuts them flat when the exposure is read.
    """
    core, fine = exposure.psf.fine_kernel(exposure.pixel_arcsec)
    for star in stars:
        flux = star_flux_njy(star, exposure.band)
        _add_core(light_njy, star, flux * _core_share(exposure), core, fine)
        half = _half_px(flux, exposure)
        if half <= exposure.psf.reach_px(exposure.pixel_arcsec):
            continue
        patch, dx, dy = _patch(light_njy, star, half)
        if patch.size:
            patch += np.float32(flux) * glare(dx, dy, exposure)
            excess_mag = 2.5 * np.log10(flux * float(core.max()) / exposure.saturation_njy)
            bleed(patch, dx, dy, excess_mag, exposure)


def _core_share(exposure: Exposure) -> float:
    stars = exposure.stars
    elsewhere = stars.aureole_share + sum(ghost.share for ghost in stars.ghosts)
    return 1 - elsewhere - len(stars.spikes.angles_deg) * stars.spikes.share


def _add_core(
    light_njy: NDArray[np.float32],
    star: StarPlan,
    flux_njy: float,
    core: NDArray[np.float32],
    fine: int,
) -> None:
    """Add the PSF about a point anywhere, read between the samples of the fine kernel."""
    half = (core.shape[0] // 2) // fine - 1
    x0, y0 = round(star.x), round(star.y)
    rows, columns = light_njy.shape
    top, bottom = max(y0 - half, 0), min(y0 + half + 1, rows)
    left, right = max(x0 - half, 0), min(x0 + half + 1, columns)
    if top >= bottom or left >= right:
        return
    row = core.shape[0] // 2 + (top - star.y) * fine
    column = core.shape[1] // 2 + (left - star.x) * fine
    below, before = int(np.floor(row)), int(np.floor(column))
    up, on = row - below, column - before
    height, width = (bottom - top) * fine, (right - left) * fine
    for i, part_y in ((0, 1 - up), (1, up)):
        for j, part_x in ((0, 1 - on), (1, on)):
            samples = core[
                below + i : below + i + height : fine, before + j : before + j + width : fine
            ]
            light_njy[top:bottom, left:right] += np.float32(flux_njy * part_y * part_x) * samples


def _half_px(flux_njy: float, exposure: Exposure) -> int:
    """Return how far from a star of this flux its light can be noticed."""
    radius = np.arange(1.0, _LARGEST_HALF_ARCSEC / exposure.pixel_arcsec) * exposure.pixel_arcsec
    seen = flux_njy * wings(radius.astype(np.float32), exposure)
    noticed = np.flatnonzero(seen > _FAINTEST * exposure.pixel_noise_njy)
    return int(noticed[-1]) + 1 if noticed.size else 0


def _patch(
    light_njy: NDArray[np.float32], star: StarPlan, half: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the part of the frame about a star (a view), and offsets from it in px."""
    x0, y0 = round(star.x), round(star.y)
    top, left = max(y0 - half, 0), max(x0 - half, 0)
    patch = light_njy[top : max(y0 + half + 1, 0), left : max(x0 + half + 1, 0)]
    dx = (left - star.x) + np.arange(patch.shape[1], dtype=np.float32)[None, :]
    dy = (top - star.y) + np.arange(patch.shape[0], dtype=np.float32)[:, None]
    return patch, dx.astype(np.float32), dy.astype(np.float32)
