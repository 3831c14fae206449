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
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.inference import synthetic_table
from strandline.learn.fitting import fit
from strandline.learn.precision import bf16_pays
from strandline.learn.preparing import gather, split_of, with_epochs
from strandline.learn.selfsupervised import SelfSupervisedTask
from strandline.learn.supervised import SupervisedTask
from strandline.learn.tasks import Task, TrainingData
from strandline.recipe import Recipe
from strandline.stamps import StampTable

__all__ = ["main"]

_ROWS = 1280
_ROWS_GPU = 4096
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


def _work(recipe: Recipe, data: TrainingData) -> float:
    """Return the floating point operations of an image: forward and backward of all its views."""
    task = _task(recipe, data).train()
    batch = next(iter(task.train_dataloader()))
    sides = 1 if recipe.supervised else 2
    views = [task.view(batch, batch.number, side) for side in range(sides)]
    with patch.object(task, "view", side_effect=views), FlopCounterMode(display=False) as counted:
        loss, _features = task.loss(batch)
        torch.autograd.backward(loss)
    return float(counted.get_total_flops() / len(batch))


def _peak() -> float:
    """Return the operations a second of a large square product, in what networks are trained in."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    side = 8192 if device.type == "cuda" else 2048
    kind = torch.bfloat16 if bf16_pays() else torch.float32
    matrix = torch.randn(side, side, device=device, dtype=kind)
    best = 0.0
    for _ in range(10):
        started = time.perf_counter()
        product = matrix @ matrix
        if device.type == "cuda":
            torch.cuda.synchronize()
        del product
        best = max(best, 2 * side**3 / (time.perf_counter() - started))
    return best


def _measure(folder: Path, table: StampTable, recipe: Recipe, peak: float) -> None:
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
    work = _work(recipe, plain)
    print(
        f"{recipe.name}: bare loop on ready views {best['bare']:.0f} images/s, strandline "
        f"{best['whole']:.0f} images/s, ratio {ratio:.2f} ({verdict}); with validation "
        f"{best['validated'] / best['bare']:.2f}; {work / 1e9:.2f} GFLOP an image, "
        f"{work * best['bare'] / peak:.1%} and {work * best['whole'] / peak:.1%} of the peak"
    )


def main() -> None:
    """Print rates and ratios of both published recipes and of our own; on a GPU the large one too.

    The peak is what a large product of matrices reaches on the same machine.
    """
    names = ["brown2025-cnn", "brown2025-nnclr", "strandline"]
    where, rows = f"{torch.get_num_threads()} threads", _ROWS
    if torch.cuda.is_available():
        names.append("strandline-large")
        where, rows = torch.cuda.get_device_name(), _ROWS_GPU
    peak = _peak()
    kind = "bfloat16" if bf16_pays() else "float32"
    print(f"{rows} stamps, {_EPOCHS} epochs, {where}; peak in {kind} {peak / 1e12:.2f} TFLOP/s")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "stamps.lance"
        synthetic_table(path, rows, np.random.default_rng(0))
        for recipe in names:
            chosen = with_epochs(Recipe.load(recipe), _EPOCHS)
            _measure(folder, StampTable.open(path), chosen, peak)


if __name__ == "__main__":
    main()
