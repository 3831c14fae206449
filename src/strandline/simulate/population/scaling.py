"""Scaling relations of galaxies: size and form with luminosity.

All are local relations with their scatter; absolute magnitudes are r, AB, for H0 = 70 km/s/Mpc.
"""

import math

import numpy as np

from strandline.simulate.plans import Morphology

__all__ = [
    "MORPHOLOGIES",
    "draw_morphology",
    "half_light_kpc",
    "late_share",
]


MORPHOLOGIES: dict[Morphology, float] = {
    "spiral": 0.5,
    "barred": 0.26,
    "ringed": 0.07,
    "edge_on": 0.145,
    "warped": 0.025,
}
"""Of bright disc galaxies: what they are seen as.

A third are strongly barred (Masters et al. 2011, MNRAS 411, 2026); a seventh of randomly turned
discs is within 10 degrees of edge-on, and one in seven of those is visibly warped in its stars
(Reshetnikov & Combes 1998, A&A 337, 9, find more, mostly weak).
"""


def half_light_kpc(absolute_mag_r: float, early: bool, rng: np.random.Generator) -> float:
    """Draw a half-light radius, kpc, after Shen et al. (2003, MNRAS 343, 978; errata 379, 400).

    Early types: ``log R = -0.26 M_r - 5.06`` (their table 1), flattened below M_r = -19.5 to
    1.2 kpc as dwarf ellipticals have it. Late types: ``R = R0 10^(-0.4 alpha M) [1 +
    10^(-0.4 (M - M0))]^(beta - alpha)`` with alpha = 0.26, beta = 0.51, M0 = -20.91, 10^-1.71 kpc.
    Radii are circularised for early types, and along the major axis for discs: theirs times 1.2
    for a mean inclination. Scatter shrinks with luminosity from 0.45 to 0.27 (natural log).

    Parameters
    ----------
    absolute_mag_r : float
    early : bool
    rng : Generator
    """
    if early:
        bright = -0.26 * absolute_mag_r - 5.06
        faint = math.log10(1.2) + 0.05 * (-19.0 - absolute_mag_r)
        mean = math.log10(10 ** (4 * bright) + 10 ** (4 * faint)) / 4  # a soft maximum
    else:
        alpha, beta, knee, zero = 0.26, 0.51, -20.91, -1.71
        bend = 1 + 10 ** (-0.4 * (absolute_mag_r - knee))
        mean = -0.4 * alpha * absolute_mag_r + (beta - alpha) * math.log10(bend) + zero
        mean += math.log10(1.2)
    scatter = 0.27 + 0.18 / (1 + 10 ** (-0.8 * (absolute_mag_r + 20.5)))
    return float(10**mean * math.exp(rng.normal(0, scatter)))


def late_share(absolute_mag_r: float, *, in_cluster: bool) -> float:
    """Return the share of galaxies with a disc that forms stars.

    A fifth near the middle of clusters, half in their outskirts (Dressler 1980, ApJ 236, 351:
    spirals are 20 to 40 % there and 80 % in the field), fewer among the most luminous.
    """
    most = 0.42 if in_cluster else 0.8
    luminous = 1 / (1 + 10 ** (-0.7 * (absolute_mag_r + 22.3)))
    return most * luminous


def draw_morphology(
    absolute_mag_r: float, rng: np.random.Generator, *, in_cluster: bool = True
) -> Morphology:
    """Draw what a galaxy of this luminosity is; the class elliptical holds lenticulars too.

    Irregulars take over from spirals below M_r = -18.5; polar rings are not drawn.
    """
    if rng.random() > late_share(absolute_mag_r, in_cluster=in_cluster):
        return "elliptical"
    if rng.random() < 0.75 / (1 + 10 ** (-0.8 * (absolute_mag_r + 18.3))):
        return "irregular"
    names = list(MORPHOLOGIES)
    weights = np.array(list(MORPHOLOGIES.values()))
    return names[rng.choice(len(names), p=weights / weights.sum())]
