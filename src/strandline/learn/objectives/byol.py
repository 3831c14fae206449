"""BYOL: predict what a slow copy of oneself makes of another view (Grill et al. 2020, 2006.07733).

There are no negatives. What keeps the features from collapsing is that the target network only
follows, as a running average, and that the online network alone has a prediction head.
"""

import copy
import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.encoders import Encoder
from strandline.learn.objectives.base import Objective, Seen, View, full_precision, mlp
from strandline.recipe import ByolSettings

__all__ = ["Byol", "byol_loss", "momentum_at"]


def byol_loss(predictions: tuple[Tensor, Tensor], targets: tuple[Tensor, Tensor]) -> Tensor:
    """Return the symmetric loss: the sum of eq. 2 and of the same with the views exchanged.

    For an image: |q_1 - z'_2|^2 + |q_2 - z'_1|^2, all of length 1; averaged over the batch.

    Parameters
    ----------
    predictions : pair of Tensor, shape (image, dimension)
        q of both views, by the online network.
    targets : pair of Tensor, shape (image, dimension)
        z' of both views, by the target network; no gradient flows through them.
    """
    online = [F.normalize(prediction.float(), dim=1) for prediction in predictions]
    aims = [F.normalize(target.detach().float(), dim=1) for target in targets]
    crossed = (online[0] - aims[1]).square() + (online[1] - aims[0]).square()
    return crossed.sum(dim=1).mean()


def momentum_at(base: float, done: float) -> float:
    """Return the momentum when a part `done` of all steps is over (section 3.2 of the paper)."""
    return 1 - (1 - base) * (math.cos(math.pi * done) + 1) / 2


class Byol(Objective):
    """Projection and prediction, and the target network.

    Parameters
    ----------
    settings : ByolSettings
    encoder : Encoder
        The target begins as its copy.
    """

    sees_views = True

    def __init__(self, settings: ByolSettings, encoder: Encoder) -> None:
        super().__init__()
        self.momentum = settings.momentum
        end = settings.projection[-1]
        self.projection = mlp(
            encoder.feature_count, settings.projection, norm=True, norm_last=False
        )
        self.prediction = mlp(end, settings.prediction, norm=True, norm_last=False)
        self.target = copy.deepcopy(encoder).requires_grad_(requires_grad=False)
        self.target_projection = copy.deepcopy(self.projection).requires_grad_(requires_grad=False)

    def terms(self, seen: Seen) -> dict[str, Tensor]:
        """Return the loss of two views."""
        first, second = (self.prediction(self.projection(part)) for part in seen.features)
        targets = self._targets(seen.views[0]), self._targets(seen.views[1])
        with full_precision(first):
            return {"byol": byol_loss((first, second), targets)}

    @torch.no_grad()
    def _targets(self, view: View) -> Tensor:
        return cast(Tensor, self.target_projection(self.target(*view)))

    @torch.no_grad()
    def after_step(self, encoder: nn.Module, done: float) -> None:
        """Let the target follow: its weights are a running average, its norms are its own."""
        share = 1 - momentum_at(self.momentum, done)
        pairs = ((self.target, encoder), (self.target_projection, self.projection))
        for slow, fast in pairs:
            for mean, value in zip(slow.parameters(), fast.parameters(), strict=True):
                mean.lerp_(value, share)
