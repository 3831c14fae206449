"""Training from a table against a bare loop over ready-made views in memory: at least 0.85."""

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from strandline.learn.batches import Batch
from strandline.learn.fitting import bf16_pays, fit
from strandline.learn.preparing import gather, split_of
from strandline.learn.selfsupervised import NnclrTask
from strandline.learn.supervised import SupervisedTask
from strandline.learn.tasks import Task, TrainingData
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = ["main"]

_ROWS = 1280
_EPOCHS = 4
_REPEATS = 2
_TARGET = 0.85


def _data(table: StampTable, recipe: Recipe) -> TrainingData:
    split = split_of(table)
    train, validation = (np.flatnonzero(split == part) for part in ("train", "validation"))
    values = (np.arange(len(train)) % 4 == 0).astype(np.int64)
    told = (np.arange(len(validation)) % 4 == 0).astype(np.int64)
    data = gather(
        [table],
        [train],
        [validation],
        recipe,
        seed=0,
        centre_validation=recipe.supervised,
        values=(values, told) if recipe.supervised else None,
    )
    data.train.load("training")
    data.validation.load("validation")
    return data


def _task(recipe: Recipe, data: TrainingData) -> Task:
    maker = SupervisedTask if recipe.supervised else NnclrTask
    return maker(recipe, data, seed=0)


def _fit_rate(recipe: Recipe, data: TrainingData, folder: Path, name: str) -> float:
    """Return images per second of the whole fit: views, validation and checkpoints included."""
    task = _task(recipe, data)
    images = _EPOCHS * sum(len(index) for index in task.plan(0))
    started = time.perf_counter()
    fit(task, folder / name, recipe.name, {"run": name})
    return images / (time.perf_counter() - started)


def _bare_rate(recipe: Recipe, data: TrainingData) -> float:
    """Return images per second of forward, loss, backward, step on views that are there."""
    task = _ReadyViews.of(recipe)(recipe, data, seed=0).train()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    task.to(device)
    batches = [batch.to(device) for batch in task.train_dataloader()]
    task.make_ready(batches, 1 if recipe.supervised else 2)
    optimiser = task.configure_optimizers()["optimizer"]
    images = _EPOCHS * sum(len(batch) for batch in batches)
    started = time.perf_counter()
    for _ in range(_EPOCHS):
        for batch in batches:
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays()):
                loss, _features = task.loss(batch)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - started)
