"""Peak memory of embed and classify on a table and on one four times as long: ratio near 1."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["main"]

_SHORT, _LONG = 400, 1600
_JOBS = {
    "embed": "api.embed(table, 'survey-nnclr')",
    "classify": "api.classify(table, (), folder / 'scores.parquet')",
    "search": "api.search(table, 'g-00000')",
}
_RUN = """
import json, pathlib, resource, sys
from strandline import api
table, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
{job}
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
"""


def _make_table(path: Path, rows: int) -> None:
    from benchmarks.inference import synthetic_table

    synthetic_table(path, rows, np.random.default_rng(0))


def _peak_mb(job: str, table: Path, folder: Path) -> float:
    command = [sys.executable, "-c", _RUN.format(job=job), str(table), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print peak resident memory of each command at both lengths, and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = {rows: folder / f"{rows}.lance" for rows in (_SHORT, _LONG)}
        for rows, table in tables.items():
            _make_table(table, rows)
        for command, job in _JOBS.items():
            short, long = (_peak_mb(job, table, folder) for table in tables.values())
            print(
                f"{command:9s} {_SHORT} stamps {short:.0f} MB, {_LONG} stamps {long:.0f} MB, "
                f"ratio {long / short:.2f}"
            )


if __name__ == "__main__":
    main()
