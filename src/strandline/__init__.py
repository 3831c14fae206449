"""Strandline finds interacting galaxies in multi-band survey images.

The commands are functions of `strandline.api`. Nothing heavy is imported here.
"""

from strandline._version import __version__

__all__ = ["__version__"]
