"""What several benchmarks look at: stamps as vectors by a model, kept on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.learn import Model, embed_table
from strandline.learn.fingerprint import fingerprint
from strandline.learn.inputs import HeadInputs
from strandline.shapes import read_shapes
from strandline.stamps import StampTable

__all__ = ["Embedded", "embedded", "option"]


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
    opened, encoder = StampTable.open(table), Model.load(model)
    kept = work / f"{table.stem}.{fingerprint(encoder)}.npy"
    if not kept.is_file():
        work.mkdir(parents=True, exist_ok=True)
        parts = [features for _, features in embed_table(opened, encoder)]
        np.save(kept, np.concatenate(parts))
    shapes = work / f"{table.stem}.shapes.npy"
    if not shapes.is_file():
        np.save(shapes, read_shapes(opened, np.arange(len(opened))))
    return Embedded(np.load(kept), np.load(shapes))


def option(arguments: list[str], name: str, default: str) -> str:
    """Return the value of ``--name=value`` among the arguments."""
    start = f"--{name}="
    return next((text[len(start) :] for text in arguments if text.startswith(start)), default)
