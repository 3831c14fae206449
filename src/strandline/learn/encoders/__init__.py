"""The networks that turn a stamp into features.

All begin with a `BandStem`, which works with any subset of the bands that the model knows.
"""

import torch

from strandline.learn.encoders.base import BandStem, Encoder
from strandline.learn.encoders.cnn import Cnn
from strandline.learn.encoders.flatcnn import FlatCnn
from strandline.learn.encoders.resnet import ResNet
from strandline.learn.encoders.resnetv2 import ResNetV2
from strandline.learn.encoders.twoscale import TwoScale
from strandline.recipe import EncoderSettings

__all__ = [
    "BandStem",
    "Cnn",
    "Encoder",
    "FlatCnn",
    "ResNet",
    "ResNetV2",
    "TwoScale",
    "make_encoder",
]

_KINDS = {"cnn": Cnn, "resnet": ResNet, "flat-cnn": FlatCnn, "resnet-v2": ResNetV2}


def make_encoder(channels: int, settings: EncoderSettings, seed: int) -> Encoder:
    """Return a freshly initialised encoder of `channels` inputs, bands and others.

    The weights depend on `seed` alone, and the global random state is left as it was. They lie
    channels-last, which is about twice as fast on CPUs.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder: Encoder = _KINDS[settings.kind](channels, settings)
    if settings.two_scale:
        encoder = TwoScale(encoder)
    return encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
