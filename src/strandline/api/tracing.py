"""The function behind ``strandline train-tracer``."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from strandline.errors import OptionError
from strandline.learn.tracing import TracerOptions, TracerReport
from strandline.learn.tracing import train_tracer as train

__all__ = ["train_tracer"]

_FURTHER_RATE, _FURTHER_BATCH = 0.25, 32


def train_tracer(
    tables: Sequence[str | Path],
    out: str | Path,
    *,
    epochs: int | None = None,
    seed: int = 0,
    start: str | Path | None = None,
) -> TracerReport:
    """Train the network that outlines features for ``measure``.

    Parameters
    ----------
    tables : sequence of path
        From ``strandline simulate --stamps N --features``, perhaps of several surveys.
    out : path
        File to write, ``.safetensors``.
    epochs : int, optional
        40 by default. 0, with a start: only what it tells of features' light is learned anew.
    seed : int
    start : path, optional
        A tracer that is trained further, at a quarter of the usual learning rate.

    Raises
    ------
    OptionError, TableError, OutputError
        For impossible options, tables without their features' light, or an output that cannot be
        written.
    """
    if epochs is not None and epochs < (start is None):
        raise OptionError(f"epochs is {epochs}; it must be at least 1, or 0 with a start.")
    if Path(out).suffix != ".safetensors":
        raise OptionError(f"{out}: a tracer is one file whose name ends with .safetensors.")
    options = TracerOptions(seed=seed)
    if epochs is not None:
        options = replace(options, epochs=epochs)
    if start is not None:
        rate = _FURTHER_RATE * options.learning_rate
        options = replace(options, learning_rate=rate, batch=_FURTHER_BATCH)
    return train(tables, out, options, start)
