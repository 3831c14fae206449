"""A wide, coarse view beside a sharp, central one."""

import torch
from torch import Tensor
from torch.nn import functional as F

from strandline.learn.encoders.base import Encoder

__all__ = ["TwoScale", "two_scales"]


def two_scales(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the whole images at half the resolution, and their central halves at full.

    Both have half the side, which must be even. Averaged are stretched values: for light near the
    noise the stretch is linear, so that binning gains what binned flux gains.

    Parameters
    ----------
    values : Tensor, shape (image, band, y, x)
    """
    side = values.shape[-1]
    start, half = side // 4, side // 2
    sharp = values[:, :, start : start + half, start : start + half]
    return F.avg_pool2d(values, 2), sharp


class TwoScale(Encoder):
    """Shows an encoder both scales of `two_scales` and sets the features side by side.

    Tails and shells reach far beyond the galaxy that the detection is centred on, while double
    nuclei and dust lanes are small: one network with one input resolution sees either the first
    or the second. The weights are shared, since a tail is a tail at any scale.

    Parameters
    ----------
    trunk : Encoder
        For images of half the side.
    """

    def __init__(self, trunk: Encoder) -> None:
        super().__init__()
        self.trunk = trunk
        self.feature_count = 2 * trunk.feature_count

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features (image, feature): those of the wide view, then of the sharp one."""
        both = torch.cat(two_scales(values)).contiguous(memory_format=torch.channels_last)
        wide, sharp = self.trunk(both, torch.cat([present, present])).chunk(2)
        return torch.cat([wide, sharp], dim=1)
