"""Gas that the wind of a cluster blows out of a disc, and the stars that form in it.

The wind strips a disc from the outside in: where its pressure exceeds what the disc's gravity
holds, ``rho v^2 > 2 pi G Sigma_stars Sigma_gas`` (Gunn & Gott 1972, ApJ 176, 1). As the galaxy
falls in, the pressure grows, and the edge of the gas moves inwards. Gas leaves in clouds; each is
pushed by the pressure over its surface density, in the galaxy's potential, with the rotation that
it had. Stars that form in a cloud feel no wind: they stay behind it, towards the galaxy, oldest
last, as the fireballs of Yoshida et al. (2008, ApJ 688, 918).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.dynamics.forces import GRAVITY, GYR
from strandline.simulate.dynamics.orbits import Track
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.potentials import Potential

__all__ = ["Blown", "GasDisc", "Wind", "blow"]

Array = NDArray[np.float64]

_PER_CM3 = 2.96e-3  # 1e10 solar masses per kpc^3 of gas with one proton per cm^3, helium included
_GAS_TO_STARS = 1.7  # scale length of gas over that of stars
_GROWTH = math.log(
    10.0
)  # of the pressure from the start of stripping until it is seen, natural log
_CLOUD_SPREAD = 0.5  # of clouds' surface densities, natural log
_COMPLEX_SPREAD = 0.35
_COMPLEX_KPC = 0.35
_TURBULENCE_KMS = 9.0
_STEPS = 6


@dataclass(frozen=True)
class GasDisc:
    """The gas of a disc galaxy: exponential, in clouds.

    Attributes
    ----------
    stellar_mass_1e10 : float
    scale_kpc : float
        Of the stars.
    gas_ratio : float
        Mass of the gas over that of the stars.
    """

    stellar_mass_1e10: float
    scale_kpc: float
    gas_ratio: float

    def held(self, radius_kpc: Array | float) -> Array:
        """Return the pressure that gas at a radius withstands, 1e10 Msun/kpc^3 (km/s)^2."""
        return np.asarray(2 * np.pi * GRAVITY * self.stars(radius_kpc) * self.gas(radius_kpc))

    def stars(self, radius_kpc: Array | float) -> Array:
        """Return the surface density of stars, 1e10 solar masses per kpc^2."""
        return _exponential(self.stellar_mass_1e10, self.scale_kpc, radius_kpc)

    def gas(self, radius_kpc: Array | float) -> Array:
        """Return the surface density of gas, 1e10 solar masses per kpc^2."""
        mass = self.gas_ratio * self.stellar_mass_1e10
        return _exponential(mass, _GAS_TO_STARS * self.scale_kpc, radius_kpc)

    def edge_kpc(self, pressure: float) -> float:
        """Return the radius beyond which a pressure strips the gas; 0 when it strips all."""
        slope = (1 + 1 / _GAS_TO_STARS) / self.scale_kpc
        return max(math.log(float(self.held(0.0)) / pressure) / slope, 0.0)


@dataclass(frozen=True)
class Wind:
    """The gas of a cluster as it blows through a galaxy.

    Attributes
    ----------
    towards : ndarray of float64, shape (3,)
        Unit vector.
    speed_kms : float
    pressure : float
        Now, 1e10 solar masses per kpc^3 times (km/s)^2; see `Wind.of_density`.
    age_gyr : float
        Since it began to strip.
    """

    towards: Array
    speed_kms: float
    pressure: float
    age_gyr: float

    @classmethod
    def of_density(cls, towards: Array, speed_kms: float, per_cm3: float, age_gyr: float) -> "Wind":
        """Return the wind of gas with so many protons per cubic centimetre."""
        return cls(towards, speed_kms, _PER_CM3 * per_cm3 * speed_kms**2, age_gyr)

    def pressure_at(self, left_gyr: Array | float) -> Array:
        """Return the pressure so long ago."""
        share = np.asarray(left_gyr) / self.age_gyr
        return np.asarray(self.pressure * np.exp(-_GROWTH * share))


@dataclass(frozen=True)
class Blown:
    """Stars that formed in blown gas at certain times, as they are now.

    Attributes
    ----------
    position_kpc : ndarray of float64, shape (birth, cloud, 3)
        In the disc's frame, from the galaxy's centre. The last birth is now: the clouds.
    age_gyr : ndarray of float64, shape (birth,)
        0 for the last.
    gone_gyr : ndarray of float64, shape (birth, cloud)
        How long a cloud had been blown when these stars formed; below 0 before it was.
    complex_of : ndarray of int64, shape (cloud,)
        Clouds of one number were neighbours.
    """

    position_kpc: Array
    age_gyr: Array
    gone_gyr: Array
    complex_of: NDArray[np.int64]


def blow(
    disc: GasDisc,
    potential: Potential,
    wind: Wind,
    edge_kpc: float,
    *,
    complexes: int,
    clouds: int,
    rng: np.random.Generator,
) -> Blown:
    """Blow gas out of a disc in the x-y plane, which turns towards +y at +x.

    Parameters
    ----------
    disc : GasDisc
    potential : Potential
    wind : Wind
        In the disc's frame.
    edge_kpc : float
        Of the gas now; gas farther out has been stripped.
    complexes : int
        Groups of clouds.
    clouds : int
        In each.
    rng : Generator
    """
    radius, azimuth, complex_of = _clouds(disc, edge_kpc, complexes, clouds, rng)
    count = len(radius)
    heavy = _COMPLEX_SPREAD * rng.standard_normal(complexes)[complex_of]
    heavy += _CLOUD_SPREAD * rng.standard_normal(count)
    density = disc.gas(radius) * np.exp(heavy)
    # the wind takes each where its pressure first exceeds what holds it
    left = np.log(wind.pressure / (disc.held(radius) * wind.pressure / disc.held(edge_kpc)))
    left = np.clip(wind.age_gyr * left / _GROWTH, 0.02 * wind.age_gyr, wind.age_gyr)
    # births are closer together the younger the stars
    ages = wind.age_gyr * np.linspace(1, 0, _STEPS + 1) ** 1.5
    turning = potential.circular_speed(radius) / radius * GYR
    turbulence = _TURBULENCE_KMS * rng.standard_normal((count, 3))

    def in_disc(ago: float) -> tuple[Array, Array]:
        angle = azimuth - turning * ago
        cos, sin = np.cos(angle), np.sin(angle)
        flat = np.zeros(count)
        speed = potential.circular_speed(radius)[:, None]
        place = radius[:, None] * np.stack([cos, sin, flat], axis=1)
        return place, speed * np.stack([-sin, cos, flat], axis=1) + turbulence

    cloud, motion = in_disc(ages[0])
    stars, speeds = [cloud], [motion]
    for k in range(_STEPS):
        start, end = -ages[k], -ages[k + 1]
        middle = 0.5 * (ages[k] + ages[k + 1])
        blown = left > middle
        along = np.clip(1 - motion @ wind.towards / wind.speed_kms, 0, 1.5)
        push = wind.pressure_at(middle) / density * along**2 * blown
        pushes = np.zeros((k + 2, count, 3))
        pushes[-1] = push[:, None] * wind.towards
        # each cloud, and the stars that have formed in it so far
        place, speed = follow(
            np.concatenate([*stars, cloud]),
            np.concatenate([*speeds, motion]),
            (potential,),
            Track.at_rest(start, end),
            start,
            end,
            tolerance=1e-4,
            push_kms2_kpc=pushes.reshape(-1, 3),
        )
        stars = list(place.reshape(k + 2, count, 3))
        speeds = list(speed.reshape(k + 2, count, 3))
        held, still = in_disc(ages[k + 1])
        cloud = np.where(blown[:, None], stars[-1], held)
        motion = np.where(blown[:, None], speeds[-1], still)
        stars[-1], speeds[-1] = cloud, motion
    return Blown(np.stack(stars), ages, left - ages[:, None], complex_of)


def _clouds(
    disc: GasDisc, edge_kpc: float, complexes: int, clouds: int, rng: np.random.Generator
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return radii, azimuths and complexes of clouds beyond the gas' edge, where they are now.

    Were it not for the wind; the pressure grows tenfold, which bares a ring of this width.
    """
    scale = _GAS_TO_STARS * disc.scale_kpc
    width = _GROWTH * disc.scale_kpc / (1 + 1 / _GAS_TO_STARS)
    tried = np.linspace(edge_kpc, edge_kpc + width, 200)
    growth = np.cumsum(tried * np.exp(-tried / scale))
    radius = np.interp(rng.random(complexes) * growth[-1], growth, tried)
    azimuth = rng.uniform(0, 2 * np.pi, complexes)
    complex_of = np.repeat(np.arange(complexes), clouds)
    x, y = radius * np.cos(azimuth), radius * np.sin(azimuth)
    scatter = _COMPLEX_KPC * rng.standard_normal((2, complexes * clouds))
    x, y = x[complex_of] + scatter[0], y[complex_of] + scatter[1]
    return np.maximum(np.hypot(x, y), 0.1), np.arctan2(y, x), complex_of


def _exponential(mass: float, scale: float, radius: Array | float) -> Array:
    central = mass / (2 * np.pi * scale**2)
    return np.asarray(central * np.exp(-np.asarray(radius) / scale))
