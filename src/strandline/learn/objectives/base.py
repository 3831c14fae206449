"""What an objective is: heads on the features, a loss, and what it remembers between batches."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["Objective", "Seen", "full_precision", "mlp"]

View = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Seen:
    """One training batch as an objective sees it.

    Attributes
    ----------
    views : pair of (values, present)
        Two random views of each image, as encoders take them.
    features : pair of Tensor, shape (image, feature)
        What the encoder made of them.
    labels : Tensor of float32, shape (image,)
        0 or 1; NaN without.
    """

    views: tuple[View, View]
    features: tuple[Tensor, Tensor]
    labels: Tensor


class Objective(nn.Module, ABC):
    """Base of the objectives. All state is in parameters and buffers, so part of checkpoints.

    Attributes
    ----------
    sees_views : bool
        Whether `terms` looks at the views themselves, beside the features.
    """

    sees_views: bool = False

    @abstractmethod
    def terms(self, seen: Seen) -> dict[str, Tensor]:
        """Return the terms of the loss, weighted, by name; their sum is minimised.

        May change what the objective remembers (a support set).
        """

    def after_step(self, encoder: nn.Module, done: float) -> None:
        """See the encoder after a step of the optimiser.

        Parameters
        ----------
        encoder : Module
        done : float
            Part of all steps that are done, 0 to 1.
        """


def full_precision(like: Tensor) -> torch.autocast:
    """Return a context in which products of small vectors are not rounded to bfloat16."""
    return torch.autocast(like.device.type, enabled=False)


def mlp(width: int, sizes: Sequence[int], *, norm: bool, norm_last: bool) -> nn.Sequential:
    """Return linear layers with ReLU between.

    Parameters
    ----------
    width : int
        Of what comes in.
    sizes : sequence of int
        Of each layer; none for the identity.
    norm : bool
        Batch norm instead of a bias in all layers but the last.
    norm_last : bool
        The same for the last layer.
    """
    layers: list[nn.Module] = []
    for position, size in enumerate(sizes):
        last = position == len(sizes) - 1
        normed = norm_last if last else norm
        layers.append(nn.Linear(width, size, bias=not normed))
        if normed:
            layers.append(nn.BatchNorm1d(size))
        if not last:
            layers.append(nn.ReLU(inplace=True))
        width = size
    return nn.Sequential(*layers)
