"""What is drawn for each image of a batch before a view of it is made."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from strandline.learn.nuisances import discs, rectangles
from strandline.recipe import ViewSettings

__all__ = ["Draws", "draw"]


@dataclass(frozen=True)
class Draws:
    """What was drawn for each image; shapes (image, ...), float32."""

    maps: Tensor  # (image, 2, 3), from view to canvas coordinates
    zoom: Tensor  # (image,), side of the view over that of the plain field
    factor: Tensor  # (image, band), on the flux
    strength: Tensor  # (image,), of the noise
    dropped: Tensor  # (image, band), bool
    grey: Tensor  # (image,), bool
    erased: Tensor  # (image, 4): x0, x1, y0, y1 in 0..1
    fwhm_px: Tensor  # (image,), of the blur
    slopes: Tensor  # (image, band, 2), of the sky, in sky noise of a pixel of the view
    masked: Tensor  # (image, 4, 3): x, y, radius in 0..1

    def part(self, chunk: slice) -> "Draws":
        """Return those of some neighbouring images."""
        return Draws(*(getattr(self, name)[chunk] for name in self.__dataclass_fields__))

    def to(self, device: torch.device) -> "Draws":
        """Return the same on another device."""
        return Draws(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def draw(
    chosen: ViewSettings, field: float, extinction: Tensor, count: int, generator: Generator
) -> Draws:
    """Draw for `count` images.

    Parameters
    ----------
    chosen : ViewSettings
    field : float
        Side of the plain field in sides of the canvas.
    extinction : Tensor, shape (band,)
        Magnitudes per magnitude of E(B-V).
    count : int
    generator : Generator
        Of the CPU.
    """
    bands = len(extinction)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand((count, *shape), generator=generator)

    def normal(sigma: float, *shape: int) -> Tensor:
        return sigma * torch.randn((count, *shape), generator=generator)

    zoom = torch.exp(uniform(math.log(chosen.scale[0]), math.log(chosen.scale[1])))
    turn = _turns(uniform(0.0, 1.0), chosen)
    mirror = torch.where(uniform(0.0, 1.0) < (0.5 if chosen.flip else 0.0), -1.0, 1.0)
    shift = uniform(-2 * chosen.shift, 2 * chosen.shift, 2)
    dropped = uniform(0.0, 1.0, bands) < chosen.band_dropout
    spared = torch.randint(bands, (count, 1), generator=generator)
    dropped.scatter_(1, spared, value=False)
    log_factor = normal(chosen.gain, 1) + normal(chosen.colour, bands)
    strength = uniform(*chosen.noise)
    grey = uniform(0.0, 1.0) < chosen.grey
    erased = rectangles(uniform(0.0, 1.0, 5), chosen.erase)
    dust = normal(chosen.reddening, 1) * extinction
    if "shift" in chosen.per_batch:
        shift = shift[:1].expand_as(shift)
    if "noise" in chosen.per_batch:
        strength = strength[:1].expand_as(strength)
    return Draws(
        maps=_maps(field * zoom, turn, mirror, field * shift),
        zoom=zoom,
        factor=torch.exp(log_factor - 0.4 * math.log(10) * dust),
        strength=strength,
        dropped=dropped,
        grey=grey,
        erased=erased,
        fwhm_px=uniform(*chosen.blur_px),
        slopes=normal(chosen.sky_gradient, bands, 2),
        masked=discs(uniform(0.0, 1.0, 17), chosen.mask),
    )


def _turns(uniform: Tensor, chosen: ViewSettings) -> Tensor:
    steps = {"none": 1, "half": 2, "quarter": 4}
    if chosen.rotate == "free":
        return 2 * math.pi * uniform
    count = steps[chosen.rotate]
    return (uniform * count).floor() * (2 * math.pi / count)


def _maps(side: Tensor, turn: Tensor, mirror: Tensor, shift: Tensor) -> Tensor:
    cosine, sine = turn.cos(), turn.sin()
    # u (view) -> canvas: mirror x, turn, scale to the field, shift
    linear = torch.stack([cosine * mirror, -sine, sine * mirror, cosine], dim=1)
    linear = linear.reshape(-1, 2, 2) * side[:, None, None]
    return torch.cat([linear, shift[:, :, None]], dim=2)
