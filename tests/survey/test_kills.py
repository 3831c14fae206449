"""Whatever is killed, whenever: nothing is lost, nothing doubled, and the bytes are the same."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest

from tests.survey.sky import SIZE_PX, cut_tiles
from tests.survey.test_running import catalogue_bytes, catalogue_rows, matches

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000), pytest.mark.filterwarnings("default")]

_TIMES = 20
_SCHEDULER = "import sys; from distributed.cli.dask_scheduler import main; main()"
_WORKER = "import sys; from distributed.cli.dask_worker import main; main()"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of 8x8 tiles of 220 px."""
    folder = tmp_path_factory.mktemp("many")
    return cut_tiles(folder, field_px=1340, side_px=220, step_px=160)


def _command(tiles: Path, model: Path, out: Path, *more: str) -> list[str]:
    options = ["--model", str(model), "--out", str(out), "--size-px", str(SIZE_PX)]
    return [sys.executable, "-m", "strandline", "survey", str(tiles), *options, *more]


def _complete(command: list[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def uninterrupted(many: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted") / "run"
    _complete(_command(many, model, out, "--workers", "1"))
    return out


def test_every_galaxy_at_most_once_whoever_does_it(
    uninterrupted: Path, many: Path, model: Path, tmp_path: Path
) -> None:
    rows = catalogue_rows(uninterrupted)
    assert len(set(rows["tile"].to_pylist())) > 50
    assert max(matches(rows["ra"].to_numpy(), rows["dec"].to_numpy(), many.parent, 1.0)) == 1
    for workers in ("2", "4"):
        out = tmp_path / workers / "run"
        _complete(_command(many, model, out, "--workers", workers))
        assert catalogue_bytes(out) == catalogue_bytes(uninterrupted)


def test_client_with_scheduler_and_workers_killed(
    uninterrupted: Path, many: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    command = _command(many, model, out, "--workers", "2")
    draw = random.Random(1)
    killed = 0
    for _ in range(_TIMES // 2):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        _wait_for_more(out, process, draw.uniform(0, 1.5))
        children = psutil.Process(process.pid).children(recursive=True)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait(timeout=60)
        psutil.wait_procs(children, timeout=60)
        assert not any(child.is_running() for child in children)  # no orphans
    assert killed > 2
    _complete(command)
    assert catalogue_bytes(out) == catalogue_bytes(uninterrupted)
    assert pq.read_table(out / "skipped.parquet").num_rows == 0


class Cluster:
    """A scheduler and two workers, each a process of its own that may be killed."""

    def __init__(self) -> None:
        self.scheduler: subprocess.Popen[str] | None = None
        self.workers: list[subprocess.Popen[str]] = []
        self.address = ""

    def repair(self) -> None:
        """Start what is not there."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
            self.scheduler = subprocess.Popen(
                [sys.executable, "-c", _SCHEDULER, *options], stderr=subprocess.PIPE, text=True
            )
            if self.scheduler.stderr is None:
                raise AssertionError("no output is read")
            for line in self.scheduler.stderr:
                if "Scheduler at:" in line:
                    self.address = line.split("Scheduler at:")[1].strip()
                    break
            self.stop(self.workers)
            self.workers = []
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < 2:
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
            self.workers.append(
                subprocess.Popen(
                    [sys.executable, "-c", _WORKER, self.address, *options],
                    stderr=subprocess.DEVNULL,
                    text=True,
                    env=os.environ | {"OMP_NUM_THREADS": "1"},
                )
            )

    @staticmethod
    def stop(processes: list[subprocess.Popen[str]]) -> None:
        """End processes."""
        for process in processes:
            process.kill()
            process.wait(timeout=60)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    yield made
    made.stop([*made.workers, *([made.scheduler] if made.scheduler else [])])


def test_any_process_of_a_cluster_killed(
    uninterrupted: Path, many: Path, model: Path, tmp_path: Path, cluster: Cluster
) -> None:
    out = tmp_path / "run"
    draw = random.Random(2)
    for number in range(_TIMES // 2):
        cluster.repair()
        command = _command(many, model, out, "--scheduler", cluster.address)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        _wait_for_more(out, process, draw.uniform(0, 1.5))
        target = ("worker", "scheduler", "client")[number % 3]
        if target == "worker":
            cluster.workers[0].kill()
            time.sleep(draw.uniform(0, 1))
            process.terminate()
        elif target == "scheduler" and cluster.scheduler is not None:
            cluster.scheduler.kill()
        else:
            process.kill()
        _, told = process.communicate(timeout=120)
        if target == "scheduler" and process.returncode == 1:
            assert "goes on" in told
    cluster.repair()
    _complete(_command(many, model, out, "--scheduler", cluster.address))
    assert catalogue_bytes(out) == catalogue_bytes(uninterrupted)
    assert pq.read_table(out / "skipped.parquet").num_rows == 0


def test_a_worker_of_one_gigabyte_finishes(
    uninterrupted: Path, many: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    _complete(_command(many, model, out, "--workers", "1", "--memory", "1"))
    assert catalogue_bytes(out) == catalogue_bytes(uninterrupted)


def _wait_for_more(out: Path, process: subprocess.Popen[Any], seconds: float) -> None:
    """Wait until one more tile is done, or the process has ended, and some time more."""
    before = len(list(out.rglob("*.parquet")))
    while process.poll() is None and len(list(out.rglob("*.parquet"))) == before:
        time.sleep(0.05)
    time.sleep(seconds)
