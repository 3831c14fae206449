"""Workers that die, tasks that fail, a scheduler that goes: each costs what it must and no more."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from strandline.errors import OptionError
from strandline.learn import Ensemble
from strandline.survey import LostError, Place, SurveyTile, list_tiles, open_engine
from strandline.survey.desk import Desk, Orders, TileTask
from strandline.survey.engine import Engine, WorkerDiedError
from strandline.survey.identity import model_files
from strandline.survey.parts import inputs_key
from strandline.survey.tasks import do_tiles
from strandline.survey.watching import watched
from strandline.tiles import ReadOptions
from tests.survey.sky import small_plan

# workers import torch before they do anything: minutes on a busy machine
pytestmark = pytest.mark.timeout(600)


def _job(_: object, number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        raise ValueError("four")
    return number**2


def _setting(_: object, name: str) -> str | None:
    return os.environ.get(name)


@dataclass(frozen=True)
class DeadlyTile(SurveyTile):
    """A tile that ends the process that opens it."""

    @property
    def files(self) -> tuple[str, ...]:
        """End this process, as the kernel does when memory is out."""
        os.kill(os.getpid(), signal.SIGKILL)
        return ()


def test_workers_have_one_thread_and_keep_the_memory_of_arrays(engine: Engine) -> None:
    names = ("OMP_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")
    with engine.given("nothing", None):
        assert engine.each(_setting, [(name, name) for name in names], "nothing") == ["1", None]


@pytest.mark.filterwarnings("default")
def test_a_task_that_kills_or_fails_is_told_and_the_others_are_done(engine: Engine) -> None:
    with engine.given("nothing", None):
        items = ((f"job-{number}", number) for number in range(12))
        outcomes = {outcome.key: outcome for outcome in engine.run(_job, items, "nothing")}
    assert len(outcomes) == 12
    assert isinstance(outcomes["job-3"].error, WorkerDiedError)
    assert isinstance(outcomes["job-4"].error, ValueError)
    done = {key for key, outcome in outcomes.items() if outcome.error is None}
    assert len(done) >= 9  # one more may have waited at the worker that died
    assert all(outcomes[key].value == int(key[4:]) ** 2 for key in done)


@pytest.mark.filterwarnings("default")
def test_a_tile_that_kills_workers_is_set_aside_alone(
    engine: Engine, ensemble: Ensemble, tiles: Path, tmp_path: Path
) -> None:
    listed = list_tiles([tiles], ReadOptions()).tiles[:4]
    deadly = DeadlyTile("deadly", listed[0].listed)
    tasks = [TileTask(tile, inputs_key(tile, None)) for tile in listed]
    tasks.insert(1, TileTask(deadly, "00000000"))
    desk = Desk(Orders("deadly", small_plan(), model_files(ensemble), Place(tmp_path)))
    with engine.given("deadly", desk), watched(len(tasks)) as watch:
        done = do_tiles(engine, "deadly", tasks, watch, tries=2)
    assert sorted(done.parts) == sorted(tile.name for tile in listed)
    assert list(done.failed) == ["deadly"]
    assert "the worker died" in done.failed["deadly"].reason
    assert watch.workers_died >= 2
    assert watch.tiles_set_aside == 1


def test_options_that_make_no_sense() -> None:
    with pytest.raises(OptionError, match="leave out --workers"):
        open_engine("tcp://127.0.0.1:1", workers=2)
    with pytest.raises(OptionError, match="at least 1"):
        open_engine(workers=0)
    with pytest.raises(OptionError, match=r"at least 0\.5"):
        open_engine(memory_gb=0.1)


def _address(process: subprocess.Popen[str]) -> str:
    if process.stderr is None:
        raise AssertionError("no output is read")
    for line in process.stderr:
        if "Scheduler at:" in line:
            return line.split("Scheduler at:")[1].strip()
    raise AssertionError("the scheduler did not start")


@pytest.fixture
def scheduler() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A scheduler of its own, without workers, and its address."""
    command = "import sys; from distributed.cli.dask_scheduler import main; main()"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    with subprocess.Popen(
        [sys.executable, "-c", command, *options], stderr=subprocess.PIPE, text=True
    ) as process:
        yield process, _address(process)
        process.kill()


@pytest.mark.filterwarnings("default")
def test_a_scheduler_that_goes_is_told(scheduler: tuple[subprocess.Popen[str], str]) -> None:
    process, address = scheduler
    with open_engine(address) as engine, engine.given("nothing", None):
        assert engine.threads == 0
        running = engine.run(_job, [("job", 1)], "nothing")
        process.kill()
        started = time.monotonic()
        with pytest.raises(LostError, match="give the same command"):
            next(running)
        assert time.monotonic() - started < 60


@pytest.mark.filterwarnings("default")
def test_no_scheduler_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strandline.survey.engine._ANSWER_SECONDS", 1)
    with (
        pytest.raises(OptionError, match=r"127\.0\.0\.1:9: no scheduler"),
        open_engine("tcp://127.0.0.1:9"),
    ):
        pass
