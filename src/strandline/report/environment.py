"""Figures of where in clusters galaxies interact."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from strandline.measure.environment import Alignment, Fraction
from strandline.report.standings.style import STYLE

__all__ = ["draw_environment"]

_COLOUR = "#0072b2"
_PNG_DPI = 160
_ANGLE_BINS = 6
_MOST_ACROSS = 3
_LABELS = {
    "radius": "distance from the centre / $r_{200}$",
    "density": "log density of galaxies / Mpc$^{-2}$",
    "gas": "log density of hot gas / cm$^{-3}$",
    "speed": "speed along the line of sight / (km/s)",
}


def draw_environment(
    against: Mapping[str, Sequence[Fraction]], alignment: Alignment, folder: Path
) -> None:
    """Write ``environment.svg`` and ``environment.png``: fractions, and how features point.

    Parameters
    ----------
    against : mapping of str to sequence of Fraction
        By what they were binned: ``radius``, ``density``, ``gas``, ``speed``.
    alignment : Alignment
    folder : Path
    """
    with mpl.rc_context(STYLE):
        count = len(against) + bool(alignment.angle_deg.size)
        rows = 1 + (count > _MOST_ACROSS)
        across = -(-count // rows)
        figure = Figure(figsize=(3.7 * across, 3.6 * rows), layout="constrained")
        panels = np.ravel(figure.subplots(rows, across, squeeze=False))
        top = min(1.15 * max(_tops(against.values()), default=1.0) + 0.02, 1.1)
        for axes, (name, found) in zip(panels, against.items(), strict=False):
            _fractions(axes, found, _LABELS[name])
            axes.set_ylim(0, top)
        if alignment.angle_deg.size:
            _angles(panels[count - 1], alignment)
        for axes in panels[count:]:
            axes.set_axis_off()
        for ending, stamp in {"svg": "Date", "png": "Software"}.items():
            path = folder / f"environment.{ending}"
            figure.savefig(path, format=ending, metadata={stamp: None}, dpi=_PNG_DPI)


def _tops(binned: Iterable[Sequence[Fraction]]) -> list[float]:
    return [row.upper for rows in binned for row in rows if row.upper > 0]


def _fractions(axes: Axes, rows: Sequence[Fraction], label: str) -> None:
    known = [row for row in rows if row.galaxies]
    middle = np.array([(row.low + row.high) / 2 for row in known])
    value = np.array([row.value for row in known])
    error = np.array(
        [[row.value - row.lower for row in known], [row.upper - row.value for row in known]]
    )
    half = np.array([(row.high - row.low) / 2 for row in known])
    if known:
        axes.errorbar(middle, value, error, half, "o", color=_COLOUR, ms=4.5, lw=1.2)
    for row, x, top in zip(known, middle, value + error[1] if known else [], strict=True):
        axes.annotate(
            str(row.galaxies),
            (x, top),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=7.5,
            color="#777777",
        )
    axes.set_xlabel(label)
    axes.set_ylabel("fraction interacting")


def _angles(axes: Axes, alignment: Alignment) -> None:
    edges = np.linspace(0, 180, _ANGLE_BINS + 1)
    count, _ = np.histogram(alignment.angle_deg, edges)
    axes.stairs(count, edges, color=_COLOUR, lw=1.7)
    expected = alignment.angle_deg.size / _ANGLE_BINS
    axes.axhline(expected, color="#9a9a9a", lw=1, ls=(0, (5, 1.8)))
    axes.set_xticks(np.linspace(0, 180, 7))
    axes.set_xlabel("feature to cluster centre / deg")
    axes.set_ylabel("features")
    axes.set_ylim(bottom=0)
    axes.set_title(
        f"mean cosine {alignment.mean_cosine:+.2f} $\\pm$ {alignment.error:.2f}", fontsize=9
    )
