"""A small residual network."""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.encoders.base import BandStem, Encoder
from strandline.recipe import EncoderSettings

__all__ = ["ResNet"]


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
