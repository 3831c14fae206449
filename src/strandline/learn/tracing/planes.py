"""What a tracer sees of a stamp: the light of all bands together, and its colour.

Both are on a grid of half the resolution: features are wide and faint, and a network on it takes a
quarter of the time. Light is in units of the noise of such a pixel. Colour is that of the bluer
against the redder bands, relative to the galaxy in the middle, and fades to 0 where light does.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from strandline.learn.faint import in_noise
from strandline.learn.host import fit_ellipses, host_light, turned
from strandline.learn.stretch import asinh

__all__ = ["BIN_PX", "CHANNELS", "GRID", "binned", "channels_of", "fitting_bin", "planes_of"]

BIN_PX = 2
"""Pixels of a stamp along the side of one of the grid, in training."""

GRID = 100
"""Pixels along the side of the grid in training."""

CHANNELS = ("light", "faint", "residual", "one-sided", "colour", "radius")
"""What is made of the planes for the network, see `channels_of`."""

_SATURATION = 30.0  # sigma, of the channel for faint light
_COLOUR_SIGMA = 5.0  # of light around a pixel, at which its colour counts half
_COLOUR_PX = 3
_MIDDLE_PX = 3  # half the side of the square whose colour is the galaxy's
_USUAL = 4.0  # stretched light is divided by this, so that channels are of the order of 1


def planes_of(
    flux: Tensor,
    sigma: Tensor,
    bands: Sequence[str],
    kind: Literal["fits", "picture"],
    bin_px: int = BIN_PX,
) -> Tensor:
    """Return light and colour on the coarse grid.

    Parameters
    ----------
    flux : Tensor of float32, shape (image, band, y, x)
        nJy (counts for pictures), bands from blue to red; NaN where missing.
    sigma : Tensor of float32, shape (image, band)
        Sky noise of a pixel.
    bands : sequence of str
    kind : {"fits", "picture"}
    bin_px : int
        Pixels along the side of one of the grid.

    Returns
    -------
    Tensor of float32, shape (image, 2, y, x)
        Light (sigma of a coarse pixel) and colour; 0 where nothing is known.
    """
    half = len(bands) // 2

    def together(some: slice) -> Tensor:
        return binned(*in_noise(flux[:, some], sigma[:, some], bands[some], kind), bin_px)

    light = together(slice(None))
    colour = torch.zeros_like(light)
    if half:
        colour = _colour(together(slice(half)), together(slice(half, None)))
    return torch.stack([light, colour], dim=1)


def fitting_bin(side_px: int) -> int:
    """Return how many pixels are joined along a side, so that a stamp fits the grid it learned on.

    Numbers of the whole depend on how large the grid is; features are as many pixels as they are.
    """
    return max(BIN_PX, -(-side_px // GRID))


def binned(total: Tensor, seen: Tensor, bin_px: int = BIN_PX) -> Tensor:
    """Return light of unit noise on the coarse grid, of unit noise again if its noise is white.

    Parameters
    ----------
    total, seen : Tensor, shape (image, y, x)
        Light, 0 where missing, and 1 or 0. What does not fill a coarse pixel at the end is lost.
    bin_px : int
    """
    part = functional.avg_pool2d(total * seen, bin_px)
    share = functional.avg_pool2d(seen, bin_px)
    return torch.where(share > 0, bin_px * part / share.clamp(min=1e-6).sqrt(), 0.0)


def channels_of(planes: Tensor) -> Tensor:
    """Return what the network takes, shape (image, len(CHANNELS), y, x).

    ``light`` is stretched as a whole, ``faint`` up to 30 sigma; ``residual`` is what a smooth
    symmetric galaxy leaves (`strandline.learn.host`), ``one-sided`` what the half turn leaves.
    """
    light, colour = asinh(planes[:, 0]), planes[:, 1]
    ellipses = fit_ellipses(light)
    seen = torch.ones_like(light)
    rest = light - host_light(light, seen, ellipses)
    side = light.shape[-1]
    place = torch.arange(side, device=light.device, dtype=torch.float32) - 0.5 * (side - 1)
    radius = torch.hypot(place[:, None], place).add(1.0).log() / _USUAL
    most = asinh(light.new_tensor(_SATURATION))
    return torch.stack(
        [
            light / _USUAL,
            light.clamp(max=most) / most,
            rest / 2,
            (light - turned(light, ellipses)) / 2,
            2 * colour,
            radius.expand_as(light),
        ],
        dim=1,
    )


def _colour(blue: Tensor, red: Tensor) -> Tensor:
    """Return the angle of red over blue light less that of the middle, where there is light."""
    blue, red = (
        functional.avg_pool2d(
            part[:, None], _COLOUR_PX, stride=1, padding=_COLOUR_PX // 2, count_include_pad=False
        )[:, 0]
        for part in (blue, red)
    )
    angle = torch.atan2(red.clamp(min=0.0), blue.clamp(min=0.0) + 1e-6)
    middle = angle.shape[-1] // 2
    core = slice(middle - _MIDDLE_PX, middle + _MIDDLE_PX)
    power = blue.square() + red.square()
    own = (angle * power)[:, core, core].sum(dim=(1, 2)) / power[:, core, core].sum(dim=(1, 2))
    trust = power / (power + (_COLOUR_SIGMA / _COLOUR_PX) ** 2)
    return (angle - own.nan_to_num(0.0)[:, None, None]) * trust
