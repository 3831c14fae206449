"""Hybrid: self-supervised on all stamps, supervised beside it on those that have labels.

Simulated galaxies have a known truth, the real sky has none. Trained apart, an encoder learns
either what interactions look like or what the real sky looks like; here each stamp enters the
self-supervised term, and labelled ones the supervised terms too (after Walmsley et al. 2022,
arXiv:2206.11927).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.objectives.base import Objective, Seen, full_precision, mlp
from strandline.learn.objectives.supcon import supcon_loss
from strandline.recipe import HybridSettings

__all__ = ["Hybrid", "balanced_bce"]


def balanced_bce(logits: Tensor, labels: Tensor, share: float, smoothing: float) -> Tensor:
    """Return the binary cross-entropy with both classes weighing alike over all labels.

    Parameters
    ----------
    logits, labels : Tensor, shape (image,)
        Labels are 0 or 1.
    share : float
        Of ones among all labels of the training; between 0 and 1.
    smoothing : float
        Labels become ``smoothing`` and ``1 - smoothing``.
    """
    aim = labels * (1 - 2 * smoothing) + smoothing
    weight = torch.where(labels > 0.5, 0.5 / share, 0.5 / (1 - share))
    return F.binary_cross_entropy_with_logits(logits.float(), aim, weight=weight)


class Hybrid(Objective):
    """A self-supervised objective with a classifier and a supervised contrast beside it.

    Parameters
    ----------
    settings : HybridSettings
    base : Objective
        The self-supervised one.
    width : int
        Of the features.
    share : float
        Of interacting galaxies among all labels of the training.
    """

    def __init__(self, settings: HybridSettings, base: Objective, width: int, share: float) -> None:
        super().__init__()
        self.settings = settings
        self.base = base
        self.sees_views = base.sees_views
        self.share = share
        self.classifier = nn.Linear(width, 1)
        self.projection = mlp(width, settings.contrast_projection, norm=False, norm_last=False)

    def terms(self, seen: Seen) -> dict[str, Tensor]:
        """Return the self-supervised term of all images, and the others of labelled ones."""
        terms = self.base.terms(seen)
        known = torch.isfinite(seen.labels)
        if not known.any():
            return terms
        features = torch.cat([part[known] for part in seen.features])
        labels = seen.labels[known].repeat(2)
        chosen = self.settings
        if chosen.bce:
            logits = self.classifier(features)[:, 0]
            found = balanced_bce(logits, labels, self.share, chosen.label_smoothing)
            terms["bce"] = chosen.bce * found
        if chosen.contrast:
            projected = self.projection(features)
            with full_precision(projected):
                found = supcon_loss(projected, labels, chosen.contrast_temperature)
            terms["contrast"] = chosen.contrast * found
        return terms

    def after_step(self, encoder: nn.Module, done: float) -> None:
        """Hand on to the self-supervised objective."""
        self.base.after_step(encoder, done)
