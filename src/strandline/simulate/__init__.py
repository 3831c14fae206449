"""Skies with known answers: simulated surveys and stamps of interacting galaxies."""

from strandline.simulate.labelling import LabelMatch, labels_from_truth
from strandline.simulate.plans import INTERACTIONS
from strandline.simulate.stampset import StampSet, make_stamps
from strandline.simulate.survey import make_survey
from strandline.simulate.truth import SurveyTruth

__all__ = [
    "INTERACTIONS",
    "LabelMatch",
    "StampSet",
    "SurveyTruth",
    "labels_from_truth",
    "make_stamps",
    "make_survey",
]
