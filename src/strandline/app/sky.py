"""What all who look at a table share: its columns, vectors and places. Read once, never changed."""

import math
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from strandline.explore.novelty import novelty_in_any
from strandline.explore.vectors import Space, aspects_of, read_looks
from strandline.flags import StampFlag
from strandline.labels.votes import Galaxy, table_fingerprint
from strandline.learn.inputs import HeadInputs
from strandline.report.words import flag_words, sexagesimal
from strandline.shapes import HARMONICS, SHAPE_NAMES, has_harmonics, read_shapes
from strandline.stamps import StampTable

__all__ = ["Sky"]

_OF_ALL_PICTURES = int(StampFlag.UNCALIBRATED | StampFlag.NO_WCS)


class Sky:
    """A stamp table, opened to be looked at.

    Parameters
    ----------
    table : StampTable
        With columns ``embedding``, ``map_x`` and ``map_y``.
    seed : int

    Attributes
    ----------
    table : StampTable
    columns : pyarrow.Table
        All that hold one value a row.
    fingerprint : str
        See `strandline.labels.votes.table_fingerprint`.
    places : ndarray of float32, shape (row, 2)
        On the map; NaN where there is none.
    has_harmonics : bool
        Whether harmonics of light stand behind the embedding in `vectors`.

    Notes
    -----
    What is heavy (vectors, novelty, the tree of places) is made when it is first asked for.
    """

    def __init__(self, table: StampTable, *, seed: int = 0) -> None:
        table.check_columns(["embedding", "map_x", "map_y"])
        self.table = table
        self.seed = seed
        self.columns: pa.Table = table.columns().combine_chunks()
        self.fingerprint = table_fingerprint(table)
        self.has_harmonics = has_harmonics(table)
        axes = [np.asarray(self.columns[name].to_numpy()) for name in ("map_x", "map_y")]
        self.places: NDArray[np.float32] = np.stack(axes, axis=1).astype(np.float32)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of models with a probability of their own in the table."""
        start = "probability_"
        return tuple(
            name.removeprefix(start)
            for name in self.columns.column_names
            if name.startswith(start) and name != "probability_sky"
        )

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns that the map can be coloured and a list be sorted by."""
        first = [name for name in ("probability", "novelty") if name in self.columns.column_names]
        others = [
            field.name
            for field in self.columns.schema
            if (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))
            and field.name not in ("healpix", "map_x", "map_y", *first)
        ]
        magnitudes = [name for name in others if name.startswith(("mag_", "probability"))]
        rest = [name for name in others if name not in magnitudes]
        return (*first, *magnitudes, *rest)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column as float64, shape (row,); NaN where there is no value, or no column."""
        if name == "novelty" and name not in self.columns.column_names:
            return np.asarray(self.novelty, dtype=np.float64)
        if name not in self.columns.column_names:
            return np.full(len(self), np.nan)
        column = pc.cast(self.columns[name], pa.float64())
        return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """The column ``probability``, shape (row,)."""
        return self.numbers("probability")

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The embedding and, if the table has them, harmonics of light, shape (row, feature)."""
        return read_looks(self.table)

    @property
    def features(self) -> int:
        """Width of the embedding."""
        return int(self.vectors.shape[1]) - HARMONICS * self.has_harmonics

    @cached_property
    def axes(self) -> Space:
        """The strongest principal axes of `vectors`."""
        return Space.of(self.vectors, seed=self.seed)

    @cached_property
    def space(self) -> NDArray[np.float32]:
        """Places along `axes`, shape (row, axis)."""
        return self.axes(self.vectors)

    @cached_property
    def novelty(self) -> NDArray[np.float32]:
        """How unlike all others each row is, shape (row,), by the table or measured now."""
        if "novelty" in self.columns.column_names:
            return np.asarray(self.columns["novelty"].to_numpy(), dtype=np.float32)
        aspects = aspects_of(self.vectors, harmonics=self.has_harmonics)
        return novelty_in_any(self.vectors, aspects, seed=self.seed)

    @cached_property
    def head_inputs(self) -> HeadInputs:
        """What a head of a class looks at: shape statistics beside the embedding if they exist."""
        width = self.vectors.shape[1]
        if self.shapes is None:
            return HeadInputs(width)
        return HeadInputs.of(width, self.shapes, controls=False)

    @cached_property
    def shapes(self) -> NDArray[np.float32] | None:
        """Shape statistics that the table holds, shape (row, statistic)."""
        if not all(f"shape_{name}" in self.table.column_names for name in SHAPE_NAMES):
            return None
        return read_shapes(self.table, np.arange(len(self)))

    @cached_property
    def inputs(self) -> NDArray[np.float32]:
        """What heads look at, shape (row, input)."""
        return self.head_inputs.matrix(self.vectors, self.shapes)

    @cached_property
    def _tree(self) -> tuple[cKDTree, NDArray[np.int64]]:
        rows = np.flatnonzero(np.isfinite(self.places).all(axis=1))
        return cKDTree(self.places[rows]), rows

    def nearest_on_map(self, x: float, y: float, within: float) -> int | None:
        """Return the row whose place is nearest to a point of the map, if it is near enough."""
        tree, rows = self._tree
        if not len(rows):
            return None
        _, found = tree.query((x, y), distance_upper_bound=within)
        return int(rows[found]) if found < len(rows) else None

    def galaxy(self, row: int) -> Galaxy:
        """Return the galaxy of a row as votes name it."""
        told = self._row(row)
        return Galaxy(told["id"], told["ra"], told["dec"], self.table.path.name, self.fingerprint)

    def brief(self, row: int) -> dict[str, Any]:
        """Return what a card says of a galaxy: row, id, magnitude, probability, flags."""
        told = self._row(row)
        return {
            "row": row,
            "id": told["id"],
            "mag": _short(self._magnitude(told), 2),
            "p": _short(told.get("probability"), 3),
            "flags": self._flags(told),
        }

    def facts(self, row: int) -> dict[str, Any]:
        """Return all that the page of a galaxy says of it; None where it is not known."""
        told = self._row(row)
        ra, dec = float(told["ra"]), float(told["dec"])
        known = math.isfinite(ra) and math.isfinite(dec)
        return self.brief(row) | {
            "source": told["source"],
            "tile": told["tile"],
            "ra": round(ra, 6) if known else None,
            "dec": round(dec, 6) if known else None,
            "sky": sexagesimal(np.array([ra]), np.array([dec]))[0],
            "radius": _short(told.get("radius_arcsec"), 2),
            "scale": _short(told.get("pixel_scale_arcsec"), 4),
            "split": told.get("split"),
            "models": {name: _short(told[f"probability_{name}"], 3) for name in self.models},
            "mags": {
                band: [_short(told.get(f"mag_{band}"), 2), _short(told.get(f"mag_err_{band}"), 2)]
                for band in self.table.spec.bands
            },
            "novelty": _short(told.get("novelty"), 3),
            "place": [_short(value, 3) for value in self.places[row]],
        }

    def _row(self, row: int) -> dict[str, Any]:
        return dict(self.columns.slice(row, 1).to_pylist()[0])

    def _magnitude(self, told: dict[str, Any]) -> float | None:
        bands = self.table.spec.bands
        return told.get("mag_r" if "r" in bands else f"mag_{bands[len(bands) // 2]}")

    def _flags(self, told: dict[str, Any]) -> list[str]:
        value = int(told.get("flags") or 0)
        if self.table.spec.kind == "picture":  # true of every picture, so no news of any one
            value &= ~_OF_ALL_PICTURES
        return flag_words(value)


def _short(value: float | None, digits: int) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)
