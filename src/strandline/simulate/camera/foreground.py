"""Faint light that fills a field before the seeing: cirrus and intracluster light."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import map_coordinates

from strandline.photometry import mag_to_flux
from strandline.simulate.camera.artefacts import ArtefactPlan, Cirrus, IntraclusterLight
from strandline.simulate.portraits.colours import BANDS, population_sed

__all__ = ["add_foreground", "cirrus_image"]

Image = NDArray[np.float32]

_INDEX = 2.9  # of the power of cirrus (Gautier et al. 1992, AJ 103, 1313; Miville-Deschenes+ 2016)
_GRID = 384
_LEAST_ARCSEC = 900.0  # of the patch of cirrus that a field is cut from
_LARGEST_OF_PATCH = 0.6
_FILAMENTS = 0.22  # width of filaments in units of the scatter of the field they are crests of
_FAINT, _BRIGHT = 5, 90  # percentiles within the field: of zero, and of the stated brightness
_ICL_YOUTH = 0.08  # a little bluer than the brightest galaxy


def add_foreground(
    light_njy: Image,
    plan: ArtefactPlan,
    bands: Sequence[str],
    pixel_arcsec: float,
    *,
    corner_px: tuple[int, int] = (0, 0),
) -> None:
    """Add cirrus and intracluster light of `plan` to `light_njy`, shape (band, y, x), in place.

    Parameters
    ----------
    light_njy : ndarray of float32, shape (band, y, x)
    plan : ArtefactPlan
    bands : sequence of str
        Of `light_njy`.
    pixel_arcsec : float
    corner_px : tuple of int
        Where the first pixel lies in the field, (x, y): negative where the light has a margin.
    """
    picked = [BANDS.index(band) for band in bands]
    rows, columns = light_njy.shape[1:]
    x = np.arange(columns, dtype=np.float32)[None, :] + corner_px[0]
    y = np.arange(rows, dtype=np.float32)[:, None] + corner_px[1]
    for artefact in plan:
        if isinstance(artefact, Cirrus):
            image, sed = cirrus_image(artefact, x, y, pixel_arcsec), _cirrus_sed(artefact)
        elif isinstance(artefact, IntraclusterLight):
            image = _intracluster_image(artefact, x, y, pixel_arcsec)
            sed = population_sed(_ICL_YOUTH, redshift=artefact.redshift)
        else:
            continue
        for k, band in enumerate(picked):
            light_njy[k] += sed[band] * image


def cirrus_image(cirrus: Cirrus, x: Image, y: Image, pixel_arcsec: float) -> Image:
    """Return the r light of cirrus at pixels `x`, shape (1, x), and `y`, shape (y, 1), nJy.

    A log-normal field times the crests of another, both of power that falls as k^-2.9: clouds
    with filaments. The field is cut from a patch of 15 arcmin or more, so that a small field
    shows clouds that are smooth on its own scale.
    """
    rng = np.random.default_rng(cirrus.seed)
    reach_px = 0.71 * cirrus.reach_px  # half of the field's side
    side_px = max(_LEAST_ARCSEC / pixel_arcsec, 2 * cirrus.reach_px / _LARGEST_OF_PATCH)
    clouds, crests = _power_law(rng), _power_law(rng)
    patch = np.exp(0.8 * clouds) * (0.25 + np.exp(-0.5 * (crests / _FILAMENTS) ** 2))

    def cut(from_x: Image, from_y: Image) -> Image:
        step = np.float32(_GRID / side_px)
        where = np.broadcast_arrays(from_y * step + _GRID / 2, from_x * step + _GRID / 2)
        return np.asarray(map_coordinates(patch, where, order=3, mode="nearest", output=np.float32))

    coarse = np.linspace(-reach_px, reach_px, 100, dtype=np.float32)
    faint, bright = np.percentile(cut(coarse[None, :], coarse[:, None]), [_FAINT, _BRIGHT])
    scale = float(mag_to_flux(cirrus.brightness)) * pixel_arcsec**2 / (bright - faint)
    image = cut(x - np.float32(cirrus.x), y - np.float32(cirrus.y))
    # the smooth part goes with the sky
    return np.asarray(np.clip((image - faint) * scale, 0, None), dtype=np.float32)


def _power_law(rng: np.random.Generator) -> Image:
    """Return a Gaussian random field of scatter 1, shape (grid, grid)."""
    white = fft.rfft2(rng.standard_normal((_GRID, _GRID), dtype=np.float32))
    wave = np.hypot(fft.fftfreq(_GRID)[:, None], fft.rfftfreq(_GRID)[None, :]) * _GRID
    wave[0, 0] = np.inf
    smooth = fft.irfft2(white * (wave ** (-_INDEX / 2)).astype(np.float32), (_GRID, _GRID))
    return np.asarray(smooth / smooth.std(), dtype=np.float32)


def _cirrus_sed(cirrus: Cirrus) -> Image:
    gr, ri = cirrus.colour_gr, cirrus.colour_ri
    minus_r = [gr + 1.2, gr, -0.6 * ri, 0, -ri, -1.5 * ri, -1.7 * ri, -1.9 * ri, -2 * ri, -2 * ri]
    return np.asarray(10 ** (-0.4 * np.array(minus_r)), dtype=np.float32)


def _intracluster_image(icl: IntraclusterLight, x: Image, y: Image, pixel_arcsec: float) -> Image:
    dx, dy = x - np.float32(icl.x), y - np.float32(icl.y)
    cos, sin = np.float32(np.cos(icl.angle_rad)), np.float32(np.sin(icl.angle_rad))
    along, across = dx * cos + dy * sin, (dy * cos - dx * sin) / np.float32(icl.axis_ratio)
    middle = np.float32(mag_to_flux(icl.brightness) * pixel_arcsec**2)
    fall = np.exp(-np.hypot(along, across) / np.float32(icl.scale_px))
    return np.asarray(middle * fall, dtype=np.float32)
