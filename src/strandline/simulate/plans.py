"""What there shall be: galaxies, systems of galaxies, interactions, stars.

This is the seam of the generator. `strandline.simulate.population` makes plans,
`strandline.simulate.portraits` turns a `SystemPlan` into a `Portrait`, and
`strandline.simulate.camera` observes it. Plans are small, picklable, and hold everything: the same
plan is the same picture.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "INTERACTIONS",
    "KINDS",
    "ON_REQUEST",
    "Accretion",
    "Encounter",
    "GalaxyPlan",
    "Interaction",
    "Kind",
    "Morphology",
    "StarPlan",
    "Stripping",
    "SystemPlan",
]

Morphology = Literal[
    "elliptical", "spiral", "barred", "ringed", "edge_on", "warped", "irregular", "polar_ring"
]
"""What a galaxy is by itself."""

Kind = Literal[
    "tails", "merger", "remnant", "stream", "shells", "jellyfish", "approaching", "polar_ring",
    "undisturbed",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "tails", "merger", "remnant", "stream", "shells", "jellyfish", "approaching", "polar_ring",
    "undisturbed",
)  # fmt: skip
"""What a system is.

``tails``: two galaxies after their first passage, still apart. ``merger``: two nuclei in a common
envelope. ``remnant``: after coalescence. ``stream``, ``shells``: a satellite that dissolves.
``jellyfish``: stripped by ram pressure. ``approaching``: two galaxies of one orbit before their
first passage, undisturbed yet. ``polar_ring``: a class of its own.
"""

INTERACTIONS: tuple[Kind, ...] = ("tails", "merger", "remnant", "stream", "shells", "jellyfish")
"""The kinds that count as interacting."""

ON_REQUEST: tuple[Kind, ...] = ("polar_ring",)
"""Kinds that can be asked for by name beside the interactions; `truth.csv` calls them 0."""


@dataclass(frozen=True)
class GalaxyPlan:
    """One galaxy as it is, or was before the interaction.

    Attributes
    ----------
    id : str
    mag_r : float
        AB magnitude in r of all its light, debris included.
    redshift : float
    radius_arcsec : float
        Half-light radius of the undisturbed galaxy.
    morphology : str
    seed : int
        Everything else about it is drawn from this.
    """

    id: str
    mag_r: float
    redshift: float
    radius_arcsec: float
    morphology: Morphology
    seed: int


@dataclass(frozen=True)
class Encounter:
    """Orbit of two galaxies (Toomre & Toomre 1972, ApJ 178, 623), and where on it they are seen.

    Attributes
    ----------
    mass_ratio : float
        Of the second galaxy to the first, 0.1 to 1, all matter.
    pericentre_kpc : float
        Closest approach of the first passage.
    eccentricity : float
        Of the orbit if both were points; 1 is parabolic.
    time_gyr : float
        Since the first passage; negative before it.
    discs_deg : tuple of two (inclination, argument)
        Of each disc's spin to that of the orbit (0 prograde, 180 retrograde), and of the
        pericentre from the node; Toomre's i and omega.
    view_rad : tuple of float
        Euler angles (z, x, z) that turn the orbital frame to the sky.
    """

    mass_ratio: float
    pericentre_kpc: float
    eccentricity: float
    time_gyr: float
    discs_deg: tuple[tuple[float, float], tuple[float, float]]
    view_rad: tuple[float, float, float]


@dataclass(frozen=True)
class Accretion:
    """A satellite that dissolves in a host: shells when its orbit is radial, else a stream.

    Attributes
    ----------
    mass_ratio : float
        Stellar mass, hence light, of the satellite to the host.
    age_gyr : float
        Since the satellite started to fall from its first apocentre.
    apocentre_kpc : float
    circularity : float
        Angular momentum over that of a circular orbit of the same energy.
    view_rad : tuple of float
        Euler angles (z, x, z) that turn the orbital frame to the sky.
    """

    mass_ratio: float
    age_gyr: float
    apocentre_kpc: float
    circularity: float
    view_rad: tuple[float, float, float]


@dataclass(frozen=True)
class Stripping:
    """Ram pressure of the gas of a cluster (Gunn & Gott 1972, ApJ 176, 1).

    Attributes
    ----------
    speed_kms : float
        Of the galaxy through the gas.
    gas_per_cm3 : float
        Density of the cluster's gas.
    age_gyr : float
        Since stripping began.
    wind_rad : float
        Direction on the sky into which gas is blown, from +x towards +y.
    wind_tilt_rad : float
        Of the wind out of the plane of the sky; 0 is in it.
    disc_deg : tuple of float
        Inclination and position angle of the disc.
    tail_share : float
        Of the galaxy's r light, in the stripped tail.
    """

    speed_kms: float
    gas_per_cm3: float
    age_gyr: float
    wind_rad: float
    wind_tilt_rad: float
    disc_deg: tuple[float, float]
    tail_share: float


Interaction: TypeAlias = Encounter | Accretion | Stripping


@dataclass(frozen=True)
class SystemPlan:
    """Galaxies that belong together: one, or the two of an encounter.

    Attributes
    ----------
    id : str
        That of its first galaxy.
    x, y : float
        Pixel of its first galaxy in the field, 0-based.
    kind : str
    galaxies : tuple of GalaxyPlan
        The heavier first. A satellite that dissolves is not among them.
    interaction : Encounter, Accretion, Stripping or None
    brightness : float or None
        Mean r surface brightness (mag/arcsec2) that the feature shall have; None leaves it at
        what the dynamics and the masses give.
    """

    id: str
    x: float
    y: float
    kind: Kind
    galaxies: tuple[GalaxyPlan, ...]
    interaction: Interaction | None = None
    brightness: float | None = None


@dataclass(frozen=True)
class StarPlan:
    """What one star shall be: its pixel in the field, r magnitude and colour."""

    id: str
    x: float
    y: float
    mag_r: float
    g_minus_r: float
