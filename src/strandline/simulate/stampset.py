"""Labelled stamps straight into a stamp table: each a small field around one galaxy."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.files import check_target, write_together
from strandline.progress import track
from strandline.seeding import generator
from strandline.simulate.fields import tangent_wcs
from strandline.simulate.observing import observe_scene, plan_artefacts
from strandline.simulate.options import check_count, check_fraction, known_kinds, orbit_file
from strandline.simulate.plans import Kind
from strandline.simulate.population import FieldPlan, StampRequest, plan_stamp
from strandline.simulate.portraits.far import paint_far
from strandline.simulate.records import FieldRecord
from strandline.simulate.scene import PAD_PX, Scene
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import SurveyTruth, TruthRow
from strandline.simulate.workers import in_order
from strandline.stamps import StampTable, TableSpec, detect
from strandline.stamps.positions import Positions, at_positions
from strandline.stamps.quantise import quantise
from strandline.stamps.rows import Rows, galaxy_rows
from strandline.stamps.sky import Sky, seeing_px
from strandline.stamps.writer import TABLE_MARKS
from strandline.tiles import Tile

__all__ = ["StampSet", "make_stamps"]

_BLOCK = 32  # stamps that are made at once, and share their seeing and depth as in one field
_LEAST_SIZE_PX, _MOST_SIZE_PX = 64, 1000
_SECOND_SHARE = 0.5  # of stamps of pairs are centred on the second galaxy
_SECOND_REACH = 0.35  # of the stamp's side: how far the second galaxy may be for that
_DECLINATIONS = (-60.0, 30.0)
_OFF_CENTRE_PX = 0.49


@dataclass(frozen=True)
class StampSet:
    """What was made.

    Attributes
    ----------
    table, truth, labels : Path
    stamps, interacting, undisturbed : int
        The latter two have a label, the rest show an interaction too faint to be seen.
    """

    table: Path
    truth: Path
    labels: Path
    stamps: int
    interacting: int
    undisturbed: int

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
        Of interaction; all by default.
    depth_mag : float, optional
    orbits : path, optional
        See `make_survey` for these.
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
            track("Simulating", count, "stamps") as advance,
            closing(made),
        ):
            for block in made:
                writer.append(block.columns, block.pixels, block.unit_njy)
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
    rows, truth = [], []
    for number in numbers:
        name = f"sim-{number:07d}"
        interacting = bool(generator(seed, "interacting", name).random() < fraction)
        request = StampRequest(name, size_px, setup.pixel_arcsec, interacting, kinds, orbits, seed)
        row, told = _make_stamp(request, setup, f"block-{number // _BLOCK}")
        rows.append(row)
        truth.append(told)
    pixels = np.concatenate([row.pixels_njy for row in rows])
    quantised, unit = quantise(pixels, np.concatenate([row.noise_njy for row in rows]))
    columns = {
        name: np.concatenate([row.columns[name] for row in rows]) for name in rows[0].columns
    }
    return _Made(columns, quantised, unit, truth)


def _make_stamp(request: StampRequest, setup: SurveySetup, block: str) -> tuple[Rows, TruthRow]:
    """Return the one row of a stamp, and its truth."""
    plan = plan_stamp(request)
    rng = generator(request.seed, "stamp", request.name)
    size = request.size_px
    first = plan.systems[0]
    second = len(first.galaxies) > 1 and first.kind != "remnant" and rng.random() < _SECOND_SHARE
    half = size // 2 + PAD_PX + 1
    scene = Scene(size, setup.frame(half + (round(_SECOND_REACH * size) if second else 0)))
    seen = scene.draw(first, centred_on=1 if second else 0, within_px=_SECOND_REACH * size)
    scene.frame = setup.frame(half)
    scene.draw_all(plan.systems[1:])
    paint_far(scene.light_njy, plan.far, scene.frame, PAD_PX)
    sky_deg = _place_on_sky(rng)
    middle = (size - 1) / 2
    wcs = tangent_wcs(sky_deg, (-middle, -middle), setup.pixel_arcsec)
    tile, sky = _observe(scene, plan, setup, request, block, wcs)
    reference = setup.reference_exposure(request.seed, block)
    record = FieldRecord(request.name, size, wcs, plan.cluster, reference.depth, "", request.seed)
    rows = record.rows([seen], [0])
    told = min(rows, key=lambda row: abs(row.x - middle) + abs(row.y - middle))
    x, y = (
        middle + float(np.clip(value - middle, -_OFF_CENTRE_PX, _OFF_CENTRE_PX))
        for value in (told.x, told.y)
    )
    ra, dec = wcs.all_pix2world([x], [y], 0)
    there = Positions(Path(request.name), ra, dec, np.array([request.name]))
    galaxy, _ = at_positions(tile, detect(tile, sky=sky), there)
    spec = TableSpec(setup.bands, size, "fits")
    # directions are known: north is up
    (row,) = galaxy_rows(
        replace(tile, wcs=None), galaxy, spec, pixel_arcsec=None, seed=request.seed
    )
    row.columns.update(north_deg=np.array([0.0]), east_deg=np.array([90.0]))
    return row, replace(told, id=request.name)


def _observe(
    scene: Scene,
    plan: FieldPlan,
    setup: SurveySetup,
    request: StampRequest,
    block: str,
    wcs: WCS,
) -> tuple[Tile, Sky]:
    """Return the stamp as a tile, and its sky, which is subtracted already."""
    conditions = setup.exposures(request.seed, block)
    images = np.empty((len(setup.bands), request.size_px, request.size_px), dtype=np.float32)
    variances = np.empty_like(images)
    saturated = np.zeros(images.shape[1:], dtype=np.bool_)
    artefacts = plan_artefacts(setup, request.size_px, plan.cluster, request.seed, request.name)
    made = observe_scene(scene, plan.stars, artefacts, conditions, request.seed, request.name)
    for k, (exposure, image, variance) in enumerate(made):
        images[k], variances[k] = image, variance
        saturated |= image >= exposure.saturation_njy
    tile = Tile(
        name=request.name,
        source=f"simulated-{setup.profile.name}",
        path="",
        kind="fits",
        bands=setup.bands,
        image_njy=images,
        variance_njy2=variances,
        saturated=saturated,
        wcs=wcs,
        pixel_scale_arcsec=setup.pixel_arcsec,
        psf_fwhm_arcsec=tuple(exposure.psf_fwhm_arcsec for exposure in conditions),
        calibrated=(True,) * len(setup.bands),
        notes=(),
    )
    noise = np.array([exposure.pixel_noise_njy for exposure in conditions])
    return tile, Sky(images, noise, variances, seeing_px(tile), ())


def _place_on_sky(rng: np.random.Generator) -> tuple[float, float]:
    """Draw a position, so that stamps have directions and fall into blocks of sky like others."""
    low, high = np.sin(np.radians(_DECLINATIONS))
    return float(rng.uniform(0, 360)), float(np.degrees(np.arcsin(rng.uniform(low, high))))
