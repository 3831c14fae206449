"""What both trainings do before they begin: splits, scaling, sources, the fingerprint."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.scaling import Scaling
from strandline.learn.source import StampSource
from strandline.learn.tasks import TrainingData
from strandline.progress import track
from strandline.recipe import Recipe
from strandline.seeding import generator
from strandline.stamps import StampTable

__all__ = ["fingerprint", "gather", "measure_scaling", "split_of", "with_epochs"]

_SCALING_SAMPLE = 2048  # the standard error of mean and std is then about 1 %, by galaxy
_READ_AT_ONCE = 128


def with_epochs(recipe: Recipe, epochs: int | None) -> Recipe:
    """Return `recipe` with another number of epochs, if one is given."""
    if epochs is None:
        return recipe
    optimiser = recipe.optimiser.model_copy(update={"epochs": epochs})
    return recipe.model_copy(update={"optimiser": optimiser})


def split_of(table: StampTable) -> NDArray[np.str_]:
    """Return the split of each row: ``train``, ``validation`` or ``test``."""
    return np.asarray(table.columns("split")["split"].to_pylist(), dtype=np.str_)


def fingerprint(
    tables: Sequence[StampTable],
    recipe: Recipe,
    seed: int,
    rows: NDArray[np.int64] | None = None,
    values: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Return what a training depends on, flat, so that a difference can be named.

    Erasure comes after a training and is not among it.
    """
    settings = recipe.model_dump(mode="json", exclude={"erasure"})
    flat: dict[str, Any] = {"seed": seed} | _flat(settings)
    for number, table in enumerate(tables):
        ids = "\n".join(table.columns("id")["id"].to_pylist())
        flat[f"stamps of table {number + 1}"] = f"{len(table)} ({_digest(ids.encode())})"
    if rows is not None and values is not None:
        told = np.stack([rows, values]).tobytes()
        flat["labels"] = f"{len(rows)} ({_digest(told)})"
    return flat


def _flat(content: dict[str, Any], name: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in content.items():
        full = f"{name}.{key}" if name else key
        result |= _flat(value, full) if isinstance(value, dict) else {full: value}
    return result


def measure_scaling(
    tables: Sequence[StampTable], rows: Sequence[NDArray[np.int64]], recipe: Recipe, seed: int
) -> Scaling:
    """Measure the scaling on training rows: noise on all of them, pixels on a sample."""
    spec = tables[0].spec
    noise = np.concatenate([_noise(table, part) for table, part in zip(tables, rows, strict=True)])
    share = min(1.0, _SCALING_SAMPLE / max(1, sum(len(part) for part in rows)))
    random = generator(seed, "scaling")
    geometry = CanvasGeometry.centre(recipe)

    def samples() -> Iterator[Canvases]:
        for table, part in zip(tables, rows, strict=True):
            count = min(len(part), int(np.ceil(share * len(part))))
            chosen = np.sort(random.choice(part, size=count, replace=False))
            with track("Measuring the scaling", len(chosen)) as advance:
                for batch in table.batches(_READ_AT_ONCE, rows=chosen):
                    yield Canvases.from_batch(batch, geometry)
                    advance(len(batch))

    return Scaling.measure(samples(), noise, spec.bands, spec.kind, recipe.scaling)


def gather(
    tables: Sequence[StampTable],
    train: Sequence[NDArray[np.int64]],
    validation: Sequence[NDArray[np.int64]],
    recipe: Recipe,
    seed: int,
    *,
    centre_validation: bool,
    values: tuple[NDArray[Any], NDArray[Any]] | None = None,
    scaling: Scaling | None = None,
) -> TrainingData:
    """Measure the scaling, unless it is given, and open the sources.

    Parameters
    ----------
    tables, train, validation
        Rows of each table.
    recipe : Recipe
    seed : int
    centre_validation : bool
        Whether validation sees stamps as inference does, rather than canvases for random views.
    values : pair of ndarray, optional
        Labels of the training and validation rows, of all tables together; NaN for none.
    scaling : Scaling, optional
        Of a model that is trained on, instead of a new one.
    """
    geometry = CanvasGeometry.of(recipe)
    seen = CanvasGeometry.centre(recipe) if centre_validation else geometry
    cache_mb = recipe.sampling.cache_mb
    sources = (
        StampSource(tables, train, geometry, cache_mb),
        StampSource(tables, validation, seen, cache_mb / 4),
    )
    labels = [
        np.full(len(source), np.nan, dtype=np.float32)
        if values is None
        else values[number].astype(np.float32)
        for number, source in enumerate(sources)
    ]
    if scaling is None:
        scaling = measure_scaling(tables, train, recipe, seed)
    return TrainingData(scaling, geometry.reach, sources[0], labels[0], sources[1], labels[1])


def _noise(table: StampTable, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    found = table.columns(*(f"noise_{band}" for band in table.spec.bands))
    columns = [np.asarray(column, dtype=np.float32) for column in found.columns]
    return np.stack(columns, axis=1)[rows]


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=6).hexdigest()
