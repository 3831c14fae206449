"""What a head looks at: the embedding, shape statistics, or both side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from strandline.shapes import CONTROL_NAMES, SHAPE_NAMES, SHAPES_VERSION

__all__ = ["HeadInputs"]


@dataclass(frozen=True)
class HeadInputs:
    """Columns that a head takes: first those of the embedding, then shape statistics.

    Attributes
    ----------
    embedding : int
        Features of the embedding: all, or 0 where the head sees shapes only.
    shapes : tuple of str
        Of `strandline.shapes.SHAPE_NAMES`; () for none.
    fill : tuple of float
        What stands for a statistic that could not be measured: its median in training.
    version : int
        Of `strandline.shapes` in training.
    """

    embedding: int
    shapes: tuple[str, ...] = ()
    fill: tuple[float, ...] = ()
    version: int = SHAPES_VERSION

    @classmethod
    def of(cls, embedding: int, measured: NDArray[np.float32], *, controls: bool) -> Self:
        """Take the medians of what was measured in training.

        Parameters
        ----------
        embedding : int
        measured : ndarray of float32, shape (row, len(SHAPE_NAMES))
            A statistic that no row has counts as 0.
        controls : bool
            Whether size and brightness are taken too.
        """
        names = tuple(name for name in SHAPE_NAMES if controls or name not in CONTROL_NAMES)
        columns = [measured[:, SHAPE_NAMES.index(name)] for name in names]
        known = [column[np.isfinite(column)] for column in columns]
        fill = tuple(float(np.median(column)) if column.size else 0.0 for column in known)
        return cls(embedding, names, fill)

    @property
    def width(self) -> int:
        """How many numbers the head takes for a galaxy."""
        return self.embedding + len(self.shapes)

    def matrix(
        self, features: NDArray[np.float32], measured: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return what the head takes, float32 of shape (row, width).

        Parameters
        ----------
        features : ndarray of float32, shape (row, feature)
        measured : ndarray of float32, shape (row, len(SHAPE_NAMES))
            NaN where there is none. Not needed without shapes.

        Raises
        ------
        ValueError
            If shapes are needed and were not given.
        """
        if not self.shapes:
            return features
        if measured is None or measured.shape != (len(features), len(SHAPE_NAMES)):
            found = "none" if measured is None else f"an array of shape {measured.shape}"
            raise ValueError(
                f"shape statistics of {len(features)} galaxies are needed beside their features; "
                f"got {found}"
            )
        chosen = measured[:, [SHAPE_NAMES.index(name) for name in self.shapes]]
        filled = np.where(np.isfinite(chosen), chosen, np.asarray(self.fill, dtype=np.float32))
        seen = features[:, : self.embedding]
        return np.concatenate([seen, filled], axis=1).astype(np.float32)

    def told(self) -> dict[str, Any]:
        """Return what a card keeps of it, to be read back by `read`."""
        return {
            "embedding": self.embedding > 0,
            "shapes": list(self.shapes),
            "fill": list(self.fill),
            "version": self.version,
        }

    @classmethod
    def read(cls, told: Mapping[str, Any], features: int) -> Self:
        """Return what `told` describes, for an encoder of so many features.

        Raises
        ------
        ValueError, TypeError, KeyError
            If it is damaged, or names a statistic that is not measured.
        """
        names = tuple(str(name) for name in told["shapes"])
        fill = tuple(float(value) for value in told["fill"])
        strange = sorted(set(names) - set(SHAPE_NAMES))
        if strange:
            raise ValueError(
                f"its head needs shape statistics that this version of strandline does not "
                f"measure: {', '.join(strange)}"
            )
        if len(fill) != len(names) or not np.isfinite(fill).all():
            raise ValueError(f"{len(fill)} medians of {len(names)} shape statistics")
        return cls(features if told["embedding"] else 0, names, fill, int(told["version"]))
