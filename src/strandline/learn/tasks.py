"""What is trained: a task says which network, which loss and which validation metrics.

`Task` holds what all have in common (batches, views, optimiser, averaging, watching for NaN and
collapse); a task adds three hooks: `loss`, `judge` and `metrics`.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from strandline.errors import TrainingError
from strandline.learn.batches import Batch, Loader
from strandline.learn.metrics import feature_spread
from strandline.learn.sampling import balanced_batches, plain_batches
from strandline.learn.scaling import Scaling
from strandline.learn.source import StampSource
from strandline.learn.together import place
from strandline.learn.views import Views, generators
from strandline.recipe import OptimiserSettings, Recipe
from strandline.seeding import stable_seed

__all__ = ["Task", "TrainingData"]

_VALIDATION_BATCH = 256
_Tensors = tuple[Tensor, ...] | list[Tensor]


@dataclass(frozen=True)
class TrainingData:
    """What a task is trained on.

    Attributes
    ----------
    scaling : Scaling
    reach : float
        Of the training canvases: `CanvasGeometry.reach`.
    train, validation : StampSource
    train_values, validation_values : ndarray of float32, shape (image,)
        Labels; NaN without.
    """

    scaling: Scaling
    reach: float
    train: StampSource
    train_values: NDArray[np.float32]
    validation: StampSource
    validation_values: NDArray[np.float32]


class Task(pl.LightningModule):
    """Base of the tasks.

    Parameters
    ----------
    recipe : Recipe
        Its number of epochs is the one trained for.
    data : TrainingData
    network : nn.Module
        What the finished model is made of; its running average is kept if the recipe says so.
    seed : int
        Of sampling and views.

    Attributes
    ----------
    history : list of dict
        Metrics of each epoch so far; ``epoch`` counts from 1.
    """

    def __init__(self, recipe: Recipe, data: TrainingData, network: nn.Module, seed: int) -> None:
        super().__init__()
        self.recipe = recipe
        self.data = data
        self.seed = seed
        self.network = network
        self.averaged: AveragedModel | None = None
        if recipe.optimiser.average:
            self.averaged = AveragedModel(
                network, multi_avg_fn=_Decay(recipe.optimiser.average), use_buffers=True
            )
        self.views = Views(recipe, data.scaling, data.reach)
        self._judged: list[dict[str, Tensor]] = []
        self._totals: dict[str, list[Tensor]] = {}
        self._validated: dict[str, float] = {}
        self.history: list[dict[str, float]] = []

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss of a training batch, and the features whose spread is watched."""

    @abstractmethod
    def judge(self, batch: Batch) -> dict[str, Tensor]:
        """Return what `metrics` needs of a validation batch; rows are images."""

    @abstractmethod
    def metrics(self, judged: dict[str, Tensor]) -> dict[str, float]:
        """Return the validation metrics of all validation images together."""

    @property
    def kept(self) -> nn.Module:
        """The network that is validated and kept: the running average, or the network itself."""
        return self.network if self.averaged is None else self.averaged.module

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """Return the training batches of an epoch."""
        size = self.recipe.optimiser.batch_size
        if self.recipe.supervised and self.recipe.sampling.balanced:
            values = self.data.train_values.astype(np.int64)
            return balanced_batches(values, size, self.seed, epoch)
        return plain_batches(len(self.data.train), size, self.seed, epoch)

    @cached_property
    def steps(self) -> int:
        """Number of batches of the whole training."""
        return self.recipe.optimiser.epochs * len(self.plan(0))

    def view(self, batch: Batch, *names: object) -> tuple[Tensor, Tensor]:
        """Return random views of a batch, other ones for other `names`."""
        seed = stable_seed(self.seed, "views", *names)
        drawn = generators(seed, batch.values.device)
        values, present = self.views(batch.canvases, *drawn, start=batch.start, whole=batch.whole)
        return values.contiguous(memory_format=torch.channels_last), present

    # What follows are Lightning's own hooks.

    def train_dataloader(self) -> Loader:  # noqa: D102
        plan = self.plan(self.current_epoch)
        return Loader(self.data.train, self.data.train_values, plan, place())

    def val_dataloader(self) -> Loader:  # noqa: D102
        count = len(self.data.validation)
        cuts = range(_VALIDATION_BATCH, count, _VALIDATION_BATCH)
        plan = np.array_split(np.arange(count), cuts) if count else []
        return Loader(self.data.validation, self.data.validation_values, plan)

    def transfer_batch_to_device(  # noqa: D102
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        return batch.to(device)

    def on_train_epoch_start(self) -> None:
        """Seed what draws from the global state (dropout) by the epoch; see `fit`.

        Norms are held still if the recipe says so: Lightning keeps modes as they are set.
        """
        torch.manual_seed(stable_seed(self.seed, "epoch", self.current_epoch))
        if self.recipe.optimiser.freeze_norms:
            for module in self.network.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: D102
        loss, features = self.loss(batch)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss.item()} in epoch {self.current_epoch + 1}, batch "
                f"{batch_idx + 1}. Lower optimiser.learning_rate "
                f"({self.recipe.optimiser.learning_rate}) in the recipe."
            )
        with torch.no_grad():
            self.count("train_loss", loss)
            self.count("train_feature_spread", feature_spread(features.detach()))
        return loss

    def count(self, name: str, value: Tensor) -> None:
        """Add to the mean that an epoch logs as `name`."""
        self._totals.setdefault(name, []).append(value.detach())

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: D102
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: D102
        self._judged.append(self.judge(batch))

    def on_validation_epoch_end(self) -> None:  # noqa: D102
        names = self._judged[0] if self._judged else {}
        judged = {name: torch.cat([part[name] for part in self._judged]) for name in names}
        self._judged.clear()
        self._validated = self.metrics(judged) if judged else {}

    def on_train_epoch_end(self) -> None:
        """Write the epoch into the history; validation came before."""
        trained = {name: float(torch.stack(v).mean()) for name, v in self._totals.items()}
        self._totals.clear()
        rate = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        epoch = {"epoch": self.current_epoch + 1, **trained, **self._validated}
        self.history.append(epoch | {"learning_rate": rate})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:  # noqa: D102
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:  # noqa: D102
        self.history = list(checkpoint["history"])

    def configure_optimizers(self) -> dict[str, Any]:  # type: ignore[override]  # noqa: D102
        chosen = self.recipe.optimiser
        optimiser = _optimiser(self, chosen)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, _Schedule(chosen, self.steps))
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def _optimiser(task: nn.Module, chosen: OptimiserSettings) -> torch.optim.Optimizer:
    trained = [
        (name, value)
        for name, value in task.named_parameters()
        if value.requires_grad and not name.startswith("averaged")
    ]
    groups = [
        {
            "params": [value for _, value in trained if value.ndim > 1],
            "weight_decay": chosen.weight_decay,
        },
        # biases, norms and the stand-ins of missing bands are not pulled to zero
        {"params": [value for _, value in trained if value.ndim <= 1], "weight_decay": 0.0},
    ]
    if chosen.kind == "sgd":
        return torch.optim.SGD(groups, chosen.learning_rate, momentum=0.9)
    maker = torch.optim.Adam if chosen.kind == "adam" else torch.optim.AdamW
    return maker(groups, chosen.learning_rate)


class _Schedule:
    """Factor on the learning rate at a step: linear warm-up, then a half cosine or constant."""

    def __init__(self, chosen: OptimiserSettings, steps: int) -> None:
        self.cosine = chosen.schedule == "cosine"
        self.steps = steps
        self.warm = math.ceil(chosen.warmup * steps)

    def __call__(self, step: int) -> float:
        if step < self.warm:
            return (step + 1) / self.warm
        if not self.cosine:
            return 1.0
        done = (step - self.warm) / max(1, self.steps - self.warm)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


class _Decay:
    """Running average of weights whose memory grows with the steps, up to `decay`."""

    def __init__(self, decay: float) -> None:
        self.decay = decay

    def __call__(self, averages: _Tensors, values: _Tensors, count: Tensor | int) -> None:
        """Change `averages`, which are of one type and on one device."""
        if not averages[0].is_floating_point():
            torch._foreach_copy_(averages, values)
            return
        decay = min(self.decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(averages, values, 1 - decay)
