"""Measure: the light of a stamp that no smooth model holds, found, measured, and placed.

How a stamp becomes numbers, one idea a module, from left to right::

    learn.tracing ► features.py ──────► geometry.py ► extent.py ────► measuring.py
    the network's   outlines that       light.py      brightness.py   the row
    maps            are sure enough     of features   columns         and flags
    scenery.py
    host, others, blank sky
"""

from strandline.measure.bodies import Body, Seed
from strandline.measure.features import Feature, FindOptions, Found, find_features
from strandline.measure.isophotes import Isophotes, fit_isophotes, radius_map
from strandline.measure.measuring import Measured, measure_stamp, measure_stamps
from strandline.measure.scenery import Scenery, look_around
from strandline.measure.subject import Subject

__all__ = [
    "Body",
    "Feature",
    "FindOptions",
    "Found",
    "Isophotes",
    "Measured",
    "Scenery",
    "Seed",
    "Subject",
    "find_features",
    "fit_isophotes",
    "look_around",
    "measure_stamp",
    "measure_stamps",
    "radius_map",
]
