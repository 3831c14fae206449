"""The one image of each stamp on which shapes are measured: a band, or all bands together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.stamps import StampBatch

__all__ = ["planes"]


def planes(batch: StampBatch, band: int | None = None) -> Iterator[NDArray[np.float64]]:
    """Yield one image a stamp.

    Parameters
    ----------
    batch : StampBatch
    band : int, optional
        Which band; by default the mean of all, weighted by the inverse square of their noise,
        which is the deepest image of a source of any one colour. A pixel that some bands lack
        is the mean of the others.

    Yields
    ------
    ndarray of float64, shape (y, x)
        nJy (counts for pictures); NaN is missing.

    Raises
    ------
    OptionError
        If there is no such band.
    """
    bands = batch.pixels.shape[1]
    if band is not None and not -bands <= band < bands:
        raise OptionError(f"band is {band}; the stamps have {bands} bands, counted from 0.")
    for pixels, unit, noise in zip(batch.pixels, batch.unit_njy, batch.noise_njy, strict=True):
        if band is not None:
            yield pixels[band].astype(np.float64) * float(unit[band])
        else:
            yield _together(pixels.astype(np.float32), unit, _weights(noise))


def _weights(noise: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return inverse variances; bands without a noise count as the others do."""
    usable = np.isfinite(noise) & (noise > 0)
    if not usable.any():  # flat pictures
        return np.ones_like(noise)
    typical = np.median(noise[usable])
    return np.asarray((typical / np.where(usable, noise, typical)) ** 2, dtype=np.float32)


def _together(
    pixels: NDArray[np.float32], unit: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float64]:
    light = np.tensordot(unit * weight, pixels, axes=1)
    if np.isfinite(light.sum()):  # a sum is NaN if one pixel is
        return np.asarray(light / weight.sum(), dtype=np.float64)
    seen = np.isfinite(pixels)
    light = np.tensordot(unit * weight, np.where(seen, pixels, np.float32(0)), axes=1)
    total = np.tensordot(weight, seen.astype(np.float32), axes=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, light / total, np.nan), dtype=np.float64)
