"""Training a tracer: outlines by cross-entropy and overlap, light by its residual."""

import logging
import warnings
from dataclasses import dataclass

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from strandline.errors import TrainingError
from strandline.learn.precision import bf16_pays
from strandline.learn.tracing.augmenting import augmented, feature_masks
from strandline.learn.tracing.examples import Examples
from strandline.learn.tracing.lights import QUANTILES
from strandline.learn.tracing.network import WIDTHS, Told, TracingNet, polar_sums
from strandline.progress import Progress, track

__all__ = ["TracerOptions", "train_network"]

_OVERLAP = 0.5  # weight of the loss of overlap
_SHARE = 0.3  # and of that of light
_MODEL_ERROR = 0.1  # of the light of a pixel: better than that, a share need not be known
_SHARE_BEND = 10.0  # sigma: from there on it counts as its size, not its square
_NUMBERS = 0.1  # of the numbers of the whole feature
_DIRECTION = 0.68  # of errors of direction lie within the one that is told
_PLAIN = 30.0  # sigma of all its light, above which a feature counts in the loss of overlap


@dataclass(frozen=True)
class TracerOptions:
    """How a tracer is trained.

    Attributes
    ----------
    widths : tuple of int
        Of the network, see `TracingNet`.
    epochs, batch : int
    learning_rate, weight_decay : float
        Of AdamW; the rate rises over the first twentieth and falls to 0 as a cosine.
    seed : int
    """

    widths: tuple[int, ...] = WIDTHS
    epochs: int = 40
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    seed: int = 0


def train_network(
    training: Examples,
    validation: Examples,
    options: TracerOptions,
    start: TracingNet | None = None,
) -> tuple[TracingNet, dict[str, list[float]]]:
    """Train a network; return it and, by epoch, its losses and overlap on the validation part.

    With `start`, that one is trained further, whatever the options say of widths. What it tells of
    light is learned afterwards, see `strandline.learn.tracing.weighing`.

    Raises
    ------
    TrainingError
        If the loss is not finite.
    """
    pl.seed_everything(options.seed, workers=True, verbose=False)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    task = _Task(training.to(device), validation.to(device), options, start)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    batch = min(options.batch, len(training))
    with warnings.catch_warnings(), track("Training", options.epochs, "epochs") as advance:
        warnings.simplefilter("ignore")
        task.advance = advance
        trainer = pl.Trainer(
            max_epochs=options.epochs,
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            precision="bf16-mixed" if bf16_pays() else "32-true",
            gradient_clip_val=1.0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(
            task,
            DataLoader(range(len(training)), batch, shuffle=True, drop_last=True),  # type: ignore[arg-type]
            DataLoader(range(len(validation)), batch),  # type: ignore[arg-type]
        )
    return task.network.eval().cpu(), task.history


class _Task(pl.LightningModule):
    def __init__(
        self,
        training: Examples,
        validation: Examples,
        options: TracerOptions,
        start: TracingNet | None,
    ) -> None:
        super().__init__()
        self.network = TracingNet(options.widths) if start is None else start.train()
        self.network.lights.requires_grad_(False)  # it learns last, see weighing.py
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.examples = {"training": training, "validation": validation}
        self.options = options
        self.history: dict[str, list[float]] = {"train": [], "validation": [], "overlap": []}
        self.advance: Progress | None = None
        self._sums = {name: [0.0, 0.0] for name in self.history}

    def training_step(self, index: Tensor, _: int) -> Tensor:
        planes, feature = augmented(*self.examples["training"].batch(index))
        loss = _loss(self.network(planes), planes[:, 0], feature)
        if not torch.isfinite(loss):
            raise TrainingError("The loss of the tracer is not finite; lower its learning rate.")
        self._add("train", loss.detach(), len(index))
        return loss

    def validation_step(self, index: Tensor, _: int) -> None:
        planes, feature = self.examples["validation"].batch(index)
        told = self.network(planes)
        self._add("validation", _loss(told, planes[:, 0], feature), len(index))
        mask, plain = feature_masks(feature), _plain(feature)
        seen = told.maps[:, 0] > 0
        both = (seen & mask).sum(dim=(1, 2)) / (seen | mask).sum(dim=(1, 2)).clamp(min=1)
        self._add("overlap", both[plain].mean() if plain.any() else both.sum(), int(plain.sum()))

    def on_train_epoch_end(self) -> None:
        for name, (total, count) in self._sums.items():
            self.history[name].append(total / max(count, 1))
            self._sums[name] = [0.0, 0.0]
        if self.advance is not None:
            self.advance(1)

    def configure_optimizers(self) -> dict[str, object]:  # type: ignore[override]
        options = self.options
        optimiser = torch.optim.AdamW(
            self.parameters(), options.learning_rate, weight_decay=options.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser,
            options.learning_rate,
            total_steps=int(self.trainer.estimated_stepping_batches),
            pct_start=0.05,
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _add(self, name: str, value: Tensor, count: int) -> None:
        self._sums[name][0] += float(value) * count
        self._sums[name][1] += count


def _plain(feature: Tensor) -> Tensor:
    """Return which features stand out as a whole: their light over the noise of their area."""
    mask = feature_masks(feature)
    area = mask.sum(dim=(1, 2)).clamp(min=1)
    return (feature * mask).sum(dim=(1, 2)) / area.sqrt() > _PLAIN


def _loss(told: Told, light: Tensor, feature: Tensor) -> Tensor:
    mask = feature_masks(feature).float()
    logits, share = told.maps[:, 0], told.maps[:, 1].sigmoid()
    outline = functional.binary_cross_entropy_with_logits(logits, mask)
    chance, plain = logits.sigmoid(), _plain(feature).float()
    both = 2 * (chance * mask).sum(dim=(1, 2)) + 1
    either = (chance + mask).sum(dim=(1, 2)) + 1
    overlap = ((1 - both / either) * plain).sum() / plain.sum().clamp(min=1)
    error = (1 + (_MODEL_ERROR * light).square()).sqrt()
    own = share * light.clamp(min=0.0)
    rest = functional.huber_loss(own / error, feature / error, delta=_SHARE_BEND)
    numbers = (_numbers_loss(told, own.detach() * (chance > 0.1), feature) * plain).sum()
    return (
        outline + _OVERLAP * overlap + _SHARE * rest + _NUMBERS * numbers / plain.sum().clamp(min=1)
    )


def _numbers_loss(told: Told, own: Tensor, feature: Tensor) -> Tensor:
    """Return the loss of each image's reach and error of direction."""
    reach, direction = polar_sums(feature)
    _, seen = polar_sums(own)
    turn = (direction * seen).sum(dim=1).clamp(-0.9999, 0.9999).arccos()
    loss = _pinball(told.turn, turn.clamp(min=1e-3).log(), _DIRECTION)
    for number, quantile in enumerate(QUANTILES):
        loss = loss + _pinball(told.reach[:, number], reach.log1p(), quantile)
    return loss


def _pinball(told: Tensor, truth: Tensor, quantile: float) -> Tensor:
    """Return the loss whose least mean is at a quantile (Koenker & Bassett 1978)."""
    off = truth - told
    return torch.maximum(quantile * off, (quantile - 1) * off)
