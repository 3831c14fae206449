"""Whole surveys: bytes read, fused against step by step, Dask's overhead, memory, more tiles.

``python -m benchmarks survey`` takes some fifteen minutes on two free cores; ``--only=NAME``
measures one of its parts, by the names below. Tiles are one simulated field, set down side by side
on the sky. All ratios are of one run, with the load of the machine beside them:

- ``fused``: bytes that a process reads for a tile, over the size of its files: wanted 1.0; and
  ``stamps``, ``embed`` and ``classify`` one after the other, over the fused run: at least 1.5, of
  processor time of one thread, for the models that ship and for one network alone;
- ``commands``: the same as a user gives them, wall time from start to end with what each takes of
  the machine by default;
- ``workers``: tiles a second of two workers over one, wanted at least 1.8 where cores allow; what
  they allow is told by two processes that do tiles side by side without Dask, over one;
- ``overhead``: wall time of one Dask worker over the time it was at work, on a tile of 2000x2000
  px: at most 1.05;
- ``many``: processor time a galaxy, once models are loaded, and peak memory of a worker with ten
  times the tiles: at most 1.1 of that with few.
"""

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import torch
from astropy.io import fits

from benchmarks.embedded import option
from strandline import api
from strandline.learn import Ensemble
from strandline.simulate import make_survey
from strandline.stamps import CutPlan, DetectOptions, TableSpec
from strandline.survey import Place, SurveyPlan, list_tiles
from strandline.survey.desk import Desk, Done, Orders, TileTask, work
from strandline.survey.identity import model_files
from strandline.survey.parts import inputs_key
from strandline.tiles import ReadOptions

__all__ = ["main"]

_MODEL = "strandline-survey"
_ONE_NETWORK = "strandline-survey/cnn"  # which needs no shape statistics
_BATCH = 32


@dataclass(frozen=True)
class _Tiles:
    """Tiles of one side: a list of some, and one of more."""

    few: Path
    many: Path
    side_px: int

    @classmethod
    def made(cls, folder: Path, side_px: int, few: int, many: int) -> "_Tiles":
        """Simulate a field and set it down `many` times along the sky."""
        make_survey(folder / "field", fields=1, size_px=side_px, seed=7)
        lines: dict[int, list[str]] = {number: [] for number in range(many)}
        for path in sorted((folder / "field").glob("field-000_?.fits")):
            band = path.stem[-1]
            for number in range(many):
                target = folder / f"t{number:03d}_{band}.fits"
                shutil.copy(path, target)
                with fits.open(target, mode="update") as file:
                    for part in file:
                        part.header["CRVAL1"] += 0.5 * number
                lines[number].append(f"t{number:03d},{band},{target.name}")
        lists = []
        for count in (few, many):
            told = ["tile,band,image"] + [line for n in range(count) for line in lines[n]]
            lists.append(folder / f"{count}.csv")
            lists[-1].write_text("\n".join(told) + "\n")
        return cls(lists[0], lists[1], side_px)


def _bytes_read() -> int:
    """Return the bytes that this process has read so far."""
    told = Path("/proc/self/io").read_text()
    return int(told.split("rchar:")[1].split()[0])


def _ready(tiles: Path, out: Path, model: str) -> tuple[Desk, list[TileTask]]:
    """Return all tiles and what does them; libraries and models are loaded."""
    listed = list_tiles([tiles], ReadOptions())
    cut = CutPlan(TableSpec(listed.bands, 200, "fits"), None, DetectOptions(), 0)
    plan = SurveyPlan(cut, batch_size=_BATCH)
    desk = Desk(Orders("benchmark", plan, model_files(Ensemble.load(model)), Place(out)))
    tasks = [TileTask(tile, inputs_key(tile, None)) for tile in listed.tiles]
    work(desk, TileTask(tasks[0].tile, "warm"))
    return desk, tasks


def _fused(tiles: Path, out: Path, model: str) -> tuple[float, int, float]:
    """Do all tiles here; return processor seconds, galaxies, bytes read over bytes there."""
    desk, tasks = _ready(tiles, out, model)
    galaxies, shares = 0, []
    started = time.process_time()
    for task in tasks:
        before = _bytes_read()
        done = work(desk, task)
        if not isinstance(done, Done):
            raise RuntimeError(str(done))
        shares.append((_bytes_read() - before) / done.bytes_read)
        galaxies += done.galaxies
    return time.process_time() - started, galaxies, float(np.median(shares))


def _side_by_side(tiles: Path, folder: Path, processes: int) -> float:
    """Return the tiles a second of processes that each do all tiles and share nothing."""
    context = multiprocessing.get_context("spawn")
    start, told = context.Barrier(processes), context.SimpleQueue()
    running = [
        context.Process(target=_one_side, args=(tiles, folder / str(number), start, told))
        for number in range(processes)
    ]
    for process in running:
        process.start()
    rates: list[float] = [told.get() for _ in running]
    for process in running:
        process.join()
    return sum(rates)


def _one_side(tiles: Path, out: Path, start: Barrier, told: SimpleQueue[float]) -> None:
    torch.set_num_threads(1)
    desk, tasks = _ready(tiles, out, _MODEL)
    start.wait()
    started = time.perf_counter()
    for task in tasks:
        work(desk, task)
    told.put(len(tasks) / (time.perf_counter() - started))


def _stepwise(tiles: Path, out: Path, model: str) -> float:
    """Do the same by three commands; return processor seconds."""
    table = out / "stamps.lance"
    started = time.process_time()
    api.stamps([tiles], table)
    api.embed(table, model, batch_size=_BATCH)
    api.classify(table, [model], out / "scores.parquet", batch_size=_BATCH)
    return time.process_time() - started


def _verdict(value: float, wanted: str, *, good: bool) -> str:
    return f"{value:.2f} ({'ok' if good else 'wanted ' + wanted}; load {os.getloadavg()[0]:.1f})"


def _say_fused(folder: Path, tiles: _Tiles) -> None:
    torch.set_num_threads(1)
    for number, model in enumerate((_MODEL, _ONE_NETWORK)):
        out = folder / f"fused-{number}"
        seconds, galaxies, share = _fused(tiles.few, out, model)
        if not number:
            told = _verdict(share, "1.0", good=share < 1.05)
            print(f"  bytes read over bytes there {told}")
        ratio = _stepwise(tiles.few, out, model) / seconds
        told = _verdict(ratio, "at least 1.5", good=ratio >= 1.5)
        print(
            f"  processor time step by step over fused, {model}: {told}; fused "
            f"{galaxies / seconds:.1f} galaxies a second"
        )


def _command(*arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "strandline", *map(str, arguments)],
        check=True,
        capture_output=True,
        env={name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"},
    )


def _say_commands(folder: Path, tiles: _Tiles) -> None:
    table = folder / "apart.lance"
    started = time.perf_counter()
    _command("stamps", tiles.many, "--out", table)
    _command("embed", table, "--model", _MODEL)
    _command("classify", table, "--model", _MODEL, "--out", folder / "apart.parquet")
    apart = time.perf_counter() - started
    started = time.perf_counter()
    _command("survey", tiles.many, "--model", _MODEL, "--out", folder / "survey")
    ratio = apart / (time.perf_counter() - started)
    told = _verdict(ratio, "at least 1.5", good=ratio >= 1.5)
    print(f"  wall time of stamps, embed and classify over survey, as commands: {told}")
    kept = sum(path.stat().st_size for path in (folder / "survey").rglob("*.parquet"))
    stamps = sum(path.stat().st_size for path in table.rglob("*") if path.is_file())
    print(f"    left on disk: {stamps / 1e6:.0f} MB of stamps, {kept / 1e6:.1f} MB of catalogue")


def _survey(tiles: Path, out: Path, workers: int) -> dict[str, Any]:
    """Return what the manifest says of a run."""
    outcome = api.survey([tiles], out, models=[_MODEL], workers=workers)
    run: dict[str, Any] = outcome.manifest["runs"][-1]
    return run


def _say_workers(folder: Path, tiles: _Tiles) -> None:
    gains, allowed = [], []
    for attempt in range(2):  # in turn: a busy moment may spoil one
        one, two = (
            _survey(tiles.many, folder / f"{count}-{attempt}", count)["tiles_per_second"]
            for count in (1, 2)
        )
        gains.append(two / one)
        one, two = (
            _side_by_side(tiles.few, folder / f"bare-{count}-{attempt}", count) for count in (1, 2)
        )
        allowed.append(two / one)
    told = _verdict(max(gains), "at least 1.8", good=max(gains) >= 1.8)
    print(f"  tiles a second of two workers over one: {told}")
    print(f"    of two processes without Dask over one: {max(allowed):.2f}")


def _say_overhead(folder: Path, tiles: _Tiles) -> None:
    run = _survey(tiles.few, folder / "one", 1)
    ratio = run["seconds"] / run["worker_seconds"]
    told = _verdict(ratio, "up to 1.05", good=ratio < 1.05)
    print(f"  wall time over work, one worker, {tiles.side_px} px: {told}")


def _say_many(folder: Path, tiles: _Tiles) -> None:
    torch.set_num_threads(1)
    cost = []
    for which in (tiles.few, tiles.many):
        seconds, galaxies, _ = _fused(which, folder / f"cost-{which.stem}", _MODEL)
        cost.append(seconds / galaxies)
    few, many = (_survey(which, folder / which.stem, 1) for which in (tiles.few, tiles.many))
    for name, ratio in (
        ("processor time a galaxy", cost[1] / cost[0]),
        ("peak memory of a worker", many["peak_worker_mb"] / few["peak_worker_mb"]),
    ):
        told = _verdict(ratio, "0.9 to 1.1", good=0.9 <= ratio <= 1.1)
        print(f"  {name}, {many['tiles']} tiles over {few['tiles']}: {told}")
    print(f"    {1e3 * cost[1]:.0f} ms a galaxy, {many['peak_worker_mb']:.0f} MB")


_PARTS: dict[str, tuple[int, int, int, Callable[[Path, _Tiles], None]]] = {
    "fused": (1000, 2, 2, _say_fused),
    "commands": (1000, 2, 32, _say_commands),
    "workers": (1000, 4, 16, _say_workers),
    "overhead": (2000, 1, 1, _say_overhead),
    "many": (400, 4, 40, _say_many),
}


def main() -> None:
    """Print all ratios, each as it is known."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    only = option(sys.argv, "only", "")
    if only and only not in _PARTS:
        sys.exit(f"benchmarks survey: --only={only}; there are {', '.join(_PARTS)}")
    for name, (side, few, many, say) in _PARTS.items():
        if only in ("", name):
            print(f"{name}: tiles of {side}x{side} px, model {_MODEL}")
            with tempfile.TemporaryDirectory() as place:
                say(Path(place), _Tiles.made(Path(place), side, few, many))


if __name__ == "__main__":
    main()
