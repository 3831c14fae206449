"""The bottleneck residual network of Desmons et al. (2023)."""

from typing import cast

import torch
from torch import Tensor, nn

from strandline.learn.encoders.base import BandStem, Encoder
from strandline.recipe import EncoderSettings

__all__ = ["ResNetV2"]

# of Keras, with which the network was published
_EPSILON = 1e-3
_MOMENTUM = 0.01


class ResNetV2(Encoder):
    """ResNet-20 v2 with bottlenecks and two dense layers (Desmons et al. 2023, arXiv:2308.07962).

    As the released code builds it (``resnet_cifar10_v2.py`` and ``model_define.py`` of
    LSSTISSC/Tidalsaurus): preactivated 1x1, 3x3, 1x1 blocks (He et al. 2016, arXiv:1603.05027,
    figure 4e), the first stage 4 times as wide at its end as within, the others twice; no norm
    before the global average; then dense, batch norm, ReLU, dense, batch norm. With the published
    widths 16, 64, 128 and a 3x3 stem a place of the last maps sees 25 px.
    """

    def __init__(self, bands: int, settings: EncoderSettings) -> None:
        super().__init__()
        first = settings.widths[0]
        self.stem = BandStem(bands, first, settings.stem_px, settings.stem_stride)
        self.norm = _norm(first)
        stages: list[nn.Module] = []
        width = first
        for stage, inner in enumerate(settings.widths):
            wider = inner * (4 if stage == 0 else 2)
            stages.append(_Projection(width, inner, wider, 1 if stage == 0 else 2))
            stages += [_Identity(inner, wider) for _ in range(settings.blocks - 1)]
            width = wider
        self.stages = nn.Sequential(*stages)
        features = settings.features
        self.dense = nn.Sequential(
            nn.Linear(width, features, bias=False),
            nn.BatchNorm1d(features, _EPSILON, _MOMENTUM),
            nn.ReLU(inplace=True),
            nn.Linear(features, features, bias=False),
            nn.BatchNorm1d(features, _EPSILON, _MOMENTUM),
        )
        self.feature_count = features
        self.apply(_start)

    def forward(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features (image, feature)."""
        maps = torch.relu(self.norm(self.stem(values, present)))
        return cast(Tensor, self.dense(self.stages(maps).mean(dim=(2, 3))))


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, _EPSILON, _MOMENTUM)


def _bottleneck(width: int, inner: int, wider: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        _norm(width),
        nn.ReLU(inplace=False),  # what comes in is still needed by the shortcut
        nn.Conv2d(width, inner, 1, bias=False),
        _norm(inner),
        nn.ReLU(inplace=True),
        nn.Conv2d(inner, inner, 3, stride, 1, bias=False),
        _norm(inner),
        nn.ReLU(inplace=True),
        nn.Conv2d(inner, wider, 1, bias=False),
    )


class _Identity(nn.Module):
    def __init__(self, inner: int, wider: int) -> None:
        super().__init__()
        self.body = _bottleneck(wider, inner, wider, 1)
        nn.init.zeros_(cast(nn.BatchNorm2d, self.body[6]).weight)  # begins as the identity

    def forward(self, maps: Tensor) -> Tensor:
        return maps + cast(Tensor, self.body(maps))


class _Projection(nn.Module):
    def __init__(self, width: int, inner: int, wider: int, stride: int) -> None:
        super().__init__()
        self.body = _bottleneck(width, inner, wider, stride)
        self.stride = stride
        self.shortcut = nn.Conv2d(width, wider, 1, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        # the same as a strided 1x1 convolution, whose backward pass on CPUs writes beyond its
        # memory where there are fewer than 16 channels (oneDNN)
        seen = maps[:, :, :: self.stride, :: self.stride]
        return cast(Tensor, self.shortcut(seen)) + cast(Tensor, self.body(maps))


def _start(module: nn.Module) -> None:
    """Draw weights as Keras does: with norms that never train their size matters."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
