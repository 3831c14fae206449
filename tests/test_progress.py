import os
import pty
import re
import subprocess
import sys

import pytest

from strandline.progress import track

SLOW = """
import time
from strandline.progress import track
with track("Quick", 3) as advance:
    for _ in range(3):
        advance(1)
with track("Slow", 3, "images") as advance:
    time.sleep(2.3)  # the first unit is slow: the bar shows before it is done
    advance(1)
    time.sleep(0.3)
    advance(1, "a.fits")
    time.sleep(0.3)
"""


def test_bar_on_a_terminal_shows_rate_and_time_left_of_slow_work_only() -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    child = subprocess.Popen([sys.executable, "-c", SLOW], stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert child.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "Quick" not in text
    assert re.search(r"Slow .*0/3 … images/s … left", text)
    # one more of three after some 2.6 s for two
    assert re.search(r"2/3 0\.[67]\d* images/s 0:00:01 left .*a\.fits", text)


def test_lines_where_no_terminal_listens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 5.0, 20.0, 21.0, 40.0])
    monkeypatch.setattr("strandline.progress.time.monotonic", lambda: next(clock))
    with track("Cutting", 100, "images") as advance:
        for _ in range(3):
            advance(10)
        advance(10, "b.fits")
    assert capsys.readouterr().err.splitlines() == [
        "Cutting: 20 of 100 images, 1 images/s, 80 s left",
        "Cutting: 40 of 100 images, 1 images/s, 60 s left (b.fits)",
    ]
