"""Stamps changed in known ways that have nothing to do with interactions.

What is put on on purpose is known exactly and independent of the galaxy: an embedding can be
probed for it, and what it knows of it erased.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.stamps.table import StampBatch

__all__ = [
    "PERTURBATIONS",
    "Perturbation",
    "added_noise",
    "blurred",
    "rotated",
    "shallower",
    "shifted",
]

Perturbation = Callable[[StampBatch, np.random.Generator], tuple[StampBatch, NDArray[np.float64]]]
"""From stamps and a generator to changed stamps and what was done, shape (row, number)."""

SHIFT, NOISE, DEPTH, BLUR_PX = (
    0.05,
    1.0,
    4.0,
    2.0,
)  # the most that is put on unless another is asked for


def shifted(
    batch: StampBatch, random: np.random.Generator, most: float = SHIFT
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Move each stamp by whole pixels along each axis.

    What comes in at the edge is the mirror image of what is there. Told: x and y, px.

    Parameters
    ----------
    batch : StampBatch
    random : Generator
    most : float
        Largest shift along an axis, as a fraction of the stamp's side.
    """
    reach = max(1, round(most * batch.pixels.shape[-1]))
    moves = random.integers(-reach, reach + 1, size=(len(batch.rows), 2))
    padded = np.pad(batch.pixels, ((0, 0), (0, 0), (reach, reach), (reach, reach)), "reflect")
    pixels = np.empty_like(batch.pixels)
    side = batch.pixels.shape[-1]
    for k, (x, y) in enumerate(moves):
        top, left = reach - y, reach - x
        pixels[k] = padded[k, :, top : top + side, left : left + side]
    return _with(batch, pixels), moves.astype(np.float64)


def rotated(
    batch: StampBatch, random: np.random.Generator
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Turn each stamp by any angle about its centre, between pixels by linear interpolation.

    What comes in at the corners is the mirror image of what is there. Told: sine and cosine of the
    angle, then of twice the angle.
    """
    angles = random.uniform(0, 2 * np.pi, size=len(batch.rows))
    pixels = np.empty_like(batch.pixels)
    centre = (batch.pixels.shape[-1] - 1) / 2
    for k, angle in enumerate(angles):
        sine, cosine = np.sin(angle), np.cos(angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])  # (y, x) of the source of a pixel
        offset = centre - turn @ np.array([centre, centre])
        for band, image in enumerate(batch.pixels[k].astype(np.float32)):
            seen = np.isfinite(image)
            there = ndimage.affine_transform(
                np.where(seen, image, 0), turn, offset, order=1, mode="mirror"
            )
            if not seen.all():
                share = ndimage.affine_transform(
                    seen.astype(np.float32), turn, offset, order=1, mode="mirror"
                )
                there[share < 0.999] = np.nan
            pixels[k, band] = there
    told = [np.sin(angles), np.cos(angles), np.sin(2 * angles), np.cos(2 * angles)]
    return _with(batch, pixels), np.stack(told, axis=1)


def added_noise(
    batch: StampBatch, random: np.random.Generator, most: float = NOISE
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Add white noise to all bands; the sky noise that the batch states stays what it was.

    Told: ln of the noise there is then over what there was.

    Parameters
    ----------
    batch : StampBatch
    random : Generator
    most : float
        Largest strength, in the sky noise of each band.
    """
    strength = random.uniform(0, most, size=len(batch.rows))
    sigma = strength[:, None] * np.nan_to_num(batch.noise_njy) / batch.unit_njy
    drawn = random.standard_normal(batch.pixels.shape, dtype=np.float32)
    pixels = batch.pixels + sigma[:, :, None, None].astype(np.float32) * drawn
    return _with(batch, pixels), np.log(np.hypot(1, strength))[:, None]


def shallower(
    batch: StampBatch, random: np.random.Generator, most: float = DEPTH
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Add white noise to all bands and state it, as a table of a shallower survey would.

    Told: ln of the noise there is then over what there was.

    Parameters
    ----------
    batch : StampBatch
    random : Generator
    most : float
        Largest ratio of the two; ratios are evenly spread in the logarithm.
    """
    ratio = np.exp(random.uniform(0, np.log(most), size=len(batch.rows)))[:, None]
    sigma = np.sqrt(ratio**2 - 1) * np.nan_to_num(batch.noise_njy) / batch.unit_njy
    drawn = random.standard_normal(batch.pixels.shape, dtype=np.float32)
    pixels = batch.pixels + sigma[:, :, None, None].astype(np.float32) * drawn
    stated = (batch.noise_njy * ratio).astype(np.float32)
    return replace(_with(batch, pixels), noise_njy=stated), np.log(ratio)


def blurred(
    batch: StampBatch, random: np.random.Generator, most_px: float = BLUR_PX
) -> tuple[StampBatch, NDArray[np.float64]]:
    """Convolve each stamp with a Gaussian; the sky noise stays what it was.

    What blurring takes of the noise is added anew, so that it is the width of things that
    changes. Told: sigma, px.

    Parameters
    ----------
    batch : StampBatch
    random : Generator
    most_px : float
        Largest sigma.
    """
    sigmas = random.uniform(0, most_px, size=len(batch.rows))
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
    "depth": shallower,
    "blur": blurred,
}
"""What embeddings are probed for, by the name of what they would then know."""


def _kept(sigma_px: float) -> float:
    """Return what is left of white noise after a Gaussian: the root of its summed squares."""
    point = np.zeros(2 * int(np.ceil(4 * max(sigma_px, 1))) + 3)
    point[len(point) // 2] = 1
    row = ndimage.gaussian_filter1d(point, sigma_px) if sigma_px > 0 else point
    return min(1.0, float((row**2).sum()))


def _with(batch: StampBatch, pixels: NDArray[np.floating]) -> StampBatch:
    return replace(batch, pixels=pixels.astype(np.float16))
