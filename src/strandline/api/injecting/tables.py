"""`inject` into a stamp table: each chosen galaxy as it is, and again with a feature."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.api.injecting.options import ASSUMED_REDSHIFT, InjectOptions
from strandline.api.injecting.widths import check_seeing, say_seeing
from strandline.errors import NothingFoundError
from strandline.flags import StampFlag
from strandline.progress import track
from strandline.seeding import generator
from strandline.simulate.injection.hosts import host_of
from strandline.simulate.injection.image import add_light, overlap, photon_noise
from strandline.simulate.injection.light import UnfitHostError, feature_light
from strandline.simulate.injection.plans import Host, Wish
from strandline.simulate.injection.seeing import filled_in, measure_fwhm_px, through_seeing
from strandline.simulate.injection.truth import (
    InjectionTruth,
    feature_mask,
    position_angle_deg,
    tell,
    write_mask,
)
from strandline.stamps import StampBatch, StampTable
from strandline.stamps.schema import table_schema

__all__ = ["inject_into_table", "nothing_fits"]

_AT_ONCE = 16
_STAMPS_FOR_SEEING = 300
_MARGIN_FWHM = 3.0


@dataclass(frozen=True)
class _Job:
    """What is the same for all stamps of a table."""

    table: StampTable
    options: InjectOptions
    fwhm_arcsec: tuple[float, ...]
    gain_per_njy: tuple[float, ...]
    masks: Path


def inject_into_table(
    table: StampTable,
    rows: NDArray[np.int64],
    options: InjectOptions,
    folder: Path,
    count: int | None = None,
) -> tuple[list[InjectionTruth], int]:
    """Write ``stamps.lance``, ``masks/`` and ``labels.csv`` into a folder.

    Returns the truth and how many galaxies were left out because they cannot have such features.
    Ends when `count` galaxies have one.

    Each galaxy's row is followed by those of its versions with a feature. All columns but ``id``
    and the pixels are those of the original: measure them anew for what the feature does to them.
    """
    bands = table.spec.bands
    fwhm = _seeing(table, rows, options)
    gain = options.gain_per_njy
    job = _Job(
        table,
        options,
        fwhm,
        tuple(gain.get(band, gain.get("", math.nan)) for band in bands),
        folder / "masks",
    )
    job.masks.mkdir()
    truths: list[InjectionTruth] = []
    left_out = hosts = 0
    wanted = len(rows) if count is None else min(count, len(rows))
    with (
        StampTable.writer(folder / "stamps.lance", table.spec) as writer,
        track("Injecting", wanted, "galaxies") as advance,
    ):
        base = table_schema(table.spec).names[:-2]  # all but pixels and their unit
        for batch, k, row in _one_by_one(table, rows):
            if hosts == wanted:
                break
            names, pixels, found = _versions(job, batch, k, row, len(truths))
            if found:
                columns = {name: [row[name]] * len(names) for name in base} | {"id": names}
                writer.append(columns, pixels, np.repeat(batch.unit_njy[k : k + 1], len(names), 0))
                truths += found
                hosts += 1
            else:
                left_out += 1
            if found or count is None:
                advance(1)
        if not truths:
            raise nothing_fits(left_out, options)
    _write_labels(truths, folder / "labels.csv")
    return truths, left_out


def nothing_fits(galaxies: int, options: InjectOptions) -> NothingFoundError:
    """Return the error where no galaxy can have such features."""
    return NothingFoundError(
        f"None of {galaxies} galaxies can have such features: they would need more than "
        f"{options.most_fraction:g} times its light. Ask for fainter or shorter ones with --sb and "
        "--length-kpc, give the right --redshift, or allow more with --max-fraction."
    )


def _one_by_one(
    table: StampTable, rows: NDArray[np.int64]
) -> Iterator[tuple[StampBatch, int, dict[str, Any]]]:
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        batch = table.read(part)
        for k, row in enumerate(table.columns(rows=part).to_pylist()):
            yield batch, k, row


def _versions(
    job: _Job, batch: StampBatch, k: int, row: dict[str, Any], number: int
) -> tuple[list[str], NDArray[np.float16], list[InjectionTruth]]:
    """Return ids and pixels of a galaxy's row and of its versions, and the truth of these."""
    host, assumed = _host(row, job)
    flux = batch.pixels[k].astype(np.float32) * batch.unit_njy[k][:, None, None]
    names, pixels = [host.id], [batch.pixels[k]]
    truths: list[InjectionTruth] = []
    for name, wish in job.options.wishes(host.id):
        mask_name = f"{number + len(truths):06d}.png"
        try:
            light, truth = _inject(job, host, wish, row, name, mask_name, assumed)
        except UnfitHostError:
            continue
        changed = add_light(flux, light) / batch.unit_njy[k][:, None, None]
        limit = float(np.finfo(np.float16).max)
        names.append(name)
        pixels.append(np.clip(changed, -limit, limit).astype(np.float16))
        truths.append(truth)
    return names, np.stack(pixels), truths


def _inject(
    job: _Job,
    host: Host,
    wish: Wish,
    row: dict[str, Any],
    name: str,
    mask_name: str,
    assumed: bool,
) -> tuple[NDArray[np.float32], InjectionTruth]:
    """Return what is added to a stamp, shape (band, y, x), noise included, and its truth."""
    bands, size = job.table.spec.bands, job.table.spec.size_px
    scale = float(row["pixel_scale_arcsec"])
    x, y = _place(row, size)
    x0, y0 = math.floor(x + 0.5), math.floor(y + 0.5)
    fwhm_px = [fwhm / scale for fwhm in job.fwhm_arcsec]
    made = feature_light(
        host,
        wish,
        bands,
        pixel_arcsec=scale,
        most_half_px=size // 2 + 1 + math.ceil(_MARGIN_FWHM * max(fwhm_px)),
        offset_px=(x - x0, y - y0),
        most_fraction=job.options.most_fraction,
    )
    reference = bands.index("r") if "r" in bands else 0
    canvas = np.concatenate([made.light_njy, made.feature_njy[None]])
    blurred = through_seeing(canvas, [*fwhm_px, fwhm_px[reference]])
    on_image, on_canvas = overlap((size, size), blurred.shape[1:], x0, y0)
    seen = np.zeros((len(bands) + 1, size, size), dtype=np.float32)
    seen[:, *on_image] = blurred[:, *on_canvas]
    noise = photon_noise(seen[:-1], job.gain_per_njy, generator(wish.seed, "photons"))
    write_mask(feature_mask(seen[-1]), job.masks / mask_name)
    truth = tell(
        host,
        wish,
        made,
        seen[-1],
        scale,
        id=name,
        ra=float(row["ra"]),
        dec=float(row["dec"]),
        x=x,
        y=y,
        redshift_assumed=int(assumed),
        position_angle_deg=position_angle_deg(made.angle_rad, row["north_deg"], row["east_deg"]),
        photon_noise=int(all(map(math.isfinite, job.gain_per_njy))),
        mask=f"masks/{mask_name}",
    )
    return seen[:-1] + noise, truth


def _place(row: dict[str, Any], size_px: int) -> tuple[float, float]:
    """Return where the galaxy is on its stamp, px: the middle, to within half a pixel."""
    middle = (size_px - 1) / 2
    if row["flags"] & StampFlag.RESAMPLED or not all(
        math.isfinite(row[name]) for name in ("x", "y")
    ):
        return middle, middle
    x, y = (float(row[name]) - math.floor(float(row[name]) - middle + 0.5) for name in ("x", "y"))
    return x, y


def _host(row: dict[str, Any], job: _Job) -> tuple[Host, bool]:
    told = row.get("redshift")
    redshift = job.options.redshift
    if redshift is None and isinstance(told, float) and math.isfinite(told) and told > 0:
        redshift = told
    magnitudes = {band: float(row[f"mag_{band}"]) for band in job.table.spec.bands}
    host = host_of(
        row["id"],
        magnitudes,
        radius_arcsec=float(row["radius_arcsec"]),
        redshift=redshift or ASSUMED_REDSHIFT,
        axis_ratio=float(row["axis_ratio"]),
        position_angle_deg=float(row["position_angle_deg"]),
        north_deg=float(row["north_deg"]),
        east_deg=float(row["east_deg"]),
    )
    return host, redshift is None


def _seeing(
    table: StampTable, rows: NDArray[np.int64], options: InjectOptions
) -> tuple[float, ...]:
    """Return the FWHM of stars by band, arcsec: as given, by the table's columns, or measured."""
    given, bands = options.psf_fwhm_arcsec, table.spec.bands
    fwhm = {band: given.get(band, given.get("", math.nan)) for band in bands}
    for band in bands:
        for column in (f"psf_{band}", f"psf_fwhm_{band}"):
            if math.isnan(fwhm[band]) and column in table.column_names:
                fwhm[band] = float(np.nanmedian(table.columns(column)[column].to_numpy()))
    unknown = [band for band in bands if not math.isfinite(fwhm[band])]
    if unknown:
        measured = _measured_seeing(table, unknown)
        say_seeing(str(table.path), measured)
        fwhm = filled_in(fwhm | measured)
    check_seeing(str(table.path), fwhm)
    return tuple(fwhm[band] for band in bands)


def _measured_seeing(table: StampTable, bands: Sequence[str]) -> dict[str, float]:
    rows = np.unique(np.linspace(0, len(table) - 1, _STAMPS_FOR_SEEING).astype(np.int64))
    scale = float(np.nanmedian(table.columns("pixel_scale_arcsec")["pixel_scale_arcsec"]))
    found = {}
    for band in bands:
        index = table.spec.bands.index(band)

        def planes(index: int = index) -> Iterator[NDArray[np.float32]]:
            for batch in table.batches(_AT_ONCE, rows=rows):
                yield from batch.flux_njy()[:, index]

        found[band] = scale * measure_fwhm_px(planes())
    return found


def _write_labels(truths: Sequence[InjectionTruth], path: Path) -> None:
    """Write labels for `evaluate`: 1 with a feature, 0 for the galaxies as they are."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "label"])
        originals = dict.fromkeys(truth.original for truth in truths)
        writer.writerows([name, 0] for name in originals)
        writer.writerows([t.id, 1] for t in truths if t.kind != "approaching")
        writer.writerows([t.id, 0] for t in truths if t.kind == "approaching")
