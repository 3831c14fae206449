"""The benchmark's figures, as SVG and PNG."""

from strandline.report.standings.drawing import FIGURES, draw_standings

__all__ = ["FIGURES", "draw_standings"]
