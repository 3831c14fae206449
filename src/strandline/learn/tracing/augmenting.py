"""What is changed at random of the examples that a tracer learns from, and what it is to find."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from strandline.learn.stretch import asinh

__all__ = ["HELD", "augmented", "feature_masks"]

HELD = 0.8
"""Of a feature's light, in its brightest pixels: those are called the feature, as in the truth."""

_MOST_NOISE = 1.5  # sigma, added to half of the examples
_ZOOM = 1.35  # at most, and its inverse
_SHARE_WITH_HALO, _HALO_SIGMA = 0.35, (0.3, 6.0)
_SHARE_AT_EDGE = 0.1
_FAINTEST = 0.02  # sigma: what is fainter is no feature in anybody's eyes


def augmented(planes: Tensor, feature: Tensor) -> tuple[Tensor, Tensor]:
    """Return examples turned, mirrored, zoomed, with haloes, missing parts and noise.

    Parameters
    ----------
    planes : Tensor, shape (image, 2, y, x)
    feature : Tensor, shape (image, y, x)

    Notes
    -----
    A shallower image is one with more noise, in units of which all light is less. Real galaxies
    have wider haloes than simulated ones, and stamps at an image's edge lack a part.
    """
    count, device = len(planes), planes.device
    stack = torch.cat([asinh(planes[:, :1]), planes[:, 1:], asinh(feature)[:, None]], dim=1)
    stack = functional.grid_sample(
        stack, _grid(count, stack.shape[-1], device), mode="bilinear", padding_mode="reflection",
        align_corners=False,
    )  # fmt: skip
    light, colour, feature = stack[:, 0].sinh(), stack[:, 1], stack[:, 2].sinh()
    light = light + _haloes(count, light.shape[-1], device)
    more = torch.rand(count, 1, 1, device=device)
    noise = _MOST_NOISE * more * (torch.rand(count, 1, 1, device=device) < 0.5)
    share = 1 / (1 + noise.square()).sqrt()
    light = (light + noise * torch.randn_like(light)) * share
    there = _beside_edges(count, light.shape[-1], device)
    planes = torch.stack([light, colour * share], dim=1) * there[:, None]
    return planes, feature * share * there


def feature_masks(feature: Tensor) -> Tensor:
    """Return the brightest pixels that hold 80 % of a feature's light, shape (image, y, x)."""
    flat = feature.flatten(1)
    ordered = flat.sort(dim=1, descending=True).values
    growth = ordered.cumsum(dim=1)
    last = (growth < HELD * growth[:, -1:]).sum(dim=1, keepdim=True).clamp(max=flat.shape[1] - 1)
    least = ordered.gather(1, last).clamp(min=_FAINTEST)
    return (flat >= least).view_as(feature)


def _haloes(count: int, side: int, device: torch.device) -> Tensor:
    """Return smooth light around the middles of a third of the images, shape (image, y, x)."""

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, 1, device=device)

    place = torch.arange(side, device=device, dtype=torch.float32) - 0.5 * (side - 1)
    angle = between(0.0, math.pi)
    along = place * angle.cos() + place[:, None] * angle.sin()
    across = place[:, None] * angle.cos() - place * angle.sin()
    radius = torch.hypot(along, across / between(0.5, 1.0))
    scale = torch.exp(between(math.log(0.04 * side), math.log(0.25 * side)))
    bright = torch.exp(between(math.log(_HALO_SIGMA[0]), math.log(_HALO_SIGMA[1])))
    profile = bright * torch.exp(-((radius / scale) ** between(0.5, 1.2)))
    return profile * (torch.rand(count, 1, 1, device=device) < _SHARE_WITH_HALO)


def _beside_edges(count: int, side: int, device: torch.device) -> Tensor:
    """Return 1, or 0 where an image ends, in some of them, shape (image, y, x)."""
    place = torch.arange(side, device=device)
    start = (side * (0.1 + 0.4 * torch.rand(count, 1, device=device))).long()
    lost = (place < start) & (torch.rand(count, 1, device=device) < _SHARE_AT_EDGE)
    turned = torch.rand(count, 1, 1, device=device) < 0.5
    rows, columns = ~lost[:, :, None], ~lost[:, None, :]
    there = torch.where(turned, rows, columns).expand(count, side, side).float()
    return torch.where(torch.rand(count, 1, 1, device=device) < 0.5, there, there.flip(1, 2))


def _grid(count: int, side: int, device: torch.device) -> Tensor:
    """Return where to read each pixel: a turn by any angle, a mirror, a zoom."""
    angle = torch.rand(count, device=device) * 2 * math.pi
    # half of them by right angles only, which leave the pixels as they are
    right = (angle * (2 / math.pi)).round() * (math.pi / 2)
    whole = torch.rand(count, device=device) < 0.5
    angle = torch.where(whole, right, angle)
    zoom = torch.exp((2 * torch.rand(count, device=device) - 1) * math.log(_ZOOM))
    zoom = torch.where(whole, torch.ones_like(zoom), zoom)
    mirror = 1.0 - 2.0 * (torch.rand(count, device=device) < 0.5)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    zero = torch.zeros_like(zoom)
    rows = [torch.stack([cos * mirror, -sin, zero], 1), torch.stack([sin * mirror, cos, zero], 1)]
    return functional.affine_grid(torch.stack(rows, 1), [count, 1, side, side], align_corners=False)
