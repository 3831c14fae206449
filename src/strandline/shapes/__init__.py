"""Shapes: non-parametric statistics of how a galaxy looks, measured on its stamp."""

from strandline.shapes.columns import (
    SHAPES_VERSION,
    ShapeReader,
    read_shapes,
    scene_options,
    shape_metadata,
)
from strandline.shapes.harmonics import (
    HARMONICS,
    HARMONICS_PARTS,
    HARMONICS_VERSION,
    add_harmonics,
    has_harmonics,
    measure_harmonics,
    read_harmonics,
)
from strandline.shapes.measure import CONTROL_NAMES, SHAPE_NAMES, measure_shapes
from strandline.shapes.scene import SceneOptions

__all__ = [
    "CONTROL_NAMES",
    "HARMONICS",
    "HARMONICS_PARTS",
    "HARMONICS_VERSION",
    "SHAPES_VERSION",
    "SHAPE_NAMES",
    "SceneOptions",
    "ShapeReader",
    "add_harmonics",
    "has_harmonics",
    "measure_harmonics",
    "measure_shapes",
    "read_harmonics",
    "read_shapes",
    "scene_options",
    "shape_metadata",
]
