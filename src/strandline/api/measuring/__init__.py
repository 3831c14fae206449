"""``measure``: the features of a table's galaxies, found and measured."""

from typing import TYPE_CHECKING

from strandline.lazy import lazily

if TYPE_CHECKING:
    from strandline.api.measuring.command import MeasureReport, measure
    from strandline.api.measuring.job import Cluster

__all__ = ["Cluster", "MeasureReport", "measure"]

__getattr__ = lazily(__name__, {"Cluster": "job", "MeasureReport": "command", "measure": "command"})
"""Late, so that processes which measure rows import only what that needs."""
