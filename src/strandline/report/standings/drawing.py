"""Which figures a benchmark has, and how they are written."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from strandline.classify.standings import Standings
from strandline.files import write_aside
from strandline.report.standings.groups import draw_groups
from strandline.report.standings.learning import draw_learning, draw_variants
from strandline.report.standings.ranking import draw_completeness, draw_inspected
from strandline.report.standings.style import STYLE, looks

__all__ = ["FIGURES", "draw_standings"]

_PNG_DPI = 160

FIGURES: dict[str, Callable[[Standings], Figure | None]] = {
    "learning": draw_learning,
    "variants": draw_variants,
    "completeness": draw_completeness,
    "inspected": draw_inspected,
    "groups": draw_groups,
}
"""By name of the file; None where there is nothing to draw."""


def draw_standings(standings: Standings, folder: Path) -> list[Path]:
    """Write the figures of a benchmark, each as SVG and PNG.

    ``learning``: AUC, completeness and average precision against labels. ``variants``: the same
    AUC for each recipe with other heads. ``completeness`` against contamination, and recall
    against the fraction ``inspected``, with few labels and with all. ``groups``: AUC by kind,
    surface brightness, redshift, and survey.

    Parameters
    ----------
    standings : Standings
    folder : Path

    Returns
    -------
    list of Path
        What was written; the same standings give the same bytes.
    """
    written = []
    with mpl.rc_context(STYLE):
        for name, draw in FIGURES.items():
            figure = draw(standings) if looks(standings) else None
            if figure is None:
                continue
            for ending, stamp in {"svg": "Date", "png": "Software"}.items():
                with write_aside(folder / f"{name}.{ending}") as aside:
                    figure.savefig(aside, format=ending, metadata={stamp: None}, dpi=_PNG_DPI)
                written.append(folder / f"{name}.{ending}")
    return written
