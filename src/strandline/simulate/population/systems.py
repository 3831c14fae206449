"""Systems of galaxies: interacting ones of every kind, and undisturbed ones with neighbours.

Whatever is not the feature itself must not give it away. So interacting and undisturbed galaxies
share one luminosity function and one size relation, undisturbed ones have a companion on the sky
as often as interacting ones do, drawn at the distances and magnitudes of real encounters, and both
have further neighbours by chance alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

import numpy as np

from strandline.cosmology import absolute_magnitude
from strandline.simulate.plans import GalaxyPlan, Kind, Morphology, SystemPlan
from strandline.simulate.population.cluster import Cluster
from strandline.simulate.population.encounters import (
    Orbit,
    apart_radii,
    draw_encounter,
    draw_mass_ratio,
)
from strandline.simulate.population.falling import draw_accretion, draw_stripping
from strandline.simulate.population.galaxies import draw_morphology, new_galaxy
from strandline.simulate.population.visibility import draw_brightness

__all__ = ["Group", "Population", "galaxy_count", "put"]

_Name = TypeVar("_Name", bound=str)
Group = list[SystemPlan]
"""Systems that are placed together; x and y are pixels from the first one's until then."""

KIND_SHARE: dict[Kind, float] = {
    "tails": 0.27,
    "merger": 0.14,
    "remnant": 0.14,
    "stream": 0.15,
    "shells": 0.14,
    "jellyfish": 0.16,
    "polar_ring": 0.15,  # only where it is asked for by name
}
"""Of interacting systems. Balanced, for learning: in nature shares depend on depth and place."""

_SHARE_IN_SMALL_GALAXIES: dict[Kind, float] = {"shells": 0.4, "stream": 0.7}
_SMALL_MAG = -20.0  # M_r; shells and streams are mostly those of massive galaxies
_PAIRED: tuple[Kind, ...] = ("tails", "merger", "approaching")  # two galaxies are seen

_CHANCE_NEIGHBOUR = 0.12  # of any system, on top
_POLAR_RING_SHARE = 0.003  # Whitmore et al. (1990, AJ 100, 1489): 0.5 % of lenticulars show one
_APPROACHING_SHARE = 0.25  # of the companions of undisturbed galaxies
_OTHER_DISTANCE_SHARE = 0.4  # of chance neighbours, that are not members of the cluster
_OTHER_REDSHIFT = (0.08, 0.25)

_FAINTEST_COMPANION = 20.5
_LIGHT_SCATTER_MAG = 0.2  # about the ratio of masses
_LEAST_APART_ARCSEC = 1.4  # nearer ones cannot be told apart

_HOSTS: dict[Kind, dict[Morphology, float]] = {
    "shells": {"elliptical": 1.0},
    "stream": {"elliptical": 0.4, "spiral": 0.4, "barred": 0.2},
    "jellyfish": {"spiral": 0.8, "barred": 0.2},
}
_MEETING: dict[Morphology, float] = {"spiral": 0.57, "barred": 0.15, "elliptical": 0.28}


@dataclass
class Population:
    """Draws the systems of one field, one after the other.

    Attributes
    ----------
    name : str
        Of the field; begins every id.
    cluster : Cluster
    kinds : sequence of str
        Of interaction, those that may occur.
    seed : int
    rng : Generator
    orbit : callable or None
        Draws the orbits of encounters, in the place of the priors.
    """

    name: str
    cluster: Cluster
    kinds: Sequence[Kind]
    seed: int
    rng: np.random.Generator
    orbit: Orbit | None = None
    _numbers: "count[int]" = field(default_factory=count)

    def interacting(self, most: int = 2) -> Group:
        """Return a system of the kinds asked for, of at most `most` galaxies.

        Perhaps with a neighbour.
        """
        mag = self._magnitude()
        kind = self._draw_kind(mag, most)
        if kind == "polar_ring":
            return self._with_chance(self._polar_ring(mag, self.cluster.member_redshift(self.rng)))
        if kind not in _HOSTS:
            system = self._encounter(kind, mag)
        else:
            morphology = self._pick(_HOSTS[kind])
            galaxy = self._galaxy(mag, morphology, self.cluster.member_redshift(self.rng))
            falling = None if kind == "jellyfish" else draw_accretion(kind, galaxy, self.rng)
            brightness = draw_brightness(kind, self.rng)
            system = SystemPlan(galaxy.id, 0.0, 0.0, kind, (galaxy,), falling, brightness)
        return self._with_chance(system)

    def undisturbed(self, most: int = 2) -> Group:
        """Return an undisturbed galaxy, with a companion as often as interacting ones have one."""
        mag = self._magnitude()
        if most < 2 or self.rng.random() > self._paired_share():
            return self._with_chance(self._single(mag))
        if self.rng.random() < _APPROACHING_SHARE:
            return self._with_chance(self._encounter("approaching", mag))
        system = self._single(mag)
        return [*self._with_chance(system), self._neighbour(system)]

    def brightest(self) -> Group:
        """Return the central galaxy of the cluster: the brightest elliptical."""
        mag = min(self._magnitude() for _ in range(12))
        galaxy = self._galaxy(mag, "elliptical", self.cluster.redshift)
        return [SystemPlan(galaxy.id, 0.0, 0.0, "undisturbed", (galaxy,))]

    def _single(self, mag: float) -> SystemPlan:
        redshift = self.cluster.member_redshift(self.rng)
        morphology = draw_morphology(absolute_magnitude(mag, redshift), self.rng)
        if self.rng.random() < _POLAR_RING_SHARE:
            return self._polar_ring(mag, redshift)
        galaxy = self._galaxy(mag, morphology, redshift)
        return SystemPlan(galaxy.id, 0.0, 0.0, "undisturbed", (galaxy,))

    def _polar_ring(self, mag: float, redshift: float) -> SystemPlan:
        galaxy = self._galaxy(mag, "polar_ring", redshift)
        return SystemPlan(galaxy.id, 0.0, 0.0, "polar_ring", (galaxy,))

    def _encounter(self, kind: Kind, mag: float) -> SystemPlan:
        mass_ratio = self._mass_ratio(mag)
        second_mag = self._second_mag(mag, mass_ratio)
        if kind in ("merger", "remnant"):  # what is seen is both of them in one
            shift = 2.5 * math.log10(1 + 10 ** (0.4 * (mag - second_mag)))
            mag, second_mag = mag + shift, second_mag + shift
        redshift = self.cluster.member_redshift(self.rng)
        first = self._galaxy(mag, self._pick(_MEETING), redshift)
        other = self._pick(_MEETING)
        if first.morphology == "elliptical" and kind != "approaching":
            other = "spiral"  # two ellipticals hardly leave a mark
        second = self._galaxy(second_mag, other, redshift)
        encounter = draw_encounter(kind, (first, second), mass_ratio, self.rng, self.orbit)
        brightness = draw_brightness(kind, self.rng)
        return SystemPlan(first.id, 0.0, 0.0, kind, (first, second), encounter, brightness)

    def _with_chance(self, system: SystemPlan) -> Group:
        if self.rng.random() < _CHANCE_NEIGHBOUR:
            return [system, self._neighbour(system)]
        return [system]

    def _neighbour(self, system: SystemPlan) -> SystemPlan:
        """Return a galaxy that only happens to be near a system on the sky.

        It is as far away, and as bright, as the companion of an encounter would be.
        """
        rng, first = self.rng, system.galaxies[0]
        mass_ratio = self._mass_ratio(first.mag_r)
        mag = self._second_mag(first.mag_r, mass_ratio)
        share = {kind: self._shares()[kind] for kind in ("tails", "merger")}
        kind: Kind = "tails"
        if sum(share.values()) and rng.random() < share["merger"] / sum(share.values()):
            kind = "merger"
        on_sky = math.sqrt(1 - rng.uniform(-1, 1) ** 2)  # of an isotropic direction
        apart_arcsec = apart_radii(kind, rng) * first.radius_arcsec * on_sky
        apart_px = max(apart_arcsec, _LEAST_APART_ARCSEC) / self.cluster.pixel_arcsec
        towards = rng.uniform(0, 2 * np.pi)
        redshift = self.cluster.member_redshift(rng)
        if rng.random() < _OTHER_DISTANCE_SHARE:
            redshift = float(rng.uniform(*_OTHER_REDSHIFT))
        morphology = draw_morphology(absolute_magnitude(mag, redshift), rng)
        galaxy = self._galaxy(mag, morphology, redshift)
        dx, dy = apart_px * math.cos(towards), apart_px * math.sin(towards)
        return SystemPlan(galaxy.id, dx, dy, "undisturbed", (galaxy,))

    def _galaxy(self, mag: float, morphology: Morphology, redshift: float) -> GalaxyPlan:
        name = f"{self.name}-g{next(self._numbers):04d}"
        return new_galaxy(name, mag, redshift, morphology, self.seed, self.rng)

    def _magnitude(self) -> float:
        return self.cluster.magnitude(self.rng)

    def _mass_ratio(self, mag: float) -> float:
        return draw_mass_ratio(self.rng, 10 ** (-0.4 * (_FAINTEST_COMPANION - mag)))

    def _second_mag(self, mag: float, mass_ratio: float) -> float:
        drawn = mag - 2.5 * math.log10(mass_ratio) + self.rng.normal(0, _LIGHT_SCATTER_MAG)
        return float(np.clip(drawn, mag, _FAINTEST_COMPANION))

    def _shares(self) -> dict[Kind, float]:
        return {kind: share * (kind in self.kinds) for kind, share in KIND_SHARE.items()}

    def _paired_share(self) -> float:
        shares = self._shares()
        total = sum(shares.values())
        return sum(shares[kind] for kind in ("tails", "merger")) / total if total else 0.4

    def _draw_kind(self, mag: float, most: int) -> Kind:
        small = absolute_magnitude(mag, self.cluster.redshift) > _SMALL_MAG
        weight = {
            kind: share * (_SHARE_IN_SMALL_GALAXIES.get(kind, 1.0) if small else 1.0)
            for kind, share in self._shares().items()
            if share and (most > 1 or kind not in _PAIRED)
        }
        if not weight:  # only pairs are wanted, and one galaxy is left: it becomes a pair
            weight = {kind: share for kind, share in self._shares().items() if share}
        return self._pick(weight)

    def _pick(self, weight: dict[_Name, float]) -> _Name:
        names = list(weight)
        share = np.array([weight[name] for name in names])
        return names[int(self.rng.choice(len(names), p=share / share.sum()))]


def galaxy_count(system: SystemPlan) -> int:
    """Return how many galaxies of a system are seen."""
    return 2 if system.kind in _PAIRED else 1


def put(
    system: SystemPlan, x: float, y: float, cluster: Cluster, rng: np.random.Generator
) -> SystemPlan:
    """Return a system at a pixel; what strips a jellyfish depends on where in the cluster it is."""
    if system.kind == "jellyfish":
        return replace(system, x=x, y=y, interaction=draw_stripping(cluster, x, y, rng))
    return replace(system, x=x, y=y)
