"""Embed and classify from a table against the bare model on stamps in memory: at least 0.85."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import ArrayLike

from strandline import api
from strandline.learn import Model
from strandline.learn.encoders import make_encoder
from strandline.learn.heads import LinearHead
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampTable, TableSpec

__all__ = ["BANDS", "main", "synthetic_table"]

BANDS = ("u", "g", "r", "i", "z")
_SIZE_PX = 200
_ROWS = 768
_BATCH = 128
_REPEATS = 3
_TARGET = 0.85


def synthetic_table(path: Path, rows: int, random: np.random.Generator) -> None:
    """Write a table of `rows` noisy blobs of 200x200 px in five bands, ids ``g-00000``..."""
    y, x = np.mgrid[:_SIZE_PX, :_SIZE_PX] - (_SIZE_PX - 1) / 2
    noise = random.normal(size=(64, len(BANDS), _SIZE_PX, _SIZE_PX)).astype(np.float32)
    with StampTable.writer(path, TableSpec(BANDS, _SIZE_PX, "fits")) as writer:
        for start in range(0, rows, len(noise)):
            count = min(len(noise), rows - start)
            width = random.uniform(3, 12, size=(count, 1, 1, 1))
            flux = noise[:count] + 100 * np.exp(-0.5 * (x**2 + y**2) / width**2)
            sigma = np.full(count, 10.0, dtype=np.float32)
            splits = random.choice(["train", "validation", "test"], count, p=[0.8, 0.1, 0.1])
            columns: dict[str, ArrayLike] = {
                "id": [f"g-{start + row:05d}" for row in range(count)],
                "source": ["synthetic.fits"] * count,
                "split": splits,
            }
            columns |= {f"noise_{band}": sigma for band in BANDS}
            pixels = (flux / 8).astype(np.float16)
            writer.append(columns, pixels, np.full((count, len(BANDS)), 80, dtype=np.float32))


def _untrained(recipe: Recipe) -> Model:
    """Return a model with a head; how fast it is does not depend on its weights."""
    count = len(BANDS)
    scaling = Scaling(BANDS, "fits", 3.0, "image", (10.0,) * count, (0.0,) * count, (1.0,) * count)
    encoder = make_encoder(count, recipe.encoder, seed=0)
    weight = np.zeros(encoder.feature_count, dtype=np.float32)
    return Model(recipe, scaling, encoder, LinearHead.plain(weight, 0.0))


def _rate(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return _ROWS / (time.perf_counter() - started)


def _rounding(model: Model, ready: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Return how features change with the numbers that are multiplied; 0 where both are one."""
    fast = torch.cat([model.encode(*views) for views in ready])
    with patch("strandline.learn.precision.bf16_pays", return_value=False):
        exact = torch.cat([model.encode(*views) for views in ready])
    return float((fast - exact).square().mean().sqrt() / exact.std(dim=0).square().mean().sqrt())


def _measure(folder: Path, table: Path, recipe: Recipe) -> None:
    model = _untrained(recipe)
    place = folder / recipe.name
    model.save(place)
    batches = list(StampTable.open(table).batches(_BATCH))

    def bare() -> None:
        for batch in batches:
            model.probability(model.embed(batch, BANDS))

    def network() -> None:
        for values, present in ready:
            model.encode(values, present)

    jobs: dict[str, Callable[[], object]] = {
        "bare": bare,
        "embed": lambda: api.embed(table, place, batch_size=_BATCH),
        "classify": lambda: api.classify(
            table, [place], folder / "scores.parquet", batch_size=_BATCH
        ),
    }
    bare()  # warm
    best = dict.fromkeys(jobs, 0.0)
    for _ in range(_REPEATS):  # in turn, so that a busy moment hits all alike
        for name, job in jobs.items():
            best[name] = max(best[name], _rate(job))
    ready = [model.prepare(batch, BANDS) for batch in batches]
    alone = max(_rate(network) for _ in range(_REPEATS))
    print(
        f"{recipe.name}: bare model on stamps in memory {best['bare']:.0f} stamps/s "
        f"(network alone {alone:.0f})"
    )
    print(f"  features in bfloat16 differ by {_rounding(model, ready):.1e} of their spread")
    for name in ("embed", "classify"):
        ratio = best[name] / best["bare"]
        verdict = "ok" if ratio >= _TARGET else f"below {_TARGET}"
        print(f"  {name:9s} {best[name]:6.0f} stamps/s, ratio {ratio:.2f} ({verdict})")


def main() -> None:
    """Print rates and ratios of both published recipes and of our own."""
    print(
        f"{_ROWS} stamps, {_SIZE_PX} px, {len(BANDS)} bands, batches of {_BATCH}, "
        f"{torch.get_num_threads()} threads"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "stamps.lance"
        synthetic_table(table, _ROWS, np.random.default_rng(0))
        for recipe in ("brown2025-cnn", "brown2025-nnclr", "strandline"):
            _measure(folder, table, Recipe.load(recipe))


if __name__ == "__main__":
    main()
