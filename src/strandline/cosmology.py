"""Distances in the expanding universe: one flat cosmology for the whole house.

H0 = 70 km/s/Mpc and Omega_m = 0.3, the round numbers that most of the literature on nearby
clusters uses; within 0.12 in redshift, distances from Planck Collaboration (2020) differ by 4 %.
"""

from functools import lru_cache

from astropy.cosmology import FlatLambdaCDM

from strandline.errors import OptionError

__all__ = ["COSMOLOGY", "absolute_magnitude", "distance_modulus", "kpc_per_arcsec"]

COSMOLOGY = FlatLambdaCDM(H0=70.0, Om0=0.3)


@lru_cache(maxsize=65536)
def kpc_per_arcsec(redshift: float) -> float:
    """Return the proper transverse size of an arcsecond at `redshift`, kpc.

    Raises
    ------
    OptionError
        For a redshift that is not positive.
    """
    _check(redshift)
    return float(COSMOLOGY.kpc_proper_per_arcmin(redshift).value) / 60.0


@lru_cache(maxsize=65536)
def distance_modulus(redshift: float) -> float:
    """Return the luminosity-distance modulus at `redshift`, mag.

    Raises
    ------
    OptionError
        For a redshift that is not positive.
    """
    _check(redshift)
    return float(COSMOLOGY.distmod(redshift).value)


def absolute_magnitude(magnitude: float, redshift: float) -> float:
    """Return the absolute magnitude of an apparent `magnitude`; no K correction."""
    return magnitude - distance_modulus(redshift)


def _check(redshift: float) -> None:
    if not redshift > 0:
        raise OptionError(f"A distance was asked for redshift {redshift}; it must be positive.")
