"""Scaling relations of galaxies: size, stellar mass, flattening, and form with luminosity.

All are local relations with their scatter; absolute magnitudes are r, AB, for H0 = 70 km/s/Mpc.
"""

import math

import numpy as np

from strandline.simulate.plans import Morphology

__all__ = [
    "MORPHOLOGIES",
    "disc_axis_ratio",
    "draw_morphology",
    "elliptical_axis_ratio",
    "half_light_kpc",
    "late_share",
    "stellar_mass_1e10",
]

_SUN_R = 4.65  # absolute AB magnitude of the Sun in r (Willmer 2018, ApJS 236, 47)
_OLD_GR, _YOUNG_GR = 0.78, 0.08  # g-r of youth 0 and 1, see portraits.colours

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


def stellar_mass_1e10(absolute_mag_r: float, youth: float) -> float:
    """Return the stellar mass, 1e10 solar masses, from r light and colour.

    ``log(M/L_r) = -0.306 + 1.097 (g - r)`` (Bell et al. 2003, ApJS 149, 289, table 7), less
    0.15 for a Kroupa (2001) mass function. `youth` is that of the whole galaxy's light, from 0
    (red sequence) to 1, see `strandline.simulate.portraits.colours.population_sed`.
    """
    colour = _OLD_GR + youth * (_YOUNG_GR - _OLD_GR)
    luminosity = 10 ** (-0.4 * (absolute_mag_r - _SUN_R))
    return float(luminosity * 10 ** (-0.306 + 1.097 * colour - 0.15) / 1e10)


def disc_axis_ratio(rng: np.random.Generator, *, thickness: float = 0.2) -> float:
    """Draw the axis ratio of a disc on the sky: an oblate body turned at random."""
    cos = rng.uniform(0, 1)
    return math.sqrt((1 - thickness**2) * cos**2 + thickness**2)


def elliptical_axis_ratio(rng: np.random.Generator) -> float:
    """Draw the axis ratio of an elliptical on the sky: a triaxial body turned at random.

    Axes as Lambas, Maddox & Loveday (1992, MNRAS 258, 404) fit them: b/a = 0.95 +- 0.35 and
    c/a = 0.55 +- 0.2, folded into c <= b <= a; the projection is Stark's (1977).
    """
    b, c = 0.0, 0.0
    while not 0.3 <= c <= b <= 1:
        b, c = 1 - abs(rng.normal(0.05, 0.15)), rng.normal(0.62, 0.17)
    cos, turn = rng.uniform(0, 1), rng.uniform(0, 2 * math.pi)
    sin2, cos2 = 1 - cos**2, cos**2
    # coefficients of the ellipse on the sky (Binney 1985, MNRAS 212, 767)
    first = cos2 / c**2 * (math.sin(turn) ** 2 + math.cos(turn) ** 2 / b**2) + sin2 / b**2
    second = math.sin(2 * turn) * cos * (1 - 1 / b**2) / c**2
    third = (math.sin(turn) ** 2 / b**2 + math.cos(turn) ** 2) / c**2
    root = math.hypot(first - third, second)
    return math.sqrt((first + third - root) / (first + third + root))


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
