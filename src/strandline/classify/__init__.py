"""Scores, catalogues and how good they are.

Scoring itself, which needs torch, is in `strandline.classify.score` and is not imported here.
"""

from strandline.classify.catalogue import (
    catalogue_ending,
    read_catalogue,
    write_catalogue,
)
from strandline.classify.metrics import Confusion, Evaluation, confusion, evaluate_scores
from strandline.classify.prevalence import (
    PREVALENCE,
    Prevalence,
    Sky,
    at_prevalence,
    estimate_prevalence,
    read_prevalence,
)
from strandline.classify.reliability import Reliability, reliability

__all__ = [
    "PREVALENCE",
    "Confusion",
    "Evaluation",
    "Prevalence",
    "Reliability",
    "Sky",
    "at_prevalence",
    "catalogue_ending",
    "confusion",
    "estimate_prevalence",
    "evaluate_scores",
    "read_catalogue",
    "read_prevalence",
    "reliability",
    "write_catalogue",
]
