"""Injection: simulated features and companions as they would look on real images."""

from strandline.simulate.injection.light import (
    FeatureLight,
    UnfitHostError,
    check_bands,
    feature_light,
)
from strandline.simulate.injection.plans import INJECTABLE, Host, Wish
from strandline.simulate.injection.truth import InjectionTruth

__all__ = [
    "INJECTABLE",
    "FeatureLight",
    "Host",
    "InjectionTruth",
    "UnfitHostError",
    "Wish",
    "check_bands",
    "feature_light",
]
