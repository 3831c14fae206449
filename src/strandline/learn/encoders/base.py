"""What all encoders have in common: the first convolution, over any subset of named bands."""

from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["BandStem", "Encoder"]


class Encoder(nn.Module):
    """Base of the encoders: ``encoder(values, present)`` gives features (image, feature)."""

    feature_count: int


class BandStem(nn.Module):
    """First convolution, over named bands of which some may be missing.

    A missing band enters as zeros, its mean after standardisation, and adds a learned vector of
    its own, so that "no data" is told apart from "an average galaxy".

    Parameters
    ----------
    bands, width : int
        Channels in and out.
    kernel_px, stride : int
    padding : int, optional
        Zeros around the image; by default half the kernel.
    """

    def __init__(
        self, bands: int, width: int, kernel_px: int, stride: int, padding: int | None = None
    ) -> None:
        super().__init__()
        around = kernel_px // 2 if padding is None else padding
        self.convolution = nn.Conv2d(bands, width, kernel_px, stride, around, bias=False)
        self.missing = nn.Parameter(torch.zeros(bands, width))

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return maps (image, width, y, x) of values (image, band, y, x), present (image, band)."""
        stand_in = (1 - present) @ self.missing
        return cast(Tensor, self.convolution(values)) + stand_in[:, :, None, None]
