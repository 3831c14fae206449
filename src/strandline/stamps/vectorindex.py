"""How vectors are indexed and searched by Lance: chosen by how many there are."""

import math
from dataclasses import dataclass
from typing import Any

import lance
import pyarrow as pa

__all__ = ["VectorPlan"]

_FROM_ROWS = 5000
_COMPRESSED_FROM_ROWS = 2_000_000
_FEWEST_PROBES, _PROBED_SHARE = 20, 0.05
_PROBES, _REFINED = 40, 20  # of the compressed
_NUMBERS_IN_BYTE = 4
_TRAINED_ON, _ROUNDS = 32, 10  # vectors of each cell


@dataclass(frozen=True)
class VectorPlan:
    """How a column of vectors is divided into cells, and how many of these a search looks at.

    Below 5000 rows there is no index, and a search looks at all. Up to two million, cells hold the
    vectors whole: distances are exact, only the choice of cells is not, and a twentieth of them,
    at least 20, is searched. Above, so many whole vectors would have to be read for each search
    that cells hold a byte for each four numbers (product quantisation; Jegou, Douze & Schmid
    2011); the best 20 times the number wanted are then compared exactly.

    Attributes
    ----------
    rows : int
    """

    rows: int

    @property
    def cells(self) -> int:
        """How many there are: about the square root of the rows."""
        return max(1, math.isqrt(self.rows))

    @property
    def compressed(self) -> bool:
        """Whether vectors are shortened."""
        return self.rows >= _COMPRESSED_FROM_ROWS

    def build(self, dataset: lance.LanceDataset, column: str) -> None:
        """Index a column, if there are rows enough that it pays.

        Cells are found from a sample of so many vectors that time and memory stay bounded.
        """
        if self.rows < _FROM_ROWS:
            return
        own: dict[str, Any] = {"index_type": "IVF_FLAT"}
        if self.compressed:
            own = {
                "index_type": "IVF_PQ",
                "num_sub_vectors": _parts(dataset.schema.field(column).type),
                "sample_rate": _TRAINED_ON,
                "max_iters": _ROUNDS,
            }
        dataset.create_index(
            column, metric="cosine", num_partitions=self.cells, replace=True, **own
        )

    def search(self) -> dict[str, Any]:
        """Return how a search goes about it, as Lance takes it."""
        if self.compressed:
            return {"metric": "cosine", "nprobes": _PROBES, "refine_factor": _REFINED}
        probes = max(_FEWEST_PROBES, round(_PROBED_SHARE * self.cells))
        return {"metric": "cosine", "nprobes": probes}


def _parts(vectors: pa.DataType) -> int:
    """Return into how many equal parts vectors are divided, a byte each."""
    width = int(vectors.list_size)
    most = max(1, width // _NUMBERS_IN_BYTE)
    return next(parts for parts in range(most, 0, -1) if width % parts == 0)
