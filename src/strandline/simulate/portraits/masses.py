"""The matter that moves a galaxy's stars, from its light."""

import math

from strandline.cosmology import absolute_magnitude, kpc_per_arcsec
from strandline.simulate.dynamics.potentials import Potential, galaxy_potential
from strandline.simulate.plans import GalaxyPlan

__all__ = ["dwarf_half_light_kpc", "potential_of", "stellar_mass_1e10"]

_SUN_R = 4.65  # absolute AB magnitude of the Sun in r (Willmer 2018, ApJS 236, 47)
_EARLY_GR, _LATE_GR = 0.78, 0.50


def stellar_mass_1e10(galaxy: GalaxyPlan) -> float:
    """Return a galaxy's stellar mass, 1e10 solar masses, from its r light.

    ``log(M/L_r) = -0.306 + 1.097 (g - r)`` (Bell et al. 2003, ApJS 149, 289, table 7), less 0.15
    for a Kroupa (2001) mass function, with the mean colour of early or late types.
    """
    colour = _EARLY_GR if galaxy.morphology == "elliptical" else _LATE_GR
    luminosity = 10 ** (-0.4 * (absolute_magnitude(galaxy.mag_r, galaxy.redshift) - _SUN_R))
    return float(luminosity * 10 ** (-0.456 + 1.097 * colour) / 1e10)


def potential_of(galaxy: GalaxyPlan) -> Potential:
    """Return the rigid potential of a galaxy as it is planned."""
    return galaxy_potential(
        stellar_mass_1e10(galaxy),
        galaxy.radius_arcsec * kpc_per_arcsec(galaxy.redshift),
        early=galaxy.morphology == "elliptical",
    )


def dwarf_half_light_kpc(stellar_mass: float) -> float:
    """Return the mean half-light radius of a small galaxy; its mass is in 1e10 solar masses.

    1.3 kpc at 1e9 solar masses, growing with the 0.2nd power of mass, and faster beyond 1e10
    (Shen et al. 2003, MNRAS 343, 978; Janz & Lisker 2008, ApJL 689, L25, for dwarf ellipticals).
    """
    bend = math.sqrt(1 + (stellar_mass / 2.0) ** 0.6)
    return float(1.3 * (stellar_mass / 0.1) ** 0.2 * bend)
