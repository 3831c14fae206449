"""The function behind ``strandline train-tracer``."""

from collections.abc import Sequence
from pathlib import Path

from strandline.errors import OptionError
from strandline.learn.tracing import TracerOptions, TracerReport
from strandline.learn.tracing import train_tracer as train

__all__ = ["train_tracer"]


def train_tracer(
    tables: Sequence[str | Path],
    out: str | Path,
    *,
    epochs: int | None = None,
    seed: int = 0,
) -> TracerReport:
    """Train the network that outlines features for ``measure``.

    Parameters
    ----------
    tables : sequence of path
        From ``strandline simulate --stamps N --features``, perhaps of several surveys.
    out : path
        File to write, ``.safetensors``.
    epochs : int, optional
        40 by default.
    seed : int

    Raises
    ------
    OptionError, TableError, OutputError
        For impossible options, tables without their features' light, or an output that cannot be
        written.
    """
    if epochs is not None and epochs < 1:
        raise OptionError(f"epochs is {epochs}; it must be at least 1.")
    if Path(out).suffix != ".safetensors":
        raise OptionError(f"{out}: a tracer is one file whose name ends with .safetensors.")
    options = (
        TracerOptions(seed=seed) if epochs is None else TracerOptions(epochs=epochs, seed=seed)
    )
    return train(tables, out, options)
