"""The way in and out: interruptions, errors and what users see of them."""

import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

from strandline.cli.app import app
from strandline.errors import StrandlineError

__all__ = ["main"]

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; what the user can mend is said without a traceback, exit status 1.

    Ctrl-C and a termination signal end alike (exit status 130), so that unfinished output is
    cleaned away in both cases. Anything unforeseen is said in one line as well; the traceback is
    shown if the environment variable STRANDLINE_TRACEBACK is set.
    """
    with _interrupts() as caught:
        try:
            with _only_our_words():
                app(arguments)
        except SystemExit as end:
            if end.code == _INTERRUPTED:
                _interrupted()
            raise
        except Exception as error:
            if caught:  # some libraries turn Ctrl-C into an error of their own
                _interrupted()
            _explain(error)


def _interrupted() -> NoReturn:
    typer.echo("strandline: interrupted; no output was left half-written.", err=True)
    sys.exit(_INTERRUPTED)


def _explain(error: Exception) -> NoReturn:
    """Say in one line what went wrong, and end."""
    if isinstance(error, StrandlineError):
        _fail(str(error))
    if os.environ.get("STRANDLINE_TRACEBACK"):
        raise error
    if isinstance(error, MemoryError):
        _fail(
            f"the memory of this machine does not suffice ({str(error) or 'none was left'}). Close "
            "other programs, cut the images into smaller ones, or choose a smaller --batch-size "
            "or stamp."
        )
    text = str(error).split("\n")[0]
    _fail(
        f"{type(error).__name__}: {text} - this should not have happened. Please report it "
        "with what is printed when STRANDLINE_TRACEBACK=1 is set in the environment."
    )


def _fail(message: str) -> NoReturn:
    typer.echo(f"strandline: {message}", err=True)
    sys.exit(1)


@contextmanager
def _only_our_words() -> Iterator[None]:
    """Keep warnings and log messages of libraries from the user, who can do nothing about them.

    Filters that are there already (``python -W``, PYTHONWARNINGS, pytest's) come first.
    """
    logging_before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", append=True)
            yield
    finally:
        logging.disable(logging_before)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Yield a list that holds the signals that have interrupted the program so far.

    Where Ctrl-C is ignored, as in jobs that a shell runs behind a script, it stays so.
    """
    caught: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
