"""Times since encounters and speeds across the sky, as measured on simulated stamps.

``python -m benchmarks times [--stamps=150] [--table=FOLDER]`` prints bias and scatter of ages from
colours, of dynamical times and of speeds against the truth of simulated interactions, what
projection alone leaves open, the same as if length and colour were measured without error, and how
well bursts whose stars are all of one age are dated, by the bands there are. ``--table`` takes
simulated stamps with their truth beside instead of new ones; ``--stamps=0`` leaves but the bursts.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from astropy.table import Table

from strandline import api
from strandline.api.benchmark_times import score_bursts, score_times, time_lines, without_error
from strandline.classify import read_catalogue
from strandline.simulate import SurveyTruth, make_stamps

__all__ = ["main"]

_SIZE_PX = 300
_BANDS = ("u", "g", "r", "i", "z")


def main() -> None:
    """Print the tables."""
    asked = dict(one.removeprefix("--").split("=") for one in sys.argv if "=" in one)
    count = int(asked.get("stamps", 150))
    if count:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            path = Path(asked["table"]) if "table" in asked else _simulated(folder, count)
            truth, told = _measured(path, count, folder)
        print("if length and g-r were measured without error:")
        exact = ((row, without_error(row)) for row in truth.values())
        print("\n".join(time_lines(score_times(exact))))
        found = [(truth[row["id"]], row) for row in told if row["features"]]
        print(f"{len(found)} of {len(told)} visible features found; log10(told / true)")
        print("\n".join(time_lines(score_times(found))))
    print("\n".join(time_lines(score_bursts())))


def _simulated(folder: Path, count: int) -> Path:
    path = folder / "stamps.lance"
    make_stamps(
        path, count=count, size_px=_SIZE_PX, bands=_BANDS, interacting_fraction=1.0, seed=41,
        workers=2,
    )  # fmt: skip
    return path


def _measured(
    path: Path, count: int, folder: Path
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return the truth of visible features by id, and what is measured of the first of them."""
    rows = SurveyTruth.read(path.with_suffix(".truth.csv")).table.to_pylist()
    truth = {row["id"]: row for row in rows if row["visible"]}
    chosen = list(truth.values())[:count]
    known, out = folder / "redshifts.csv", folder / "features.parquet"
    columns = {name: [row[name] for row in chosen] for name in ("id", "redshift")}
    Table(columns).write(known, format="ascii.csv")
    # the simulator's colours are those of SDSS's filters
    api.measure(path, out, catalogue=known, camera="sdss", workers=2)
    return truth, read_catalogue(out).to_pylist()
