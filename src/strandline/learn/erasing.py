"""From a trained encoder and training stamps to an `Erasure` of nuisances.

Each nuisance is put on stamps on purpose, so that it is known exactly; what the mean embedding
does with it is erased. That differs between surveys and sets of bands, so that the response of
each table is erased. A field cannot be put on: it is taken as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.errors import TrainingError
from strandline.learn.cards import describe_tables
from strandline.learn.erasure import between, fit_erasure, response
from strandline.learn.model import Model
from strandline.progress import track
from strandline.recipe import ErasureSettings
from strandline.seeding import generator
from strandline.stamps import StampBatch, StampTable
from strandline.stamps.perturbing import (
    Perturbation,
    added_noise,
    blurred,
    rotated,
    shallower,
    shifted,
)

__all__ = ["erase_nuisances"]

_BATCH = 64
_FEWEST = 8  # as for pretraining, so that a long one never ends here
_FEWEST_OF_TABLE = 100
_FEWEST_IN_FIELD = 50
_MOST_FIELD_DIRECTIONS = 4


def erase_nuisances(
    model: Model,
    tables: Sequence[StampTable],
    rows: Sequence[NDArray[np.int64]],
    settings: ErasureSettings,
    seed: int,
) -> Model:
    """Return a model of the same encoder with nuisances erased from its features, and no head.

    Parameters
    ----------
    model : Model
        What is erased already is forgotten: the new erasure is fitted to the encoder's features
        as they are. A head would be of other features, and is left out.
    tables : sequence of StampTable
    rows : sequence of ndarray of int64
        Training rows of each table; at most `ErasureSettings.sample` of all together are used.
    settings : ErasureSettings
        With a nuisance at least.
    seed : int

    Raises
    ------
    TrainingError
        If there are fewer than 8 rows.
    """
    chosen = _sample(rows, settings.sample, seed)
    count = sum(len(part) for part in chosen)
    if count < _FEWEST:
        raise TrainingError(
            f"{', '.join(str(table.path) for table in tables)}: only {count} stamps are in the "
            f"training part; an erasure of nuisances needs at least {_FEWEST}."
        )
    recipe = model.recipe.model_copy(update={"erasure": settings})
    bare = Model(recipe, model.scaling, model.encoder)
    seen = _look(bare, tables, chosen, settings, seed)
    groups = _groups([len(part) for part in chosen])
    responses = [seen.response(name, part) for name in seen.changed for part in groups]
    if "field" in settings.nuisances:
        responses.append(between(seen.plain, _fields(tables, chosen), _MOST_FIELD_DIRECTIONS))
    together = np.concatenate([seen.plain, *seen.changed.values()])
    erasure = fit_erasure(together, np.concatenate(responses, axis=1), settings.tolerance)
    note = {"nuisances": list(settings.nuisances), "stamps": count, "directions": erasure.rank}
    card = _headless(model.card) | {
        "erasure": {**note, "tables": describe_tables(tables), "seed": seed}
    }
    return Model(recipe, model.scaling, model.encoder, card=card, erasure=erasure)


@dataclass(frozen=True)
class _Seen:
    """Features of stamps as they are and, by nuisance, with it put on; what was put on."""

    plain: NDArray[np.float32]
    changed: dict[str, NDArray[np.float32]]
    told: dict[str, NDArray[np.float64]]

    def response(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        done = self.told[name][rows]
        if name != "rotation":  # which is told by sines and cosines
            done = np.concatenate([done, done**2], axis=1)
        change = self.changed[name][rows].astype(np.float64) - self.plain[rows]
        return response(change, done)


def _look(
    model: Model,
    tables: Sequence[StampTable],
    rows: Sequence[NDArray[np.int64]],
    settings: ErasureSettings,
    seed: int,
) -> _Seen:
    puttings = _puttings(settings)
    random = {name: generator(seed, "erasure", name) for name in puttings}
    plain: list[NDArray[np.float32]] = []
    changed: dict[str, list[NDArray[np.float32]]] = {name: [] for name in puttings}
    told: dict[str, list[NDArray[np.float64]]] = {name: [] for name in puttings}
    for batch, bands in _batches(tables, rows, len(puttings)):
        plain.append(model.embed(batch, bands))
        for name, put in puttings.items():
            stamps, done = put(batch, random[name])
            changed[name].append(model.embed(stamps, bands))
            told[name].append(done)
    return _Seen(
        np.concatenate(plain),
        {name: np.concatenate(parts) for name, parts in changed.items()},
        {name: np.concatenate(parts) for name, parts in told.items()},
    )


def _groups(counts: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return the rows of each table, all together; tables of few stamps in one group."""
    table_of = np.repeat(np.arange(len(counts)), counts)
    small = np.asarray(counts) < _FEWEST_OF_TABLE
    table_of[small[table_of]] = -1
    return [np.flatnonzero(table_of == number) for number in np.unique(table_of)]


def _sample(rows: Sequence[NDArray[np.int64]], most: int, seed: int) -> list[NDArray[np.int64]]:
    """Return at most so many rows of all parts together, as evenly from each as they have them."""
    random, chosen, left = generator(seed, "erasure rows"), dict[int, NDArray[np.int64]](), most
    smallest_first = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    for done, number in enumerate(smallest_first):
        count = min(len(rows[number]), left // (len(rows) - done))
        chosen[number] = np.sort(random.choice(rows[number], size=count, replace=False))
        left -= count
    return [chosen[number] for number in range(len(rows))]


def _puttings(settings: ErasureSettings) -> dict[str, Perturbation]:
    """Return what is put on stamps, by nuisance."""
    known: dict[str, Perturbation] = {
        "noise": partial(added_noise, most=settings.noise),
        "depth": partial(shallower, most=settings.depth),
        "blur": partial(blurred, most_px=settings.blur_px),
        "shift": partial(shifted, most=settings.shift),
        "rotation": rotated,
    }
    return {name: put for name, put in known.items() if name in settings.nuisances}


def _batches(
    tables: Sequence[StampTable], rows: Sequence[NDArray[np.int64]], puttings: int
) -> Iterator[tuple[StampBatch, tuple[str, ...]]]:
    """Yield stamps with their bands; the progress counts embeddings."""
    total = sum(len(part) for part in rows) * (1 + puttings)
    with track("Erasing nuisances", total) as advance:
        for table, part in zip(tables, rows, strict=True):
            for batch in table.batches(_BATCH, rows=part):
                yield batch, table.spec.bands
                advance(len(batch) * (1 + puttings))


def _fields(tables: Sequence[StampTable], rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the field of each stamp: its tile where tiles have many stamps, else its table."""
    names: list[str] = []
    for number, (table, part) in enumerate(zip(tables, rows, strict=True)):
        tiles = table.columns("tile", rows=part)["tile"].to_pylist()
        each = np.unique(tiles, return_counts=True)[1]
        many = len(each) > 0 and each.min() >= _FEWEST_IN_FIELD
        names += [f"{number} {tile if many else ''}" for tile in tiles]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _headless(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card without what it says of a head."""
    kept = {key: card[key] for key in card if key not in ("head", "validation_scores")}
    if "validation" in kept:
        found = kept["validation"].items()
        kept["validation"] = {key: value for key, value in found if key not in ("auc", "labels")}
    return kept
