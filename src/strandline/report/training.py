"""How trainings went: one small figure for each quantity, epoch by epoch."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from strandline.report.figures import Frame, axes, curve, dot, nice_ticks, svg
from strandline.report.inputs import History
from strandline.report.words import number, plain_name

__all__ = ["Panel", "history_panels"]

_PARTS = {
    "train": "training",
    "training": "training",
    "validation": "validation",
    "val": "validation",
}


@dataclass(frozen=True)
class Panel:
    """One figure.

    Attributes
    ----------
    title : str
        The quantity.
    parts : tuple of (str, str, int)
        For each line what it is of ("training", "validation" or ""), its last value, and the
        number of its colour.
    figure : Markup
    """

    title: str
    parts: tuple[tuple[str, str, int], ...]
    figure: Markup


def history_panels(history: History) -> list[Panel]:
    """Return a figure for each quantity; training and validation share one."""
    groups: dict[str, list[tuple[str, NDArray[np.float64]]]] = {}
    for name, values in history.series.items():
        quantity, part = _split(name)
        numbers = np.array([np.nan if v is None else float(v) for v in values], np.float64)
        if len(numbers) == len(history.epochs) and np.isfinite(numbers).any():
            groups.setdefault(quantity, []).append((part, numbers))
    epochs = np.asarray(history.epochs, np.float64)
    return [_panel(quantity, epochs, lines) for quantity, lines in groups.items()]


def _split(name: str) -> tuple[str, str]:
    """Split ``validation_loss`` into the quantity and the part of the data."""
    first, _, rest = name.partition("_")
    if rest and first.lower() in _PARTS:
        return plain_name(rest), _PARTS[first.lower()]
    return plain_name(name), ""


def _panel(
    quantity: str, epochs: NDArray[np.float64], lines: list[tuple[str, NDArray[np.float64]]]
) -> Panel:
    together = np.concatenate([values for _, values in lines])
    low, high = float(np.nanmin(together)), float(np.nanmax(together))
    room = 0.08 * (high - low) or 0.05 * max(abs(high), 1e-3)
    first, last = float(epochs.min()), float(epochs.max())
    frame = Frame((first, max(last, first + 1)), (low - room, high + room), width=300, height=190)
    whole = [tick for tick in nice_ticks(*frame.x) if tick == round(tick)]
    parts = [axes(frame, whole, nice_ticks(*frame.y, about=3), "epoch", "")]
    described = []
    for colour, (part, values) in enumerate(lines, start=1):
        parts.append(curve(frame, epochs, values, f"s{colour}"))
        at = int(np.flatnonzero(np.isfinite(values))[-1])
        parts.append(dot(frame, float(epochs[at]), float(values[at]), f"s{colour}"))
        described.append((part, number(float(values[at])), colour))
    return Panel(quantity, tuple(described), svg(frame, f"{quantity} by epoch", parts))
