"""Initial conditions: stars of discs and of spheroids, more of them where they may be torn off.

Places come from a sequence that fills space evenly (Roberts 2018's generalised golden ratio), which
leaves far less grain in the picture than chance does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from strandline.errors import OptionError
from strandline.simulate.dynamics.potentials import Potential, Spheroid, jeans_dispersion

__all__ = ["Stars", "disc_particles", "sphere_particles", "spin_axis"]

Array = NDArray[np.float64]

_HALF_LIGHT = 1.8153  # of a Hernquist sphere on the sky, in scale radii
_THICKNESS = 0.1  # height of a disc in scale lengths
_MOST_SPEED = 0.95  # of the escape speed


@dataclass(frozen=True)
class Stars:
    """Particles of a galaxy at rest at the origin.

    Attributes
    ----------
    position_kpc, velocity_kms : ndarray of float64, shape (particle, 3)
    radius_kpc : ndarray of float64, shape (particle,)
        In the disc's plane, or from the centre of a sphere.
    weight : ndarray of float64, shape (particle,)
        Share of all the disc's or sphere's light that each stands for.
    """

    position_kpc: Array
    velocity_kms: Array
    radius_kpc: Array
    weight: Array

    def flattened(self, axis: Array, ratio: float) -> "Stars":
        """Return the same stars with places and speeds along the unit vector `axis` cut down.

        A sphere becomes an oblate of this axis ratio, about in equilibrium if it is near 1.
        """
        position, velocity = (
            vector - (1 - ratio) * (vector @ axis)[:, None] * axis
            for vector in (self.position_kpc, self.velocity_kms)
        )
        return Stars(position, velocity, self.radius_kpc, self.weight)


def spin_axis(inclination_deg: float, argument_deg: float, *, second: bool = False) -> Array:
    """Return the unit spin of a disc in the frame of the orbit, shape (3,).

    Toomre & Toomre (1972): `inclination_deg` to the orbit's spin (+z), and `argument_deg` from the
    ascending node of the disc to the direction of the other galaxy at pericentre, which is +x for
    the first and -x for the `second` galaxy.
    """
    tilt, node = np.radians(inclination_deg), -np.radians(argument_deg) + np.pi * second
    return np.array([np.sin(tilt) * np.sin(node), -np.sin(tilt) * np.cos(node), np.cos(tilt)])


def disc_particles(
    potential: Potential,
    scale_kpc: float,
    spin: Array,
    count: int,
    rng: np.random.Generator,
    *,
    inner_kpc: float,
    outer_kpc: float,
    warmth: float = 0.1,
) -> Stars:
    """Return stars of an exponential disc between two radii, as many at each radius.

    Parameters
    ----------
    potential : Potential
    scale_kpc : float
        Exponential scale length.
    spin : ndarray of float64, shape (3,)
        Unit vector about which it turns.
    count : int
    rng : Generator
    inner_kpc, outer_kpc : float
    warmth : float
        Radial velocity dispersion over circular speed; the others follow.

    Raises
    ------
    OptionError
        When radii do not rise from 0, or the scale length or number is not positive.
    """
    _check(count, scale_kpc, inner_kpc, outer_kpc)
    even = _even_points(count, 6, rng)
    radius = inner_kpc + (outer_kpc - inner_kpc) * even[:, 0]
    azimuth = 2 * np.pi * even[:, 1]
    light = radius * np.exp(-radius / scale_kpc) / scale_kpc**2
    weight = light * (outer_kpc - inner_kpc) / count
    speed = potential.circular_speed(radius)
    normal = ndtri(np.clip(even[:, 2:], 1e-9, 1 - 1e-9)).T
    kick = normal[:3] * warmth * speed
    height = _THICKNESS * scale_kpc * normal[3]
    inwards, along, up = kick[0], kick[1] / np.sqrt(2), kick[2] / 2
    first, second = _plane_axes(spin)
    radial = np.cos(azimuth)[:, None] * first + np.sin(azimuth)[:, None] * second
    around = np.cos(azimuth)[:, None] * second - np.sin(azimuth)[:, None] * first
    position = radius[:, None] * radial + height[:, None] * spin
    velocity = inwards[:, None] * radial + (speed + along)[:, None] * around + up[:, None] * spin
    return Stars(position, velocity, radius, weight)


def sphere_particles(
    potential: Potential,
    half_light_kpc: float,
    count: int,
    rng: np.random.Generator,
    *,
    inner_kpc: float,
    outer_kpc: float,
) -> Stars:
    """Return stars of a Hernquist sphere between two radii, as many in each decade.

    Velocities are Gaussian and isotropic, with the dispersion of the Jeans equation in
    `potential`, and stay below 0.95 of the escape speed. `half_light_kpc` is that on the sky.

    Raises
    ------
    OptionError
        When radii do not rise from above 0, or the half-light radius or number is not positive.
    """
    _check(count, half_light_kpc, inner_kpc, outer_kpc)
    if inner_kpc <= 0:
        raise OptionError(f"inner_kpc is {inner_kpc}; a sphere's must be positive.")
    sphere = Spheroid("hernquist", 1.0, half_light_kpc / _HALF_LIGHT)
    even = _even_points(count, 6, rng)
    stretch = np.log(outer_kpc / inner_kpc)
    radius = inner_kpc * np.exp(stretch * even[:, 0])
    weight = 4 * np.pi * radius**3 * sphere.density(radius) * stretch / count
    up, azimuth = 2 * even[:, 1] - 1, 2 * np.pi * even[:, 2]
    flat = np.sqrt(1 - up**2)
    towards = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), up], axis=1)
    table = np.geomspace(0.3 * inner_kpc, 30 * outer_kpc, 200)
    sigma = np.interp(radius, table, jeans_dispersion(table, sphere.density(table), potential))
    velocity = ndtri(np.clip(even[:, 3:], 1e-9, 1 - 1e-9)) * sigma[:, None]
    most = _MOST_SPEED * potential.escape_speed(radius)
    slower = np.minimum(1.0, most / np.linalg.norm(velocity, axis=1))
    return Stars(radius[:, None] * towards, velocity * slower[:, None], radius, weight)


def _even_points(count: int, dimensions: int, rng: np.random.Generator) -> Array:
    """Return points that fill the unit cube evenly, shifted by chance, shape (count, dimension)."""
    golden = 1.5
    for _ in range(40):  # the root of x^(d + 1) = x + 1
        golden = (1 + golden) ** (1 / (dimensions + 1))
    steps = golden ** -np.arange(1.0, dimensions + 1)
    return np.asarray((rng.random(dimensions) + np.arange(count)[:, None] * steps) % 1.0)


def _plane_axes(spin: Array) -> tuple[Array, Array]:
    """Return two unit vectors in the plane across `spin` such that first x second is `spin`."""
    helper = np.array([1.0, 0.0, 0.0]) if abs(spin[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    first = np.cross(helper, spin)
    first /= np.linalg.norm(first)
    return first, np.cross(spin, first)


def _check(count: int, scale_kpc: float, inner_kpc: float, outer_kpc: float) -> None:
    if not (count > 0 and scale_kpc > 0):
        raise OptionError(f"{count} particles of scale {scale_kpc} kpc; both must be positive.")
    if not 0 <= inner_kpc < outer_kpc:
        raise OptionError(f"Particles from {inner_kpc} to {outer_kpc} kpc; radii must rise from 0.")
