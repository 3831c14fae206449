"""Scores, catalogues and how good they are.

Scoring itself, which needs torch, is in `strandline.classify.score` and is not imported here.
"""

from strandline.classify.catalogue import (
    catalogue_ending,
    read_catalogue,
    write_catalogue,
)
from strandline.classify.metrics import Confusion, Evaluation, confusion, evaluate_scores

__all__ = [
    "Confusion",
    "Evaluation",
    "catalogue_ending",
    "confusion",
    "evaluate_scores",
    "read_catalogue",
    "write_catalogue",
]
