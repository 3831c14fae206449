"""Interrupts, full disks and the unforeseen: what the user sees, and what is left."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strandline import api
from strandline.classify import read_catalogue
from strandline.stamps import StampTable
from tests.cli.conftest import TINY_CNN, TINY_NNCLR, World, said_and_done
from tests.conftest import Run

# interrupts and full disks, each in a process of its own

MAIN = [sys.executable, "-c", "from strandline.cli import main; main()"]


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [*MAIN, *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _wait_for(child: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not happened() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_interrupted_training_keeps_the_old_model_and_goes_on(
    run: Run, world: World, tmp_path: Path, out: Path
) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_NNCLR.replace("epochs = 1", "epochs = 40"))
    shutil.copytree(world.cnn, out / "m")
    before = (out / "m" / "weights.safetensors").read_bytes()
    arguments = ("pretrain", world.table, "--recipe", recipe, "--out", out / "m")
    child = _start(*arguments)
    _wait_for(child, (out / ".m.training" / "last.ckpt").is_file)
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert "The same command goes on after epoch" in said
    assert (out / "m" / "weights.safetensors").read_bytes() == before
    ran = run(*arguments)
    assert ran.status == 0, ran.err
    assert "goes on after epoch" in ran.err
    assert [path.name for path in out.iterdir()] == ["m"]


def test_interrupted_embedding_leaves_the_table_as_it_was(world: World, out: Path) -> None:
    table = out / "t.lance"
    shutil.copytree(world.table, table)
    child = _start("embed", table, "--model", world.nnclr, "--batch-size", 1)
    _wait_for(child, lambda: any(out.glob(".t.lance.*")))
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name for path in out.iterdir()] == ["t.lance"]
    assert StampTable.open(table).column_names == StampTable.open(world.table).column_names


@pytest.fixture
def small_disk(tmp_path: Path, kilobytes: int) -> Iterator[Path]:
    """Yield a disk of as many kB as the test's parameter `kilobytes` says."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("kilobytes", "command"),
    [(2000, "stamps"), (8, "pretrain"), (8, "train"), (4, "parquet"), (4, "csv"), (4, "fits")],
)
@pytest.mark.usefixtures("kilobytes")
def test_full_disk(run: Run, world: World, tmp_path: Path, small_disk: Path, command: str) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_NNCLR if command == "pretrain" else TINY_CNN)
    arguments: dict[str, list[object]] = {
        "stamps": ["stamps", world.images, "--out", small_disk / "t.lance"],
        "pretrain": ["pretrain", world.table, "--recipe", recipe, "--out", small_disk / "m"],
        "train": ["train", world.table, "--recipe", recipe, "--out", small_disk / "m"],
    }
    arguments["train"] += ["--labels", world.labels]
    classify = ["classify", world.table, "--model", world.cnn]
    classify += ["--out", small_disk / f"s.{command}"]
    ran = run(*arguments.get(command, classify))
    said_and_done(ran, small_disk, "the disk is full", str(small_disk))
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("kilobytes", [30_000])
@pytest.mark.usefixtures("kilobytes")
def test_full_disk_leaves_the_table_as_it_was(
    run: Run, world: World, tmp_path: Path, small_disk: Path
) -> None:
    table = small_disk / "t.lance"
    shutil.copytree(world.table, table)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "fill").write_bytes(b"0" * free)
    ran = run("embed", table, "--model", world.nnclr)
    said_and_done(ran, small_disk, "the table is as it was", "0 MB of disk are free")
    assert StampTable.open(table).column_names == StampTable.open(world.table).column_names
    (small_disk / "fill").unlink()
    assert run("embed", table, "--model", world.nnclr).status == 0
    out = tmp_path / "s.csv"
    assert run("classify", table, "--model", world.cnn, "--out", out).status == 0
    assert len(read_catalogue(out)) == len(StampTable.open(table))


def test_interrupt_that_a_library_turns_into_its_own_error(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise TypeError("data type 'i4' not understood") from None

    monkeypatch.setattr(api, "search", search, raising=False)
    handler = signal.getsignal(signal.SIGINT)
    ran = run("search", world.table, "--like", "x")
    assert ran.status == 130
    assert ran.err == "strandline: interrupted; no output was left half-written.\n"
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("odd\nlines"), "RuntimeError: odd - this should not have happened"),
        (MemoryError(), "the memory of this machine does not suffice (none was left)"),
    ],
)
def test_the_unforeseen_is_said_in_one_line(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def search(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(api, "search", search, raising=False)
    ran = run("search", world.table, "--like", "x")
    assert ran.status == 1
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_warnings_and_log_messages_of_libraries_are_not_shown() -> None:
    code = (
        "import sys, warnings, logging\n"
        "from strandline import api, cli, errors\n"
        "def search(*_, **__):\n"
        "    warnings.warn('a library warns')\n"
        "    logging.getLogger('astropy').warning('a library logs')\n"
        "    raise errors.StrandlineError('ours')\n"
        "api.search = search\n"
        "cli.main(['search', 'x', '--like', 'y'])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "strandline: ours\n")
