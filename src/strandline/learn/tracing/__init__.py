"""Tracing: a network outlines features on stamps, and says how much of the light is theirs.

It learns from simulated stamps, whose features' light is known pixel by pixel:

    stamps, features' light ► examples.py ► augmenting.py ► training.py ► weighing.py ► tracer.py
                              planes.py     turned, noisier  network.py    lights.py     one file
"""

from typing import TYPE_CHECKING

from strandline.lazy import lazily
from strandline.learn.tracing.tracer import LEAST_CHANCE, TOGETHER, Traced, Tracer

if TYPE_CHECKING:
    from strandline.learn.tracing.making import TracerReport, train_tracer
    from strandline.learn.tracing.training import TracerOptions

__all__ = [
    "LEAST_CHANCE",
    "TOGETHER",
    "Traced",
    "Tracer",
    "TracerOptions",
    "TracerReport",
    "train_tracer",
]

__getattr__ = lazily(
    __name__,
    {"TracerOptions": "training", "TracerReport": "making", "train_tracer": "making"},
)
