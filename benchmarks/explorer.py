"""How fast the explorer is: first page, a vote, retraining, the map; in a real browser.

Runs only when it is named: ``python -m benchmarks explorer``. The table is made of random numbers
in ``explorer-work/``: 100,000 stamps of 32 px, an embedding of 128 numbers in ten groups and as
many harmonics as real stamps have.
``--count=1000000`` for another number, with stamps of 8 px. Wanted: first page under 3 s, a vote
stored under 50 ms, a head that learned anew in under 2 s.
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from benchmarks.embedded import option
from strandline.app.retraining import Retrainer
from strandline.app.session import Session
from strandline.app.shading import Viewport
from strandline.app.workspace import Workspace
from strandline.shapes.harmonics import HARMONICS, HARMONICS_COLUMN, HARMONICS_METADATA
from strandline.stamps import StampTable, TableSpec

__all__ = ["main", "make_table"]

_WORK = Path("explorer-work")
_BANDS = ("g", "r", "i")
_FEATURES, _GROUPS = 128, 10
_AT_ONCE = 5000
_VOTES, _LOADS = 200, 3
_WAIT_S = 300


def make_table(path: Path, count: int, size_px: int) -> None:
    """Write a table of random stamps that is ready to be explored."""
    rng = np.random.default_rng(0)
    with StampTable.writer(path, TableSpec(_BANDS, size_px, "fits")) as writer:
        for start in range(0, count, _AT_ONCE):
            n = min(_AT_ONCE, count - start)
            pixels = rng.normal(0, 1, (n, len(_BANDS), size_px, size_px)).astype(np.float16)
            columns: dict[str, ArrayLike] = {
                "id": [f"galaxy-{start + k:07d}" for k in range(n)],
                "ra": rng.uniform(0, 360, n),
                "dec": rng.uniform(-60, 60, n),
                **{f"noise_{band}": np.ones(n, np.float32) for band in _BANDS},
                **{f"mag_{band}": rng.uniform(15, 22, n).astype(np.float32) for band in _BANDS},
            }
            writer.append(
                columns, (pixels / 8).astype(np.float16), np.full((n, len(_BANDS)), 8, np.float32)
            )
    _add_columns(StampTable.open(path), rng)


def _add_columns(table: StampTable, rng: np.random.Generator) -> None:
    count = len(table)
    group = rng.integers(_GROUPS, size=count)
    centres = rng.normal(0, 1, (_GROUPS, _FEATURES))
    vectors = (centres[group] + rng.normal(0, 0.7, (count, _FEATURES))).astype(np.float32)
    angle = 2 * np.pi * group / _GROUPS
    places = np.stack([np.cos(angle), np.sin(angle)]) * 8 + rng.normal(0, 1.5, (2, count))
    probability = np.clip(group / _GROUPS + rng.normal(0, 0.1, count), 0.01, 0.99)
    waves = rng.normal(0, 1, (count, HARMONICS)).astype(np.float32)
    columns = {
        HARMONICS_COLUMN: pa.FixedSizeListArray.from_arrays(pa.array(waves.ravel()), HARMONICS),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), _FEATURES),
        "map_x": pa.array(places[0].astype(np.float32)),
        "map_y": pa.array(places[1].astype(np.float32)),
        "probability": pa.array(probability.astype(np.float32)),
        "novelty": pa.array(rng.random(count).astype(np.float32)),
    }
    whole = pa.table(columns)
    told = {"embedding_encoder": "random", "embedding_model": "random", "probability_models": "x"}
    told |= HARMONICS_METADATA
    table.add_columns(whole.to_batches(max_chunksize=_AT_ONCE), whole.schema, told)
    table.build_index()


def main() -> None:
    """Print medians."""
    count = int(option(sys.argv[1:], "count", "100000"))
    path = _WORK / f"stamps-{count}.lance"
    if not path.exists():
        _WORK.mkdir(exist_ok=True)
        make_table(path, count, 32 if count <= 100_000 else 8)
    labels = _WORK / "labels.db"
    for old in _WORK.glob("labels.db*"):
        old.unlink()
    print(f"{count} stamps, {_FEATURES} features")
    workspace = Workspace(path, labels=f"sqlite:///{labels}")
    try:
        _time_engines(workspace)
    finally:
        workspace.close()
    _time_browser(path, f"sqlite:///{labels}")


def _time_engines(workspace: Workspace) -> None:
    session = Session(workspace)
    _print("a session's first map and list", _times(lambda: Session(workspace).close(), 5), "ms")
    view = Viewport(-12, 12, -12, 12, 800, 700)
    _print("map of all points drawn", _times(lambda: session.map.show(view), 5), "ms")
    rows = np.random.default_rng(1).permutation(len(workspace.sky))[:_VOTES]
    values = np.where(workspace.sky.probability[rows] > 0.7, "yes", "no")
    name = workspace.first_class

    def vote(k: int) -> None:
        workspace.ballots.cast(
            int(rows[k]), name, str(values[k]), "ann", key=uuid4(), shown={"mode": "grid"}
        )

    _print("a vote stored", [_time(partial(vote, k)) for k in range(_VOTES)], "ms")
    fresh = Retrainer(workspace.sky, workspace.ballots)
    _ = workspace.sky.inputs
    _print(
        f"head and curve from {_VOTES} labels, all steps", [_time(lambda: fresh.retrain(name))], "s"
    )
    _print("head learned anew after ten more", _times(lambda: fresh.retrain(name), 3), "s")
    fresh.close()


def _time_browser(path: Path, labels: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("There is no chromium, so that no page is loaded; make browser installs it.")
        return
    from playwright.sync_api import sync_playwright

    port = "5099"
    command = [sys.executable, "-m", "strandline", "explore", str(path)]
    with subprocess.Popen(
        [*command, "--labels", labels, "--port", port], stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stderr is not None
            while "Ctrl-C" not in server.stderr.readline():
                if server.poll() is not None:
                    sys.exit("the explorer did not start")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
                )
                loads = []
                for _ in range(_LOADS):
                    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
                    started = time.perf_counter()
                    page.goto(f"http://localhost:{port}/")
                    page.wait_for_selector(".card img[src]", timeout=_WAIT_S * 1000)
                    loads.append(time.perf_counter() - started)
                _print("first page, until the first galaxies are seen", loads, "s")
                votes = []
                for _ in range(20):
                    started = time.perf_counter()
                    page.keyboard.press("y")
                    page.wait_for_function(_STORED, polling=2)
                    votes.append(time.perf_counter() - started)
                _print("a vote, from the key to stored, seen by the page", votes, "ms")
                browser.close()
        finally:
            server.terminate()


_STORED = """() => {
  const find = (root) => root.querySelector(".state") ?? Array.from(root.querySelectorAll("*"))
    .filter((one) => one.shadowRoot).map((one) => find(one.shadowRoot)).find((one) => one);
  return find(document)?.textContent === "all stored";
}"""


def _time(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _times(action: Callable[[], object], count: int) -> list[float]:
    return [_time(action) for _ in range(count)]


def _print(what: str, seconds: list[float], unit: str) -> None:
    scale = 1000 if unit == "ms" else 1
    middle, worst = statistics.median(seconds) * scale, max(seconds) * scale
    print(f"{what:52s} {middle:8.2f} {unit}   (worst of {len(seconds)}: {worst:.2f})", flush=True)


if __name__ == "__main__":
    main()
