"""Labelled stamps straight into a stamp table: each a small field around one galaxy."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from strandline.files import check_target, write_together
from strandline.progress import track
from strandline.seeding import generator
from strandline.simulate.onestamp import make_stamp
from strandline.simulate.options import check_count, check_fraction, known_kinds, orbit_file
from strandline.simulate.plans import Kind
from strandline.simulate.population import StampRequest
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import SurveyTruth, TruthRow
from strandline.simulate.workers import in_order
from strandline.stamps import StampTable, TableSpec
from strandline.stamps.quantise import quantise
from strandline.stamps.writer import TABLE_MARKS

__all__ = ["StampSet", "make_stamps"]

_BLOCK = 32  # stamps that are made at once, and share their seeing and depth as in one field
_LEAST_SIZE_PX, _MOST_SIZE_PX = 64, 1000


@dataclass(frozen=True)
class StampSet:
    """What was made.

    Attributes
    ----------
    table, truth, labels : Path
    features : Path or None
        Table of the features' light alone, if it was asked for.
    stamps, interacting, undisturbed : int
        The latter two have a label, the rest show an interaction too faint to be seen.
    """

    table: Path
    truth: Path
    labels: Path
    stamps: int
    interacting: int
    undisturbed: int
    features: Path | None = None

    def summary(self) -> str:
        """Return the counts as one line for people."""
        rest = self.stamps - self.interacting - self.undisturbed
        return (
            f"{self.stamps} stamps, {self.interacting} interacting and {self.undisturbed} "
            f"undisturbed; {rest} interactions too faint to be seen have no label"
        )


@dataclass(frozen=True)
class _Made:
    """A block of stamps on its way to the table."""

    columns: dict[str, NDArray[Any]]
    pixels: NDArray[np.float16]
    feature_pixels: NDArray[np.float16]
    unit_njy: NDArray[np.float32]
    truth: list[TruthRow]


def make_stamps(
    out: str | Path,
    *,
    survey: str = "lovoccs",
    count: int = 1000,
    size_px: int = 200,
    bands: Sequence[str] | None = None,
    interacting_fraction: float = 0.5,
    kinds: Sequence[str] | None = None,
    depth_mag: float | None = None,
    orbits: str | Path | None = None,
    features: bool = False,
    seed: int = 0,
    workers: int = 1,
) -> StampSet:
    """Simulate stamps into a table, with their truth and labels beside it.

    A stamp is like one cut from a field of `make_survey`: galaxies by chance, faint ones far
    behind, stars and artefacts are around the galaxy in its middle, and all columns are measured on
    it as on any image. The result depends on the arguments but not on `workers`; a stamp does not
    depend on how many there are.

    Parameters
    ----------
    out : path
        The table, e.g. ``sim.lance``. ``sim.truth.csv`` (see `SurveyTruth`; a row for each stamp's
        galaxy, by the stamp's id) and ``sim.labels.csv`` (id, label) appear beside it.
    survey : str
    count : int
    size_px : int
        Of a stamp's side.
    bands : sequence of str, optional
    interacting_fraction : float
    kinds : sequence of str, optional
        Of interaction, all by default; ``polar_ring`` only if it is named.
    depth_mag : float, optional
    orbits : path, optional
        See `make_survey` for these.
    features : bool
        Whether to write ``sim.features.lance`` too: a stamp table whose stamps, row by row, hold
        the light of the features alone, as it is seen through the seeing, without noise.
    seed, workers : int

    Raises
    ------
    OptionError
        For an impossible argument.
    OutputError
        When something else is at `out`, or it cannot be written.
    """
    out = Path(out)
    check_count("count", count, 1, 9_999_999)
    check_count("size_px", size_px, _LEAST_SIZE_PX, _MOST_SIZE_PX)
    check_count("workers", workers, 1)
    check_fraction("interacting_fraction", interacting_fraction)
    setup = SurveySetup.load(survey, bands, depth_mag)
    wanted, orbit_path = known_kinds(kinds), orbit_file(orbits)
    check_target(out, TABLE_MARKS)
    stem = out.with_suffix("").name
    light = out.with_name(f"{stem}.features.lance")
    if features:
        check_target(light, TABLE_MARKS)
    work = partial(
        _make_block,
        setup=setup,
        size_px=size_px,
        fraction=interacting_fraction,
        kinds=wanted,
        orbits=orbit_path,
        seed=seed,
    )
    blocks = [range(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    truth: list[TruthRow] = []
    with write_together(out.parent) as folder:
        spec = TableSpec(setup.bands, size_px, "fits")
        made = in_order(work, blocks, workers)
        with (
            StampTable.writer(folder / out.name, spec) as writer,
            StampTable.writer(folder / light.name, spec) if features else nullcontext() as lights,
            track("Simulating", count, "stamps") as advance,
            closing(made),
        ):
            for block in made:
                writer.append(block.columns, block.pixels, block.unit_njy)
                if lights is not None:
                    lights.append(block.columns, block.feature_pixels, block.unit_njy)
                truth += block.truth
                advance(len(block.truth))
        told = SurveyTruth.from_rows(folder, truth)
        told.write(f"{stem}.truth.csv")
        label = told.column("interacting")[told.has_label].astype(np.int64)
        ids = told.column("id")[told.has_label].astype(str)
        pa.csv.write_csv(pa.table({"id": ids, "label": label}), folder / f"{stem}.labels.csv")
    return StampSet(
        out,
        out.parent / f"{stem}.truth.csv",
        out.parent / f"{stem}.labels.csv",
        count,
        int(label.sum()),
        int((1 - label).sum()),
        light if features else None,
    )


def _make_block(
    numbers: range,
    setup: SurveySetup,
    size_px: int,
    fraction: float,
    kinds: tuple[Kind, ...],
    orbits: Path | None,
    seed: int,
) -> _Made:
    rows, truth, lights = [], [], []
    for number in numbers:
        name = f"sim-{number:07d}"
        interacting = bool(generator(seed, "interacting", name).random() < fraction)
        request = StampRequest(name, size_px, setup.pixel_arcsec, interacting, kinds, orbits, seed)
        row, told, light = make_stamp(request, setup, f"block-{number // _BLOCK}")
        rows.append(row)
        lights.append(light)
        truth.append(told)
    pixels = np.concatenate([row.pixels_njy for row in rows])
    noise = np.concatenate([row.noise_njy for row in rows])
    quantised, unit = quantise(pixels, noise)
    of_features, _ = quantise(np.stack(lights), noise)
    columns = {
        name: np.concatenate([row.columns[name] for row in rows]) for name in rows[0].columns
    }
    return _Made(columns, quantised, of_features, unit, truth)
