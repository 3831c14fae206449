"""The benchmark's figure: how each contestant's ranking grows with the number of labels."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from strandline.classify.standings import EVERYTHING, Standings
from strandline.files import write_aside

__all__ = ["draw_standings"]

_PANELS = {
    "auc": "AUC",
    "completeness 0.05": "completeness at 5 % contamination",
    "average_precision": "average precision",
}


def draw_standings(standings: Standings, path: Path) -> None:
    """Write AUC, completeness and average precision against labels as an SVG.

    Parameters
    ----------
    standings : Standings
    path : Path
        Bars are the spread over draws of labels; a dashed line is a model that took none.
    """
    with mpl.rc_context({"svg.hashsalt": "strandline", "font.size": 9}):
        figure = Figure(figsize=(13, 4.6), layout="constrained")
        panels = figure.subplots(1, len(_PANELS))
        for axes, (measure, label) in zip(panels, _PANELS.items(), strict=True):
            _panel(axes, standings, measure)
            axes.set_ylabel(label)
        panels[2].set_title(f"at {standings.prevalence:.0%} interacting", fontsize=9)
        handles, names = panels[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside right center", frameon=False)
        with write_aside(path) as aside:
            figure.savefig(aside, format="svg", metadata={"Date": None})


def _panel(axes: Axes, standings: Standings, measure: str) -> None:
    rows = [r for r in standings.rows if r.measure == measure and r.group == EVERYTHING]
    for k, name in enumerate(dict.fromkeys(row.contestant for row in rows)):
        own = [row for row in rows if row.contestant == name]
        colour = f"C{k % 10}"
        if own[0].labels == 0:
            axes.axhline(own[0].mean, color=colour, linestyle="--", label=name)
            continue
        axes.errorbar(
            [row.labels for row in own],
            [row.mean for row in own],
            yerr=np.nan_to_num([row.spread for row in own]),
            color=colour,
            marker="o",
            markersize=4,
            capsize=2,
            label=name,
        )
    axes.set_xscale("log")
    axes.set_xlabel("labels")
    axes.grid(alpha=0.3)
