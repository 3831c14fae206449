"""Stamps: find galaxies on tiles, measure them, cut them out, and keep them in one table."""

from strandline.stamps.detect import DetectOptions, detect
from strandline.stamps.joining import join_tables, joined_ids
from strandline.stamps.making import StampReport, make_table
from strandline.stamps.quantise import quantise
from strandline.stamps.schema import TableSpec
from strandline.stamps.table import StampBatch, StampTable
from strandline.stamps.writer import TABLE_MARKS, StampWriter

__all__ = [
    "TABLE_MARKS",
    "DetectOptions",
    "StampBatch",
    "StampReport",
    "StampTable",
    "StampWriter",
    "TableSpec",
    "detect",
    "join_tables",
    "joined_ids",
    "make_table",
    "quantise",
]
