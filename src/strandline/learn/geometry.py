"""Cropping, turning and binning of stamps, with missing pixels.

Two ways to a smaller image: `shrink`, the exact area average of a centred square, and `resample`,
bilinear sampling at turned, shifted and scaled positions. In both a NaN is a missing pixel: an
output pixel averages what is there, and is NaN itself where less than half of it was seen.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["area_weights", "binning", "dihedral", "resample", "shrink"]

_CHUNK = 4  # stamps shrunk at once on the CPU: their float32 copy stays in the cache
_LEAST_SEEN = 0.5


def binning(size_px: int, field: float, output_px: int) -> float:
    """Return how many stamp pixels lie along the side of an output pixel.

    White noise of a stamp pixel is lower by this factor in an output pixel, if it is above 1.
    """
    return size_px * field / output_px


def area_weights(size_px: int, field: float, output_px: int) -> tuple[Tensor, int]:
    """Return the weights that average the central `field` of a row into `output_px` pixels.

    Parameters
    ----------
    size_px : int
        Length of the row.
    field : float
        Part of it to use, centred, up to 1.
    output_px : int
        Length of the result.

    Returns
    -------
    weights : Tensor of float32, shape (output_px, n)
        Rows sum to 1. Each is the overlap of its output pixel with each input pixel.
    first : int
        The input pixel that column 0 stands for; only the ``n`` pixels from there on are used.
    """
    width = size_px * field
    edges = (size_px - width) / 2 + width * torch.arange(output_px + 1, dtype=torch.float64) / (
        output_px
    )
    first = max(0, math.floor(edges[0].item() + 1e-9))
    last = min(size_px, math.ceil(edges[-1].item() - 1e-9))
    pixels = torch.arange(first, last, dtype=torch.float64)
    low = torch.maximum(edges[:-1, None], pixels)
    high = torch.minimum(edges[1:, None], pixels + 1)
    overlap = (high - low).clamp(min=0)
    return (overlap / overlap.sum(dim=1, keepdim=True)).float(), first


def shrink(pixels: Tensor, field: float, output_px: int) -> Tensor:
    """Bin the central `field` of square stamps by area average.

    Parameters
    ----------
    pixels : Tensor of float16 or float32, shape (stamp, band, y, x)
        NaN (or infinite) where missing.
    field : float
        Part of the side to use, centred.
    output_px : int
        Side of the result.

    Returns
    -------
    Tensor of float32, shape (stamp, band, output_px, output_px)
    """
    count, bands, size_px, _ = pixels.shape
    weights, first = area_weights(size_px, field, output_px)
    weights = weights.to(pixels.device)
    used = slice(first, first + weights.shape[1])
    step = _CHUNK if pixels.device.type == "cpu" else max(1, count)
    result = torch.empty((count, bands, output_px, output_px), device=pixels.device)
    for start in range(0, count, step):
        part = pixels[start : start + step, :, used, used].float()
        binned = _average(part, weights)
        broken = _incomplete(binned)
        if broken.any():
            binned[broken] = _average_seen(part[broken], weights)
        result[start : start + step] = binned
    return result


def _incomplete(images: Tensor) -> Tensor:
    """Return which images hold NaN or infinity: their sum then does, which is fast to see."""
    return ~torch.isfinite(images.sum(dim=(1, 2, 3)))


def _average(pixels: Tensor, weights: Tensor) -> Tensor:
    # along x as one large product; along y as many small ones
    rows = pixels.reshape(-1, pixels.shape[-1]) @ weights.T
    return weights @ rows.reshape(*pixels.shape[:-1], -1)


def _average_seen(pixels: Tensor, weights: Tensor) -> Tensor:
    seen = torch.isfinite(pixels)
    share = _average(seen.float(), weights)
    total = _average(torch.where(seen, pixels, 0.0), weights)
    # a hair of slack: shares of exactly one half are summed in float32
    return torch.where(share > _LEAST_SEEN - 1e-5, total / share, torch.nan)


def resample(pixels: Tensor, maps: Tensor, output_px: int) -> Tensor:
    """Sample images at affine positions, bilinearly.

    Parameters
    ----------
    pixels : Tensor of float32, shape (image, band, y, x)
        NaN where missing. Beyond the edge everything is 0, the level of the empty sky.
    maps : Tensor of float32, shape (image, 2, 3)
        From output to input coordinates (x, y, 1), both of which run from -1 to 1 between the
        outer edges of the image.
    output_px : int
        Side of the result.

    Returns
    -------
    Tensor of float32, shape (image, band, output_px, output_px)
    """
    shape = [len(pixels), pixels.shape[1], output_px, output_px]
    grid = F.affine_grid(maps, shape, align_corners=False)
    sampled = F.grid_sample(pixels, grid, align_corners=False)
    broken = _incomplete(sampled)
    if broken.any():
        sampled[broken] = _resample_seen(pixels[broken], grid[broken])
    return sampled


def _resample_seen(pixels: Tensor, grid: Tensor) -> Tensor:
    missing = ~torch.isfinite(pixels)
    # what is missing at the edge is missing beyond it, and sky there is sky beyond it
    lost = F.grid_sample(missing.float(), grid, padding_mode="border", align_corners=False)
    total = F.grid_sample(pixels.masked_fill(missing, 0.0), grid, align_corners=False)
    share = 1 - lost
    return torch.where(share > _LEAST_SEEN - 1e-5, total / share, torch.nan)


def dihedral(images: Tensor, count: int = 8) -> list[Tensor]:
    """Return flips and quarter turns of images of shape (..., y, x): the first `count` of all 8.

    The images as they are, turned by 90, 180 and 270 degrees, then the same four mirrored.
    """
    turned = [torch.rot90(images, k, dims=(-2, -1)) for k in range(min(count, 4))]
    return turned + [image.flip(-1) for image in turned[: count - len(turned)]]
