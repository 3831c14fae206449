"""Tiles: patches of sky in several bands, from FITS files and pictures."""

from strandline.tiles.discover import discover
from strandline.tiles.headers import ZEROPOINT_RANGE
from strandline.tiles.reading import read_tile
from strandline.tiles.tile import BandImage, Discovery, ReadOptions, Skipped, Tile, TileSource

__all__ = [
    "ZEROPOINT_RANGE",
    "BandImage",
    "Discovery",
    "ReadOptions",
    "Skipped",
    "Tile",
    "TileSource",
    "discover",
    "read_tile",
]
