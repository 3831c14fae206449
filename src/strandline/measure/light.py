"""The light of a feature, band by band: flux, brightness, colours, and how sure they are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.measure.bodies import Body
from strandline.measure.scenery import Scenery
from strandline.shapes.scene import sky_of

__all__ = ["BandLight", "band_light", "matching_sigma_px"]

_FILL_PX = 1.6
_COARSE_PX = 6.4
_HOST_SHARE = 0.1  # of the host's model below a feature: how wrong it may be, all together
_LOWER_QUANTILE = 0.1587
_FEWEST_BLANK = 400


@dataclass(frozen=True)
class BandLight:
    """Light of one band without host and neighbours.

    Attributes
    ----------
    residual : ndarray of float64, shape (y, x)
        nJy per pixel, smoothed; masked pixels are filled from around them.
    host : ndarray of float64, shape (y, x)
        The host's model.
    noise : float
        Of a pixel, nJy.
    coarse : float
        Scatter of blank sky smoothed over 6.4 px, nJy per pixel: residual sky and faint sources.
    """

    residual: NDArray[np.float64]
    host: NDArray[np.float64]
    noise: float
    coarse: float

    def flux(self, mask: NDArray[np.bool_]) -> tuple[float, float]:
        """Return flux and its error within a mask, nJy."""
        count = int(mask.sum())
        beam = 4 * math.pi * _COARSE_PX**2
        sky = self.coarse * count / math.sqrt(max(count / beam, 1.0))
        error = math.hypot(
            self.noise * math.sqrt(count), sky, _HOST_SHARE * float(self.host[mask].sum())
        )
        return float(self.residual[mask].sum()), error

    def peak(self, mask: NDArray[np.bool_]) -> float:
        """Return the brightest light within a mask, nJy per pixel."""
        return float(self.residual[mask].max())


def band_light(
    plane: NDArray[np.float64], scenery: Scenery, blur_px: float = 0.0
) -> BandLight | None:
    """Take the light of one band apart as `scenery` was, with its own profiles.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
        nJy per pixel; NaN is missing.
    scenery : Scenery
        Of all bands together: its ellipses and masks are used.
    blur_px : float
        Sigma of a Gaussian that brings the band to the widest seeing.

    Returns
    -------
    BandLight or None
        None if the band has no data.
    """
    missing = ~np.isfinite(plane)
    if missing.all():
        return None
    sky, noise = sky_of(plane, missing)
    if not noise > 0:
        return None
    rest = np.where(missing, 0.0, plane - sky)
    masked = scenery.masked | missing
    host = np.zeros_like(rest)
    for body in scenery.neighbours:
        rest[body.box] -= _model(body, rest, missing, noise)
    if scenery.host is not None:
        host[scenery.host.box] = scenery.host.model(
            rest, masked | scenery.standing_out, noise, beside_features=True
        )
    seen = (~masked).astype(np.float64)
    width = math.hypot(_FILL_PX, blur_px)
    share = np.maximum(ndimage.gaussian_filter(seen, width, truncate=3.0), 1e-3)
    left = np.where(masked, 0.0, rest - host)
    filled = ndimage.gaussian_filter(left, width, truncate=3.0) / share
    coarse = ndimage.gaussian_filter(left, _COARSE_PX, truncate=3.0) / np.maximum(
        ndimage.gaussian_filter(seen, _COARSE_PX, truncate=3.0), 0.1
    )
    quiet = ~masked & (scenery.host_model + scenery.others < 0.3 * scenery.noise)
    return BandLight(filled, host, noise, _scatter(coarse, quiet, noise))


def matching_sigma_px(fwhm_px: float, widest_px: float) -> float:
    """Return the Gaussian sigma that brings seeing of one width to a wider one; 0 if unknown."""
    squared = widest_px**2 - fwhm_px**2
    return math.sqrt(squared) / 2.355 if squared > 0 else 0.0


def _model(
    body: Body, image: NDArray[np.float64], missing: NDArray[np.bool_], noise: float
) -> NDArray[np.float64]:
    return body.model(image, missing, noise)


def _scatter(coarse: NDArray[np.float64], quiet: NDArray[np.bool_], noise: float) -> float:
    least = noise / (2 * math.sqrt(math.pi) * _COARSE_PX)
    if quiet.sum() < _FEWEST_BLANK:
        return 3 * least
    low, middle = np.quantile(coarse[quiet], [_LOWER_QUANTILE, 0.5])
    return float(max(middle - low, least))
