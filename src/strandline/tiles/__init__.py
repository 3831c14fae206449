"""Tiles: patches of sky in several bands, from FITS files and pictures."""

from strandline.tiles.bands import sort_bands
from strandline.tiles.discover import discover, listed_tile
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
    "listed_tile",
    "read_tile",
    "sort_bands",
]
