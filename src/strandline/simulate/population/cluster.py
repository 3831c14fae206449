"""The cluster of a field: how far, where its centre is, how bright, how fast, how much gas."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import distance_modulus, kpc_per_arcsec

__all__ = ["BRIGHTEST", "FAINTEST", "REDSHIFTS", "Cluster", "draw_cluster"]

REDSHIFTS = (0.03, 0.12)
"""Of the clusters; those of LoVoCCS (Fu et al. 2022, ApJ 933, 84)."""

BRIGHTEST, FAINTEST = 14.5, 19.5
"""r magnitudes of the galaxies that are planned one by one."""

_FAINTEST_ABSOLUTE = -19.0  # and none of them is a dwarf: features of dwarfs are not looked for

# Composite luminosity function of nearby clusters in r (Popesso et al. 2006, A&A 445, 29): a
# Schechter function and a steeper one of the dwarfs; here for H0 = 70.
_KNEE, _SLOPE = -21.5, -1.05
_DWARF_KNEE, _DWARF_SLOPE, _DWARF_SHARE = -18.2, -1.6, 0.7

_DISPERSION_KMS = (600.0, 1000.0)
_CENTRE_SHARE = 0.5  # of the field's side, within which the centre of the cluster lies
_CORE_KPC = 150.0
_GAS_CORE_PER_CM3 = 4e-3  # Mohr, Mathiesen & Evrard (1999, ApJ 517, 627): beta about 2/3
_LIGHT_KMS = 299792.458


@dataclass(frozen=True)
class Cluster:
    """A cluster of galaxies as a field sees it.

    Attributes
    ----------
    redshift : float
    x, y : float
        Pixel of its centre in the field.
    pixel_arcsec : float
        Of the field.
    dispersion_kms : float
        Of its galaxies' velocities along the line of sight.
    """

    redshift: float
    x: float
    y: float
    pixel_arcsec: float
    dispersion_kms: float

    def member_redshift(self, rng: np.random.Generator) -> float:
        """Draw the redshift of a galaxy that belongs to it."""
        speed = rng.normal(0, self.dispersion_kms)
        return float(self.redshift + (1 + self.redshift) * speed / _LIGHT_KMS)

    def magnitude(self, rng: np.random.Generator, faintest: float = FAINTEST) -> float:
        """Draw the r magnitude of a galaxy by the cluster's luminosity function."""
        modulus = distance_modulus(self.redshift)
        mag = np.arange(BRIGHTEST, min(faintest, modulus + _FAINTEST_ABSOLUTE), 0.02)
        growth = np.cumsum(_luminosity_function(mag - modulus))
        return float(np.interp(rng.uniform(0, growth[-1]), growth, mag))

    @property
    def kpc_per_px(self) -> float:
        """Size of a pixel at its distance."""
        return kpc_per_arcsec(self.redshift) * self.pixel_arcsec

    def distance_kpc(self, x: float, y: float) -> float:
        """Return the projected distance of a pixel from the centre."""
        return math.hypot(x - self.x, y - self.y) * self.kpc_per_px

    def outward_rad(self, x: float, y: float) -> float:
        """Return the direction away from the centre at a pixel, from +x towards +y."""
        return math.atan2(y - self.y, x - self.x)

    def gas_per_cm3(self, distance_kpc: float) -> float:
        """Return the density of gas at a true distance from the centre (a beta model)."""
        return float(_GAS_CORE_PER_CM3 / (1 + (distance_kpc / _CORE_KPC) ** 2))

    def surface_density(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the density of galaxies on the sky relative to that at the centre."""
        apart = np.hypot(x - self.x, y - self.y) * self.kpc_per_px / _CORE_KPC
        return np.asarray(1 / (1 + apart**2))


def draw_cluster(size_px: int, pixel_arcsec: float, rng: np.random.Generator) -> Cluster:
    """Draw a cluster whose centre lies in a field.

    Redshifts are even over their range, as those of X-ray bright clusters in a flux-limited sample
    nearly are.
    """
    redshift = float(rng.uniform(*REDSHIFTS))
    x, y = size_px * (0.5 + _CENTRE_SHARE * rng.uniform(-0.5, 0.5, 2))
    dispersion = float(rng.uniform(*_DISPERSION_KMS))
    return Cluster(redshift, float(x), float(y), pixel_arcsec, dispersion)


def _luminosity_function(absolute: NDArray[np.float64]) -> NDArray[np.float64]:
    bright = _schechter(absolute, _KNEE, _SLOPE)
    return bright + _DWARF_SHARE * _schechter(absolute, _DWARF_KNEE, _DWARF_SLOPE)


def _schechter(absolute: NDArray[np.float64], knee: float, slope: float) -> NDArray[np.float64]:
    luminosity = 10 ** (-0.4 * (absolute - knee))
    return np.asarray(luminosity ** (slope + 1) * np.exp(-luminosity))
