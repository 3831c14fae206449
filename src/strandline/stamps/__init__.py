"""Stamps: find galaxies on tiles, measure them, cut them out, and keep them in one table."""

from strandline.stamps.catalogue import Catalogue
from strandline.stamps.cutouts import Cutouts, galaxy_cutouts, picture_cutouts
from strandline.stamps.detect import DetectOptions, choose_galaxies, detect
from strandline.stamps.joining import join_tables, joined_ids
from strandline.stamps.making import StampReport, make_table
from strandline.stamps.planning import CutPlan, stamp_side
from strandline.stamps.quantise import quantise
from strandline.stamps.schema import TableSpec, table_schema
from strandline.stamps.table import StampBatch, StampTable
from strandline.stamps.writer import TABLE_MARKS, StampWriter

__all__ = [
    "TABLE_MARKS",
    "Catalogue",
    "CutPlan",
    "Cutouts",
    "DetectOptions",
    "StampBatch",
    "StampReport",
    "StampTable",
    "StampWriter",
    "TableSpec",
    "choose_galaxies",
    "detect",
    "galaxy_cutouts",
    "join_tables",
    "joined_ids",
    "make_table",
    "picture_cutouts",
    "quantise",
    "stamp_side",
    "table_schema",
]
