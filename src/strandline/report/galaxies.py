"""Which galaxies a report pictures, and what it says of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from strandline.errors import TableError
from strandline.report.words import sexagesimal
from strandline.seeding import generator

__all__ = [
    "GALLERY_AT_MOST",
    "Chosen",
    "check_columns",
    "choose",
    "describe",
    "map_positions",
    "model_columns",
]

GALLERY_AT_MOST = 120
PICTURED_AT_MOST = 1500
POINTS_AT_MOST = 6000

_MAP_CELLS = 48
_REQUIRED = ("id", "row", "probability")


@dataclass(frozen=True)
class Chosen:
    """Rows of the catalogue, by how they are shown.

    Attributes
    ----------
    pictured : ndarray of int64, shape (n,)
        All with a picture; the first `gallery` of them, the best ranked, are in the gallery, the
        others only small on the map and among the neighbours.
    gallery : int
    points : ndarray of int64, shape (m,)
        Further ones that are points on the map.
    """

    pictured: NDArray[np.int64]
    gallery: int
    points: NDArray[np.int64]


def model_columns(catalogue: pa.Table) -> dict[str, str]:
    """Return the columns of single models' probabilities by the models' names."""
    start = "probability_"
    return {
        name.removeprefix(start): name
        for name in catalogue.column_names
        if name.startswith(start) and name != "probability_sky"
    }


def map_positions(catalogue: pa.Table) -> NDArray[np.float64] | None:
    """Return the galaxies' places on the map, or None where there is no map.

    Returns
    -------
    ndarray of float64, shape (n, 2), or None
        Turned so that the longest extent is horizontal, and scaled alike in both directions so
        that it spans 0..1; NaN where a galaxy has none.
    """
    if not {"map_x", "map_y"} <= set(catalogue.column_names):
        return None
    places = np.stack([_floats(catalogue, "map_x"), _floats(catalogue, "map_y")], axis=1)
    good = np.isfinite(places).all(axis=1)
    if good.sum() < 2:
        return None
    centred = places - places[good].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[good], full_matrices=False)
    turned = np.asarray(centred @ axes.T)
    low, high = turned[good].min(axis=0), turned[good].max(axis=0)
    span = float(np.max(high - low)) or 1.0
    return np.asarray((turned - low) / span)


def check_columns(catalogue: pa.Table) -> None:
    """Raise TableError if the catalogue lacks a column that a report cannot do without."""
    for name in _REQUIRED:
        if name not in catalogue.column_names:
            raise TableError(f"The catalogue has no column {name!r}; a report needs it.")


def choose(
    catalogue: pa.Table,
    places: NDArray[np.float64] | None,
    *,
    seed: int | None,
    also: NDArray[np.int64] | None = None,
) -> Chosen:
    """Choose whom to picture: the best ranked, and others spread evenly over the map.

    Parameters
    ----------
    catalogue : Table
        Best first.
    places : ndarray of float64, shape (n, 2), or None
        From `map_positions`.
    seed : int or None
        Of the choice among equals.
    also : ndarray of int64, optional
        Rows of the catalogue that are pictured in any case, whether or not they are on the map.
    """
    total = catalogue.num_rows
    best = np.arange(min(total, GALLERY_AT_MOST), dtype=np.int64)
    nobody = np.array([], dtype=np.int64)
    wanted = np.setdiff1d(nobody if also is None else also, best)
    pictured = np.concatenate([best, wanted])
    if places is None:
        return Chosen(pictured, len(best), nobody)
    others = np.setdiff1d(np.arange(total, dtype=np.int64), pictured)
    others = others[np.isfinite(places[others]).all(axis=1)]
    shuffled = generator(seed or 0, "report", "map").permutation(others)
    spread = _spread(shuffled, places)
    room = max(PICTURED_AT_MOST - len(pictured), 0)
    return Chosen(
        np.concatenate([pictured, spread[:room]]),
        len(best),
        np.sort(spread[room : room + POINTS_AT_MOST]),
    )


def _spread(rows: NDArray[np.int64], places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Order rows so that each first part of them covers the map: one of each cell, then two..."""
    cells = np.minimum((places[rows] * _MAP_CELLS).astype(np.int64), _MAP_CELLS - 1)
    cell = cells[:, 0] * _MAP_CELLS + cells[:, 1]
    by_cell = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[by_cell], cell[by_cell], side="left")
    turn = np.empty(len(rows), np.int64)
    turn[by_cell] = np.arange(len(rows)) - starts
    return rows[np.argsort(turn, kind="stable")]


def describe(catalogue: pa.Table, rows: NDArray[np.int64]) -> dict[str, list[Any]]:
    """Return what the page says of the galaxies in `rows` of the catalogue, column by column.

    Numbers are rounded to what is meaningful; None where not known.
    """
    part = catalogue.take(pa.array(rows))
    names = set(part.column_names)
    text = {name: _texts(part, name) for name in ("id", "tile", "source")}
    ra, dec = _floats(part, "ra"), _floats(part, "dec")
    out: dict[str, list[Any]] = {
        **text,
        "rank": [int(row) + 1 for row in rows],
        "ra": _rounded(ra, 6),
        "dec": _rounded(dec, 6),
        "sky": sexagesimal(ra, dec),
        "p": _rounded(_floats(part, "probability"), 4),
        "flags": _integers(part, "flags"),
        "scale": _rounded(_floats(part, "pixel_scale_arcsec"), 5),
        "radius": _rounded(_floats(part, "radius_arcsec"), 2),
        "north": _rounded(_floats(part, "north_deg"), 1),
        "east": _rounded(_floats(part, "east_deg"), 1),
    }
    if "label" in names:
        out["label"] = [
            None if value is None else int(value) for value in part["label"].to_pylist()
        ]
    for model, column in model_columns(part).items():
        out[f"p:{model}"] = _rounded(_floats(part, column), 4)
    for column in part.column_names:
        band = column.removeprefix("mag_")
        if band != column and not band.startswith("err_"):
            out[f"m:{band}"] = _rounded(_floats(part, column), 2)
            out[f"e:{band}"] = _rounded(_floats(part, f"mag_err_{band}"), 2)
    return out


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = pc.cast(table[name], pa.float64())
    return np.asarray(pc.fill_null(column, float("nan")).to_numpy(), dtype=np.float64)


def _integers(table: pa.Table, name: str) -> list[int]:
    if name not in table.column_names:
        return [0] * table.num_rows
    return [int(value or 0) for value in table[name].to_pylist()]


def _texts(table: pa.Table, name: str) -> list[str]:
    if name not in table.column_names:
        return [""] * table.num_rows
    return ["" if value is None else str(value) for value in table[name].to_pylist()]


def _rounded(values: NDArray[np.float64], digits: int) -> list[float | None]:
    return [round(value, digits) if np.isfinite(value) else None for value in values.tolist()]
