"""NNCLR: nearest-neighbour contrastive learning (Dwibedi et al. 2021, arXiv:2104.14548).

The positive of a view is not the other view of the same image but that view's nearest neighbour
among embeddings of earlier batches, the support set.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.objectives.base import Objective, Seen, full_precision, mlp
from strandline.recipe import NnclrSettings

__all__ = ["Nnclr", "SupportSet", "nnclr_loss", "nnclr_term"]


def nnclr_term(
    neighbours: Tensor, predictions: Tensor, temperature: float, *, both_ways: bool = False
) -> Tensor:
    """Return one direction of the loss, averaged over the batch (eq. 3 and 4 of the paper).

    For image i: -log( exp(NN(z_i).p_i / t) / sum_k exp(NN(z_i).p_k / t) ), with NN(z_i) the
    neighbour of one view's projection, p the predictions from the other view, all of length 1,
    and k over the batch: the other images are the negatives.

    Parameters
    ----------
    neighbours, predictions : Tensor, shape (image, dimension)
        Normalised here.
    temperature : float
    both_ways : bool
        Return the mean of this and of the same with k over the neighbours.
    """
    near = F.normalize(neighbours.float(), dim=1)
    predicted = F.normalize(predictions.float(), dim=1)
    logits = near @ predicted.T / temperature
    own = torch.arange(len(logits), device=logits.device)
    loss = F.cross_entropy(logits, own)
    return 0.5 * (loss + F.cross_entropy(logits.T, own)) if both_ways else loss


def nnclr_loss(
    projections: tuple[Tensor, Tensor],
    predictions: tuple[Tensor, Tensor],
    support: "SupportSet",
    temperature: float,
    *,
    through: bool = False,
    both_ways: bool = False,
) -> Tensor:
    """Return the symmetric loss of two views: the mean of `nnclr_term` in both directions.

    Parameters
    ----------
    projections, predictions : pair of Tensor, shape (image, dimension)
        z and p of the two views.
    support : SupportSet
        Is searched, not changed.
    temperature : float
    through : bool
        Hand the gradient of a neighbour on to the projection that it stands for. In the paper
        gradients flow through the predictions only: neighbours are members of the support set.
    both_ways : bool
        See `nnclr_term`.
    """
    near = [support.nearest(projection) for projection in projections]
    if through:
        unit = [F.normalize(projection.float(), dim=1) for projection in projections]
        near = [z + (n - z).detach() for z, n in zip(unit, near, strict=True)]
    return 0.5 * (
        nnclr_term(near[0], predictions[1], temperature, both_ways=both_ways)
        + nnclr_term(near[1], predictions[0], temperature, both_ways=both_ways)
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


class Nnclr(Objective):
    """Projection, prediction and support set with `nnclr_loss`.

    The projection has batch norm throughout, the prediction but for its last layer (section 3.3).

    Parameters
    ----------
    settings : NnclrSettings
    width : int
        Of the features.
    images : int
        In an epoch. The support set is at most half as long: longer, it would hold what most
        images were an epoch ago, that is, their own nearest neighbours.
    """

    def __init__(self, settings: NnclrSettings, width: int, images: int) -> None:
        super().__init__()
        self.settings = settings
        norm, end = settings.norm, settings.projection[-1]
        self.projection = mlp(width, settings.projection, norm=norm, norm_last=norm)
        self.prediction = mlp(end, settings.prediction, norm=norm, norm_last=False)
        self.support = SupportSet(max(2, min(settings.queue, images // 2)), end)
        if settings.start == "random":
            self.support.add(torch.randn_like(self.support.vectors))

    def terms(self, seen: Seen) -> dict[str, Tensor]:
        """Return the loss of two views; the first view's projections join the support set."""
        projected = [self.projection(feature) for feature in seen.features]
        predicted = [self.prediction(projection) for projection in projected]
        with full_precision(projected[0]):
            loss = nnclr_loss(
                (projected[0], projected[1]),
                (predicted[0], predicted[1]),
                self.support,
                self.settings.temperature,
                through=self.settings.through_neighbours,
                both_ways=self.settings.both_ways,
            )
        self.support.add(projected[0])
        return {"nnclr": loss}
