"""The convolutional network of Pearson et al. (2019)."""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.encoders.base import BandStem, Encoder
from strandline.recipe import EncoderSettings

__all__ = ["FlatCnn"]


class FlatCnn(Encoder):
    """Convolutions, then fully connected layers (Pearson et al. 2019, A&A 626, A49, table 2).

    Each convolution is followed by batch norm, ReLU, dropout and, where the recipe says so,
    max-pooling; each fully connected layer by batch norm, ReLU and dropout. Since the maps are
    flattened, it takes stamps of one side only, and where a thing lies in the stamp matters.
    """

    def __init__(self, bands: int, settings: EncoderSettings) -> None:
        super().__init__()
        first, *rest = settings.widths
        self._pads = tuple((side - 1) // 2 for side in settings.kernels_px)
        self._kernels = settings.kernels_px
        self._pools = settings.pools
        self.stem = BandStem(bands, first, settings.kernels_px[0], 1, padding=0)
        self.convolutions = nn.ModuleList()
        width = first
        for wider, side in zip(rest, settings.kernels_px[1:], strict=True):
            self.convolutions.append(nn.Conv2d(width, wider, side, bias=False))
            width = wider
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in settings.widths)
        self.dropout = nn.Dropout(settings.dropout)
        layers: list[nn.Module] = []
        flat = width * (settings.input_px // 2 ** sum(settings.pools)) ** 2
        for wider in settings.dense:
            layers += [nn.Linear(flat, wider, bias=False), nn.BatchNorm1d(wider), nn.ReLU()]
            layers.append(nn.Dropout(settings.dropout))
            flat = wider
        self.dense = nn.Sequential(*layers)
        self.feature_count = flat

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features (image, feature)."""
        maps = self._finished(self.stem(self._padded(values, 0), present), 0)
        for stage, convolution in enumerate(self.convolutions, start=1):
            maps = self._finished(convolution(self._padded(maps, stage)), stage)
        return cast(Tensor, self.dense(maps.flatten(1)))

    def _padded(self, maps: Tensor, stage: int) -> Tensor:
        low = self._pads[stage]
        high = self._kernels[stage] - 1 - low  # an even kernel has one more pixel beyond
        return F.pad(maps, (low, high, low, high))

    def _finished(self, maps: Tensor, stage: int) -> Tensor:
        dropped = self.dropout(F.relu(self.norms[stage](maps)))
        return F.max_pool2d(dropped, 2) if self._pools[stage] else cast(Tensor, dropped)
