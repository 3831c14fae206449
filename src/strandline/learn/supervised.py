"""The supervised task: encoder and one linear layer, sigmoid and binary cross-entropy."""

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from strandline.learn.batches import Batch
from strandline.learn.encoders import Encoder, make_encoder
from strandline.learn.heads import LinearHead
from strandline.learn.metrics import auc, effective_rank
from strandline.learn.tasks import Task, TrainingData
from strandline.recipe import BceSettings, Recipe
from strandline.seeding import stable_seed

__all__ = ["Classifier", "SupervisedTask"]


class Classifier(nn.Module):
    """An encoder and its last linear layer."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        with torch.random.fork_rng(devices=[]):  # a layer draws its weights when it is made
            self.last = nn.Linear(encoder.feature_count, 1)
        nn.init.zeros_(self.last.weight)  # begins undecided, whatever the seed
        nn.init.zeros_(self.last.bias)

    def forward(self, values: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-odds (image,) and features (image, feature)."""
        features = self.encoder(values, present)
        return self.last(features)[:, 0], features

    def start_from(self, head: LinearHead) -> None:
        """Let the last layer give what a head gives."""
        weight = head.weight / head.std
        bias = head.bias - float(weight @ head.mean)
        with torch.no_grad():
            self.last.weight.copy_(torch.tensor(weight)[None])
            self.last.bias.fill_(bias)

    def head(self) -> LinearHead:
        """Return the last layer as a head."""
        weight = self.last.weight.detach().cpu().numpy()[0].astype(np.float32)
        return LinearHead.plain(weight, float(self.last.bias.detach()))


class SupervisedTask(Task):
    """Trains a `Classifier`; keeps the state of the epoch of the lowest validation loss.

    Parameters
    ----------
    recipe : Recipe
        With `BceSettings`.
    data : TrainingData
    seed : int
    classifier : Classifier, optional
        To train on, instead of a fresh one.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: TrainingData,
        seed: int,
        classifier: Classifier | None = None,
    ) -> None:
        if classifier is None:
            channels = data.scaling.channel_count
            encoder = make_encoder(channels, recipe.encoder, stable_seed(seed, "encoder"))
            classifier = Classifier(encoder)
        super().__init__(recipe, data, classifier, seed)
        settings = cast(BceSettings, recipe.objective)
        self._smoothing = settings.label_smoothing
        self.best: dict[str, Any] = {}

    @property
    def kept_epoch(self) -> int:
        """Which epoch is kept, counted from 1."""
        if self.recipe.optimiser.keep == "last" or not self.best:
            return self.recipe.optimiser.epochs
        return int(self.best["epoch"]) + 1

    def finished(self) -> Classifier:
        """Return the network as it was in the epoch that is kept."""
        network = cast(Classifier, self.kept)
        if self.recipe.optimiser.keep == "best" and self.best:
            network.load_state_dict(self.best["state"])
        return network

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the cross-entropy of one random view of each image, and features."""
        values, present = self.view(batch, self.current_epoch, batch.number)
        logits, features = self.network(values, present)
        aim = batch.values * (1 - 2 * self._smoothing) + self._smoothing
        return F.binary_cross_entropy_with_logits(logits.float(), aim), features

    def judge(self, batch: Batch) -> dict[str, Tensor]:
        """Return log-odds, truth and features of plain stamps, as inference sees them."""
        canvases = batch.canvases
        values, present = self.data.scaling(canvases.flux(), canvases.noise, canvases.bin_px)
        logits, features = self.kept(values.contiguous(memory_format=torch.channels_last), present)
        return {
            "logit": logits.float().cpu(),
            "truth": batch.values.cpu(),
            "features": features.float().cpu(),
        }

    def metrics(self, judged: dict[str, Tensor]) -> dict[str, float]:
        """Return balanced loss, AUC and effective rank; remember the best epoch."""
        logit, truth = judged["logit"], judged["truth"]
        each = F.binary_cross_entropy_with_logits(logit, truth, reduction="none")
        present = [each[truth == value].mean() for value in (0, 1) if (truth == value).any()]
        loss = float(torch.stack(present).mean())
        if not self.best or loss < self.best["loss"]:
            state = {name: value.cpu().clone() for name, value in self.kept.state_dict().items()}
            self.best = {"loss": loss, "epoch": self.current_epoch, "state": state}
        return {
            "validation_loss": loss,
            "validation_auc": auc(truth.numpy(), logit.numpy()),
            "validation_effective_rank": effective_rank(judged["features"]),
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:  # noqa: D102
        super().on_save_checkpoint(checkpoint)
        checkpoint["best"] = self.best

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:  # noqa: D102
        super().on_load_checkpoint(checkpoint)
        self.best = checkpoint["best"]
