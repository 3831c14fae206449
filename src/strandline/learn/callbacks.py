"""What happens around the batches and epochs: progress and checkpoints."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback, Checkpoint

from strandline.files import write_aside
from strandline.progress import Progress

__all__ = ["Checkpoints", "Reporter"]


class Reporter(Callback):
    """Advances the progress bar, with epoch and loss beside it."""

    def __init__(self, advance: Progress) -> None:
        self._advance = advance

    def on_train_batch_end(  # noqa: D102
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        loss = float(outputs["loss"] if isinstance(outputs, Mapping) else outputs)
        note = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}, loss {loss:.3f}"
        self._advance(len(batch), note)


class Checkpoints(Checkpoint):
    """Writes the checkpoint at the end of each epoch, after everything else.

    Parameters
    ----------
    path : Path
        Replaced as a whole, so that a checkpoint is never half-written.
    fingerprint : mapping
        What the training depends on; plain JSON, kept in the checkpoint.
    """

    def __init__(self, path: Path, fingerprint: Mapping[str, Any]) -> None:
        self._path = path
        self._fingerprint = json.dumps(fingerprint)

    def on_save_checkpoint(  # noqa: D102
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        checkpoint["strandline"] = self._fingerprint

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: D102
        if not trainer.is_global_zero:  # takes part, writes nothing
            trainer.save_checkpoint(self._path)
            return
        with write_aside(self._path) as aside:
            trainer.save_checkpoint(aside)
