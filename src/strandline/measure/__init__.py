"""Measure: the smooth light of a stamp's galaxies, and what is left when it is taken away."""

from strandline.measure.bodies import Body, Seed
from strandline.measure.isophotes import Isophotes, fit_isophotes, radius_map
from strandline.measure.scenery import Scenery, look_around

__all__ = [
    "Body",
    "Isophotes",
    "Scenery",
    "Seed",
    "fit_isophotes",
    "look_around",
    "radius_map",
]
