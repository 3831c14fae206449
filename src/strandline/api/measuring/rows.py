"""Rows of a table measured: what one process does. It imports no more than that needs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.api.measuring.job import Job, cluster_of, subject_of
from strandline.api.measuring.widening import wider_cut
from strandline.flags import MeasureFlag
from strandline.measure.cluster import place_in_cluster
from strandline.measure.columns import schema_of
from strandline.measure.measuring import Measured, measure_stamp, measure_stamps
from strandline.measure.motion import to_centre
from strandline.stamps.table import StampTable

__all__ = ["measured_rows", "measured_stamps"]


def measured_rows(rows: NDArray[np.int64], job: Job) -> pa.Table:
    """Measure some galaxies of a table; what each is comes first, then its measurements."""
    table = _opened(str(job.table))
    batch = table.read(rows)
    told = table.columns(rows=rows).to_pylist()
    names = [name for name in ("id", "ra", "dec", "source", "x", "y") if name in told[0]]
    done = measured_stamps(batch.flux_njy(), batch.noise_njy, told, job)
    out = [
        {name: row[name] for name in names} | _values(measured, row, job)
        for row, (measured, _) in zip(told, done, strict=True)
    ]
    schema = table.columns(*names, rows=rows[:1]).schema
    for field in schema_of(job.bands):
        schema = schema.append(field)
    return pa.Table.from_pylist([_complete(row, schema) for row in out], schema=schema)


def measured_stamps(
    flux_njy: NDArray[np.float32],
    noise_njy: NDArray[np.float32],
    rows: Sequence[Mapping[str, Any]],
    job: Job,
) -> Iterator[tuple[Measured, NDArray[np.float32]]]:
    """Measure galaxies: on their stamps, or on wider cuts where features reach a stamp's edge.

    Parameters
    ----------
    flux_njy : ndarray of float32, shape (stamp, band, y, x)
    noise_njy : ndarray of float32, shape (stamp, band)
    rows : sequence of mapping of str to object
        What the table tells of them.
    job : Job

    Yields
    ------
    measured : Measured
    flux_njy : ndarray of float32, shape (band, y, x)
        On which it was measured.
    """
    subjects = [subject_of(row, job) for row in rows]
    done = measure_stamps(flux_njy, noise_njy, subjects, job.options)
    for stamp, noise, row, subject, measured in zip(
        flux_njy, noise_njy, rows, subjects, done, strict=True
    ):
        source = job.tiles.get(str(row.get("tile")))
        if source is not None and measured.flags & MeasureFlag.EDGE:
            wide = wider_cut(stamp, row, job.bands, source)
            if wide is not None:
                again = measure_stamp(wide, noise, subject, job.options)
                if again.values.get("features"):
                    yield replace(again, flags=again.flags | MeasureFlag.WIDENED), wide
                    continue
        yield measured, stamp


def _values(measured: Measured, row: Mapping[str, Any], job: Job) -> dict[str, Any]:
    values: dict[str, Any] = dict(measured.values)
    values["measure_flags"] = int(measured.flags)
    cluster = cluster_of(row, job)
    values["cluster"] = cluster.name
    values |= place_in_cluster(
        float(row.get("ra", math.nan)),
        float(row.get("dec", math.nan)),
        (cluster.ra, cluster.dec),
        cluster.redshift,
        redshift=subject_of(row, job).redshift,
        tail_deg=float(values.get("position_angle_deg", math.nan)),
        stripped=values.get("kind") == "stripped",
    )
    return values | to_centre(values)


def _complete(row: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    """Fill in what could not be measured: NaN, 0 or an empty text."""
    empty = {pa.float64(): math.nan, pa.int32(): 0, pa.string(): ""}
    return {field.name: row.get(field.name, empty.get(field.type)) for field in schema}


@lru_cache(maxsize=2)
def _opened(path: str) -> StampTable:
    return StampTable.open(path)
