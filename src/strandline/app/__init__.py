"""The explorer: map, neighbours, labels and discoveries in the browser, or in a notebook.

Panel, Bokeh and datashader live only here; they come with ``pip install strandline[explore]``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strandline.app.explorer import Explorer

__all__ = ["Explorer"]


def __getattr__(name: str) -> Any:
    if name == "Explorer":
        return import_module("strandline.app.explorer").Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
