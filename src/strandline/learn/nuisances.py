"""What nature and telescopes do to an image that tells nothing of an interaction.

Each function works on a batch, on any device, with its draws given for each image; `Views` says
when they happen.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = [
    "blurred",
    "discs",
    "extinction",
    "inside_discs",
    "inside_rectangles",
    "kept_noise",
    "plane",
    "rectangles",
]

_FWHM_PER_SIGMA = 2.3548
_REACH = 6.0  # sigma of a Gaussian
_DISCS = 4

# Extinction over E(B-V): Schlafly & Finkbeiner 2011, table 6, R_V = 3.1 (SDSS; y of LSST; J, H, K
# of UKIRT). The channels of pictures are taken as i, r, g, which survey pictures are made of.
_EXTINCTION = {"u": 4.239, "g": 3.303, "r": 2.285, "i": 1.698, "z": 1.263, "y": 1.058}
_EXTINCTION |= {"vis": 2.1, "j": 0.709, "h": 0.449, "k": 0.302}
_PICTURE = {"r": 1.698, "g": 2.285, "b": 3.303}


def extinction(bands: tuple[str, ...], *, picture: bool) -> Tensor:
    """Return A/E(B-V) of each band, mag per mag; the mean of the known ones for others.

    A trailing part of a name after ``_`` or ``-`` is not looked at.
    """
    table = _PICTURE if picture else _EXTINCTION
    found = [table.get(band.lower().replace("-", "_").split("_")[0]) for band in bands]
    known = [value for value in found if value is not None]
    usual = sum(known) / len(known) if known else 0.0
    return torch.tensor([usual if value is None else value for value in found])


def blurred(images: Tensor, fwhm_px: Tensor, widest_px: float) -> Tensor:
    """Return images convolved with round Gaussians.

    Parameters
    ----------
    images : Tensor, shape (image, band, y, x)
        NaN where missing; stays missing, and the rest is averaged over what is there.
    fwhm_px : Tensor, shape (image,)
        0 leaves an image as it is.
    widest_px : float
        Largest that may be drawn.
    """
    taps = _taps(fwhm_px, widest_px)
    side = images.shape[-1]
    # beyond the edge nothing is known: what is there counts for more
    seen = _along(torch.ones((len(images), 1, 1, side), device=images.device), taps)
    weight = seen.transpose(2, 3) * seen
    result = _smoothed(images, taps) / weight
    broken = ~torch.isfinite(images.sum(dim=(1, 2, 3)))
    if broken.any():
        some = images[broken]
        there = torch.isfinite(some)
        total = _smoothed(some.masked_fill(~there, 0.0), taps[broken])
        share = _smoothed(there.to(some.dtype), taps[broken])
        result[broken] = torch.where(there, total / share, torch.nan)
    return result


def kept_noise(fwhm_px: Tensor, widest_px: float) -> Tensor:
    """Return the part of white noise's standard deviation that `blurred` leaves, (image,)."""
    return _taps(fwhm_px, widest_px).square().sum(dim=1)  # along each axis the root of it


def _taps(fwhm_px: Tensor, widest_px: float) -> Tensor:
    """Return Gaussians sampled at pixels, (image, tap), as wide as the widest needs; sum 1."""
    sigma = (fwhm_px / _FWHM_PER_SIGMA).clamp(min=1e-3)  # far below a pixel: nothing happens
    reach = max(1, math.ceil(3.5 * widest_px / _FWHM_PER_SIGMA))
    away = torch.arange(-reach, reach + 1, device=fwhm_px.device, dtype=torch.float32)
    away = away / sigma[:, None]
    weights = torch.exp(-0.5 * away.square())
    weights = weights.masked_fill(away.abs() > _REACH, 0.0)  # no denormal numbers, which are slow
    return weights / weights.sum(dim=1, keepdim=True)


def _smoothed(images: Tensor, taps: Tensor) -> Tensor:
    return _along(_along(images, taps).transpose(2, 3), taps).transpose(2, 3)


def _along(images: Tensor, taps: Tensor) -> Tensor:
    """Convolve along x, each image with its own taps, zeros beyond the edge."""
    count, bands, height, width = images.shape
    kernels = taps.repeat_interleave(bands, dim=0)[:, None, None]
    flat = images.reshape(1, count * bands, height, width)
    reach = taps.shape[1] // 2
    smooth = F.conv2d(flat, kernels, padding=(0, reach), groups=count * bands)
    return smooth.reshape(count, bands, height, width)


def plane(slopes: Tensor, side_px: int) -> Tensor:
    """Return planes of mean 0, shape (image, band, y, x).

    Parameters
    ----------
    slopes : Tensor, shape (image, band, 2)
        Rise from the centre to the middle of the right and of the upper edge.
    side_px : int
    """
    place = (2 * torch.arange(side_px, device=slopes.device) + 1) / side_px - 1
    return slopes[:, :, 1, None, None] * place[:, None] + slopes[:, :, 0, None, None] * place


def rectangles(uniform: Tensor, probability: float) -> Tensor:
    """Return corners x0, x1, y0, y1 in 0..1 of what is erased; x0 = x1 for nothing.

    Sides are 10 to 35 % of the view's.

    Parameters
    ----------
    uniform : Tensor, shape (image, 5)
        Draws in 0..1.
    probability : float
        Of there being one.
    """
    sides = 0.1 + 0.25 * uniform[:, 1:3]
    low = uniform[:, 3:5] * (1 - sides)
    sides = torch.where(uniform[:, :1] < probability, sides, 0.0)
    return torch.stack([low[:, 0], low[:, 0] + sides[:, 0], low[:, 1], low[:, 1] + sides[:, 1]], 1)


def inside_rectangles(corners: Tensor, side_px: int) -> Tensor:
    """Return which pixels lie in the rectangles, shape (image, y, x)."""
    centres = (torch.arange(side_px, device=corners.device) + 0.5) / side_px
    x = (centres > corners[:, 0:1]) & (centres < corners[:, 1:2])
    y = (centres > corners[:, 2:3]) & (centres < corners[:, 3:4])
    return y[:, :, None] & x[:, None, :]


def discs(uniform: Tensor, probability: float) -> Tensor:
    """Return x, y and radius of up to four discs, shape (image, 4, 3), in sides of the view.

    Centres are evenly spread from 0.3 to 0.6 of a side from the middle, so that the inner
    quarter of the side stays free; radii are 3 to 15 % of it, smaller ones being more frequent.
    Radius 0 stands for no disc.

    Parameters
    ----------
    uniform : Tensor, shape (image, 1 + 4 * 4)
        Draws in 0..1: whether there are any; of each disc presence, angle, distance, radius.
    probability : float
        Of there being one at least.
    """
    each = uniform[:, 1:].reshape(len(uniform), _DISCS, 4)
    there = each[..., 0] < 0.5
    there[:, 0] = True  # "at least one"
    there &= uniform[:, :1] < probability
    angle = 2 * torch.pi * each[..., 1]
    distance = torch.sqrt(0.3**2 + (0.6**2 - 0.3**2) * each[..., 2])
    radius = torch.where(there, 0.03 * 5 ** each[..., 3], 0.0)
    x, y = 0.5 + distance * angle.cos(), 0.5 + distance * angle.sin()
    return torch.stack([x, y, radius], dim=2)


def inside_discs(places: Tensor, side_px: int) -> Tensor:
    """Return which pixels lie in the discs of `discs`, shape (image, y, x)."""
    centres = (torch.arange(side_px, device=places.device) + 0.5) / side_px
    x, y, radius = places.unbind(dim=2)
    along = (centres - x[:, :, None]).square()[:, :, None, :]
    up = (centres - y[:, :, None]).square()[:, :, :, None]
    return ((along + up) < radius.square()[:, :, None, None]).any(dim=1)
