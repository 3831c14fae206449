"""Restricted dynamics: test particles in rigid galaxies on orbits with friction.

After Toomre & Toomre (1972, ApJ 178, 623) and JSPAM (Wallin et al. 2015, arXiv:1511.05041).
"""

from strandline.simulate.dynamics.orbits import Track, encounter_track, infall_track
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential

__all__ = [
    "Potential",
    "Spheroid",
    "Track",
    "encounter_track",
    "follow",
    "galaxy_potential",
    "infall_track",
]
