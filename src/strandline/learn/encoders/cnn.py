"""A plain convolutional network with a global average."""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.encoders.base import BandStem, Encoder
from strandline.recipe import EncoderSettings

__all__ = ["Cnn"]


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
