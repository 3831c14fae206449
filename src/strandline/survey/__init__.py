"""Whole surveys: tiles in, catalogue out, on Dask, without storing stamps."""

from strandline.survey.engine import LostError, open_engine
from strandline.survey.fragments import embed_by_workers, in_order_by_workers, score_by_workers
from strandline.survey.onetile import SurveyPlan, TileRows, tile_rows
from strandline.survey.places import Place
from strandline.survey.running import FinalOptions, SurveyOutcome, run_survey
from strandline.survey.tilelist import SurveyTile, TileList, list_tiles
from strandline.survey.vectors import VectorIndex
from strandline.survey.wishes import Wish, read_wish

__all__ = [
    "FinalOptions",
    "LostError",
    "Place",
    "SurveyOutcome",
    "SurveyPlan",
    "SurveyTile",
    "TileList",
    "TileRows",
    "VectorIndex",
    "Wish",
    "embed_by_workers",
    "in_order_by_workers",
    "list_tiles",
    "open_engine",
    "read_wish",
    "run_survey",
    "score_by_workers",
    "tile_rows",
]
