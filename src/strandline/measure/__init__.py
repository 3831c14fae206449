"""Measure: the light of a stamp that no smooth model holds, found, measured, and placed.

How a stamp becomes numbers, one idea a module, from left to right::

    scenery.py ────► significance.py ► finding.py ► features.py ► geometry.py ► measuring.py
    host, others     smoothed, over    connected    a score       light.py      the row
    modelled away    its own error     light        decides       of features   and flags
"""

from strandline.measure.bodies import Body, Seed
from strandline.measure.features import Feature, FindOptions, Found, find_features
from strandline.measure.isophotes import Isophotes, fit_isophotes, radius_map
from strandline.measure.measuring import Measured, Subject, measure_stamp
from strandline.measure.scenery import Scenery, look_around

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
    "radius_map",
]
