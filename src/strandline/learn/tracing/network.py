"""The network that traces features: a U-Net (Ronneberger et al. 2015, arXiv:1505.04597).

Beside its maps it tells numbers of the whole feature: how far it reaches and how much light it has,
each with an interval, and how well its direction is known. A sum over faint pixels is never free of
bias; these are, as they are learned from features whose numbers are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from strandline.learn.tracing.lights import QUANTILES, LightHead, aperture_sums
from strandline.learn.tracing.planes import CHANNELS, channels_of

__all__ = ["WIDTHS", "Told", "TracingNet", "polar_sums"]

WIDTHS = (24, 48, 96, 128, 160)
"""Channels at each resolution, each half of the one before."""

_HIDDEN = 128
_NUMBERS = len(QUANTILES) + 1
_LEVELS = (0.1, 0.3, 0.5)
_SHARES = (0.5, 0.8, 0.9, 0.97, 0.99)
_FAR_END = 0.97  # of a feature's light is nearer than its reach, as in the truth


@dataclass(frozen=True)
class Told:
    """What the network says of stamps.

    Attributes
    ----------
    maps : Tensor of float32, shape (image, 2, y, x)
        Logits of being a feature, and of the feature's share of the light.
    reach : Tensor of float32, shape (image, len(QUANTILES))
        Logarithm of the distance of the far end (coarse pixels): the quantiles of what it may be.
    light : Tensor of float32, shape (image, 2, len(QUANTILES))
        Logarithms of the light (sigma) of the whole feature and of its clear part, likewise.
    turn : Tensor of float32, shape (image,)
        Logarithm of the error of the maps' direction, rad: 68 % are nearer.
    facts : Tensor of float32, shape (image, fact)
        What numbers are told from: the coarsest channels, and what the maps add up to.
    sums : Tensor of float32, shape (image, aperture, 3)
        See `strandline.learn.tracing.lights`.
    """

    maps: Tensor
    reach: Tensor
    light: Tensor
    turn: Tensor
    facts: Tensor
    sums: Tensor


class TracingNet(nn.Module):
    """From planes of stamps to where features are, and how much of the light is theirs.

    Parameters
    ----------
    widths : sequence of int
        Channels by resolution, finest first.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.down = nn.ModuleList(map(_block, (len(CHANNELS), *widths[:-1]), widths))
        self.up = nn.ModuleList(
            _block(coarse + fine, fine)
            for fine, coarse in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.out = nn.Conv2d(widths[0], 2, 1)
        facts = 2 * widths[-1] + len(_LEVELS) + 2 + len(_SHARES) + 2
        self.numbers = nn.Sequential(
            nn.Linear(facts, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _NUMBERS)
        )
        self.lights = LightHead(facts)

    def forward(self, planes: Tensor) -> Told:
        """Return what there is to say.

        Parameters
        ----------
        planes : Tensor of float32, shape (image, 2, y, x)
            See `strandline.learn.tracing.planes`.
        """
        height, width = planes.shape[-2:]
        steps = 2 ** (len(self.widths) - 1)
        with torch.autocast(planes.device.type, enabled=False):
            x = channels_of(planes)
        x = functional.pad(x, (0, -width % steps, 0, -height % steps), mode="replicate")
        fine: list[Tensor] = []
        for number, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if number else x)
            fine.append(x)
        whole = fine.pop().float()
        for block in self.up:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, fine.pop()], dim=1))
        maps = cast(Tensor, self.out(x))[..., :height, :width].float()
        with torch.autocast(planes.device.type, enabled=False):
            areas, measured = _facts(maps.detach(), planes[:, 0])
            parts = [whole.mean(dim=(2, 3)), whole.amax(dim=(2, 3)), areas, measured]
            facts = torch.cat(parts, dim=1)
            told = self.numbers(facts)
            sums = aperture_sums(maps.detach(), planes[:, 0])
            light = self.lights(facts, sums)
        # what the maps themselves reach is the first guess
        reach = measured[:, -2:-1] + told[:, : len(QUANTILES)]
        return Told(maps, reach, light, told[:, -1], facts, sums)


def polar_sums(light: Tensor) -> tuple[Tensor, Tensor]:
    """Return reach and direction of features' light.

    Parameters
    ----------
    light : Tensor, shape (image, y, x)
        Not negative.

    Returns
    -------
    reach : Tensor, shape (image,)
        Distance from the middle (pixels) within which 97 % of the light is.
    direction : Tensor, shape (image, 2)
        Of the light beyond half the reach, x and y; of length 1, or 0 without light.
    """
    radius, x, y = _polar(light.shape[-1], light.device)
    flat = light.flatten(1)
    reach = _distances(flat, radius, (_FAR_END,))[:, 0]
    far = flat * (radius > 0.5 * reach[:, None])
    pull = torch.stack([(far * x).sum(dim=1), (far * y).sum(dim=1)], dim=1)
    return reach, functional.normalize(pull, dim=1)


def _facts(maps: Tensor, light: Tensor) -> tuple[Tensor, Tensor]:
    """Return logarithms of what the maps add up to: areas and light; distances, reach, light."""
    chance, share = maps.sigmoid().unbind(dim=1)
    own = (share * light.clamp(min=0.0) * (chance > _LEVELS[0])).flatten(1)
    areas = [(chance > level).float().sum(dim=(1, 2)).log1p() for level in _LEVELS]
    sums = [
        (own * chance.flatten(1)).sum(dim=1).log1p(),
        light.clamp(min=0).sum(dim=(1, 2)).log1p(),
    ]
    radius, _, _ = _polar(light.shape[-1], light.device)
    distances = _distances(own, radius, _SHARES).log1p()
    reach = distances[:, _SHARES.index(_FAR_END)]
    measured = [*distances.unbind(dim=1), reach, own.sum(dim=1).log1p()]
    scale = 0.2  # logarithms of areas and light are of the order of 5
    return scale * torch.stack([*areas, *sums], dim=1), torch.stack(measured, dim=1)


def _distances(flat: Tensor, radius: Tensor, shares: Sequence[float]) -> Tensor:
    """Return the distances within which shares of light are, shape (image, share)."""
    order = radius.argsort()
    growth = flat[:, order].cumsum(dim=1)
    wanted = growth[:, -1:] * growth.new_tensor(shares)
    place = torch.searchsorted(growth.contiguous(), wanted.contiguous()).clamp(
        max=growth.shape[1] - 1
    )
    return torch.where(growth[:, -1:] > 0, radius[order][place], 0.0)


def _polar(side: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return radius, x and y of pixels from the middle, shape (y * x,)."""
    place = torch.arange(side, device=device, dtype=torch.float32) - 0.5 * (side - 1)
    x, y = place.repeat(side), place.repeat_interleave(side)
    return torch.hypot(x, y), x, y


def _block(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
