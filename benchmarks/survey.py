"""Whole surveys: bytes read, fused against step by step, Dask's overhead, memory, more tiles.

``python -m benchmarks survey --tile=2000 --tiles=4`` chooses the side of tiles (px) and how many.
The tiles are one simulated field, set down side by side on the sky. All ratios are of one run:

- bytes that a process reads for a tile, over the size of its files: wanted 1.0;
- ``stamps``, ``embed`` and ``classify`` one after the other, over the fused run: at least 1.5, of
  processor time (of one process, all its threads), which other work on the machine hardly changes;
- wall time of one Dask worker over the time it was at work: at most 1.05;
- tiles a second of two workers over one: at least 1.8 where two cores are free;
- time a galaxy and peak memory of a worker with ten times the tiles: 0.9 to 1.1 of that with few.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.embedded import option
from strandline import api
from strandline.learn import Ensemble
from strandline.simulate import make_survey
from strandline.stamps import CutPlan, DetectOptions, TableSpec
from strandline.survey import Place, SurveyOutcome, SurveyPlan, list_tiles
from strandline.survey.desk import Desk, Done, Orders, TileTask, work
from strandline.survey.identity import model_files
from strandline.survey.parts import inputs_key
from strandline.tiles import ReadOptions

__all__ = ["main"]

_MODEL = "strandline-survey"
_SMALL_PX, _FEW, _MANY = 400, 4, 40


def _copies(folder: Path, side_px: int, count: int) -> Path:
    """Simulate a field and set it down `count` times along the sky; return the list of tiles."""
    make_survey(folder / "field", fields=1, size_px=side_px, seed=7)
    lines = ["tile,band,image"]
    for path in sorted((folder / "field").glob("field-000_?.fits")):
        band = path.stem[-1]
        for number in range(count):
            target = folder / f"t{number:03d}_{band}.fits"
            shutil.copy(path, target)
            with fits.open(target, mode="update") as file:
                for part in file:
                    part.header["CRVAL1"] += 0.5 * number
            lines.append(f"t{number:03d},{band},{target.name}")
    (folder / "tiles.csv").write_text("\n".join(lines) + "\n")
    return folder / "tiles.csv"


def _bytes_read() -> int:
    """Return the bytes that this process has read so far."""
    told = Path("/proc/self/io").read_text()
    return int(told.split("rchar:")[1].split()[0])


def _fused(tiles: Path, out: Path) -> tuple[float, int, list[float]]:
    """Do all tiles here; return processor seconds, galaxies, bytes read over bytes there."""
    listed = list_tiles([tiles], ReadOptions())
    plan = SurveyPlan(CutPlan(TableSpec(listed.bands, 200, "fits"), None, DetectOptions(), 0))
    files = model_files(Ensemble.load(_MODEL))
    desk = Desk(Orders("benchmark", plan, files, Place(out)))
    tasks = [TileTask(tile, inputs_key(tile, None)) for tile in listed.tiles]
    first = work(desk, TileTask(tasks[0].tile, "warm"))  # libraries and models are loaded
    galaxies, shares = 0, []
    started = time.process_time()
    for task in tasks:
        before = _bytes_read()
        done = work(desk, task)
        if not isinstance(done, Done) or not isinstance(first, Done):
            raise RuntimeError(str(done))
        shares.append((_bytes_read() - before) / done.bytes_read)
        galaxies += done.galaxies
    return time.process_time() - started, galaxies, shares


def _stepwise(tiles: Path, out: Path) -> tuple[float, int]:
    """Do the same by three commands; return processor seconds, and the bytes of the stamps."""
    table = out / "stamps.lance"
    started = time.process_time()
    api.stamps([tiles], table)
    size = sum(path.stat().st_size for path in table.rglob("*") if path.is_file())
    api.embed(table, _MODEL, batch_size=32)
    api.classify(table, [_MODEL], out / "scores.parquet", batch_size=32)
    return time.process_time() - started, size


def _survey(tiles: Path, out: Path, workers: int) -> SurveyOutcome:
    return api.survey([tiles], out, models=[_MODEL], workers=workers)


def _verdict(value: float, wanted: str, *, good: bool) -> str:
    return f"{value:.2f} ({'ok' if good else 'wanted ' + wanted})"


def main() -> None:
    """Print all ratios."""
    side, count = int(option(sys.argv, "tile", "2000")), int(option(sys.argv, "tiles", "4"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = folder / "large", folder / "small"
        tiles = _copies(large, side, count)
        seconds, galaxies, shares = _fused(tiles, folder / "fused")
        print(f"{count} tiles of {side}x{side} px, 5 bands, {galaxies} galaxies, model {_MODEL}")
        share = float(np.median(shares))
        print(f"  bytes read over bytes there {_verdict(share, '1.0', good=share < 1.05)}")
        kept = sum(path.stat().st_size for path in (folder / "fused").rglob("*.parquet"))
        apart, stamps = _stepwise(tiles, folder)
        ratio = apart / seconds
        print(
            f"  step by step over fused {_verdict(ratio, 'at least 1.5', good=ratio >= 1.5)}: "
            f"{galaxies / seconds:.1f} galaxies a second of processor time fused"
        )
        each = kept / (count + 1) * count / galaxies  # the warm-up kept a tile as well
        print(
            f"  a galaxy: {_tile_bytes(large) / galaxies / 1e3:.0f} kB read, "
            f"{each / 1e3:.2f} kB kept; its stamp would be {stamps / galaxies / 1e3:.0f} kB"
        )
        one = _survey(tiles, folder / "one", 1).manifest["runs"][-1]
        overhead = one["seconds"] / one["worker_seconds"]
        print(
            f"  wall time over work, one worker {_verdict(overhead, '1.05', good=overhead < 1.05)}"
        )
        two = _survey(tiles, folder / "two", 2).manifest["runs"][-1]
        gain = two["tiles_per_second"] / one["tiles_per_second"]
        print(f"  two workers over one {_verdict(gain, 'at least 1.8', good=gain >= 1.8)}")
        tiles = _copies(small, _SMALL_PX, _MANY)
        lines = tiles.read_text().splitlines()
        few = small / "few.csv"
        few.write_text("\n".join(x for x in lines if x < f"t{_FEW:03d}" or x[:4] == "tile") + "\n")
        runs = [
            _survey(which, folder / which.stem, 1).manifest["runs"][-1] for which in (few, tiles)
        ]
        time_ratio = runs[0]["galaxies_per_second"] / runs[1]["galaxies_per_second"]
        memory = runs[1]["peak_worker_mb"] / runs[0]["peak_worker_mb"]
        print(f"{_FEW} and {_MANY} tiles of {_SMALL_PX} px, one worker")
        print(f"  time a galaxy {_verdict(time_ratio, 'up to 1.1', good=time_ratio <= 1.1)}")
        print(
            f"  peak memory {_verdict(memory, 'up to 1.1', good=memory <= 1.1)}: "
            f"{runs[1]['peak_worker_mb']:.0f} MB"
        )


def _tile_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("t*.fits"))


if __name__ == "__main__":
    main()
