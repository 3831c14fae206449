"""Rigid spherical galaxies: a halo and stars, each a Hernquist or an NFW sphere."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY, HERNQUIST, NFW, NFW_REACH

__all__ = ["Potential", "Spheroid", "galaxy_potential"]

Array = NDArray[np.float64]
Profile = Literal["hernquist", "nfw"]

_NFW_NORM = math.log(1 + NFW_REACH) - NFW_REACH / (1 + NFW_REACH)

# Half-mass radius of a Hernquist sphere, and half-light radius on the sky, in scale radii.
_HALF_MASS, _HALF_LIGHT = 2.4142, 1.8153


@dataclass(frozen=True)
class Spheroid:
    """One sphere of matter.

    Attributes
    ----------
    profile : str
        ``hernquist`` (Hernquist 1990, ApJ 356, 359) or ``nfw`` (Navarro, Frenk & White 1997,
        ApJ 490, 493).
    mass_1e10 : float
        All of a Hernquist sphere; of an NFW sphere, which has no end, what lies within 10 scale
        radii. 1e10 solar masses.
    scale_kpc : float

    Raises
    ------
    OptionError
        For an unknown profile, or a mass or scale that is not positive.
    """

    profile: Profile
    mass_1e10: float
    scale_kpc: float

    def __post_init__(self) -> None:
        if self.profile not in ("hernquist", "nfw"):
            raise OptionError(f"Unknown profile {self.profile!r}; there are hernquist and nfw.")
        for name, value in (("mass_1e10", self.mass_1e10), ("scale_kpc", self.scale_kpc)):
            if not (value > 0 and math.isfinite(value)):
                raise OptionError(f"A spheroid's {name} is {value}; it must be positive.")

    def mass_within(self, radius_kpc: Array) -> Array:
        """Return the mass within each radius, 1e10 solar masses."""
        x = radius_kpc / self.scale_kpc
        if self.profile == "hernquist":
            return self.mass_1e10 * (x / (1 + x)) ** 2
        # The series avoids the difference of nearly equal numbers at the centre.
        shape = np.where(
            x < 1e-3, x * x * (0.5 - x * (2 / 3 - 0.75 * x)), np.log1p(x) - x / (1 + x)
        )
        return np.asarray(self.mass_1e10 / _NFW_NORM * shape)

    def density(self, radius_kpc: Array) -> Array:
        """Return the density at each radius, 1e10 solar masses per kpc^3."""
        x = radius_kpc / self.scale_kpc
        if self.profile == "hernquist":
            return self.mass_1e10 / (2 * np.pi * self.scale_kpc**3) / (x * (1 + x) ** 3)
        return self.mass_1e10 / _NFW_NORM / (4 * np.pi * self.scale_kpc**3) / (x * (1 + x) ** 2)

    def potential(self, radius_kpc: Array) -> Array:
        """Return the potential at each radius, (km/s)^2; zero at infinity."""
        if self.profile == "hernquist":
            return -GRAVITY * self.mass_1e10 / (radius_kpc + self.scale_kpc)
        x = np.maximum(radius_kpc / self.scale_kpc, 1e-12)
        depth = GRAVITY * self.mass_1e10 / _NFW_NORM / self.scale_kpc
        return np.asarray(-depth * np.log1p(x) / x)


@dataclass(frozen=True)
class Potential:
    """A rigid spherical galaxy: a sum of spheres with one centre.

    Raises
    ------
    OptionError
        Without any sphere.
    """

    spheroids: tuple[Spheroid, ...]

    def __post_init__(self) -> None:
        if not self.spheroids:
            raise OptionError("A potential needs at least one spheroid; it has none.")

    @property
    def mass_1e10(self) -> float:
        """Mass of all spheres, 1e10 solar masses; see `Spheroid` for what that is."""
        return sum(sphere.mass_1e10 for sphere in self.spheroids)

    def mass_within(self, radius_kpc: Array | float) -> Array:
        """Return the mass within each radius, 1e10 solar masses, shape of `radius_kpc`."""
        radius = np.asarray(radius_kpc, dtype=np.float64)
        return np.asarray(sum(sphere.mass_within(radius) for sphere in self.spheroids))

    def density(self, radius_kpc: Array | float) -> Array:
        """Return the density at each radius, 1e10 solar masses per kpc^3."""
        radius = np.asarray(radius_kpc, dtype=np.float64)
        return np.asarray(sum(sphere.density(radius) for sphere in self.spheroids))

    def potential(self, radius_kpc: Array | float) -> Array:
        """Return the potential at each radius, (km/s)^2; zero at infinity."""
        radius = np.asarray(radius_kpc, dtype=np.float64)
        return np.asarray(sum(sphere.potential(radius) for sphere in self.spheroids))

    def acceleration(self, position_kpc: Array) -> Array:
        """Return the acceleration, (km/s)^2/kpc, at positions from the centre, shape (n, 3)."""
        radius = np.maximum(np.linalg.norm(position_kpc, axis=-1), 1e-12)
        pull = GRAVITY * self.mass_within(radius) / radius**3
        return np.asarray(-pull[..., None] * position_kpc)

    def circular_speed(self, radius_kpc: Array | float) -> Array:
        """Return the speed of a circular orbit at each radius, km/s."""
        radius = np.asarray(radius_kpc, dtype=np.float64)
        return np.sqrt(GRAVITY * self.mass_within(radius) / radius)

    def escape_speed(self, radius_kpc: Array | float) -> Array:
        """Return the speed that reaches infinity from each radius, km/s."""
        return np.sqrt(-2 * self.potential(radius_kpc))

    def dispersion(self, radius_kpc: Array | float) -> Array:
        """Return the velocity dispersion along one axis at each radius, km/s.

        Of all its matter, isotropic, from the Jeans equation; radii beyond the table (a thousandth
        of the least scale to a thousand times the largest) take its ends.
        """
        radius, sigma = dispersion_table(self)
        return np.interp(np.log(np.asarray(radius_kpc, dtype=np.float64)), np.log(radius), sigma)

    def scaled(self, factor: float) -> "Potential":
        """Return the same potential with all masses times `factor`."""
        return Potential(
            tuple(Spheroid(s.profile, s.mass_1e10 * factor, s.scale_kpc) for s in self.spheroids)
        )

    def arrays(self) -> tuple[NDArray[np.int64], Array, Array]:
        """Return profile codes, masses and scales of the spheres."""
        codes = {"hernquist": HERNQUIST, "nfw": NFW}
        return (
            np.array([codes[sphere.profile] for sphere in self.spheroids], dtype=np.int64),
            np.array([sphere.mass_1e10 for sphere in self.spheroids]),
            np.array([sphere.scale_kpc for sphere in self.spheroids]),
        )


@lru_cache(maxsize=256)
def dispersion_table(potential: Potential) -> tuple[Array, Array]:
    """Return radii (kpc, evenly spaced in logarithm) and dispersions (km/s) of all its matter."""
    scales = [sphere.scale_kpc for sphere in potential.spheroids]
    radius = np.geomspace(1e-3 * min(scales), 1e3 * max(scales), 300)
    return radius, jeans_dispersion(radius, potential.density(radius), potential)


def jeans_dispersion(radius_kpc: Array, density: Array, potential: Potential) -> Array:
    """Return the dispersion (km/s) that holds a tracer of `density` up in a potential.

    Isotropic Jeans equation (Binney & Tremaine 2008, eq. 4.216): ``rho sigma^2`` is the weight of
    the matter farther out. Radii must rise; beyond the last, density falls as there.
    """
    weight = density * GRAVITY * potential.mass_within(radius_kpc) / radius_kpc  # per log radius
    step = np.diff(np.log(radius_kpc))
    shells = 0.5 * (weight[1:] + weight[:-1]) * step
    slope = -np.log(weight[-1] / weight[-2]) / step[-1]
    beyond = weight[-1] / max(float(slope), 0.1)
    pressure = beyond + np.concatenate([np.cumsum(shells[::-1])[::-1], [0.0]])
    return np.asarray(np.sqrt(pressure / density))


def galaxy_potential(stellar_mass_1e10: float, half_light_kpc: float, *, early: bool) -> Potential:
    """Return a galaxy of this stellar mass and half-light radius: a Hernquist halo and stars.

    The halo is as heavy as puts the circular speed on the Tully-Fisher relation at 2.2 scale
    lengths (Dutton et al. 2010, MNRAS 407, 2, eq. for stellar mass), or, for an early type, on
    1.41 times the dispersion of the Faber-Jackson relation at 2.5 half-light radii. A Hernquist
    halo of scale 40 kpc has the inner profile of an NFW halo of concentration 9 and 1.5e12 solar
    masses (Springel, Di Matteo & Hernquist 2005, MNRAS 361, 776).

    Raises
    ------
    OptionError
        For a mass or radius that is not positive.
    """
    for name, value in (("stellar mass", stellar_mass_1e10), ("half-light radius", half_light_kpc)):
        if not (value > 0 and math.isfinite(value)):
            raise OptionError(f"A galaxy's {name} is {value}; it must be positive.")
    if early:
        scale_kpc = half_light_kpc / _HALF_LIGHT
        speed_kms = 1.41 * 200.0 * (stellar_mass_1e10 / 10.0) ** 0.25
        where_kpc = 2.5 * half_light_kpc
    else:
        # A disc's half-light radius is, seen from above, its half-mass radius.
        scale_kpc = half_light_kpc / _HALF_MASS
        speed_kms = 139.0 * (stellar_mass_1e10 / 1.26) ** 0.281
        where_kpc = 2.2 / 1.678 * half_light_kpc
    stars = Spheroid("hernquist", stellar_mass_1e10, scale_kpc)
    halo_kpc = 40.0 * (stellar_mass_1e10 / 5.0) ** 0.3
    stellar = GRAVITY * stellar_mass_1e10 * where_kpc / (where_kpc + scale_kpc) ** 2
    lacking = max(speed_kms**2 - stellar, 0.35 * speed_kms**2)  # compact ones have haloes, too
    halo = Spheroid(
        "hernquist", lacking * (where_kpc + halo_kpc) ** 2 / (GRAVITY * where_kpc), halo_kpc
    )
    return Potential((halo, stars))
