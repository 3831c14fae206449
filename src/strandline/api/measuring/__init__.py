"""``measure``: the features of a table's galaxies, found and measured."""

from strandline.api.measuring.command import MeasureReport, measure
from strandline.api.measuring.job import Cluster

__all__ = ["Cluster", "MeasureReport", "measure"]
