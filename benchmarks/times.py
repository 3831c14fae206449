"""Times since encounters and speeds across the sky, as measured on simulated stamps.

``python -m benchmarks times [--stamps=150]`` prints bias and scatter of ages from colours, of
dynamical times and of speeds against the truth of simulated interactions, what projection alone
leaves open, and how well bursts whose stars are all of one age are dated, by the bands there are.
"""

import sys
import tempfile
from pathlib import Path

from astropy.table import Table

from strandline import api
from strandline.api.benchmark_times import score_bursts, score_times, time_lines
from strandline.classify import read_catalogue
from strandline.simulate import SurveyTruth, make_stamps

__all__ = ["main"]

_SIZE_PX = 300
_BANDS = ("u", "g", "r", "i", "z")


def main() -> None:
    """Print the tables."""
    count = next((int(a.split("=")[1]) for a in sys.argv if a.startswith("--stamps=")), 150)
    with tempfile.TemporaryDirectory() as name:
        path, out = Path(name) / "stamps.lance", Path(name) / "features.parquet"
        make_stamps(
            path, count=count, size_px=_SIZE_PX, bands=_BANDS, interacting_fraction=1.0, seed=41,
            workers=2,
        )  # fmt: skip
        rows = SurveyTruth.read(path.with_suffix(".truth.csv")).table.to_pylist()
        truth = {row["id"]: row for row in rows if row["visible"]}
        known = Path(name) / "redshifts.csv"
        Table(
            {"id": [row["id"] for row in rows], "redshift": [row["redshift"] for row in rows]}
        ).write(known, format="ascii.csv")
        # the simulator's colours are those of SDSS's filters
        api.measure(path, out, catalogue=known, camera="sdss", workers=2)
        told = [row for row in read_catalogue(out).to_pylist() if row["id"] in truth]
    found = [(truth[row["id"]], row) for row in told if row["features"]]
    print(f"{len(found)} of {len(told)} visible features found; log10(told / true)")
    print("\n".join(time_lines(score_times(found))))
    print("\n".join(time_lines(score_bursts())))
