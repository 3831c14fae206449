"""What a field or a stamp holds: systems of galaxies, those far behind, and stars, in places."""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.seeding import generator
from strandline.simulate.plans import Kind, StarPlan, SystemPlan
from strandline.simulate.population.cluster import Cluster, draw_cluster
from strandline.simulate.population.encounters import Orbit
from strandline.simulate.population.galaxies import draw_power, far_behind
from strandline.simulate.population.requests import (
    FieldPlan,
    FieldRequest,
    Numbers,
    StampRequest,
)
from strandline.simulate.population.systems import Group, Population, galaxy_count, put
from strandline.simulate.population.volunteers import OrbitPrior, read_orbits

__all__ = ["plan_field", "plan_stamp"]

_MARGIN_ARCSEC = 10.0  # galaxies' centres keep away from the field's edge
_CANDIDATE_PLACES = 24
_ROOM_RADII = 2.5  # half-light radii to keep free around a galaxy, where there is room
_CENTRAL_SHARE = 0.5  # of galaxies that follow the cluster's profile, others lie anywhere
_STAR_MAG, _STAR_SLOPE = (13.8, 23.0), 0.19
_BRIGHT_STAR = 17.5
_STAMP_DISTANCE_KPC = 500.0  # of the galaxies of stamps from the centres of their clusters
_OUTER_SHARE = 0.4  # of the density of galaxies in the fields, around those of stamps
_LEAST_CHANCE_PX = 14.0  # from the middle of a stamp to what lies there by chance


def plan_field(request: FieldRequest) -> FieldPlan:
    """Plan one field; depends on `request` only."""
    rng = generator(request.seed, "population", request.name)
    cluster = draw_cluster(request.size_px, request.pixel_arcsec, rng)
    population = Population(
        request.name, cluster, request.kinds, request.seed, rng, _orbit(request.orbits)
    )
    groups = _groups(population, request.numbers)
    systems = _place(groups, cluster, request.size_px, rng)
    far = _far(request.name, request.numbers.far, request.size_px, request.seed, rng)
    stars = _stars(request.name, request.numbers.stars, request.size_px, systems, rng)
    return FieldPlan(cluster, tuple(systems), far, stars)


def plan_stamp(request: StampRequest) -> FieldPlan:
    """Plan the field of one stamp; depends on `request` only.

    Around the system in the middle lie as many stars and faint galaxies as in any field, and fewer
    of the cluster, since most stamps are not of its core.
    """
    rng = generator(request.seed, "population", request.name)
    size, pixel = request.size_px, request.pixel_arcsec
    cluster = _cluster_of_stamp(size, pixel, rng)
    population = Population(
        request.name, cluster, request.kinds, request.seed, rng, _orbit(request.orbits)
    )
    middle = (size - 1) / 2 + rng.uniform(-0.5, 0.5, 2)
    group = population.interacting() if request.interacting else population.undisturbed()
    systems = [put(s, float(middle[0] + s.x), float(middle[1] + s.y), cluster, rng) for s in group]
    expected = Numbers.expected(size * pixel)
    galaxies, far, stars = (int(rng.poisson(n)) for n in expected)
    galaxies = int(rng.binomial(galaxies, _OUTER_SHARE))
    while galaxies > 0:
        chance = population.undisturbed(most=1)
        galaxies -= len(chance)
        x, y = _beside(middle, size, rng)
        systems += [put(s, x + s.x, y + s.y, cluster, rng) for s in chance]
    return FieldPlan(
        cluster,
        tuple(systems),
        _far(request.name, far, size, request.seed, rng),
        _stars(request.name, stars, size, systems, rng),
    )


@lru_cache(maxsize=4)  # a process makes many stamps
def _prior(path: Path) -> OrbitPrior:
    return OrbitPrior(read_orbits(path))


def _orbit(path: Path | None) -> Orbit | None:
    return None if path is None else _prior(path)


def _groups(population: Population, numbers: Numbers) -> list[Group]:
    """Draw systems until both numbers are reached; the brightest galaxy of the cluster is first."""
    groups: list[Group] = []
    wanted = {True: numbers.interacting, False: numbers.galaxies - numbers.interacting}
    if wanted[False] > 0:
        groups.append(population.brightest())
        wanted[False] -= 1
    while wanted[True] > 0:
        groups.append(population.interacting(wanted[True]))
        _count_down(wanted, groups[-1], population.kinds)
    while wanted[False] > 0:
        groups.append(population.undisturbed(wanted[False]))
        _count_down(wanted, groups[-1], population.kinds)
    return groups


def _count_down(wanted: dict[bool, int], group: Group, kinds: Sequence[Kind]) -> None:
    for system in group:
        wanted[system.kind in kinds] -= galaxy_count(system)


def _place(
    groups: list[Group], cluster: Cluster, size_px: int, rng: np.random.Generator
) -> list[SystemPlan]:
    """Put each group where it overlaps least with those already there, large galaxies first.

    Only the galaxies' sizes count, not how far features reach: places tell nothing of them. The
    first group goes to the centre of the cluster.
    """
    placed = np.empty((0, 3))  # x, y, radius to keep free
    systems: list[SystemPlan] = []
    later = sorted(groups[1:], key=lambda group: -_room_px(group, cluster))
    for number, group in enumerate([*groups[:1], *later]):
        room = _room_px(group, cluster)
        places = _candidates(cluster, size_px, rng)
        if number == 0 and len(group) == 1:
            places = np.array([[cluster.x, cluster.y]])
        apart = np.hypot(*(places[:, None, :2] - placed[None, :, :2]).transpose(2, 0, 1))
        gap = np.min(apart - placed[:, 2] - room, axis=1, initial=np.inf)
        best = int(np.argmax(gap > 0)) if np.any(gap > 0) else int(np.argmax(gap))
        x, y = places[best]
        placed = np.vstack([placed, [x, y, room]])
        last = size_px - 1
        for system in group:
            put_x, put_y = np.clip([x + system.x, y + system.y], 0, last)
            systems.append(put(system, float(put_x), float(put_y), cluster, rng))
    return systems


def _room_px(group: Group, cluster: Cluster) -> float:
    radius = max(system.galaxies[0].radius_arcsec for system in group)
    return _ROOM_RADII * radius / cluster.pixel_arcsec


def _candidates(cluster: Cluster, size_px: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return places on the field, about half of them denser towards the cluster's centre."""
    margin = min(_MARGIN_ARCSEC / cluster.pixel_arcsec, 0.2 * size_px)
    places = rng.uniform(margin, size_px - margin, (3 * _CANDIDATE_PLACES, 2))
    density = cluster.surface_density(places[:, 0], places[:, 1])
    kept = (rng.random(len(places)) < density) | (rng.random(len(places)) > _CENTRAL_SHARE)
    return places[np.argsort(~kept, kind="stable")[:_CANDIDATE_PLACES]]


def _cluster_of_stamp(size_px: int, pixel_arcsec: float, rng: np.random.Generator) -> Cluster:
    """Return a cluster whose centre is some way off, in any direction."""
    drawn = draw_cluster(size_px, pixel_arcsec, rng)
    reach_px = _STAMP_DISTANCE_KPC / drawn.kpc_per_px
    apart, towards = reach_px * math.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    middle = (size_px - 1) / 2
    x, y = middle + apart * math.cos(towards), middle + apart * math.sin(towards)
    return Cluster(drawn.redshift, x, y, pixel_arcsec, drawn.dispersion_kms)


def _beside(
    middle: NDArray[np.float64], size_px: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return any place on a stamp but its middle."""
    while True:
        x, y = rng.uniform(0, size_px - 1, 2)
        if math.hypot(x - middle[0], y - middle[1]) > _LEAST_CHANCE_PX:
            return float(x), float(y)


def _far(
    name: str, number: int, size_px: int, seed: int, rng: np.random.Generator
) -> tuple[SystemPlan, ...]:
    places = rng.uniform(0, size_px - 1, (number, 2)).tolist()
    return tuple(far_behind(f"{name}-b{k:04d}", x, y, seed, rng) for k, (x, y) in enumerate(places))


def _stars(
    name: str, number: int, size_px: int, systems: list[SystemPlan], rng: np.random.Generator
) -> tuple[StarPlan, ...]:
    """Draw stars; bright ones keep away from the galaxies as well as they can."""
    where = np.array([(system.x, system.y) for system in systems]).reshape(-1, 2)
    stars = []
    for k in range(number):
        mag = draw_power(*_STAR_MAG, _STAR_SLOPE, rng)
        colour = rng.normal(1.3, 0.07) if rng.random() < (mag - 13) / 14 else rng.normal(0.55, 0.2)
        places = rng.uniform(0, size_px - 1, (20 if mag < _BRIGHT_STAR else 1, 2))
        apart = np.hypot(*(places[:, None] - where[None]).transpose(2, 0, 1))
        x, y = places[int(np.argmax(apart.min(axis=1, initial=np.inf)))].tolist()
        stars.append(StarPlan(f"{name}-s{k:04d}", x, y, mag, float(colour)))
    return tuple(stars)
