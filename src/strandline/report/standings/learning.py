"""Learning curves: how a ranking grows with the number of labels."""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from strandline.classify.standings import Standings
from strandline.report.standings.style import (
    Look,
    counts,
    everything,
    figure_legend,
    label_axis,
    looks,
    skill_axis,
    tidy,
)

__all__ = ["draw_learning", "draw_variants"]

_NOTE = "band: spread over draws of labels; bar: sampling error of the test galaxies"

_CONTROL = "forest on shapes"
_VARIANTS = {
    "as it is": "#0072b2",
    "the recipe": "#0072b2",
    "embedding alone": "#e69f00",
    "and shapes": "#009e73",
}


def draw_learning(standings: Standings) -> Figure | None:
    """Draw AUC, completeness at 5 % contamination and average precision against labels."""
    numbers = counts(standings)
    if not numbers:
        return None
    rare = f"{100 * standings.prevalence:g} % interacting"
    panels = {
        "auc": "AUC",
        "completeness 0.05": "Completeness at 5 % contamination",
        "average_precision": f"Average precision, {rare}",
    }
    figure = Figure(figsize=(12, 4.3), layout="constrained")
    every = figure.subplots(1, len(panels))
    drawn = looks(standings)
    for axes, (measure, title) in zip(every, panels.items(), strict=True):
        low = _curves(axes, standings, measure, drawn)
        axes.set_title(title)
        label_axis(axes, numbers)
        tidy(axes)
        if measure == "auc":
            skill_axis(axes, low)
        else:
            axes.set_ylim(0, 1.02)
    figure_legend(figure, every[0], [look.contestant for look in drawn], _NOTE)
    return figure


def draw_variants(standings: Standings) -> Figure | None:
    """Draw AUC against labels of each recipe and of its variants; None if there are none."""
    rows = everything(standings, "auc")
    families = {
        str(row.facts["family"]): None for row in rows if row.facts.get("variant") and row.labels
    }
    numbers = counts(standings)
    if not families or not numbers:
        return None
    figure = Figure(figsize=(1 + 3.6 * len(families), 4.0), layout="constrained")
    every = np.atleast_1d(figure.subplots(1, len(families), sharey=True))
    own = {row.contestant: row.facts for row in rows}
    seen: list[float] = []
    for axes, family in zip(every, families, strict=True):
        for look in looks(standings, variants=True):
            variant = str(own[look.contestant].get("variant", ""))
            if look.control:
                told = look.contestant if look.contestant == _CONTROL else None
            else:
                mine = own[look.contestant].get("family") == family
                told = (variant or ("as it is" if look.free else "the recipe")) if mine else None
            if told is not None:
                # in each panel the variants differ by colour, not the recipes
                shown = replace(look, colour=_VARIANTS.get(told, look.colour))
                seen += _curves(axes, standings, "auc", [shown], told)
        axes.set_title(family)
        label_axis(axes, numbers)
        tidy(axes)
    skill_axis(every[0], seen)
    every[0].set_ylabel("AUC")
    figure_legend(figure, every[0], [*_VARIANTS, _CONTROL], _NOTE)
    return figure


def _curves(
    axes: Axes, standings: Standings, measure: str, drawn: list[Look], told: str | None = None
) -> list[float]:
    """Draw contestants, by what the legend tells; return the values that must be seen."""
    values: list[float] = []
    rows = everything(standings, measure)
    for look in drawn:
        own = sorted(
            (row for row in rows if row.contestant == look.contestant), key=lambda row: row.labels
        )
        if not own:
            continue
        mean = np.array([row.mean for row in own])
        values += mean.tolist()
        label = told or look.contestant
        if look.free:
            axes.axhline(mean[0], label=label, **look.line)
            continue
        labels = np.array([row.labels for row in own])
        spread = np.nan_to_num([row.spread for row in own])
        error = np.nan_to_num([row.sampling_error for row in own])
        axes.fill_between(
            labels,
            mean - spread,
            np.minimum(mean + spread, 1),
            color=look.colour,
            alpha=0.08 if look.control else 0.16,
            linewidth=0,
        )
        axes.errorbar(
            labels,
            mean,
            yerr=[error, np.minimum(error, 1 - mean)],
            marker="none" if look.control else look.marker,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            elinewidth=0 if look.control else 0.8,
            label=label,
            **look.line,
        )
    return values
