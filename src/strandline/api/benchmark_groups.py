"""Test galaxies of a benchmark divided by what is known of them, and those seen in training."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from strandline.errors import TableError
from strandline.stamps import StampTable

__all__ = ["divided", "seen_before"]

_SURFACE_BRIGHTNESS = (24.0, 25.0, 26.0, 27.0)
_REDSHIFTS = 3
_MATCHED_ARCSEC = 2.0

Division = tuple[str, str, NDArray[np.bool_]]  # group, value, members


def divided(
    table: StampTable, rows: NDArray[np.int64], values: NDArray[np.int64], path: Path
) -> Iterator[Division]:
    """Yield groups by kind and surface brightness of the feature, and by redshift.

    Kinds and surface brightness divide the interacting galaxies; all others are in each group.

    Parameters
    ----------
    table : StampTable
    rows, values : ndarray of int64, shape (n,)
    path : Path
        CSV with ``id`` (as in the table) or ``ra`` and ``dec``, and any of ``kind``,
        ``feature_sb`` and ``redshift``.

    Yields
    ------
    group, value : str
    members : ndarray of bool, shape (n,)

    Raises
    ------
    TableError
        If it cannot be read or matched.
    """
    truth = _read(path)
    place = _matched(table, rows, truth, path)
    others = values == 0
    if "kind" in truth.column_names:
        kinds = np.asarray(truth["kind"].to_pylist(), dtype=object)
        kind = np.where(place >= 0, kinds[place], "")
        for name in sorted({str(k) for k in kind[~others]} - {""}):
            yield "kind", name, others | (kind == name)
    if "feature_sb" in truth.column_names:
        feature = _numbers(truth, "feature_sb", place)
        for low, high in pairwise((-np.inf, *_SURFACE_BRIGHTNESS, np.inf)):
            members = others | ((feature >= low) & (feature < high))
            yield "surface brightness", _range(low, high), members
    if "redshift" in truth.column_names:
        redshift = _numbers(truth, "redshift", place)
        known = redshift[np.isfinite(redshift)]
        inner = np.quantile(known, np.arange(1, _REDSHIFTS) / _REDSHIFTS) if known.size else ()
        for low, high in pairwise((-np.inf, *(float(edge) for edge in inner), np.inf)):
            yield "redshift", _range(low, high), (redshift >= low) & (redshift < high)


def seen_before(
    table: StampTable,
    rows: NDArray[np.int64],
    trained: Sequence[tuple[StampTable, Sequence[str]]],
) -> NDArray[np.bool_]:
    """Return which galaxies are in what is trained on, too.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (n,)
    trained : sequence of (StampTable, parts)
        Tables, and the parts of their split that are trained on. Galaxies are compared by position
        within 2 arcsec, or by id where there is none.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    columns = table.columns("id", "ra", "dec", rows=rows)
    ids, sky = _named(columns)
    seen = np.zeros(len(rows), dtype=np.bool_)
    for other, used in trained:
        parts = other.columns("id", "ra", "dec", "split")
        inside = np.isin(parts["split"].to_pylist(), list(used))
        known_ids, known_sky = _named(parts.filter(pa.array(inside)))
        placed = np.flatnonzero(np.isfinite(sky).all(axis=1))
        seen[placed] |= _nearest(sky[placed], known_sky)[0]
        nowhere = {
            name for name, at in zip(known_ids, known_sky, strict=True) if not np.isfinite(at).all()
        }
        same = np.array([name in nowhere for name in ids], dtype=np.bool_)
        seen |= same & ~np.isfinite(sky).all(axis=1)
    return seen


def _named(columns: pa.Table) -> tuple[list[str], NDArray[np.float64]]:
    sky = np.stack([columns[name].to_numpy() for name in ("ra", "dec")], axis=1)
    return columns["id"].to_pylist(), sky.astype(np.float64)


def _nearest(
    sky: NDArray[np.float64], known: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether there is one within reach of each position, and which, in degrees."""
    there = np.flatnonzero(np.isfinite(known).all(axis=1))
    if not there.size or not len(sky):
        return np.zeros(len(sky), dtype=np.bool_), np.zeros(len(sky), dtype=np.int64)
    one, other = (SkyCoord(*(part.T * u.deg)) for part in (sky, known[there]))
    nearest, apart, _ = one.match_to_catalog_sky(other)
    return np.asarray(apart.arcsec <= _MATCHED_ARCSEC), there[nearest]


def _read(path: Path) -> pa.Table:
    try:
        options = pa.csv.ConvertOptions(column_types={"id": pa.string(), "kind": pa.string()})
        return pa.csv.read_csv(path, convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path}: cannot be read as a table of truth ({error}).") from error


def _matched(
    table: StampTable, rows: NDArray[np.int64], truth: pa.Table, path: Path
) -> NDArray[np.int64]:
    """Return the row of the truth of each galaxy, by id or else by position; -1 for none."""
    columns = table.columns("id", "ra", "dec", rows=rows)
    if "id" in truth.column_names:
        known = {name: k for k, name in enumerate(truth["id"].to_pylist())}
        found = np.array([known.get(name, -1) for name in columns["id"].to_pylist()])
        if (found >= 0).any():
            return found.astype(np.int64)
    if not {"ra", "dec"} <= set(truth.column_names):
        raise TableError(f"{path}: knows none of the ids of {table.path}, and has no ra and dec.")
    _, sky = _named(columns)
    sources = np.stack([_floats(truth, name) for name in ("ra", "dec")], axis=1)
    place = np.full(len(rows), -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(sky).all(axis=1))
    close, which = _nearest(sky[placed], sources)
    place[placed] = np.where(close, which, -1)
    return place


def _floats(truth: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(truth[name].cast(pa.float64()).to_numpy(zero_copy_only=False))


def _numbers(truth: pa.Table, name: str, place: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(place >= 0, _floats(truth, name)[place], np.nan)


def _range(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"below {high:.3g}"
    return f"{low:.3g} and above" if not np.isfinite(high) else f"{low:.3g} to {high:.3g}"
