"""What several test folders share: the command line as a user calls it, and the real sky."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from strandline.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command line in this process, as ``run("find", path, "--out", folder)``."""

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            main([str(argument) for argument in arguments])
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        printed = capsys.readouterr()
        return Ran(status, printed.out, printed.err)

    return call


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    """Undo what shells do to jobs behind a script: they, and all they start, ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def realsky() -> Path:
    """Folder of real images, named by STRANDLINE_REALSKY; skips where there is none."""
    folder = os.environ.get("STRANDLINE_REALSKY")
    if not folder or not Path(folder).is_dir():
        pytest.skip("STRANDLINE_REALSKY names no folder of real images")
    return Path(folder)
