"""The self-supervised task: NNCLR on two random views of each image."""

from typing import cast

import torch
from torch import Tensor, nn

from strandline.learn.batches import Batch
from strandline.learn.encoders import make_encoder
from strandline.learn.metrics import alignment, effective_rank, feature_spread, uniformity
from strandline.learn.nnclr import SupportSet, nnclr_loss, prediction_head, projection_head
from strandline.learn.tasks import Task, TrainingData
from strandline.recipe import NnclrSettings, Recipe
from strandline.seeding import stable_seed

__all__ = ["NnclrTask"]


class NnclrTask(Task):
    """Trains an encoder by `nnclr_loss`; the projection, prediction and support set go with it."""

    def __init__(self, recipe: Recipe, data: TrainingData, seed: int) -> None:
        bands = len(data.scaling.bands)
        encoder = make_encoder(bands, recipe.encoder, stable_seed(seed, "encoder"))
        super().__init__(recipe, data, encoder, seed)
        settings = cast(NnclrSettings, recipe.objective)
        self._temperature = settings.temperature
        width = settings.projection[-1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(stable_seed(seed, "projection"))
            self.projection = projection_head(encoder.feature_count, settings.projection)
            self.prediction = prediction_head(width, settings.prediction)
        # longer, it would hold what most images were an epoch ago: their own nearest neighbours
        length = max(2, min(settings.queue, len(data.train) // 2))
        self.support = SupportSet(length, width)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss of two random views of each image, and their features."""
        seen = [self.view(batch, self.current_epoch, batch.number, side) for side in (0, 1)]
        features = [self.network(*view) for view in seen]
        projected = [self.projection(feature) for feature in features]
        predicted = [self.prediction(projection) for projection in projected]
        with torch.autocast(self.device.type, enabled=False):
            loss = nnclr_loss(
                (projected[0], projected[1]),
                (predicted[0], predicted[1]),
                self.support,
                self._temperature,
            )
        self.support.add(projected[0])
        return loss, features[0]

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
