"""What several benchmarks look at: stamps as vectors by a model, kept on disk."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.learn import Model, embed_table
from strandline.learn.fingerprint import fingerprint
from strandline.learn.inputs import HeadInputs
from strandline.shapes import HARMONICS_VERSION, read_harmonics, read_shapes
from strandline.stamps import StampTable

__all__ = ["Embedded", "embedded", "looks", "option"]


class Embedded:
    """Vectors of some stamps, (row, feature) each: the embedding, and shape statistics."""

    def __init__(self, embedding: NDArray[np.float32], shapes: NDArray[np.float32]) -> None:
        self.embedding = embedding
        self.shapes = shapes

    def rows(self, rows: NDArray[np.int64]) -> "Embedded":
        """Return those of some stamps."""
        return Embedded(self.embedding[rows], self.shapes[rows])

    @classmethod
    def joined(cls, parts: "Sequence[Embedded]") -> "Embedded":
        """Return those of several tables, one after the other."""
        return cls(
            np.concatenate([part.embedding for part in parts]),
            np.concatenate([part.shapes for part in parts]),
        )

    def inputs(self, *, shapes: bool) -> NDArray[np.float32]:
        """Return what a head looks at; medians stand for shapes that could not be measured."""
        if not shapes:
            return self.embedding
        width = self.embedding.shape[1]
        return HeadInputs.of(width, self.shapes, controls=False).matrix(self.embedding, self.shapes)


def embedded(table: Path, model: str, work: Path) -> Embedded:
    """Return the vectors of a table, from `work` if they are kept there."""
    opened = StampTable.open(table)
    embedding = _kept(work / f"{_stem(table, model)}.npy", lambda: _embedding(opened, model))
    shapes = _kept(
        work / f"{_stem(table)}.shapes.npy", lambda: read_shapes(opened, np.arange(len(opened)))
    )
    return Embedded(embedding, shapes)


def looks(table: Path, model: str, work: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return embedding and harmonics of a table, from `work` if they are kept there."""
    opened = StampTable.open(table)
    embedding = _kept(work / f"{_stem(table, model)}.npy", lambda: _embedding(opened, model))
    harmonics = _kept(
        work / f"{_stem(table)}.harmonics-{HARMONICS_VERSION}.npy",
        lambda: read_harmonics(opened, np.arange(len(opened))),
    )
    return embedding, harmonics


def _stem(table: Path, model: str | None = None) -> str:
    """Return how files that are kept of a table begin; tables of other folders have one name."""
    place = sha256(str(table.resolve()).encode()).hexdigest()[:8]
    return f"{table.stem}.{place}" + (f".{fingerprint(Model.load(model))}" if model else "")


def _embedding(table: StampTable, model: str) -> NDArray[np.float32]:
    parts = [features for _, features in embed_table(table, Model.load(model))]
    return np.concatenate(parts)


def _kept(path: Path, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, make())
    return np.asarray(np.load(path), dtype=np.float32)


def option(arguments: list[str], name: str, default: str) -> str:
    """Return the value of ``--name=value`` among the arguments."""
    start = f"--{name}="
    return next((text[len(start) :] for text in arguments if text.startswith(start)), default)
