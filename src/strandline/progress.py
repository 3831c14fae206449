"""Progress of long work: a bar with rate and time left on a terminal, else a line now and then.

Nothing is shown for work that ends within two seconds. Everything goes to standard error, so
that results on standard output can be piped.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Progress", "say", "track"]

_QUIET_SECONDS = 2.0
_LINE_EVERY_SECONDS = 15.0


class Progress(Protocol):
    """Handle given by `track`: call it with the number of units just done."""

    def __call__(self, done: int = 1, note: str = "") -> None:
        """Advance by `done` units; `note` (a loss, a file name) is shown beside the bar."""


def say(message: str) -> None:
    """Print one line for people to standard error."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def track(task: str, total: int | None, unit: str = "stamps") -> Iterator[Progress]:
    """Show progress of `task` over `total` units (None when unknown) while the body runs.

    Examples
    --------
    >>> with track("Embedding", 3) as advance:
    ...     for _ in range(3):
    ...         advance(1)
    """
    if sys.stderr.isatty():
        with _bar(task, total, unit) as advance:
            yield advance
    else:
        yield _Lines(task, total, unit)


@contextmanager
def _bar(task: str, total: int | None, unit: str) -> Iterator[Progress]:
    from rich.console import Console, RenderableType
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{{task.fields[rate]}} {unit}/s"),
        TextColumn("{task.fields[left]} left"),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    started = time.monotonic()

    class Late(RichProgress):
        """Shows itself after a while, also while the first unit is still being worked on."""

        def get_renderables(self) -> Iterable[RenderableType]:
            if time.monotonic() - started > _QUIET_SECONDS:
                yield from super().get_renderables()

    with Late(*columns, console=Console(stderr=True), transient=True) as bar:
        handle = bar.add_task(task, total=total, rate="…", left="…", note="")
        count = 0

        def advance(done: int = 1, note: str = "") -> None:
            nonlocal count
            count += done
            elapsed = time.monotonic() - started
            bar.update(
                handle,
                advance=done,
                rate=f"{count / max(elapsed, 1e-9):.3g}",
                left=_clock((total - count) * elapsed / count) if total and count else "…",
                note=note,
            )

        yield advance


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


class _Lines:
    """Progress where no terminal listens: a line every so often, with rate and time left."""

    def __init__(self, task: str, total: int | None, unit: str) -> None:
        self._task, self._total, self._unit = task, total, unit
        self._started = self._spoke = time.monotonic()
        self._count = 0

    def __call__(self, done: int = 1, note: str = "") -> None:
        self._count += done
        now = time.monotonic()
        if now - self._spoke < _LINE_EVERY_SECONDS:
            return
        self._spoke = now
        rate = self._count / (now - self._started)
        of = f" of {self._total}" if self._total else ""
        left = f", {(self._total - self._count) / rate:.0f} s left" if self._total and rate else ""
        note = f" ({note})" if note else ""
        say(f"{self._task}: {self._count}{of} {self._unit}, {rate:.3g} {self._unit}/s{left}{note}")
