"""How long `strandline --help` takes, as a whole process (the promise is under 0.5 s)."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

__all__ = ["main"]

_RUNS = 7


def _seconds(command: list[str]) -> float:
    times = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Print the median of several runs, beside that of the bare interpreter."""
    script = Path(sys.executable).with_name("strandline")
    bare = _seconds([sys.executable, "-c", "pass"])
    full = _seconds([str(script), "--help"])
    print(f"strandline --help {full:.2f} s; python alone {bare:.2f} s (median of {_RUNS})")


if __name__ == "__main__":
    main()
