"""The embedding as a place to look around: a map of it, and the neighbours of a galaxy.

The map needs umap, whose import takes seconds; it is imported when the map is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from strandline.explore.neighbours import Together, similar

if TYPE_CHECKING:
    from strandline.explore.map import map_embedding, map_table

__all__ = ["Together", "map_embedding", "map_table", "similar"]


def __getattr__(name: str) -> Any:
    if name in ("map_embedding", "map_table"):
        return getattr(import_module("strandline.explore.map"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
