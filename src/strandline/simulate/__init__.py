"""Survey images with known interacting galaxies."""

from strandline.simulate.plans import INTERACTIONS
from strandline.simulate.survey import make_survey
from strandline.simulate.truth import LabelMatch, SurveyTruth, labels_from_truth

__all__ = ["INTERACTIONS", "LabelMatch", "SurveyTruth", "labels_from_truth", "make_survey"]
