"""Restricted dynamics: test particles in rigid galaxies on orbits with friction.

After Toomre & Toomre (1972, ApJ 178, 623) and JSPAM (Wallin et al. 2015, arXiv:1511.05041).
"""

from strandline.simulate.dynamics.discs import Stars, disc_particles, sphere_particles, spin_axis
from strandline.simulate.dynamics.orbits import encounter_track, infall_track
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential
from strandline.simulate.dynamics.tracks import Track

__all__ = [
    "Potential",
    "Spheroid",
    "Stars",
    "Track",
    "disc_particles",
    "encounter_track",
    "follow",
    "galaxy_potential",
    "infall_track",
    "sphere_particles",
    "spin_axis",
]
