"""Stamps as training keeps them: binned once to a canvas a little finer than the encoder's input.

A canvas is what random views are made from. Reading, cropping and the expensive part of binning
are thereby done once for each stamp and not once for each view.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.learn.geometry import binning, shrink
from strandline.recipe import Recipe
from strandline.stamps import StampBatch

__all__ = ["CanvasGeometry", "Canvases"]


@dataclass(frozen=True)
class CanvasGeometry:
    """Which part of a stamp a canvas holds, and how finely.

    Attributes
    ----------
    reach : float
        Part of the stamp's side, centred.
    side_px : int
        Side of the canvas.
    """

    reach: float
    side_px: int

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """Return the canvas that all views of `recipe` fit in, as far as the stamp allows."""
        views, field = recipe.views, recipe.inference.field
        turned = 2**0.5 if views.rotate == "free" else 1.0
        reach = min(1.0, field * (views.scale[1] * turned + 2 * views.shift))
        side = round(recipe.encoder.view_px * views.oversample * reach / field)
        return cls(reach, side)

    @classmethod
    def centre(cls, recipe: Recipe) -> Self:
        """Return the part of the stamp that inference sees, at the encoder's own resolution."""
        return cls(recipe.inference.field, recipe.encoder.view_px)


@dataclass(frozen=True)
class Canvases:
    """Binned stamps of one batch.

    Attributes
    ----------
    pixels : Tensor of float16 or float32, shape (image, band, y, x)
        Flux in units of `unit`; NaN where missing.
    unit : Tensor of float32, shape (image, band)
        nJy (counts for pictures) per stored unit.
    noise : Tensor of float32, shape (image, band)
        Sky noise of one pixel of the stamp, nJy; NaN where unknown.
    bin_px : float
        Stamp pixels along the side of a canvas pixel.
    """

    pixels: Tensor
    unit: Tensor
    noise: Tensor
    bin_px: float

    @classmethod
    def from_batch(
        cls, batch: StampBatch, geometry: CanvasGeometry, device: torch.device | str = "cpu"
    ) -> Self:
        """Bin the stamps of `batch`."""
        stamps = _tensor(batch.pixels).to(device)
        return cls(
            shrink(stamps, geometry.reach, geometry.side_px),
            torch.tensor(batch.unit_njy, device=device),
            torch.tensor(batch.noise_njy, device=device),
            binning(stamps.shape[-1], geometry.reach, geometry.side_px),
        )

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: NDArray[np.int64]) -> "Canvases":
        chosen = torch.from_numpy(index)
        return Canvases(self.pixels[chosen], self.unit[chosen], self.noise[chosen], self.bin_px)

    def part(self, chunk: slice) -> "Canvases":
        """Return some neighbouring images, without a copy."""
        return Canvases(self.pixels[chunk], self.unit[chunk], self.noise[chunk], self.bin_px)

    def half(self) -> "Canvases":
        """Return the same with float16 pixels, half as large."""
        return Canvases(self.pixels.half(), self.unit, self.noise, self.bin_px)

    def to(self, device: torch.device | str) -> "Canvases":
        """Return the same on another device."""
        return Canvases(
            self.pixels.to(device), self.unit.to(device), self.noise.to(device), self.bin_px
        )

    def flux(self) -> Tensor:
        """Return the flux in nJy (counts for pictures), float32, shape (image, band, y, x)."""
        return self.pixels.float() * self.unit[:, :, None, None]


class _Borrowed:
    """Hands on an array's memory as writable: torch warns of any other, and nobody writes here."""

    def __init__(self, array: NDArray[np.float16]) -> None:
        self.owner = array
        self.__array_interface__ = array.__array_interface__ | {
            "data": (array.__array_interface__["data"][0], False)
        }


def _tensor(array: NDArray[np.float16]) -> Tensor:
    """Return `array` as a tensor without a copy, read-only or not; it must not be written to."""
    return torch.from_numpy(array if array.flags.writeable else np.asarray(_Borrowed(array)))
