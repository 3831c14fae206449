"""A figure of measurements on simulated stamps against the truth."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from strandline.report.standings.style import STYLE

__all__ = ["draw_measured"]

_DPI = 130
_COLUMNS = 4
_FEWEST = 8
_STEP_MAG = 0.5
_LIMITS = {"relative": 1.0, "mag": 0.6, "deg": 60.0}
_UNITS = {"relative": "measured / true - 1", "mag": "measured - true, mag", "deg": "off by, deg"}
_POINT, _MIDDLE = "#9ab3c9", "#1f4e79"


def draw_measured(
    brightness: NDArray[np.float64],
    overlap: NDArray[np.float64],
    differences: Mapping[str, NDArray[np.float64]],
    how: Mapping[str, str],
    folder: Path,
) -> None:
    """Draw each quantity's difference from the truth against surface brightness.

    Writes ``measured.png`` and ``measured.svg``.

    Parameters
    ----------
    brightness, overlap : ndarray of float64, shape (feature,)
        r surface brightness (mag/arcsec2), and intersection over union of outline and truth.
    differences : mapping of str to ndarray of float64, shape (feature, 2)
        Difference and its stated error, by quantity.
    how : mapping of str to str
        ``relative``, ``mag`` or ``deg``, by quantity.
    folder : Path
    """
    rows = -(-(len(differences) + 1) // _COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.1 * _COLUMNS, 2.7 * rows), layout="constrained")
        axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        _panel(axes[0], brightness, overlap)
        axes[0].set_title("overlap of outlines (IoU)")
        axes[0].set_ylim(0, 1)
        for one, (name, told) in zip(axes[1:], differences.items(), strict=False):
            _panel(one, brightness, told[:, 0])
            one.axhline(0, color="#777777", lw=0.8)
            one.set_ylim(-_LIMITS[how[name]], _LIMITS[how[name]])
            one.set_title(name)
            one.set_ylabel(_UNITS[how[name]])
        used = len(differences) + 1
        for one in axes[used:]:
            one.set_axis_off()
        for one in axes[max(used - _COLUMNS, 0) : used]:
            one.set_xlabel("surface brightness, r mag/arcsec²")
        for ending in ("png", "svg"):
            figure.savefig(folder / f"measured.{ending}", dpi=_DPI, metadata=_nothing(ending))


def _panel(axes: Axes, brightness: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    known = np.isfinite(brightness) & np.isfinite(values)
    x, y = brightness[known], values[known]
    axes.plot(x, y, ".", color=_POINT, ms=3, alpha=0.6, rasterized=True)
    if not x.size:
        return
    edges = np.arange(np.floor(x.min()), x.max() + _STEP_MAG, _STEP_MAG)
    bins = [(x >= edge) & (x < edge + _STEP_MAG) for edge in edges]
    shown = [(edge, some) for edge, some in zip(edges, bins, strict=True) if some.sum() >= _FEWEST]
    if not shown:
        return
    at = [edge + _STEP_MAG / 2 for edge, _ in shown]
    low, middle, high = np.array([np.quantile(y[some], [0.16, 0.5, 0.84]) for _, some in shown]).T
    axes.plot(at, middle, color=_MIDDLE, lw=1.8)
    axes.fill_between(at, low, high, color=_MIDDLE, alpha=0.18, lw=0)


def _nothing(ending: str) -> dict[str, None]:
    return {"Software": None} if ending == "png" else {"Date": None}
