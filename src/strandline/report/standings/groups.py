"""AUC by group of test galaxies: kind, surface brightness, redshift, survey."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from strandline.classify.standings import Row, Standings
from strandline.report.standings.style import (
    Look,
    counts,
    figure_legend,
    looks,
    skill_axis,
    tidy,
)

__all__ = ["draw_groups"]

_TITLES = {
    "tested on": "Survey tested on",
    "kind": "Kind",
    "surface brightness": "Surface brightness, r mag/arcsec²",
    "redshift": "Redshift",
}
_HIGHEST = 0.99  # up to where an error bar is followed
_NOTE = (
    "with the most labels; kinds and surface brightnesses against all non-interacting galaxies; in "
    "brackets the number of interacting ones; bar: sampling error and spread over draws"
)


def draw_groups(standings: Standings) -> Figure | None:
    """Draw the AUC of each group with the most labels; None if there are no groups."""
    numbers = counts(standings)
    groups = [name for name in _TITLES if name in standings.groups]
    if not numbers or not groups:
        return None
    rows = [row for row in standings.rows if row.measure == "auc"]
    values = {
        name: list(dict.fromkeys(r.value for r in rows if r.group == name)) for name in groups
    }
    columns = min(2, len(groups))
    lines = [groups[k : k + columns] for k in range(0, len(groups), columns)]
    heights = [1.0 + 0.5 * max(len(values[name]) for name in line) for line in lines]
    figure = Figure(figsize=(5.4 * columns, 0.8 + sum(heights)), layout="constrained")
    every = figure.subplots(len(lines), columns, height_ratios=heights, squeeze=False).ravel()
    panels, spare = every[: len(groups)], every[len(groups) :]
    for axes in spare:
        axes.set_visible(False)
    drawn = looks(standings)
    for axes, name in zip(panels, groups, strict=True):
        own = [row for row in rows if row.group == name]
        _panel(axes, own, values[name], drawn, numbers[-1])
        axes.set_title(_TITLES[name])
        axes.set_xlabel("AUC")
    figure_legend(figure, panels[0], [look.contestant for look in drawn], _NOTE)
    return figure


def _panel(axes: Axes, rows: list[Row], values: list[str], drawn: list[Look], most: int) -> None:
    seen: list[float] = []
    for k, look in enumerate(drawn):
        wanted = 0 if look.free else most
        own = {
            row.value: row
            for row in rows
            if row.contestant == look.contestant and row.labels == wanted
        }
        place = [i for i, value in enumerate(values) if value in own]
        found = [own[values[i]] for i in place]
        mean = np.array([row.mean for row in found])
        error = np.array([np.hypot(r.sampling_error, np.nan_to_num(r.spread)) for r in found])
        error = np.nan_to_num(error)
        seen += [*(mean - error), *np.maximum(mean, np.minimum(mean + error, _HIGHEST))]
        axes.errorbar(
            mean,
            np.array(place) + 0.62 * ((k + 0.5) / len(drawn) - 0.5),
            xerr=[error, np.minimum(error, 1 - mean)],
            linestyle="none",
            marker=look.marker,
            markersize=7 if look.control else 5.5,
            markerfacecolor="white" if look.free else look.colour,
            markeredgecolor=look.colour,
            color=look.colour,
            elinewidth=0.9,
            label=look.contestant,
        )
    positives = {row.value: row.positives for row in rows}
    axes.set_yticks(
        range(len(values)), [f"{value.replace('_', ' ')} ({positives[value]})" for value in values]
    )
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(values) - 0.5, -0.5)
    for i in range(1, len(values)):
        axes.axhline(i - 0.5, color="#dddddd", linewidth=0.7)
    skill_axis(axes, seen, "x")
    tidy(axes)
    axes.grid(visible=False, axis="y")
