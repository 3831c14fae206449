"""Running a task to its end with Lightning: progress, checkpoints, exact resume, Ctrl-C."""

import json
import logging
import os
import shutil
import signal
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import torch
from lightning.pytorch.strategies import DDPStrategy
from torch.multiprocessing.spawn import ProcessRaisedException, spawn

from strandline.errors import TrainingError
from strandline.learn.callbacks import Checkpoints, Reporter
from strandline.learn.precision import bf16_pays
from strandline.learn.tasks import Task
from strandline.learn.together import joined_norms
from strandline.progress import Progress, say, track

__all__ = ["fit", "remove_training_folder", "training_folder"]

_CHECKPOINT = "last.ckpt"


def training_folder(out: Path) -> Path:
    """Return the folder beside `out` in which an unfinished training keeps its checkpoint."""
    return out.with_name(f".{out.name}.training")


def fit(task: Task, out: Path, what: str, fingerprint: Mapping[str, Any], devices: int = 1) -> None:
    """Train `task`, going on from a checkpoint of the same training if there is one.

    Changes `task`. A checkpoint is written at the end of each epoch; resumed equals
    uninterrupted, because all randomness depends on the seed and the epoch only.

    Parameters
    ----------
    task : Task
    out : Path
        Where the model will be; the checkpoint lies in `training_folder`, until the caller
        removes it when the model is saved.
    what : str
        Named in progress and messages.
    fingerprint : mapping
        What the training depends on; plain JSON.
    devices : int
        Processes, each with a GPU if there are any, that divide every batch; see
        `strandline.learn.together`. They are spawned, so that a script must call this under
        ``if __name__ == "__main__":``.

    Raises
    ------
    TrainingError
        If the checkpoint is of another training, the loss is not finite, or there are fewer GPUs
        than `devices`.
    OutputError
        If the checkpoint cannot be written.
    """
    folder = training_folder(out)
    checkpoint = folder / _CHECKPOINT
    epochs = task.recipe.optimiser.epochs
    done = _epochs_done(checkpoint, fingerprint) if checkpoint.is_file() else 0
    if done:
        say(f"{out}: goes on after epoch {done} of {epochs}, from {checkpoint}.")
    if devices > 1:
        _check_devices(devices)
        if done < epochs:
            _spawn(task, checkpoint, done, what, fingerprint, devices)
        _take(task, checkpoint)
        return
    _train(task, checkpoint, done, what, fingerprint)


def _train(
    task: Task,
    checkpoint: Path,
    done: int,
    what: str,
    fingerprint: Mapping[str, Any],
    world: int = 1,
    rank: int = 0,
) -> None:
    """Train in this process, one of `world`."""
    folder, epochs = checkpoint.parent, task.recipe.optimiser.epochs
    task.data.train.load("training")
    task.data.validation.load("validation")
    per_epoch = sum(len(index) for index in task.plan(0))
    total = (epochs - done) * per_epoch // world
    shown = track(f"Training {what}", total, "images") if rank == 0 else _unseen()
    with shown as advance, _quiet():
        trainer = pl.Trainer(
            accelerator="gpu" if torch.cuda.is_available() else "cpu",
            devices=world,
            strategy="auto" if world == 1 else _strategy(),
            precision="bf16-mixed" if bf16_pays() else "32-true",
            max_epochs=epochs,
            callbacks=[Reporter(advance), Checkpoints(checkpoint, fingerprint)],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
        )
        try:
            _run(trainer, task, checkpoint if done else None)
        except KeyboardInterrupt:
            kept = checkpoint.is_file()
            place = f"goes on after epoch {trainer.current_epoch}" if kept else "starts anew"
            say(f"Interrupted. The same command {place}{f' (kept in {folder})' if kept else ''}.")
            raise


def _check_devices(devices: int) -> None:
    gpus = torch.cuda.device_count()
    if gpus and devices > gpus:
        raise TrainingError(f"{devices} devices were asked for, but there are {gpus} GPUs.")


def _strategy() -> DDPStrategy:
    # every process has the whole support set and the same norms: nothing needs to be sent round
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    return DDPStrategy(process_group_backend=backend, broadcast_buffers=False)


def _spawn(
    task: Task,
    checkpoint: Path,
    done: int,
    what: str,
    fingerprint: Mapping[str, Any],
    devices: int,
) -> None:
    """Train in processes of their own; what they made is in the checkpoint."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = (devices, port, task, checkpoint, done, what, dict(fingerprint))
    try:
        cast(Any, spawn)(_one_of_many, arguments, nprocs=devices)
    except ProcessRaisedException as error:
        text = str(error).strip().splitlines()[-1]
        raise TrainingError(f"{what}: training on {devices} devices failed: {text}") from error


def _one_of_many(
    rank: int,
    world: int,
    port: int,
    task: Task,
    checkpoint: Path,
    done: int,
    what: str,
    fingerprint: Mapping[str, Any],
) -> None:
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "LOCAL_RANK": str(rank),
        "NODE_RANK": "0",
        "WORLD_SIZE": str(world),
    }
    for tensor in chain(task.parameters(), task.buffers()):
        tensor.data = tensor.data.clone()  # it came in memory that all processes share
    joined_norms(task.network)
    if task.averaged is not None:
        task.averaged.requires_grad_(requires_grad=False)  # else its gradients are waited for
    _train(task, checkpoint, done, what, fingerprint, world, rank)


def _take(task: Task, checkpoint: Path) -> None:
    """Give a task what its checkpoint holds; changes it."""
    kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
    task.load_state_dict(kept["state_dict"])
    task.on_load_checkpoint(kept)


@contextmanager
def _unseen() -> Iterator[Progress]:
    def advance(done: int = 1, note: str = "") -> None:
        pass

    yield advance


def _run(trainer: pl.Trainer, task: Task, checkpoint: Path | None) -> None:
    handler = signal.getsignal(signal.SIGINT)
    try:
        with torch.random.fork_rng():
            trainer.fit(task, ckpt_path=checkpoint, weights_only=True)
    except SystemExit as end:
        # Lightning turns Ctrl-C into an exit and leaves the signal ignored
        signal.signal(signal.SIGINT, handler)
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from end
        raise


def _epochs_done(checkpoint: Path, fingerprint: Mapping[str, Any]) -> int:
    """Return the epochs that a checkpoint holds, if it is of the same training."""
    folder = checkpoint.parent
    try:
        kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
        found, done = json.loads(kept["strandline"]), int(kept["epoch"]) + 1
    except Exception as error:
        raise TrainingError(
            f"{checkpoint}: the checkpoint of an earlier training is damaged "
            f"({type(error).__name__}: {error}). Remove {folder} to train from the start."
        ) from error
    wanted = json.loads(json.dumps(fingerprint))
    differences = [
        f"{key} was {found.get(key)}, now {wanted.get(key)}"
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key)
    ]
    if differences:
        raise TrainingError(
            f"{folder}: holds an unfinished training that differs from this one: "
            f"{'; '.join(differences)}. Repeat the command that began it, choose another --out, "
            f"or remove {folder} to train from the start."
        )
    return done


def remove_training_folder(out: Path) -> None:
    """Remove the checkpoint of a training whose model is saved."""
    shutil.rmtree(training_folder(out), ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning from advertising itself and from advice that does not apply here."""
    names = ("lightning.pytorch", "lightning.fabric", "lightning")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
