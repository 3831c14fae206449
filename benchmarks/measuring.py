"""How fast galaxies are measured, and how well: on simulated stamps whose features are known.

``python -m benchmarks measuring [--stamps=400] [--table=test.lance]`` prints galaxies a second with
one worker and with two, beside how long the network alone takes, and then what ``strandline
benchmark test.lance --measure`` prints. A table is one of ``strandline simulate --features``;
without it, one is made.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from strandline import api
from strandline.learn.tracing import Tracer
from strandline.stamps import StampTable

__all__ = ["main"]


def main() -> None:
    """Print the tables."""
    options = dict(a.removeprefix("--").split("=") for a in sys.argv if a.startswith("--"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = Path(options.get("table", folder / "test.lance"))
        if not table.exists():
            api.simulate(
                table, stamps=int(options.get("stamps", 400)), interacting_fraction=0.6,
                features=True, seed=29, workers=2,
            )  # fmt: skip
        _print_speed(table, folder)
        print("\n".join(api.benchmark_measuring(table, folder / "out", workers=2).lines()))


def _print_speed(table: Path, folder: Path) -> None:
    opened, tracer = StampTable.open(table), Tracer.load()
    batch = opened.read(np.arange(32))
    flux, bands = batch.flux_njy(), opened.spec.bands
    tracer.trace(flux[:1], batch.noise_njy[:1], bands, "fits")
    begin = time.perf_counter()
    tracer.trace(flux, batch.noise_njy, bands, "fits")
    print(f"network alone: {len(flux) / (time.perf_counter() - begin):.1f} stamps/s")
    for workers in (1, 2):
        begin = time.perf_counter()
        report = api.measure(table, folder / f"{workers}.parquet", workers=workers)
        rate = report.galaxies / (time.perf_counter() - begin)
        print(f"measure, {workers} worker{'s' if workers > 1 else ''}: {rate:.1f} galaxies/s")
