"""Colours of stellar populations: each component of a galaxy has one spectrum, by band.

Colours are AB, observed, near redshift 0.05. The old end is the red sequence of low-redshift
clusters (SDSS; e.g. Hogg et al. 2004, g-r = 0.75-0.8), the young end a star-forming knot.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BANDS", "DUST_CURVE", "KNOT", "OLD", "YOUNG", "population_sed", "star_sed"]

BANDS = ("u", "g", "vis", "r", "i", "z", "y", "f106", "f129", "f158")
"""Bands that can be simulated, blue to red: optical, Euclid's VIS, Roman's F106 F129 F158."""

OLD = 0.0
"""Population of an elliptical galaxy, for `population_sed`."""

YOUNG = 0.8
"""Population of a spiral's arms."""

KNOT = 1.0
"""Population of a knot of new stars."""

# magnitude minus r magnitude of the old and the young end, in the order of BANDS
_OLD_MINUS_R = np.array([2.38, 0.78, -0.35, 0.0, -0.38, -0.66, -0.78, -0.92, -1.08, -1.28])
_YOUNG_MINUS_R = np.array([0.95, 0.08, 0.05, 0.0, 0.06, 0.10, 0.11, 0.12, 0.08, 0.05])
# per unit of redshift beyond 0.05
_REDSHIFT_MINUS_R = np.array([3.0, 3.0, -0.6, 0.0, -0.8, -1.2, -1.3, -1.4, -1.4, -1.4])
_CLUSTER_REDSHIFT = 0.05

# Main sequence: g-r against the other colours (after Covey et al. 2007, AJ 134, 2398, table 4).
_STAR_GR = np.array([0.2, 0.45, 0.7, 1.0, 1.3, 1.4, 1.45])
_STAR_UG = np.array([1.0, 1.15, 1.6, 2.1, 2.5, 2.6, 2.6])
_STAR_RI = np.array([0.05, 0.15, 0.25, 0.38, 0.6, 1.1, 1.7])
_STAR_IZ = np.array([0.0, 0.05, 0.12, 0.2, 0.33, 0.6, 0.95])
_STAR_ZY = np.array([-0.02, 0.01, 0.05, 0.09, 0.15, 0.28, 0.45])
_STAR_ZH = np.array([-0.1, 0.1, 0.3, 0.45, 0.6, 0.75, 0.9])

DUST_CURVE = np.array([1.75, 1.35, 0.78, 1.0, 0.76, 0.57, 0.5, 0.42, 0.31, 0.22], dtype=np.float32)
"""Optical depth of dust relative to r, by band (Cardelli, Clayton & Mathis 1989, R_V = 3.1)."""


def population_sed(youth: float, *, redshift: float = _CLUSTER_REDSHIFT) -> NDArray[np.float32]:
    """Return flux relative to r of a population in each of `BANDS`, shape (band,).

    Parameters
    ----------
    youth : float
        0 the red sequence, 1 a knot of new stars; beyond either end is clipped to [-0.1, 1.1].
    redshift : float
        Reddens the spectrum of background galaxies, first order.
    """
    share = float(np.clip(youth, -0.1, 1.1))
    minus_r = (1 - share) * _OLD_MINUS_R + share * _YOUNG_MINUS_R
    minus_r = minus_r + (redshift - _CLUSTER_REDSHIFT) * _REDSHIFT_MINUS_R * (1 - 0.7 * share)
    return _flux_ratio(minus_r)


def star_sed(g_minus_r: float) -> NDArray[np.float32]:
    """Return flux relative to r of a main-sequence star in each of `BANDS`, shape (band,)."""
    ug = np.interp(g_minus_r, _STAR_GR, _STAR_UG)
    ri = np.interp(g_minus_r, _STAR_GR, _STAR_RI)
    iz = np.interp(g_minus_r, _STAR_GR, _STAR_IZ)
    zy = np.interp(g_minus_r, _STAR_GR, _STAR_ZY)
    zh = np.interp(g_minus_r, _STAR_GR, _STAR_ZH)
    z = -ri - iz
    vis = -0.6 * ri - 0.25 * iz  # r, i and z in one
    infrared = [z - zy - share * (zh - zy) for share in (0.3, 0.6, 1.0)]
    return _flux_ratio(np.array([ug + g_minus_r, g_minus_r, vis, 0.0, -ri, z, z - zy, *infrared]))


def _flux_ratio(minus_r: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(10.0 ** (-0.4 * minus_r), dtype=np.float32)
