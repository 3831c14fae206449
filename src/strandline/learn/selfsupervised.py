"""The task of pretraining: an encoder and an objective, on two random views of each image."""

from typing import Any

import torch
from torch import Tensor, nn

from strandline.learn.batches import Batch
from strandline.learn.encoders import make_encoder
from strandline.learn.metrics import alignment, effective_rank, feature_spread, uniformity
from strandline.learn.objectives import Seen, make_objective
from strandline.learn.tasks import Task, TrainingData
from strandline.learn.together import gathered
from strandline.recipe import Recipe
from strandline.seeding import stable_seed

__all__ = ["SelfSupervisedTask"]


class SelfSupervisedTask(Task):
    """Trains an encoder for the recipe's objective, whose heads and memory go with it."""

    def __init__(self, recipe: Recipe, data: TrainingData, seed: int) -> None:
        channels = data.scaling.channel_count
        encoder = make_encoder(channels, recipe.encoder, stable_seed(seed, "encoder"))
        super().__init__(recipe, data, encoder, seed)
        self.objective = make_objective(
            recipe.objective, encoder, data.train_values, stable_seed(seed, "projection")
        )

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss of two random views of each image, and their features.

        Of all images of the batch, also of those that other processes have.
        """
        views = tuple(self.view(batch, self.current_epoch, batch.number, side) for side in (0, 1))
        features = tuple(gathered(self.network(*view), batch.whole) for view in views)
        if self.objective.sees_views:
            views = tuple(
                (gathered(values, batch.whole), gathered(present, batch.whole))
                for values, present in views
            )
        labels = gathered(batch.values, batch.whole)
        seen = Seen((views[0], views[1]), (features[0], features[1]), labels)
        terms = self.objective.terms(seen)
        if len(terms) > 1:
            for name, value in terms.items():
                self.count(f"train_{name}", value)
        return torch.stack(list(terms.values())).sum(), features[0]

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: D102
        super().on_train_batch_end(outputs, batch, batch_idx)
        self.objective.after_step(self.network, min(1.0, self.global_step / self.steps))

    def judge(self, batch: Batch) -> dict[str, Tensor]:
        """Return the features of two random views, the same ones each epoch."""
        kept: nn.Module = self.kept
        first, second = (
            kept(*self.view(batch, "validation", batch.number, side)).float().cpu()
            for side in (0, 1)
        )
        return {"first": first, "second": second}

    def metrics(self, judged: dict[str, Tensor]) -> dict[str, float]:
        """Return alignment and uniformity, spread and effective rank of the features.

        Features are centred for the first two, since the encoder's are never negative.
        """
        first, second = judged["first"], judged["second"]
        mean = first.mean(dim=0)
        return {
            "validation_alignment": float(alignment(first - mean, second - mean)),
            "validation_uniformity": float(uniformity(first - mean)),
            "validation_feature_spread": float(feature_spread(first)),
            "validation_effective_rank": effective_rank(first),
        }
