"""The benchmark's galaxies: which table, whose labels, what is known of them, where to pretrain."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from astropy import units as u
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from strandline.api.cutting import stamps
from strandline.api.tables import table_labels
from strandline.classify.benchmark import Group, Trial
from strandline.errors import LabelError, OptionError, TableError
from strandline.stamps import StampTable

__all__ = ["KINDS", "BenchmarkData", "choose", "real_sky", "simulated", "tables"]

KINDS = ("table", "sim", "real")

_SURFACE_BRIGHTNESS = (24.0, 25.0, 26.0, 27.0)
_REDSHIFTS = 3
_MATCHED_ARCSEC = 2.0
_SIMULATED = 10_000


@dataclass(frozen=True)
class BenchmarkData:
    """What a benchmark works on.

    Attributes
    ----------
    table : StampTable
        Has the labelled galaxies.
    rows, values : ndarray of int64, shape (labelled,)
        Of the table; 1 interacting, 0 not.
    trial : Trial
        Places among these.
    unlabelled : tuple of StampTable
        For pretraining: their part for training only.
    """

    table: StampTable
    rows: NDArray[np.int64]
    values: NDArray[np.int64]
    trial: Trial
    unlabelled: tuple[StampTable, ...]


def choose(
    kind: str,
    paths: Sequence[str | Path],
    work: Path,
    *,
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    seed: int = 0,
) -> BenchmarkData:
    """Take one of the three kinds of data: see `tables`, `simulated` and `real_sky`.

    Raises
    ------
    OptionError
        For another kind, or paths that do not go with it.
    """
    if kind not in KINDS:
        raise OptionError(f"data is {kind!r}; expected one of {', '.join(KINDS)}.")
    if kind == "table":
        return tables(paths, labels, truth)
    if labels or truth:
        raise OptionError(f"data is {kind!r}, which comes with its labels; give none.")
    if len(paths) > 1 or (kind == "real" and not paths):
        raise OptionError(
            f"data is {kind!r}: give "
            + ("at most one simulated table." if kind == "sim" else "one folder of real images.")
        )
    if kind == "sim":
        return simulated(paths[0] if paths else None, work, seed=seed)
    return real_sky(paths[0], work, seed=seed)


def tables(
    paths: Sequence[str | Path],
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    test_parts: Sequence[str] = ("test",),
) -> BenchmarkData:
    """Take a labelled table, and perhaps tables to pretrain on.

    Parameters
    ----------
    paths : sequence of paths
        The labelled table; then those for pretraining, by default itself.
    labels : path, optional
        See `strandline.labels.read_labels`; by default ``<table>.labels.csv`` beside the table.
    truth : path, optional
        CSV with ``id`` (as in the table) or ``ra`` and ``dec``, and any of ``kind``,
        ``feature_sb`` and ``redshift``; by default ``<table>.truth.csv`` if it is there.
    test_parts : sequence of str
        Parts of the table's split that are measured on; the others may be trained on.

    Raises
    ------
    OptionError, TableError, LabelError
        If something is missing.
    """
    if not paths:
        raise OptionError("Give at least one stamp table, whose galaxies have labels.")
    opened = [StampTable.open(path) for path in paths]
    table = opened[0]
    matched = table_labels(table, labels or _beside(table.path, "labels"))
    rows, values = matched.rows, matched.values
    split = np.asarray(table.columns("split", rows=rows)["split"].to_pylist())
    testing = np.isin(split, list(test_parts))
    for part, members in (("test", testing), ("training", ~testing)):
        ones = int(values[members].sum())
        if ones == 0 or ones == members.sum():
            raise LabelError(
                f"{table.path}: the {part} part holds {ones} labels of interacting and "
                f"{int(members.sum()) - ones} of other galaxies; both are needed."
            )
    known = Path(truth) if truth else _beside(table.path, "truth")
    groups = []
    if truth or known.is_file():
        groups = _groups(table, rows[testing], values[testing], known)
    trial = Trial(values, np.flatnonzero(~testing), np.flatnonzero(testing), groups)
    return BenchmarkData(table, rows, values, trial, tuple(opened[1:]) or (table,))


def simulated(
    path: str | Path | None, work: Path, *, stamps_count: int = _SIMULATED, seed: int = 0
) -> BenchmarkData:
    """Take a table that ``strandline simulate --stamps`` made, or make one in `work`."""
    if path is not None:
        return tables([path])
    made = work / "sim.lance"
    if not made.exists():
        from strandline.api.simulating import simulate

        simulate(made, stamps=stamps_count, seed=seed)
    return tables([made])


def real_sky(folder: str | Path, work: Path, *, seed: int = 0) -> BenchmarkData:
    """Take a folder of real pictures: ``sdss_labelled``, its labels, and ``sdss_unlabelled``.

    Stamps are cut into `work` once. The labelled pictures are no part of any pretraining, so that
    all but their training part is tested on.
    """
    folder = Path(folder)
    if not (folder / "sdss_labelled.csv").is_file():
        raise OptionError(
            f"{folder}: has no sdss_labelled.csv; give the folder of real images, with "
            "sdss_labelled, sdss_unlabelled and sdss_labelled.csv in it."
        )
    made = [work / f"{name}.lance" for name in ("sdss_labelled", "sdss_unlabelled")]
    for path in made:
        if not path.exists():
            stamps([folder / path.stem], path, seed=seed)
    return tables(made, folder / "sdss_labelled.csv", test_parts=("validation", "test"))


def _beside(table: Path, what: str) -> Path:
    return table.with_name(f"{table.name.removesuffix('.lance')}.{what}.csv")


def _groups(
    table: StampTable, rows: NDArray[np.int64], values: NDArray[np.int64], path: Path
) -> list[Group]:
    """Divide the test galaxies by kind and surface brightness of the feature, and redshift.

    Kinds and surface brightness divide the interacting galaxies; all others are in each group.
    """
    truth = _read(path)
    place = _matched(table, rows, truth, path)
    others = values == 0
    groups = []
    if "kind" in truth.column_names:
        kinds = np.asarray(truth["kind"].to_pylist(), dtype=object)
        kind = np.where(place >= 0, kinds[place], "")
        names = sorted({str(k) for k in kind[~others]} - {""})
        groups += [Group("kind", name, others | (kind == name)) for name in names]
    if "feature_sb" in truth.column_names:
        feature = _numbers(truth, "feature_sb", place)
        for low, high in pairwise((-np.inf, *_SURFACE_BRIGHTNESS, np.inf)):
            members = others | ((feature >= low) & (feature < high))
            groups.append(Group("surface brightness", _range(low, high), members))
    if "redshift" in truth.column_names:
        redshift = _numbers(truth, "redshift", place)
        known = redshift[np.isfinite(redshift)]
        inner = np.quantile(known, np.arange(1, _REDSHIFTS) / _REDSHIFTS) if known.size else ()
        for low, high in pairwise((-np.inf, *(float(edge) for edge in inner), np.inf)):
            members = (redshift >= low) & (redshift < high)
            groups.append(Group("redshift", _range(low, high), members))
    return groups


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
    sources = SkyCoord(*(truth[name].to_numpy() * u.deg for name in ("ra", "dec")))
    ra, dec = (columns[name].to_numpy() for name in ("ra", "dec"))
    place = np.full(len(rows), -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    if placed.size:
        nearest, apart, _ = SkyCoord(ra[placed] * u.deg, dec[placed] * u.deg).match_to_catalog_sky(
            sources
        )
        place[placed] = np.where(apart.arcsec <= _MATCHED_ARCSEC, nearest, -1)
    return place


def _numbers(truth: pa.Table, name: str, place: NDArray[np.int64]) -> NDArray[np.float64]:
    values = np.asarray(truth[name].cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.where(place >= 0, values[place], np.nan)


def _range(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"below {high:.3g}"
    return f"{low:.3g} and above" if not np.isfinite(high) else f"{low:.3g} to {high:.3g}"
