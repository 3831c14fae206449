"""Shapes: non-parametric statistics of how a galaxy looks, measured on its stamp."""

from strandline.shapes.measure import CONTROL_NAMES, SHAPE_NAMES, measure_shapes
from strandline.shapes.scene import SceneOptions

__all__ = ["CONTROL_NAMES", "SHAPE_NAMES", "SceneOptions", "measure_shapes"]
