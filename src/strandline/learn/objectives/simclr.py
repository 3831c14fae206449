"""SimCLR: the other view of an image against all other images (Chen et al. 2020, 2002.05709)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from strandline.learn.objectives.base import Objective, Seen, full_precision, mlp
from strandline.recipe import SimclrSettings

__all__ = ["Simclr", "nt_xent"]


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy of two views (eq. 1 and algorithm 1).

    For a view i of the 2N, with j the other view of its image: -log( exp(z_i.z_j / t) /
    sum_(k != i) exp(z_i.z_k / t) ), averaged over i.

    Parameters
    ----------
    first, second : Tensor, shape (image, dimension)
        Projections of both views; normalised here.
    temperature : float
    """
    count = len(first)
    z = F.normalize(torch.cat([first, second]).float(), dim=1)
    logits = z @ z.T / temperature
    logits = logits.masked_fill(torch.eye(2 * count, dtype=torch.bool, device=z.device), -torch.inf)
    other = torch.arange(2 * count, device=z.device).roll(count)
    return F.cross_entropy(logits, other)


class Simclr(Objective):
    """A projection with `nt_xent`; batch norm throughout, as in the paper's appendix B.

    Parameters
    ----------
    settings : SimclrSettings
    width : int
        Of the features.
    """

    def __init__(self, settings: SimclrSettings, width: int) -> None:
        super().__init__()
        self.temperature = settings.temperature
        self.projection = mlp(width, settings.projection, norm=True, norm_last=True)

    def terms(self, seen: Seen) -> dict[str, Tensor]:
        """Return the loss of two views."""
        first, second = (self.projection(feature) for feature in seen.features)
        with full_precision(first):
            return {"simclr": nt_xent(first, second, self.temperature)}
