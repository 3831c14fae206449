"""Peak memory of every command on a few stamps and on several times as many: ratio near 1."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.inference import synthetic_table
from strandline.simulate import make_survey

__all__ = ["main"]

_SHORT, _LONG = 1536, 4608
_FIELDS_SHORT, _FIELDS_LONG = 12, 36
_ON_TABLES = {
    "embed": "api.embed(table)",
    "classify": "api.classify(table, (), out / 'scores.parquet')",
    "search": "api.search(table, 'g-00000')",
    "pretrain": "api.pretrain([table], out / 'encoder', recipe=recipe, epochs=1)",
    "train": "api.train(table, labels, out / 'cnn', recipe=recipe_cnn, epochs=1)",
}
_ON_IMAGES = {
    "stamps": "api.stamps([images], out / 'stamps.lance')",
    "find": "api.find([images], out / 'run')",
}
_RUN = """
import pathlib, sys
from strandline import api
here = pathlib.Path(sys.argv[1])
table, images, labels = here / "stamps.lance", here / "images", here / "labels.csv"
recipe, recipe_cnn = here / "nnclr.toml", here / "cnn.toml"
out = here / sys.argv[2]
out.mkdir()
{job}
status = pathlib.Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


def _peak_mb(name: str, job: str, here: Path) -> float:
    command = [sys.executable, "-c", _RUN.format(job=job), str(here), f"out-{name}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def _prepare(here: Path, rows: int, fields: int) -> None:
    """Make a table of `rows` stamps, images of `fields` fields, labels and recipes."""
    here.mkdir()
    synthetic_table(here / "stamps.lance", rows, np.random.default_rng(0))
    make_survey(here / "images", fields=fields, size_px=600, galaxies_per_field=30, seed=2)
    lines = [f"g-{row:05d},{int(row % 4 == 0)}" for row in range(rows)]
    (here / "labels.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    # no stamps kept in memory: beyond `sampling.cache_mb` training reads them batch by batch
    for kind in ("cnn", "nnclr"):
        source = Path(__file__).parents[1] / "src/strandline/recipes" / f"brown2025-{kind}.toml"
        text = source.read_text() + "\n[sampling]\ncache_mb = 0\n"
        (here / f"{kind}.toml").write_text(text)


def main() -> None:
    """Print peak resident memory of each command at both lengths, and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        short, long = Path(name) / "short", Path(name) / "long"
        _prepare(short, _SHORT, _FIELDS_SHORT)
        _prepare(long, _LONG, _FIELDS_LONG)
        for jobs, few, many in (
            (_ON_TABLES, f"{_SHORT} stamps", f"{_LONG} stamps"),
            (_ON_IMAGES, f"{_FIELDS_SHORT} fields", f"{_FIELDS_LONG} fields"),
        ):
            for command, job in jobs.items():
                low, high = (_peak_mb(command, job, here) for here in (short, long))
                print(
                    f"{command:9s} {few} {low:.0f} MB, {many} {high:.0f} MB, "
                    f"ratio {high / low:.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
