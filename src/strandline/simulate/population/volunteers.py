"""Orbits of real pairs that volunteers found, and encounters drawn from them.

Galaxy Zoo: Mergers (Holincheck et al. 2016, MNRAS 459, 720) showed volunteers simulations by JSPAM
beside pictures of 62 interacting pairs; the file holds the orbits they liked best.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GRAVITY
from strandline.simulate.dynamics.jspam import (
    UNIT_1E10,
    UNIT_GYR,
    UNIT_KMS,
    UNIT_KPC,
    jspam_potential,
    jspam_track,
)
from strandline.simulate.dynamics.tracks import Track
from strandline.simulate.plans import Encounter

__all__ = [
    "OrbitPrior",
    "VolunteerOrbit",
    "encounter_of",
    "read_orbits",
]

Array = NDArray[np.float64]

_PARAMETERS = 28  # those of which the meaning is known and needed: p0 to p27
_LONGEST_GYR = 30.0 * UNIT_GYR  # as far back as the code looks
_MARGIN_GYR = 4.0 * UNIT_GYR
_LEAST_MASS_RATIO = 0.1
_ECCENTRICITIES = (0.6, 1.3)
_PERICENTRES_KPC = (2.0, 60.0)


@dataclass(frozen=True)
class VolunteerOrbit:
    """One orbit, the galaxies as they are seen now. Axes x and y are those of the picture.

    Attributes
    ----------
    system : str
        Name of the real pair.
    score : float
        Share of comparisons that it won.
    position_kpc, velocity_kms : ndarray of float64, shape (3,)
        Of the second galaxy from the first.
    masses_1e10, radii_kpc : tuple of float
        Of both galaxies; radii are where discs end.
    spins_deg : tuple of two (phi, theta)
        Direction of each disc's spin: azimuth from +x, and angle from +z.
    closest_kpc, closest_gyr : float
        Closest approach, and how long ago, as the file says.
    """

    system: str
    score: float
    position_kpc: Array
    velocity_kms: Array
    masses_1e10: tuple[float, float]
    radii_kpc: tuple[float, float]
    spins_deg: tuple[tuple[float, float], tuple[float, float]]
    closest_kpc: float
    closest_gyr: float

    def heavier_first(self) -> "VolunteerOrbit":
        """Return the same orbit with the heavier galaxy as the first."""
        if self.masses_1e10[0] >= self.masses_1e10[1]:
            return self
        return VolunteerOrbit(
            self.system, self.score, -self.position_kpc, -self.velocity_kms,
            self.masses_1e10[::-1], self.radii_kpc[::-1], self.spins_deg[::-1],
            self.closest_kpc, self.closest_gyr,
        )  # fmt: skip

    def track(self) -> Track:
        """Return the orbit by JSPAM's own dynamics; time 0 is the closest approach."""
        back = min(self.closest_gyr + _MARGIN_GYR, _LONGEST_GYR)
        return jspam_track(self.position_kpc, self.velocity_kms, self.masses_1e10, back)


def read_orbits(path: str | Path) -> tuple[VolunteerOrbit, ...]:
    """Read a file of volunteers' orbits.

    A CSV with columns ``system``, ``score`` and ``p0`` to ``p27``, JSPAM's parameters in its units
    (15 kpc, 1e11 solar masses, 169.3 km/s, 86.6 Myr): p0 to p5 position and velocity of the second
    galaxy, p6 and p7 masses, p8 and p9 disc radii, p10 and p11 phi of both discs, p12 and p13
    theta, p26 time and p27 distance of the closest approach.

    Raises
    ------
    OptionError
        When the file is missing, empty, or lacks a column, or a value is no number or makes no
        sense; naming file, row and column.
    """
    path = Path(path)
    if not path.is_file():
        raise OptionError(
            f"{path}: no such file of orbits. Leave the option away to draw orbits by the priors."
        )
    needed = ["system", "score", *(f"p{k}" for k in range(_PARAMETERS))]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            lacking = [name for name in needed if name not in (reader.fieldnames or [])]
            if lacking:
                raise OptionError(
                    f"{path}: columns {', '.join(lacking)} are missing; a file of orbits has "
                    f"system, score and p0 to p{_PARAMETERS - 1}."
                )
            orbits = tuple(_orbit(path, reader.line_num, row) for row in reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise OptionError(f"{path}: this is no CSV file of orbits ({error}).") from error
    if not orbits:
        raise OptionError(f"{path}: there are no orbits in this file.")
    return orbits


def _orbit(path: Path, line: int, row: dict[str, str | None]) -> VolunteerOrbit:
    def number(name: str, least: float = -math.inf) -> float:
        text = row[name]
        try:
            value = float(text or "")
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= least):
            wanted = "a number" if least == -math.inf else f"a number of at least {least:g}"
            raise OptionError(f"{path}, line {line}: {name} is {text!r}; it must be {wanted}.")
        return value

    if not row["system"]:
        raise OptionError(f"{path}, line {line}: system is empty; it must be the pair's name.")
    vector = np.array([number(f"p{k}") for k in range(6)])
    masses, radii = ([number(f"p{k}", 1e-4) for k in pair] for pair in ((6, 7), (8, 9)))
    return VolunteerOrbit(
        system=str(row["system"]),
        score=number("score", 0.0),
        position_kpc=vector[:3] * UNIT_KPC,
        velocity_kms=vector[3:] * UNIT_KMS,
        masses_1e10=(masses[0] * UNIT_1E10, masses[1] * UNIT_1E10),
        radii_kpc=(radii[0] * UNIT_KPC, radii[1] * UNIT_KPC),
        spins_deg=((number("p10"), number("p12")), (number("p11"), number("p13"))),
        closest_kpc=number("p27", 0.0) * UNIT_KPC,
        closest_gyr=abs(number("p26")) * UNIT_GYR,
    )


def encounter_of(orbit: VolunteerOrbit) -> Encounter:
    """Return an orbit in the terms of an `Encounter`, the heavier galaxy the first.

    Its turning points, taken from JSPAM's dynamics, give pericentre and eccentricity; they and
    the mass ratio are kept within what encounters are drawn from (2 to 60 kpc, 0.6 to 1.3, 0.1
    to 1).
    """
    orbit = orbit.heavier_first()
    track = orbit.track()
    place, drift = track.at(0.0)
    apart, speed = place[1] - place[0], drift[1] - drift[0]
    pericentre = float(np.linalg.norm(apart))
    eccentricity = _eccentricity(orbit, pericentre, float(np.linalg.norm(speed)))
    spin = np.cross(apart, speed)
    axes = np.stack([apart / pericentre, np.zeros(3), spin / max(np.linalg.norm(spin), 1e-12)])
    axes[1] = np.cross(axes[2], axes[0])
    discs = []
    for second, angles in enumerate(orbit.spins_deg):
        own = axes @ _spin(*angles)
        node = math.degrees(math.atan2(own[0], -own[1]))
        tilt = math.degrees(math.acos(np.clip(own[2], -1, 1)))
        discs.append((tilt, (180.0 * second - node) % 360.0))
    view = Rotation.from_matrix(axes.T).as_euler("zxz")
    ratio = orbit.masses_1e10[1] / orbit.masses_1e10[0]
    return Encounter(
        mass_ratio=max(ratio, _LEAST_MASS_RATIO),
        pericentre_kpc=float(np.clip(pericentre, *_PERICENTRES_KPC)),
        eccentricity=float(np.clip(eccentricity, *_ECCENTRICITIES)),
        time_gyr=float(track.time_gyr[-1]),
        discs_deg=(discs[0], discs[1]),
        view_rad=(float(view[0]), float(view[1]), float(view[2])),
    )


class OrbitPrior:
    """Draws encounters from volunteers' orbits, better ones more often.

    Orbits whose closest approach is now, or too far away to leave a mark, are left out.

    Parameters
    ----------
    orbits : sequence of VolunteerOrbit

    Raises
    ------
    OptionError
        When no orbit is left.
    """

    def __init__(self, orbits: Sequence[VolunteerOrbit]) -> None:
        self._orbits = [orbit for orbit in orbits if _is_past(orbit)]
        if not self._orbits:
            raise OptionError("None of the orbits has its closest approach in the past.")
        scores = np.array([orbit.score for orbit in self._orbits]) + 1e-6
        self._chance = scores / scores.sum()
        self._known: dict[int, Encounter] = {}

    def __call__(self, rng: np.random.Generator) -> Encounter:
        """Draw one."""
        k = int(rng.choice(len(self._orbits), p=self._chance))
        if k not in self._known:
            self._known[k] = encounter_of(self._orbits[k])
        return self._known[k]


def _spin(phi_deg: float, theta_deg: float) -> Array:
    phi, theta = math.radians(phi_deg), math.radians(theta_deg)
    return np.array(
        [math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi), math.cos(theta)]
    )


def _eccentricity(orbit: VolunteerOrbit, pericentre_kpc: float, speed_kms: float) -> float:
    """Return what `pericentre_speed` calls eccentricity, of an orbit in JSPAM's galaxies."""
    mass = sum(orbit.masses_1e10)
    both = jspam_potential(mass)
    energy = 0.5 * speed_kms**2 + float(both.potential(pericentre_kpc))
    if energy >= 0:
        return 1 + 2 * energy * pericentre_kpc / (GRAVITY * mass)
    far = np.geomspace(pericentre_kpc, 1e4, 4000)
    spin = pericentre_kpc * speed_kms
    inside = energy - both.potential(far) - 0.5 * (spin / far) ** 2
    outwards = np.flatnonzero(inside[1:] < 0)
    apocentre = far[outwards[0]] if outwards.size else far[-1]
    return float((apocentre - pericentre_kpc) / (apocentre + pericentre_kpc))


def _is_past(orbit: VolunteerOrbit) -> bool:
    return 0 < orbit.closest_gyr < _LONGEST_GYR and orbit.closest_kpc < _PERICENTRES_KPC[1]
