"""``benchmark --measure``: features of simulated stamps as measured, against what they are."""

import csv
import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.api.benchmark_times import TimeScore, score_times, time_lines
from strandline.api.measuring.job import Job, subject_of
from strandline.errors import TableError
from strandline.files import check_target, write_together
from strandline.learn.tracing.examples import features_table
from strandline.measure import FindOptions, Measured, Subject, measure_stamps
from strandline.measure.geometry import direction_of, geometry_of
from strandline.measure.measuring import all_bands
from strandline.progress import track
from strandline.report.measured import draw_measured
from strandline.simulate import SurveyTruth
from strandline.simulate.injection.truth import feature_mask
from strandline.simulate.workers import in_order
from strandline.stamps import StampTable

__all__ = ["MeasureScores", "Quantity", "benchmark_measuring"]

_BLOCK = 16
_LEAST_OVERLAP = 0.1  # of an outline with the truth: less is not that feature
_MARKS = ("measured.csv",)
BRIGHT_SB = 26.0
"""mag/arcsec2, r: the numbers of features brighter than that are printed first."""

GROUPS: dict[str, Sequence[float]] = {
    "surface brightness": (-math.inf, 23, 24, 25, 26, 27, 28, math.inf),
    "length kpc": (0, 10, 25, 50, 100, 150, math.inf),
    "redshift": (0, 0.03, 0.06, 0.09, 0.12, math.inf),
    "all light / own": (0, 2, 3, 4, 6, 10, math.inf),
}
"""The last: within the true outline, in r."""


@dataclass(frozen=True)
class Quantity:
    """How well a quantity is measured, over some features that were found.

    Attributes
    ----------
    name : str
    count : int
    bias, error : float
        Median of the difference, and of its size: relative for lengths and fluxes, mag for
        colours, deg for directions.
    held : float
        Share of stated 1-sigma intervals that hold the truth.
    """

    name: str
    count: int
    bias: float
    error: float
    held: float


@dataclass(frozen=True)
class MeasureScores:
    """What a benchmark of measurements found.

    Attributes
    ----------
    out : Path
    rows : list of dict
        One a stamp: truth, and what was measured.
    times : list of TimeScore
    """

    out: Path
    rows: list[dict[str, Any]]
    times: list[TimeScore]

    def lines(self) -> Iterator[str]:
        """Yield the tables as text."""
        plain = [row for row in self.rows if not row["interacting"]]
        wrong = sum(row["features"] > 0 for row in plain)
        yield (
            f"undisturbed: {len(plain)} galaxies, {wrong / max(len(plain), 1):.3f} of them with a "
            "false feature"
        )
        seen = [row for row in self.rows if row["visible"]]
        bright = [row for row in seen if row["feature_sb"] < BRIGHT_SB]
        yield f"\nfeatures brighter than {BRIGHT_SB:g} mag/arcsec2 that were found"
        yield from _quantity_lines(bright)
        yield "\nall visible features, by what they are"
        for name, edges in GROUPS.items():
            column = {
                "surface brightness": "feature_sb",
                "length kpc": "projected_kpc",
                "all light / own": "true_contrast",
            }
            yield from _group_lines(name, seen, column.get(name, name), edges)
        yield from _kind_lines(seen)
        yield "\nlog10 of times and speeds over the truth, beside what projection leaves open"
        yield from time_lines(self.times)


def benchmark_measuring(
    table: str | Path,
    out: str | Path,
    *,
    options: FindOptions | None = None,
    psf_arcsec: Sequence[float] | None = None,
    workers: int = 1,
) -> MeasureScores:
    """Measure all stamps of a simulated table and compare with the truth.

    Parameters
    ----------
    table : path
        From ``strandline simulate --stamps N --features``: its features' light and its truth are
        beside it.
    out : path
        Folder for ``measured.csv``, one row a stamp, and figures.
    options : FindOptions, optional
    psf_arcsec : sequence of float, optional
        Width of stars by band; unknown by default.
    workers : int

    Raises
    ------
    TableError
        If the truth or the features' light is missing.

    Notes
    -----
    The truth of an outline, of lengths and directions is what the same geometry says of the
    feature's light as it is seen through the seeing, without noise: its brightest pixels that hold
    80 % of the light. Fluxes and colours are those of all its light on the stamp, clear fluxes
    those of its light on the pixels that are called clear (`Traced.clear_mask`).
    """
    table, out = Path(table), Path(out)
    check_target(out, _MARKS)
    opened = StampTable.open(table)
    light = features_table(table)
    if not light.exists():
        raise TableError(
            f"{light}: is missing. Make the table with: strandline simulate {table} --stamps N "
            "--features."
        )
    truth = SurveyTruth.read(table.with_suffix(".truth.csv")).table.to_pylist()
    if len(truth) != len(opened):
        raise TableError(
            f"{table.with_suffix('.truth.csv')}: has {len(truth)} rows for {len(opened)} stamps."
        )
    bands = opened.spec.bands
    seeing = tuple(psf_arcsec or (math.nan,) * len(bands))
    redshifts = {str(row["id"]): float(row["redshift"] or math.nan) for row in truth}
    # the colours of the simulator are those of the filters of SDSS
    job = Job(
        table, bands, seeing, redshifts=redshifts, options=options or FindOptions(), camera="sdss"
    )
    blocks = [
        range(first, min(first + _BLOCK, len(opened))) for first in range(0, len(opened), _BLOCK)
    ]
    done = in_order(partial(_compared, table=table, job=job), blocks, workers)
    rows: list[dict[str, Any]] = []
    with track("Measuring", len(opened), "galaxies") as advance, closing(done):
        for part in done:
            rows += part
            advance(len(part))
    told = [_known(one) | row for one, row in zip(truth, rows, strict=True)]
    times = score_times([(one, row) for one, row in zip(truth, told, strict=True) if _found(row)])
    with write_together(out) as aside:
        _write(told, aside / "measured.csv")
        found = [row for row in told if _found(row)]
        bright = np.array([row["feature_sb"] for row in found], dtype=np.float64)
        overlap = np.array([row["overlap"] for row in found], dtype=np.float64)
        off = {name: _differences(found, *how) for name, how in QUANTITIES.items()}
        draw_measured(bright, overlap, off, {n: how for n, (_, how) in QUANTITIES.items()}, aside)
    return MeasureScores(out, told, times)


QUANTITIES = {
    "length": ("length_arcsec", "relative"),
    "straight": ("straight_arcsec", "relative"),
    "width": ("width_arcsec", "relative"),
    "reach": ("reach_arcsec", "relative"),
    "area": ("area_arcsec2", "relative"),
    "clear flux": ("clear_flux_r_njy", "relative"),
    "flux": ("flux_r_njy", "relative"),
    "surface brightness": ("sb_r", "mag"),
    "colour": ("colour_g_r", "mag"),
    "direction": ("position_angle_deg", "deg"),
}
"""What is compared: the measured column, and how."""


def _known(truth: dict[str, Any]) -> dict[str, Any]:
    """Return what of the truth goes into the table."""
    names = ("id", "kind", "interacting", "visible", "redshift", "feature_sb", "projected_kpc")
    return {name: math.nan if truth[name] is None else truth[name] for name in names}


def _compared(numbers: range, table: Path, job: Job) -> list[dict[str, Any]]:
    opened = StampTable.open(table)
    rows = np.arange(numbers.start, numbers.stop, dtype=np.int64)
    batch, light = opened.read(rows), StampTable.open(features_table(table)).read(rows)
    flux, feature = batch.flux_njy(), light.flux_njy()
    out = []
    subjects = [subject_of(row, job) for row in opened.columns(rows=rows).to_pylist()]
    done = measure_stamps(flux, batch.noise_njy, subjects, job.options)
    for k, (subject, measured) in enumerate(zip(subjects, done, strict=True)):
        told: dict[str, Any] = dict(measured.values) | {"flags": int(measured.flags)}
        true = _true(np.nan_to_num(feature[k]), batch.noise_njy[k], subject)
        if true:
            mask = true.pop("mask")
            outline = measured.found.mask if measured.found else np.zeros_like(mask)
            told["overlap"] = float((outline & mask).sum() / max((outline | mask).sum(), 1))
            true |= _true_light(np.nan_to_num(feature[k]), flux[k], mask, measured, subject)
        told["looks"] = told.pop("kind", "")
        out.append(told | {f"true_{name}": value for name, value in true.items()})
    return out


def _true(
    feature: NDArray[np.float32], noise: NDArray[np.float32], subject: Subject
) -> dict[str, Any]:
    """Return what the geometry says of a feature's light without noise."""
    plane = all_bands(feature, noise)
    mask = feature_mask(plane.astype(np.float32))
    if mask.sum() < 3:
        return {}
    middle = 0.5 * (plane.shape[-1] - 1)
    centre, scale = (middle, middle), subject.pixel_scale_arcsec
    shape = geometry_of(ndimage.gaussian_filter(plane, 1.6), mask, centre)
    everything = geometry_of(plane, plane > 0, centre, ridge=False)
    flux = dict(zip(subject.bands, feature.sum(axis=(1, 2)).astype(np.float64), strict=True))
    inside = dict(zip(subject.bands, (feature * mask).sum(axis=(1, 2)), strict=True))
    out: dict[str, Any] = {"mask": mask, "reach_arcsec": everything.reach_px * scale}
    out["area_arcsec2"] = float(mask.sum()) * scale**2
    if shape.ridge is not None:
        out["length_arcsec"] = shape.ridge.length_px * scale
        out["straight_arcsec"] = shape.ridge.straight_px * scale
        out["width_arcsec"] = shape.ridge.width_px * scale
    angle = direction_of(plane, plane > 0, centre)
    out["position_angle_deg"] = (math.degrees(angle) - 90 - subject.north_deg) % 360
    out["flux_r_njy"] = flux.get("r", math.nan)
    area = out["area_arcsec2"]
    out["sb_r"] = 31.4 - 2.5 * math.log10(max(float(inside.get("r", 0)), 1e-9) / area)
    if flux.get("g", 0) > 0 and flux.get("r", 0) > 0:
        out["colour_g_r"] = -2.5 * math.log10(flux["g"] / flux["r"])
    return out


def _true_light(
    feature: NDArray[np.float32],
    flux: NDArray[np.float32],
    mask: NDArray[np.bool_],
    measured: Measured,
    subject: Subject,
) -> dict[str, float]:
    """Return r light of a feature where it is called clear, and all light over its own.

    The latter is how many times brighter everything within the true outline is.
    """
    if "r" not in subject.bands:
        return {}
    own, everything = (planes[subject.bands.index("r")] for planes in (feature, flux))
    out = {"contrast": float(np.nansum(everything[mask]) / max(float(own[mask].sum()), 1e-9))}
    clear = None if measured.found is None else measured.found.traced.clear_mask
    if clear is not None and clear.any():
        out["clear_flux_r_njy"] = max(float(own[clear].sum()), 1e-9)
        out["clear_part"] = out["clear_flux_r_njy"] / max(float(own.sum()), 1e-9)
    return out


def _found(row: dict[str, Any]) -> bool:
    return bool(row["features"]) and row.get("overlap", 0.0) > _LEAST_OVERLAP


def _differences(rows: Sequence[dict[str, Any]], column: str, how: str) -> NDArray[np.float64]:
    """Return measured less true (relative, mag or deg) and the stated error, shape (row, 2)."""
    error_column = "_err".join(
        (column.removesuffix("_njy"), "_njy" if column.endswith("_njy") else "")
    )
    out = np.full((len(rows), 2), np.nan)
    for k, row in enumerate(rows):
        told, true = row.get(column, math.nan), row.get(f"true_{column}", math.nan)
        off, error = told - true, row.get(error_column, math.nan)
        if how == "relative":
            off, error = off / true, error / true
        elif how == "deg":
            off = (off + 180) % 360 - 180
        out[k] = off, error
    return out


def _quantity(rows: Sequence[dict[str, Any]], name: str) -> Quantity:
    """Return how well a quantity is measured on rows whose feature was found."""
    off, error = _differences(rows, *QUANTITIES[name]).T
    off, error = off[np.isfinite(off)], error[np.isfinite(off)]
    if not off.size:
        return Quantity(name, 0, math.nan, math.nan, math.nan)
    known = np.isfinite(error)
    held = float((np.abs(off) <= error)[known].mean()) if known.any() else math.nan
    return Quantity(name, len(off), float(np.median(off)), float(np.median(np.abs(off))), held)


def _quantity_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    found = [row for row in rows if _found(row)]
    overlap = float(np.median([row["overlap"] for row in found])) if found else math.nan
    yield f"found {len(found)} of {len(rows)}; median overlap (IoU) {overlap:.2f}"
    contrast, part = (
        float(np.median([row.get(f"true_{name}", 0.0) for row in found])) if found else math.nan
        for name in ("contrast", "clear_part")
    )
    yield (
        f"all light within the true outline is {contrast:.1f} times the feature's; "
        f"{part:.2f} of the feature's is clear (medians)"
    )
    yield "quantity                 n     bias    error   in 1 sigma"
    for name in QUANTITIES:
        one = _quantity(found, name)
        yield f"{name:20s} {one.count:5d} {one.bias:8.3f} {one.error:8.3f} {one.held:10.2f}"


def _group_lines(
    name: str, rows: Sequence[dict[str, Any]], column: str, edges: Sequence[float]
) -> Iterator[str]:
    yield (
        f"{name:20s}     n  found  overlap  length bias, error  clear flux   flux bias, error  "
        "colour  deg"
    )
    for low, high in pairwise(edges):
        some = [row for row in rows if low <= row.get(column, math.nan) < high]
        if some:
            yield f"{low:8g} to {high:8g} " + _group_line(some)


def _kind_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "kind"
    for kind in sorted({row["kind"] for row in rows}):
        yield f"{kind:20s} " + _group_line([row for row in rows if row["kind"] == kind])


def _group_line(rows: Sequence[dict[str, Any]]) -> str:
    found = [row for row in rows if _found(row)]
    if not found:
        return f"{len(rows):5d} {0:6.2f}"
    overlap = float(np.median([row["overlap"] for row in found]))
    length, flux = _quantity(found, "length"), _quantity(found, "flux")
    clear = _quantity(found, "clear flux")
    colour, direction = _quantity(found, "colour"), _quantity(found, "direction")
    return (
        f"{len(rows):5d} {len(found) / len(rows):6.2f} {overlap:8.2f} {length.bias:10.2f} "
        f"{length.error:7.2f} {clear.error:11.2f} {flux.bias:10.2f} "
        f"{flux.error:7.2f} {colour.error:8.3f} {direction.error:5.1f}"
    )


def _write(rows: Sequence[dict[str, Any]], path: Path) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
