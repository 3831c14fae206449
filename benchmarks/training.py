"""Training from a table against a bare loop over ready-made views in memory: at least 0.85.

The bare loop does not validate. So the ratio to keep is that of a training without validation;
that of one with a validation part of a tenth, as users have it, is printed beside it.
"""

import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from benchmarks.inference import synthetic_table
from strandline.learn.fitting import bf16_pays, fit
from strandline.learn.preparing import gather, split_of, with_epochs
from strandline.learn.selfsupervised import SelfSupervisedTask
from strandline.learn.supervised import SupervisedTask
from strandline.learn.tasks import Task, TrainingData
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = ["main"]

_ROWS = 1280
_EPOCHS = 4
_REPEATS = 2
_TARGET = 0.85


def _data(table: StampTable, recipe: Recipe, *, validated: bool) -> TrainingData:
    split = split_of(table)
    train, validation = (np.flatnonzero(split == part) for part in ("train", "validation"))
    validation = validation if validated else validation[:0]
    values = (np.arange(len(train)) % 4 == 0).astype(np.int64)
    told = (np.arange(len(validation)) % 4 == 0).astype(np.int64)
    data = gather(
        [table],
        [train],
        [validation],
        recipe,
        seed=0,
        centre_validation=recipe.supervised,
        values=(values, told) if recipe.supervised or recipe.hybrid else None,
    )
    data.train.load("training")
    data.validation.load("validation")
    return data


def _task(recipe: Recipe, data: TrainingData) -> Task:
    maker = SupervisedTask if recipe.supervised else SelfSupervisedTask
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
    task = _task(recipe, data).train()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    task.to(device)
    batches = [batch.to(device) for batch in task.train_dataloader()]
    sides = 1 if recipe.supervised else 2
    ready = [[task.view(batch, batch.number, side) for side in range(sides)] for batch in batches]
    optimiser = task.configure_optimizers()["optimizer"]
    images = _EPOCHS * sum(len(batch) for batch in batches)
    started = time.perf_counter()
    for _ in range(_EPOCHS):
        for batch, views in zip(batches, ready, strict=True):
            with (
                patch.object(task, "view", side_effect=views),
                torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays()),
            ):
                loss, _features = task.loss(batch)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - started)


def _measure(folder: Path, table: StampTable, recipe: Recipe) -> None:
    plain, validated = (_data(table, recipe, validated=told) for told in (False, True))
    _bare_rate(recipe, plain)  # warm
    rates: dict[str, list[float]] = {"bare": [], "whole": [], "validated": []}
    for repeat in range(_REPEATS):  # in turn, so that a busy moment hits all alike
        rates["bare"].append(_bare_rate(recipe, plain))
        rates["whole"].append(_fit_rate(recipe, plain, folder, f"{recipe.name}-{repeat}"))
        name = f"{recipe.name}-{repeat}-validated"
        rates["validated"].append(_fit_rate(recipe, validated, folder, name))
    best = {name: max(found) for name, found in rates.items()}
    ratio = best["whole"] / best["bare"]
    verdict = "ok" if ratio >= _TARGET else f"below {_TARGET}"
    print(
        f"{recipe.name}: bare loop on ready views {best['bare']:.0f} images/s, strandline "
        f"{best['whole']:.0f} images/s, ratio {ratio:.2f} ({verdict}); with validation "
        f"{best['validated'] / best['bare']:.2f}"
    )


def main() -> None:
    """Print rates and ratios of both published recipes and of our own."""
    print(f"{_ROWS} stamps, {_EPOCHS} epochs, {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "stamps.lance"
        synthetic_table(path, _ROWS, np.random.default_rng(0))
        for recipe in ("brown2025-cnn", "brown2025-nnclr", "strandline"):
            _measure(folder, StampTable.open(path), with_epochs(Recipe.load(recipe), _EPOCHS))


if __name__ == "__main__":
    main()
