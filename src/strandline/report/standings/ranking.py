"""The curves of a ranking: completeness against contamination, recall against what is inspected."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from strandline.classify.metrics import CONTAMINATIONS, INSPECTED
from strandline.classify.standings import Standings
from strandline.report.standings.style import counts, figure_legend, looks, tidy

__all__ = ["draw_completeness", "draw_inspected"]

_FEW = 50
_CONTAMINATED = 0.3
_NOTE = "mean over draws of labels; band: spread over them"


def draw_completeness(standings: Standings) -> Figure | None:
    """Draw completeness against contamination, with few labels and with the most."""

    def dress(axes: Axes) -> None:
        axes.set_xlim(0, _CONTAMINATED)
        axes.set_xlabel("contamination (false-positive rate)")
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        for value in CONTAMINATIONS:
            axes.axvline(value, color="#bbbbbb", linewidth=0.8, zorder=0)

    return _figure(standings, "completeness", "completeness", dress)


def draw_inspected(standings: Standings) -> Figure | None:
    """Draw the share of the interacting that is found against the fraction looked at."""
    prevalence = standings.prevalence

    def dress(axes: Axes) -> None:
        axes.set_xscale("log")
        axes.set_xlim(2e-3, 1)
        axes.set_xlabel(f"fraction inspected, best first ({100 * prevalence:g} % interacting)")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
        axes.xaxis.set_minor_locator(NullLocator())
        x = np.geomspace(1e-3, 1, 200)
        axes.fill_between(x, np.minimum(x / prevalence, 1), 1.1, color="#f3f3f3", linewidth=0)
        axes.plot(x, x, color="#bbbbbb", linewidth=0.8)
        axes.text(2.4e-3, 0.93, "cannot be reached", color="#999999", fontsize=8)
        axes.text(0.42, 0.31, "at random", color="#999999", fontsize=8)
        for value in INSPECTED:
            axes.axvline(value, color="#bbbbbb", linewidth=0.8, zorder=0)

    return _figure(standings, "recall", "interacting galaxies found", dress)


def _figure(
    standings: Standings, curve: str, what: str, dress: Callable[[Axes], None]
) -> Figure | None:
    numbers = counts(standings)
    if not numbers:
        return None
    few = min(numbers, key=lambda number: abs(np.log(number / _FEW)))
    shown = [few, numbers[-1]] if few != numbers[-1] else [few]
    figure = Figure(figsize=(5.2 * len(shown) + 0.6, 4.4), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
    for axes, number in zip(panels, shown, strict=True):
        _panel(axes, standings, curve, number)
        dress(axes)
        axes.set_ylim(0, 1.01)
        axes.set_title(f"{number} labels")
        tidy(axes)
    panels[0].set_ylabel(what)
    panels[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure_legend(figure, panels[-1], [look.contestant for look in looks(standings)], _NOTE)
    return figure


def _panel(axes: Axes, standings: Standings, curve: str, number: int) -> None:
    for look in looks(standings):
        wanted = 0 if look.free else number
        for one in standings.curves:
            if (one.contestant, one.labels, one.curve) != (look.contestant, wanted, curve):
                continue
            x, mean, spread = (np.array(part) for part in (one.x, one.mean, one.spread))
            axes.plot(x, mean, label=look.contestant, **look.line)
            if not look.control:
                edges = np.clip([mean - spread, mean + spread], 0, 1)
                axes.fill_between(x, *edges, color=look.colour, alpha=0.13, linewidth=0)
