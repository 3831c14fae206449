"""The networks that turn a stamp into features: a plain CNN and a small ResNet.

Both begin with a `BandStem`, which works with any subset of the bands that the model knows, and
end in a global average, so that they take stamps of any side.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from strandline.recipe import EncoderSettings

__all__ = ["BandStem", "Cnn", "Encoder", "ResNet", "make_encoder"]


class BandStem(nn.Module):
    """First convolution, over named bands of which some may be missing.

    A missing band enters as zeros, its mean after standardisation, and adds a learned vector of
    its own, so that "no data" is told apart from "an average galaxy".

    Parameters
    ----------
    bands, width : int
        Channels in and out.
    kernel_px, stride : int
    """

    def __init__(self, bands: int, width: int, kernel_px: int, stride: int) -> None:
        super().__init__()
        padding = kernel_px // 2
        self.convolution = nn.Conv2d(bands, width, kernel_px, stride, padding, bias=False)
        self.missing = nn.Parameter(torch.zeros(bands, width))

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return maps (image, width, y, x) of values (image, band, y, x), present (image, band)."""
        stand_in = (1 - present) @ self.missing
        return cast(Tensor, self.convolution(values)) + stand_in[:, :, None, None]


class Encoder(nn.Module):
    """Base of the encoders: ``encoder(values, present)`` gives features (image, feature)."""

    feature_count: int


class Cnn(Encoder):
    """Convolution, batch norm, ReLU and max-pool, stage by stage; then a linear layer."""

    def __init__(self, bands: int, settings: EncoderSettings) -> None:
        super().__init__()
        first, *rest = settings.widths
        self.stem = BandStem(bands, first, settings.stem_px, settings.stem_stride)
        self.norm = nn.BatchNorm2d(first)
        self.stages = nn.ModuleList()
        width = first
        for wider in rest:
            convolution = nn.Conv2d(width, wider, 3, padding=1, bias=False)
            self.stages.append(nn.Sequential(convolution, nn.BatchNorm2d(wider)))
            width = wider
        self.linear = nn.Linear(width, settings.features)
        self.dropout = nn.Dropout(settings.dropout)
        self.feature_count = settings.features

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features (image, feature)."""
        maps = F.max_pool2d(F.relu(self.norm(self.stem(values, present))), 2)
        for stage in self.stages:
            maps = F.max_pool2d(F.relu(stage(maps)), 2)
        pooled = maps.mean(dim=(2, 3))
        return cast(Tensor, self.dropout(F.relu(self.linear(pooled))))


class ResNet(Encoder):
    """A small residual network (He et al. 2016, arXiv:1512.03385) with a global average."""

    def __init__(self, bands: int, settings: EncoderSettings) -> None:
        super().__init__()
        first = settings.widths[0]
        self.stem = BandStem(bands, first, settings.stem_px, settings.stem_stride)
        self.norm = nn.BatchNorm2d(first)
        stages: list[nn.Module] = []
        width = first
        for stage, wider in enumerate(settings.widths):
            for block in range(settings.blocks):
                stages.append(_BasicBlock(width, wider, 2 if block == 0 and stage > 0 else 1))
                width = wider
        self.stages = nn.Sequential(*stages)
        self.feature_count = width

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features (image, feature)."""
        maps = F.relu(self.norm(self.stem(values, present)))
        return cast(Tensor, self.stages(maps).mean(dim=(2, 3)))


class _BasicBlock(nn.Module):
    def __init__(self, width: int, wider: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, wider, 3, stride, 1, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(inplace=True),
            nn.Conv2d(wider, wider, 3, 1, 1, bias=False),
            nn.BatchNorm2d(wider),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width != wider:
            # Averaged, then mixed (ResNet-D, He et al. 2019, arXiv:1812.01187): a strided 1x1
            # convolution would not look at three of four pixels. On CPUs with AVX-512 its backward
            # pass also writes beyond its memory where there are fewer than 16 channels (oneDNN).
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity(),
                nn.Conv2d(width, wider, 1, bias=False),
                nn.BatchNorm2d(wider),
            )

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(self.body(maps) + self.shortcut(maps))


def make_encoder(bands: int, settings: EncoderSettings, seed: int) -> Encoder:
    """Return a freshly initialised encoder of `bands` input channels.

    The weights depend on `seed` alone, and the global random state is left as it was. They lie
    channels-last, which is about twice as fast on CPUs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Cnn(bands, settings) if settings.kind == "cnn" else ResNet(bands, settings)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
