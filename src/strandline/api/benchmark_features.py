"""Embeddings and shape statistics of the labelled galaxies, computed once and kept."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline import learn
from strandline.api.benchmark_data import BenchmarkData
from strandline.classify.contestants import Facts
from strandline.files import write_aside
from strandline.learn import Model
from strandline.shapes import SHAPES_VERSION, read_shapes
from strandline.stamps import StampTable

__all__ = ["FeatureStore", "digest", "embedded"]


def digest(*content: str | bytes | Path) -> str:
    """Return a short name of texts and of the files of folders."""
    found = hashlib.blake2b(digest_size=4)
    for part in content:
        if isinstance(part, Path):
            for file in sorted(file for file in part.rglob("*") if file.is_file()):
                found.update(file.relative_to(part).as_posix().encode() + file.read_bytes())
        else:
            found.update(part if isinstance(part, bytes) else part.encode())
    return found.hexdigest()


@dataclass(frozen=True)
class FeatureStore:
    """Features of all labelled galaxies of a benchmark, in the order of places.

    Attributes
    ----------
    data : BenchmarkData
    folder : Path
        Where they are kept.
    """

    data: BenchmarkData
    folder: Path

    def embedding(self, model: Model, name: str) -> tuple[NDArray[np.float32], Facts]:
        """Return a model's embedding, and ``stamps_per_second``.

        Parameters
        ----------
        model : Model
        name : str
            Of the file; another one for another model.
        """
        return self._kept(name, lambda table, rows: embedded(table, model, rows))

    @cached_property
    def shapes(self) -> NDArray[np.float32]:
        """Shape statistics, shape (labelled, len(SHAPE_NAMES))."""
        return self._shapes[0]

    @cached_property
    def shape_facts(self) -> Facts:
        """What measuring the shapes cost."""
        return self._shapes[1]

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.float32], Facts]:
        return self._kept(f"shapes-{SHAPES_VERSION}", read_shapes)

    def _kept(
        self, name: str, read: Callable[[StampTable, NDArray[np.int64]], NDArray[Any]]
    ) -> tuple[NDArray[np.float32], Facts]:
        path = self.folder / f"{name}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as content:
                return content["features"], {"stamps_per_second": float(content["rate"])}
        started, count = time.perf_counter(), self.data.count
        features = self.data.gather(np.arange(count), read)
        rate = count / (time.perf_counter() - started)
        with write_aside(path) as aside, aside.open("wb") as file:
            np.savez(file, features=features, rate=rate)
        return features, {"stamps_per_second": rate}


def embedded(table: StampTable, model: Model, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the embedding of rows of a table, shape (row, feature)."""
    return np.concatenate([part for _, part in learn.embed_table(table, model, rows=rows)])
