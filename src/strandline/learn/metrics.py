"""Numbers that tell how training goes, without looking at the test part."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score
from torch import Tensor
from torch.nn import functional as F

__all__ = ["alignment", "auc", "effective_rank", "feature_spread", "uniformity"]


def feature_spread(features: Tensor) -> Tensor:
    """Return how far features spread over the sphere: 1 evenly, 0 when all have collapsed.

    Mean standard deviation of the normalised features, times the root of their dimension (Chen &
    He 2021, arXiv:2011.10566, section 4.1).
    """
    unit = F.normalize(features.float(), dim=1)
    spread: Tensor = unit.std(dim=0, correction=0).mean() * unit.shape[1] ** 0.5
    return spread


def effective_rank(features: Tensor) -> float:
    """Return the number of dimensions that features use: exp of the entropy of their spectrum.

    Roy & Vetterli 2007 (EUSIPCO), of the centred features; 1 when they lie on a line.
    """
    centred = features.double() - features.double().mean(dim=0)
    spectrum = torch.linalg.svdvals(centred)
    if spectrum.sum() <= 0:
        return 0.0
    share = spectrum / spectrum.sum()
    share = share[share > 0]
    return float(torch.exp(-(share * share.log()).sum()))


def alignment(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean squared distance between normalised views of the same image, 0 to 4.

    Wang & Isola 2020 (arXiv:2005.10242); lower is better.
    """
    apart = F.normalize(first.float(), dim=1) - F.normalize(second.float(), dim=1)
    return apart.square().sum(dim=1).mean()


def uniformity(features: Tensor) -> Tensor:
    """Return the log of the mean Gaussian potential between normalised features, at most 0.

    Wang & Isola 2020 (arXiv:2005.10242), t = 2; lower is better. NaN for fewer than two.
    """
    if len(features) < 2:
        return torch.tensor(torch.nan)
    distances = torch.pdist(F.normalize(features.float(), dim=1))
    return distances.square().mul(-2).exp().mean().log()


def auc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the ROC curve; NaN unless both classes are there."""
    values = np.asarray(truth)
    if len(np.unique(values)) < 2:
        return float("nan")
    return float(roc_auc_score(values, np.asarray(scores)))
