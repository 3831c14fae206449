"""Small tables of made-up galaxies, some with a tail."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from strandline.recipe import Recipe
from strandline.stamps import StampTable, TableSpec

BANDS = ("g", "r", "z")
SIZE_PX = 40
NOISE_NJY = np.array([10.0, 20.0, 40.0])

MakeTable = Callable[..., StampTable]
MakeRecipe = Callable[..., Recipe]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Nets this small gain nothing from a second thread, and wait for it on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _galaxies(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return flux in units of the noise, (row, band, y, x), and whether there is a tail."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    values = random.permutation(np.arange(count) % 4 == 0).astype(np.int64)
    images = random.normal(size=(count, len(BANDS), SIZE_PX, SIZE_PX))
    for row in range(count):
        body = 60 * np.exp(-0.5 * (x**2 + y**2) / random.uniform(4, 9))
        angle = random.uniform(0, 2 * np.pi)
        along, across = (
            x * np.cos(angle) + y * np.sin(angle),
            y * np.cos(angle) - x * np.sin(angle),
        )
        tail = 12 * np.exp(-0.5 * (across / 2) ** 2) * (along > 0) * (along < 15)
        images[row] += body + values[row] * tail
    return images.astype(np.float32), values


def _write_table(
    path: Path,
    images: NDArray[np.float32],
    *,
    bands: tuple[str, ...] = BANDS,
    kind: str = "fits",
    split: list[str] | None = None,
) -> StampTable:
    """Write images in units of the noise as a stamp table."""
    count = len(images)
    noise = NOISE_NJY[: len(bands)].astype(np.float32)
    parts = ["train", "train", "train", "validation", "test"]
    columns: dict[str, object] = {
        "id": [f"galaxy-{row}" for row in range(count)],
        "split": split or [parts[row % 5] for row in range(count)],
        "pixel_scale_arcsec": np.full(count, 0.263, dtype=np.float32),
    }
    columns |= {
        f"noise_{band}": np.full(count, sigma) for band, sigma in zip(bands, noise, strict=True)
    }
    spec = TableSpec(bands, images.shape[-1], "picture" if kind == "picture" else "fits")
    with StampTable.writer(path, spec) as writer:
        writer.append(
            columns,  # type: ignore[arg-type]
            (images / 8).astype(np.float16),
            np.tile(8 * noise, (count, 1)).astype(np.float32),
        )
    return StampTable.open(path)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> StampTable:
    """160 galaxies, 40 of them with a tail."""
    return _write_table(tmp_path_factory.mktemp("table") / "stamps.lance", _galaxies(160)[0])


@pytest.fixture(scope="session")
def values() -> NDArray[np.int64]:
    """The labels of `table`, row by row."""
    return _galaxies(160)[1]


def _small(name: str, **sections: dict[str, object]) -> Recipe:
    """Return a recipe that ships, shrunk to what a test can afford."""
    content = Recipe.load(name).model_dump(mode="json")
    content["encoder"] |= {"input_px": 16, "widths": [8, 16], "features": 16}
    if content["encoder"]["kind"] == "flat-cnn":
        content["encoder"] |= {"kernels_px": [4, 3], "pools": [True, False], "dense": [16, 12]}
    content["optimiser"] |= {"epochs": 2, "batch_size": 32}
    content["head"]["finetune"] |= {"epochs": 2, "batch_size": 16}
    content["erasure"] |= {"nuisances": []}
    _shrink(content["objective"])
    for section, settings in sections.items():
        content[section] |= settings
    return Recipe.model_validate(content)


def _shrink(objective: dict[str, Any]) -> None:
    for key in ("projection", "prediction", "contrast_projection"):
        if objective.get(key):
            objective[key] = [16, 8]
    if "queue" in objective:
        objective["queue"] = 40
    if "unlabelled" in objective:
        _shrink(objective["unlabelled"])


@pytest.fixture
def make_galaxies() -> Callable[..., tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """The function (count, seed=0) that makes images and labels."""
    return _galaxies


@pytest.fixture
def make_table() -> MakeTable:
    """The function (path, images, bands=, kind=, split=) that writes a table."""
    return _write_table


@pytest.fixture
def make_recipe() -> MakeRecipe:
    """The function (name, section={key: value}) that gives a small recipe."""
    return _small


@pytest.fixture
def cnn() -> Recipe:
    """The supervised recipe, small."""
    return _small("brown2025-cnn")


@pytest.fixture
def nnclr() -> Recipe:
    """The self-supervised recipe, small."""
    return _small("brown2025-nnclr")
