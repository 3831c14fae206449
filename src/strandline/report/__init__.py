"""How results look: colour pictures, figures, and the HTML report that holds them."""

from strandline.report.colour import colour_picture
from strandline.report.faint import faint_picture
from strandline.report.inputs import Curve, History, ReportInputs
from strandline.report.page import write_report

__all__ = [
    "Curve",
    "History",
    "ReportInputs",
    "colour_picture",
    "faint_picture",
    "write_report",
]
