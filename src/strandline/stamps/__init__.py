"""Stamps: find galaxies on tiles, measure them, cut them out, and keep them in one table."""

from strandline.stamps.quantise import quantise
from strandline.stamps.schema import TableSpec
from strandline.stamps.table import StampBatch, StampTable
from strandline.stamps.writer import StampWriter

__all__ = ["StampBatch", "StampTable", "StampWriter", "TableSpec", "quantise"]
