"""NNCLR: nearest-neighbour contrastive learning (Dwibedi et al. 2021, arXiv:2104.14548).

The positive of a view is not the other view of the same image but that view's nearest neighbour
among embeddings of earlier batches, the support set.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["SupportSet", "nnclr_loss", "nnclr_term", "prediction_head", "projection_head"]


def nnclr_term(neighbours: Tensor, predictions: Tensor, temperature: float) -> Tensor:
    """Return one direction of the loss, averaged over the batch (eq. 3 and 4 of the paper).

    For image i: -log( exp(NN(z_i).p_i / t) / sum_k exp(NN(z_i).p_k / t) ), with NN(z_i) the
    neighbour of one view's projection, p the predictions from the other view, all of length 1,
    and k over the batch: the other images are the negatives.

    Parameters
    ----------
    neighbours, predictions : Tensor, shape (image, dimension)
        Normalised here.
    temperature : float
    """
    near = F.normalize(neighbours.float(), dim=1)
    predicted = F.normalize(predictions.float(), dim=1)
    logits = near @ predicted.T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def nnclr_loss(
    projections: tuple[Tensor, Tensor],
    predictions: tuple[Tensor, Tensor],
    support: "SupportSet",
    temperature: float,
) -> Tensor:
    """Return the symmetric loss of two views: the mean of `nnclr_term` in both directions.

    Parameters
    ----------
    projections, predictions : pair of Tensor, shape (image, dimension)
        z and p of the two views. Gradients flow through the predictions only: neighbours are
        members of the support set.
    support : SupportSet
        Is searched, not changed.
    temperature : float
    """
    first, second = projections
    return 0.5 * (
        nnclr_term(support.nearest(first), predictions[1], temperature)
        + nnclr_term(support.nearest(second), predictions[0], temperature)
    )


class SupportSet(nn.Module):
    """The last projections seen, first in, first out; buffers, so part of every checkpoint.

    Parameters
    ----------
    length : int
        Most vectors kept.
    dimension : int
    """

    vectors: Tensor
    cursor: Tensor
    filled: Tensor

    def __init__(self, length: int, dimension: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(length, dimension))
        self.register_buffer("cursor", torch.zeros((), dtype=torch.int64))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def nearest(self, projections: Tensor) -> Tensor:
        """Return the member nearest to each projection, by cosine; shape (image, dimension).

        While the set is empty a projection is its own neighbour, which makes the first batch
        that of SimCLR.
        """
        normalised = F.normalize(projections.detach().float(), dim=1)
        filled = int(self.filled)
        if filled == 0:
            return normalised
        members = self.vectors[:filled]
        return members[(normalised @ members.T).argmax(dim=1)]

    @torch.no_grad()
    def add(self, projections: Tensor) -> None:
        """Put projections in, in place of the oldest; changes this set."""
        length = len(self.vectors)
        new = F.normalize(projections.detach().float(), dim=1)[-length:]
        start = int(self.cursor)
        places = (start + torch.arange(len(new), device=new.device)) % length
        self.vectors[places] = new
        self.cursor.fill_((start + len(new)) % length)
        self.filled.fill_(min(length, int(self.filled) + len(new)))


def projection_head(width: int, sizes: Sequence[int]) -> nn.Sequential:
    """Return the projection MLP: linear and batch norm throughout, ReLU between (section 3.3)."""
    return _mlp(width, sizes, norm_last=True)


def prediction_head(width: int, sizes: Sequence[int]) -> nn.Sequential:
    """Return the prediction MLP: as the projection, but its last layer is linear only."""
    return _mlp(width, sizes, norm_last=False)


def _mlp(width: int, sizes: Sequence[int], *, norm_last: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for position, size in enumerate(sizes):
        last = position == len(sizes) - 1
        normed = not last or norm_last
        layers.append(nn.Linear(width, size, bias=not normed))
        if normed:
            layers.append(nn.BatchNorm1d(size))
        if not last:
            layers.append(nn.ReLU(inplace=True))
        width = size
    return nn.Sequential(*layers)
