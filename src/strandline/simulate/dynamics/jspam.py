"""The dynamics of JSPAM, to run orbits that were found with it.

JSPAM (Wallin, Holincheck & Harvey 2015, arXiv:1511.05041; ascl:1511.002) keeps two galaxies in
which a halo, a disc and a bulge have fixed shares and sizes, so that only the mass differs. Its
units are 15 kpc and 1e11 solar masses, with a gravitational constant of 1.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY, GYR
from strandline.simulate.dynamics.potentials import Potential, Spheroid
from strandline.simulate.dynamics.tracks import Track

__all__ = ["UNIT_1E10", "UNIT_GYR", "UNIT_KMS", "UNIT_KPC", "jspam_potential", "jspam_track"]

UNIT_KPC = 15.0
UNIT_1E10 = 10.0
UNIT_KMS = math.sqrt(GRAVITY * UNIT_1E10 / UNIT_KPC)
UNIT_GYR = UNIT_KPC / UNIT_KMS / GYR

Array = NDArray[np.float64]

_STEP = 0.02
_CELLS, _CELL = 2000, 0.001  # of the tables of the model, in its units of length
_COULOMB = 0.001  # as in the code, whose density is a thousandfold
# halo: mass, core and cut-off; disc and bulge: mass and size (Wallin et al. 2015, section 2.2)
_HALO, _HALO_CORE, _HALO_CUT = 5.8, 0.1, 1.0
_DISC, _BULGE, _BULGE_SIZE = 1.0, 0.3333, 0.02
_DISC_SIZE = 0.1
_ALL = 7.13333
# Two Hernquist spheres that pull as the model does, to 12 % (root mean square, 0.3 to 120 kpc).
_SPHERES = ((1.2348, 0.3342), (0.0442, 0.01568))


def jspam_potential(mass_1e10: float) -> Potential:
    """Return two Hernquist spheres that pull much as JSPAM's galaxy of this mass does.

    Raises
    ------
    OptionError
        For a mass that is not positive.
    """
    if not mass_1e10 > 0:
        raise OptionError(f"A galaxy's mass is {mass_1e10}; it must be positive.")
    return Potential(
        tuple(Spheroid("hernquist", share * mass_1e10, size * UNIT_KPC) for share, size in _SPHERES)
    )


def jspam_track(
    position_kpc: Array,
    velocity_kms: Array,
    masses_1e10: tuple[float, float],
    back_gyr: float,
) -> Track:
    """Return the orbit that led to the present in JSPAM's own potential and friction.

    Parameters
    ----------
    position_kpc, velocity_kms : ndarray of float64, shape (3,)
        Of the second galaxy from the first, now.
    masses_1e10 : tuple of float
    back_gyr : float
        How far back it goes.

    Returns
    -------
    Track
        Barycentric; its time 0 is the closest approach.

    Raises
    ------
    OptionError
        For a time or mass that is not positive.
    """
    if not back_gyr > 0:
        raise OptionError(f"back_gyr is {back_gyr}; it must be positive.")
    if not min(masses_1e10) > 0:
        raise OptionError(f"The galaxies' masses are {masses_1e10}; they must be positive.")
    first, second = (mass / UNIT_1E10 for mass in masses_1e10)
    state = np.concatenate([position_kpc / UNIT_KPC, -velocity_kms / UNIT_KMS])
    states = [state]
    for _ in range(max(math.ceil(back_gyr / UNIT_GYR / _STEP), 2)):
        one = _slope(state, first, second)
        two = _slope(state + 0.5 * _STEP * one, first, second)
        three = _slope(state + 0.5 * _STEP * two, first, second)
        four = _slope(state + _STEP * three, first, second)
        state = state + _STEP / 6 * (one + 2 * two + 2 * three + four)
        states.append(state)
    path = np.array(states[::-1])
    closest = int(np.argmin(np.linalg.norm(path[:, :3], axis=1)))
    time = np.arange(-closest, len(path) - closest, dtype=np.float64) * (_STEP * UNIT_GYR)
    share = np.array([-second, first]) / (first + second)
    position = share[None, :, None] * path[:, None, :3] * UNIT_KPC
    velocity = -share[None, :, None] * path[:, None, 3:] * UNIT_KMS
    return Track(time, position, velocity, np.ones((len(path), 2)))


def _slope(state: Array, first: float, second: float) -> Array:
    """Return velocity and acceleration of the second galaxy, backwards in time, JSPAM's units."""
    pull, density, dispersion2 = _tables()
    place, velocity = state[:3], state[3:]
    radius = float(np.linalg.norm(place))
    speed = float(np.linalg.norm(velocity))
    cell = int(radius / _CELL)
    if cell < _CELLS:
        acceleration = -(first + second) * pull[cell] / radius * place
        ratio = speed / dispersion2[cell]  # the code divides by the square
        slow = float(erf(ratio)) - 2 * ratio / math.sqrt(math.pi) * math.exp(-(ratio**2))
        brake = 4 * math.pi * second * _COULOMB * density[cell] * slow / max(speed, 1e-9) ** 3
        acceleration += brake * velocity  # friction, backwards
    else:
        acceleration = -(first + second) * _held() / radius**3 * place
    return np.concatenate([velocity, acceleration])


@lru_cache(maxsize=1)
def _tables() -> tuple[Array, Array, Array]:
    """Return pull, density and squared dispersion of a galaxy of unit mass, shape (cell,).

    As the code makes them: the density is the mass within over one cell's volume, and the squared
    dispersion is ten times what the Jeans equation gives.
    """
    radius = _radii()
    mass = _mass(radius)
    pull = mass / (radius**2 + 0.01 * (radius[50] - radius))
    held = radius**2 * pull
    density = held / (4 * math.pi * radius**2 * _CELL)
    weight = density * held
    dispersion2 = np.empty(_CELLS)
    for cell in range(_CELLS):
        beyond = radius[cell] + _CELL * (1 + np.arange(_CELLS - cell))
        dispersion2[cell] = np.sum(weight[cell:] / beyond**2) * 10 * _CELL / density[cell]
    return pull, density, dispersion2


def _mass(radius: Array) -> Array:
    """Return the mass within each of evenly spaced radii."""
    shell = 4 * math.pi * radius**2 * _CELL
    halo = shell * np.exp(-((radius / _HALO_CUT) ** 2)) / (radius**2 + _HALO_CORE**2)
    core = _HALO_CORE / _HALO_CUT
    bend = math.sqrt(math.pi) * core * math.exp(core**2) * (1 - math.erf(core))
    halo *= _HALO / (2 * math.pi**1.5 * _HALO_CUT * (1 - bend))
    disc = _DISC * shell * np.exp(-radius / _DISC_SIZE) / (8 * math.pi * _DISC_SIZE**3)
    bulge = shell * np.exp(-((radius / _BULGE_SIZE) ** 2))
    bulge *= _BULGE / bulge.sum()
    return np.asarray(np.cumsum(halo + disc + bulge) / _ALL)


def _held() -> float:
    return float(_mass(_radii())[-1])


def _radii() -> Array:
    return np.arange(1, _CELLS + 1, dtype=np.float64) * _CELL
