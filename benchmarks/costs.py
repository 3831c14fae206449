"""What whole surveys cost, from the processor time that this machine takes for a tile.

Runs only when it is named: ``python -m benchmarks costs``; ``--tile=1000`` is the side of the tile
in px. Processor time of one process with one thread is measured, which other work on the machine
hardly changes; the rest is arithmetic on the numbers of each survey, which are printed with it.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.embedded import option
from strandline.learn import Ensemble
from strandline.simulate import make_survey
from strandline.stamps import (
    CutPlan,
    DetectOptions,
    TableSpec,
    choose_galaxies,
    detect,
    galaxy_cutouts,
)
from strandline.survey import Place, SurveyPlan, open_engine, tile_rows
from strandline.survey.borders import border_of, settle
from strandline.survey.parts import write_part
from strandline.tiles import discover, read_tile

__all__ = ["main"]

_MODEL = "strandline-survey"
_BANDS = 5
_EMPTY_TASKS = 3000
_TILES, _PER_TILE = 400, 1000
_STAMP_BYTES = 200 * 200 * _BANDS * 2
# `benchmarks training` on an H200, recipe strandline, images forward and back (docs/learning.md);
# scoring passes four views forward only, so that these are fewer stamps than a GPU could do
_GPU_STAMPS_PER_SECOND = 6020 / 4


@dataclass(frozen=True)
class Survey:
    """A survey as its own papers plan it: area, pixel, bands, and galaxies to score."""

    name: str
    area_deg2: float
    pixel_arcsec: float
    bands: int
    galaxies: float

    @property
    def pixels(self) -> float:
        """Pixels of one band."""
        return self.area_deg2 * (3600 / self.pixel_arcsec) ** 2


SURVEYS = (
    Survey("LoVoCCS (107 clusters, DECam)", 107 * 3.0, 0.263, 5, 2e6),
    Survey("Roman (High Latitude Wide Area)", 2000, 0.11, 4, 1e9),
    Survey("LSST (10 years, S/N over 30 or not)", 18_000, 0.2, 6, 5e10),
)


@dataclass(frozen=True)
class Costs:
    """Of this machine: processor seconds, and bytes."""

    seconds_per_band_pixel: float
    seconds_per_galaxy: float
    seconds_beside_gpu: float  # of those, what is not the networks'
    kept_per_galaxy: float


def _measure(side_px: int) -> Costs:
    torch.set_num_threads(1)
    models = Ensemble.load(_MODEL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_survey(folder / "sky", fields=1, size_px=side_px, seed=7)
        found = discover([folder / "sky"])
        plan = SurveyPlan(CutPlan(TableSpec(found.bands, 200, "fits"), None, DetectOptions(), 0))
        small = make_survey(folder / "small", fields=1, size_px=300, seed=8)
        warm = read_tile(discover([small.folder]).sources[0])
        tile_rows(warm, plan, models)  # compiled, loaded
        started = time.process_time()
        tile = read_tile(found.sources[0])
        detect(tile, plan.cut.detect)
        detected = time.process_time()
        rows = tile_rows(tile, plan, models)
        ended = time.process_time()
        galaxies = choose_galaxies(detect(tile, plan.cut.detect), plan.cut.detect)
        again = time.process_time()
        stamps = [cut.stamps for cut in galaxy_cutouts(tile, galaxies, plan.cut)]
        began = time.process_time()
        for one in stamps:
            for model in models.models.values():
                model.embed(one, plan.cut.spec.bands)
        networks = time.process_time() - began
        part = write_part(Place(folder), "tile", "00000000", rows, 0)
        kept = (folder / part.name).stat().st_size
    count = rows.table.num_rows
    scoring = (ended - detected) - (again - ended)
    per_pixel = (detected - started) / (side_px**2 * _BANDS)
    print(
        f"{side_px}x{side_px} px in {_BANDS} bands, {count} galaxies, one thread: reading and "
        f"detecting {1e9 * per_pixel:.0f} ns a pixel and band, cutting and scoring "
        f"{1e3 * scoring / count:.0f} ms a galaxy ({_MODEL}, two members; their networks "
        f"{1e3 * networks / count:.0f} ms of it), "
        f"{kept / count:.0f} bytes kept of each"
    )
    return Costs(per_pixel, scoring / count, (scoring - networks) / count, kept / count)


def _nothing(_: object, item: int) -> int:
    return item


def _load() -> None:
    """Print how the parts that one process does bear a load that was made up."""
    with open_engine(workers=2) as engine, engine.given("nothing", None):
        list(engine.run(_nothing, ((f"warm-{k}", k) for k in range(100)), "nothing"))
        started = time.perf_counter()
        done = sum(1 for _ in engine.run(_nothing, _tasks(), "nothing"))
        rate = done / (time.perf_counter() - started)
    random = np.random.default_rng(0)
    borders = []
    for number in range(_TILES):  # a strip of tiles, each galaxy of a border seen by two
        ra = 2e-3 * random.permutation(_PER_TILE).astype(np.float64)
        rows = np.arange(_PER_TILE)
        inside = random.uniform(-6, 6, _PER_TILE)
        dec = np.full(_PER_TILE, (number // 2) * 0.2 - 80)
        borders.append(border_of(f"t{number:05d}", rows, ra, dec, inside, np.ones(_PER_TILE)))
    started = time.perf_counter()
    settle(borders)
    seconds = time.perf_counter() - started
    total = _TILES * _PER_TILE
    print(
        f"made-up load: {rate:.0f} empty tasks/s through the scheduler; {total:.0e} rows near "
        f"borders settled in {seconds:.1f} s"
    )


def _tasks() -> Iterator[tuple[str, int]]:
    return ((f"task-{number}", number) for number in range(_EMPTY_TASKS))


def main() -> None:
    """Print what was measured, and a table of surveys."""
    _load()
    costs = _measure(int(option(sys.argv, "tile", "1000")))
    head = (
        "survey",
        "Tpx",
        "galaxies",
        "core-h pixels",
        "core-h galaxies",
        "of it with GPUs",
        "GPU-h, at most",
        "read",
        "kept",
        "stamps",
    )
    print(f"{head[0]:36s}" + "".join(f"{text:>17s}" for text in head[1:]))
    for survey in SURVEYS:
        total = survey.pixels * survey.bands
        cells = (
            f"{total / 1e12:.2f}",
            f"{survey.galaxies:.0e}",
            f"{total * costs.seconds_per_band_pixel / 3600:,.0f}",
            f"{survey.galaxies * costs.seconds_per_galaxy / 3600:,.0f}",
            f"{survey.galaxies * costs.seconds_beside_gpu / 3600:,.0f}",
            f"{survey.galaxies / _GPU_STAMPS_PER_SECOND / 3600:,.1f}",
            _size(8 * total),  # image and variance, 4 bytes each
            _size(survey.galaxies * costs.kept_per_galaxy),
            _size(survey.galaxies * _STAMP_BYTES * survey.bands / _BANDS),
        )
        print(f"{survey.name:36s}" + "".join(f"{cell:>17s}" for cell in cells))


def _size(count: float) -> str:
    for unit, size in (("GB", 1e9), ("TB", 1e12)):
        if count < 1000 * size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e15:.3g} PB"


if __name__ == "__main__":
    main()
