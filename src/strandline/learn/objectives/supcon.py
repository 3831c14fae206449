"""Supervised contrastive loss (Khosla et al. 2020, arXiv:2004.11362): likes attract."""

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["supcon_loss"]


def supcon_loss(projections: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Return the loss of eq. 2 ("out"), averaged over the anchors that have a positive.

    For anchor i: -1/|P(i)| sum_(p in P(i)) log( exp(z_i.z_p / t) / sum_(a != i) exp(z_i.z_a / t) ),
    where P(i) are the others of its class.

    Parameters
    ----------
    projections : Tensor, shape (view, dimension)
        Normalised here.
    labels : Tensor, shape (view,)
        Of each; two views of an image bear the same label.
    temperature : float
    """
    z = F.normalize(projections.float(), dim=1)
    logits = z @ z.T / temperature
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    chance = F.log_softmax(logits.masked_fill(itself, -torch.inf), dim=1)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    count = positive.sum(dim=1)
    each = -torch.where(positive, chance, 0.0).sum(dim=1) / count.clamp(min=1)
    return each[count > 0].mean()
