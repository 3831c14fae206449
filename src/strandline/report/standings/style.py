"""How a benchmark's figures look: one colour for each recipe, grey for controls, scales for AUC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from strandline.classify.standings import EVERYTHING, Row, Standings

__all__ = [
    "STYLE",
    "Look",
    "counts",
    "everything",
    "figure_legend",
    "label_axis",
    "looks",
    "skill_axis",
    "tidy",
]

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "strandline",
    "svg.fonttype": "path",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": "#333333",
    "axes.edgecolor": "#777777",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "text.color": "#222222",
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
}

# Okabe & Ito: told apart by colour-blind readers, too
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b")
_GREYS = ("#9a9a9a", "#444444", "#777777")
_DASHES: tuple[Any, ...] = ((0, (1.2, 1.6)), (0, (5, 1.8)), (0, (6, 1.6, 1.2, 1.6)))
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_STROKES = ("|", "x", "+")
_SKILLS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
_CEILING = 0.9995


@dataclass(frozen=True)
class Look:
    """How one contestant is drawn.

    Attributes
    ----------
    contestant : str
    colour : str
    dash : matplotlib line style
    marker : str
    control : bool
    free : bool
        It takes no labels.
    """

    contestant: str
    colour: str
    dash: Any
    marker: str
    control: bool
    free: bool

    @property
    def line(self) -> dict[str, Any]:
        """Keywords of a line."""
        width = 1.3 if self.control else 1.9
        return {"color": self.colour, "linestyle": self.dash, "linewidth": width}


def looks(standings: Standings, variants: bool = False) -> list[Look]:
    """Return how contestants are drawn, in their order; variants only if asked for."""
    leads: dict[str, Row] = {}
    for row in standings.rows:
        leads.setdefault(row.contestant, row)
    families: list[str] = []
    result: list[Look] = []
    controls = 0
    for name, row in leads.items():
        family = row.facts.get("family")
        if family is None:
            k = controls % len(_GREYS)
            result.append(Look(name, _GREYS[k], _DASHES[k], _STROKES[k], True, row.labels == 0))
            controls += 1
            continue
        if str(family) not in families:
            families.append(str(family))
        if row.facts.get("variant") and not variants:
            continue
        k = families.index(str(family))
        free = row.labels == 0
        dash = (0, (3.5, 1.6)) if free else "-"
        colour, marker = _COLOURS[k % len(_COLOURS)], _MARKERS[k % len(_MARKERS)]
        result.append(Look(name, colour, dash, marker, False, free))
    return result


def counts(standings: Standings) -> list[int]:
    """Return the numbers of labels, ascending."""
    return sorted({row.labels for row in standings.rows if row.labels})


def skill_axis(axes: Axes, values: list[float], which: str = "y") -> None:
    """Scale an axis so that halving the remaining error is one length: 0.9 to 0.95 to 0.975.

    Parameters
    ----------
    axes : Axes
    values : list of float
        That must be seen, of which NaN are left out.
    which : {"x", "y"}
    """

    def forward(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.log2(np.maximum(1 - np.asarray(value), 1 - _CEILING))

    def inverse(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return 1 - np.exp2(-np.asarray(value))

    axis = axes.yaxis if which == "y" else axes.xaxis
    scale = axes.set_yscale if which == "y" else axes.set_xscale
    scale("function", functions=(forward, inverse))
    known = np.array([value for value in values if np.isfinite(value)])
    low, high = known.min(), min(known.max(), _CEILING)
    span = forward(np.array([low, high]))
    room = max(0.12 * (span[1] - span[0]), 0.12)
    limit = axes.set_ylim if which == "y" else axes.set_xlim
    ends = inverse(np.array([span[0] - room, span[1] + room]))
    limit(float(ends[0]), float(min(ends[1], _CEILING)))
    ticks = [tick for tick in _SKILLS if ends[0] <= tick <= ends[1]]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks]))
    axis.set_minor_locator(NullLocator())


def label_axis(axes: Axes, numbers: list[int]) -> None:
    """Scale the x axis for numbers of labels."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(numbers))
    axes.xaxis.set_major_formatter(FixedFormatter([str(number) for number in numbers]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(numbers[0] / 1.25, numbers[-1] * 1.25)
    axes.set_xlabel("labels")


def tidy(axes: Axes) -> None:
    """Draw a faint grid behind what is drawn."""
    axes.grid(color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)


def figure_legend(figure: Figure, axes: Axes, order: Sequence[str], note: str) -> None:
    """Write a legend, in this order, and a note below all panels."""
    found = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    names = [name for name in order if name in found]
    handles = [found[name] for name in names]
    rows = -(-len(names) // 4)
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=min(4, len(names)),
        frameon=False,
        handlelength=2.6,
        columnspacing=1.8,
        title=note,
        title_fontproperties={"size": 8.5},
    )
    figure.set_figheight(figure.get_figheight() + 0.24 * rows)


def everything(standings: Standings, measure: str) -> list[Row]:
    """Return the rows of one measure on all test galaxies."""
    return [row for row in standings.rows if row.measure == measure and row.group == EVERYTHING]
