"""Stamps changed in known ways that have nothing to do with interactions."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.stamps import StampBatch

__all__ = ["PERTURBATIONS", "Perturbation", "added_noise", "blurred", "shifted"]

Perturbation = Callable[[StampBatch, np.random.Generator], tuple[StampBatch, NDArray[np.float64]]]
"""From stamps and a generator to changed stamps and what was done, shape (row, number)."""

_SHIFT = 0.05
_NOISE = 1.0
_BLUR_PX = 2.0


def shifted(
    batch: StampBatch, random: np.random.Generator
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Move each stamp by whole pixels, up to a twentieth of its side along each axis.

    What comes in at the edge is the mirror image of what is there. Told: x and y, px.
    """
    reach = max(1, round(_SHIFT * batch.pixels.shape[-1]))
    moves = random.integers(-reach, reach + 1, size=(len(batch.rows), 2))
    padded = np.pad(batch.pixels, ((0, 0), (0, 0), (reach, reach), (reach, reach)), "reflect")
    pixels = np.empty_like(batch.pixels)
    side = batch.pixels.shape[-1]
    for k, (x, y) in enumerate(moves):
        top, left = reach - y, reach - x
        pixels[k] = padded[k, :, top : top + side, left : left + side]
    return _with(batch, pixels), moves.astype(np.float64)


def added_noise(
    batch: StampBatch, random: np.random.Generator
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Add white noise of none to once the sky noise of each band.

    Told: ln of the noise there is then over what there was.
    """
    strength = random.uniform(0, _NOISE, size=len(batch.rows))
    sigma = strength[:, None] * np.nan_to_num(batch.noise_njy) / batch.unit_njy
    drawn = random.standard_normal(batch.pixels.shape, dtype=np.float32)
    pixels = batch.pixels + sigma[:, :, None, None].astype(np.float32) * drawn
    return _with(batch, pixels), np.log(np.hypot(1, strength))[:, None]


def blurred(
    batch: StampBatch, random: np.random.Generator
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Convolve each stamp with a Gaussian of 0 to 2 px, 1 sigma; the sky noise stays what it was.

    What blurring takes of the noise is added anew, so that it is the width of things that
    changes. Told: sigma, px.
    """
    sigmas = random.uniform(0, _BLUR_PX, size=len(batch.rows))
    noise = np.nan_to_num(batch.noise_njy) / batch.unit_njy
    pixels = np.empty(batch.pixels.shape, dtype=np.float32)
    for k, sigma in enumerate(sigmas):
        image = batch.pixels[k].astype(np.float32)
        seen = np.isfinite(image)
        smooth = ndimage.gaussian_filter(np.where(seen, image, 0), sigma, axes=(1, 2))
        lost = np.sqrt(1 - _kept(sigma) ** 2)
        drawn = random.standard_normal(image.shape, dtype=np.float32)
        pixels[k] = np.where(seen, smooth + lost * noise[k][:, None, None] * drawn, np.nan)
    return _with(batch, pixels), sigmas[:, None]


PERTURBATIONS: dict[str, Perturbation] = {
    "position offset": shifted,
    "noise added": added_noise,
    "blur": blurred,
}
"""What can be done to a stamp, by the name of what an embedding would then know."""


def _kept(sigma_px: float) -> float:
    """Return what is left of white noise after a Gaussian: the root of its summed squares."""
    point = np.zeros(33)
    point[16] = 1
    row = ndimage.gaussian_filter1d(point, sigma_px) if sigma_px > 0 else point
    return min(1.0, float((row**2).sum()))


def _with(batch: StampBatch, pixels: NDArray[np.floating]) -> StampBatch:
    return StampBatch(batch.rows, pixels.astype(np.float16), batch.unit_njy, batch.noise_njy)
