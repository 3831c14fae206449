"""Objectives of pretraining: small objects of heads, a loss and what it remembers."""

import numpy as np
import torch
from numpy.typing import NDArray

from strandline.learn.encoders import Encoder
from strandline.learn.objectives.base import Objective, Seen
from strandline.learn.objectives.byol import Byol
from strandline.learn.objectives.hybrid import Hybrid
from strandline.learn.objectives.nnclr import Nnclr
from strandline.learn.objectives.simclr import Simclr
from strandline.recipe import (
    ByolSettings,
    HybridSettings,
    NnclrSettings,
    ObjectiveSettings,
    SimclrSettings,
)

__all__ = ["Objective", "Seen", "make_objective"]


def make_objective(
    settings: ObjectiveSettings, encoder: Encoder, labels: NDArray[np.float32], seed: int
) -> Objective:
    """Return a freshly initialised objective of pretraining.

    Its weights depend on `seed` alone, and the global random state is left as it was.

    Parameters
    ----------
    settings : one of the objectives' settings
        Any but ``bce``.
    encoder : Encoder
        That will be trained.
    labels : ndarray of float32, shape (image,)
        Of the training images; NaN without.
    seed : int
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _make(settings, encoder, labels)


def _make(settings: ObjectiveSettings, encoder: Encoder, labels: NDArray[np.float32]) -> Objective:
    width = encoder.feature_count
    if isinstance(settings, NnclrSettings):
        return Nnclr(settings, width, len(labels))
    if isinstance(settings, SimclrSettings):
        return Simclr(settings, width)
    if isinstance(settings, ByolSettings):
        return Byol(settings, encoder)
    if isinstance(settings, HybridSettings):
        base = _make(settings.unlabelled, encoder, labels)
        return Hybrid(settings, base, width, float(np.nanmean(labels)))
    raise TypeError(f"{settings.kind} is no objective of pretraining")
