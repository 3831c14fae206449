"""Which galaxies and stars a field holds: magnitudes, kinds, neighbours, places.

Whatever is not the feature itself must not give it away. So interacting and undisturbed
galaxies share one magnitude distribution and one size relation, and undisturbed ones have
neighbours by chance as often, as near and as bright as interacting ones have companions.
"""

from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from strandline.seeding import generator, stable_seed
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.plans import GalaxyPlan, Interaction, Morphology, StarPlan
from strandline.simulate.portraits import reach_arcsec

__all__ = ["FieldPlan", "FieldRequest", "half_light_arcsec", "plan_field"]

_CLUSTER_REDSHIFT, _REDSHIFT_SPREAD = 0.05, 0.0027  # 800 km/s
_BRIGHTEST, _FAINTEST, _COUNT_SLOPE = 15.5, 19.5, 0.16
_FAINTEST_COMPANION = 20.2
_BACKGROUND_MAG, _BACKGROUND_SLOPE = (21.0, 24.8), 0.35
_STAR_MAG, _STAR_SLOPE = (13.8, 23.0), 0.19
_MARGIN_PX = 40  # galaxies' centres keep away from the field's edge
_CANDIDATE_PLACES = 60
_CHANCE_NEIGHBOUR = 0.36  # as many as interacting galaxies have companions
_TAIL_COMPANION, _DISC_COMPANION = 0.65, 0.5

_BRIGHTEST_IRREGULAR = 17.8  # M_r = -19; they are dwarfs
_MASSIVE_MAG = 18.3  # shells and streams are mostly those of massive galaxies
_INTERACTION_SHARE: dict[Interaction, float] = {
    "tails": 0.28,
    "merger": 0.15,
    "stream": 0.2,
    "shells": 0.17,
    "jellyfish": 0.2,
}
_SHARE_IN_SMALL_GALAXIES: dict[Interaction, float] = {"shells": 0.3, "stream": 0.6}
_MORPHOLOGY_SHARE: dict[Morphology, float] = {
    "elliptical": 0.3,
    "spiral": 0.36,
    "barred": 0.13,
    "edge_on": 0.12,
    "irregular": 0.09,
}


@dataclass(frozen=True)
class FieldRequest:
    """What one field of the survey shall hold.

    Attributes
    ----------
    name : str
    size_px : int
    galaxies : int
        Galaxies brighter than about r = 20; `interacting` of them take part in an interaction.
    interacting : int
    background, stars : int
        Small faint galaxies behind, and stars.
    from_cluster_px : tuple of float
        Field pixel (0, 0) relative to the cluster's centre, (x, y).
    seed : int
    """

    name: str
    size_px: int
    galaxies: int
    interacting: int
    background: int
    stars: int
    from_cluster_px: tuple[float, float]
    seed: int


@dataclass(frozen=True)
class FieldPlan:
    """Everything in a field: galaxies, those far behind, and stars."""

    galaxies: tuple[GalaxyPlan, ...]
    background: tuple[GalaxyPlan, ...]
    stars: tuple[StarPlan, ...]


def plan_field(request: FieldRequest) -> FieldPlan:
    """Plan one field; depends on `request` only."""
    rng = generator(request.seed, "population", request.name)
    systems = _systems(request, rng)
    # Large ones first, so that they find room.
    systems.sort(key=lambda system: -max(reach_arcsec(plan) for plan in system))
    galaxies = _place(systems, request, rng)
    stars = _stars(request, galaxies, rng)
    return FieldPlan(tuple(galaxies), tuple(_background(request, rng)), tuple(stars))


def half_light_arcsec(
    mag_r: float, redshift: float, *, early: bool, rng: np.random.Generator
) -> float:
    """Draw a half-light radius: size grows with luminosity, scattered by 0.12 dex.

    After the local relations of Shen et al. (2003, MNRAS 343, 978): steep for early types above
    1.1 kpc, shallow for late types.
    """
    distance_mpc = 299792.458 / 70 * redshift * (1 + 0.75 * redshift)
    absolute = mag_r - 5 * np.log10(distance_mpc) - 25
    kpc_per_arcsec = distance_mpc / (1 + redshift) ** 2 * 1e3 / 206265
    if early:
        kpc = max(3.8 * 10 ** (-0.19 * (absolute + 20.5)), 1.1)
    else:
        kpc = 4.6 * 10 ** (-0.11 * (absolute + 20.5))
    return float(kpc * 10 ** rng.normal(0, 0.12) / kpc_per_arcsec)


def _systems(request: FieldRequest, rng: np.random.Generator) -> list[list[GalaxyPlan]]:
    """Return galaxies in groups that stay together; x and y are still pixels from the first."""
    systems: list[list[GalaxyPlan]] = []
    number = count()
    wanted = {True: request.interacting, False: request.galaxies - request.interacting}
    while wanted[True] > 0:
        system = _interacting(request, number, wanted[True], rng)
        wanted[True] -= len(system)
        systems.append(system)
    while wanted[False] > 0:
        mag = _draw_mag(rng)
        system = [_galaxy(request, next(number), mag, _draw_morphology(mag, rng), rng)]
        if wanted[False] > 1 and rng.random() < _CHANCE_NEIGHBOUR:
            system.append(_neighbour(request, next(number), system[0], rng))
        wanted[False] -= len(system)
        systems.append(system)
    return systems


def _interacting(
    request: FieldRequest, number: "count[int]", most: int, rng: np.random.Generator
) -> list[GalaxyPlan]:
    mag = _draw_mag(rng)
    kind = _draw_interaction(mag, most, rng)
    morphology: Morphology = "spiral"
    if kind == "shells":
        morphology = "elliptical"
    elif kind == "stream":
        morphology = ("elliptical", "spiral", "barred")[rng.integers(3)]
    plan = _galaxy(request, next(number), mag, morphology, rng)
    plan = replace(plan, interaction=kind, primary=plan.id)
    if kind == "merger":
        return _pair(request, next(number), plan, rng.uniform(0.45, 1.5), rng)
    if kind == "tails" and most > 1 and rng.random() < _TAIL_COMPANION:
        return _pair(request, next(number), plan, rng.uniform(2.8, 5.2), rng)
    return [plan]


def _pair(
    request: FieldRequest,
    number: int,
    plan: GalaxyPlan,
    radii_apart: float,
    rng: np.random.Generator,
) -> list[GalaxyPlan]:
    """Give `plan` its companion, or its second nucleus."""
    dx, dy = _offset_arcsec(plan, radii_apart, rng)
    if plan.interaction == "merger":
        mag = plan.mag_r - 2.5 * np.log10(0.25 * rng.uniform(0.4, 1.0))
        other = _galaxy(request, number, mag, "nucleus", rng)
        other = replace(other, radius_arcsec=plan.radius_arcsec * rng.uniform(0.6, 1.0))
    else:
        mag = _companion_mag(plan.mag_r, rng)
        disc = rng.random() < _DISC_COMPANION
        morphology = "spiral" if disc else _draw_morphology(mag, rng)
        other = _galaxy(request, number, mag, morphology, rng)
        if other.morphology in ("spiral", "barred"):  # discs are drawn out too, others hardly
            other = replace(other, interaction="tails", partner_arcsec=(-dx, -dy))
    other = replace(
        other, x=dx / PIXEL_ARCSEC, y=dy / PIXEL_ARCSEC, redshift=plan.redshift, primary=plan.id
    )
    return [replace(plan, partner_arcsec=(dx, dy)), other]


def _neighbour(
    request: FieldRequest, number: int, plan: GalaxyPlan, rng: np.random.Generator
) -> GalaxyPlan:
    """Return a galaxy that only happens to be near `plan` on the sky."""
    close = rng.random() < 0.25
    dx, dy = _offset_arcsec(plan, rng.uniform(0.9, 1.8) if close else rng.uniform(2.5, 5.2), rng)
    redshift = None if rng.random() < 0.5 else rng.uniform(0.08, 0.22)
    mag = _companion_mag(plan.mag_r, rng)
    other = _galaxy(request, number, mag, _draw_morphology(mag, rng), rng, redshift=redshift)
    return replace(other, x=dx / PIXEL_ARCSEC, y=dy / PIXEL_ARCSEC)


def _galaxy(
    request: FieldRequest,
    number: int,
    mag_r: float,
    morphology: Morphology,
    rng: np.random.Generator,
    *,
    redshift: float | None = None,
) -> GalaxyPlan:
    name = f"{request.name}-g{number:04d}"
    if redshift is None:
        redshift = rng.normal(_CLUSTER_REDSHIFT, _REDSHIFT_SPREAD)
    early = morphology == "elliptical"
    return GalaxyPlan(
        id=name,
        x=0.0,
        y=0.0,
        mag_r=mag_r,
        redshift=redshift,
        radius_arcsec=half_light_arcsec(mag_r, redshift, early=early, rng=rng),
        morphology=morphology,
        interaction=None,
        seed=stable_seed(request.seed, "galaxy", name),
    )


def _place(
    systems: list[list[GalaxyPlan]], request: FieldRequest, rng: np.random.Generator
) -> list[GalaxyPlan]:
    """Put each system where it overlaps least with those already there."""
    low, high = _MARGIN_PX, request.size_px - _MARGIN_PX
    placed = np.empty((0, 3))  # x, y, radius to keep free
    galaxies: list[GalaxyPlan] = []
    for system in systems:
        room = 0.6 * max(reach_arcsec(plan) for plan in system) / PIXEL_ARCSEC
        places = rng.uniform(low, high, (_CANDIDATE_PLACES, 2))
        apart = np.hypot(*(places[:, None, :2] - placed[None, :, :2]).transpose(2, 0, 1))
        gap = np.min(apart - placed[:, 2] - room, axis=1, initial=np.inf)
        best = int(np.argmax(gap > 0)) if np.any(gap > 0) else int(np.argmax(gap))
        x, y = places[best]
        placed = np.vstack([placed, [x, y, room]])
        outward = np.arctan2(y + request.from_cluster_px[1], x + request.from_cluster_px[0])
        galaxies += [
            replace(
                plan,
                x=float(np.clip(x + plan.x, 0, request.size_px - 1)),
                y=float(np.clip(y + plan.y, 0, request.size_px - 1)),
                wind_rad=float(outward + rng.normal(0, 0.4)),
            )
            for plan in system
        ]
    return galaxies


def _background(request: FieldRequest, rng: np.random.Generator) -> list[GalaxyPlan]:
    plans = []
    for number in range(request.background):
        mag = _draw_power(*_BACKGROUND_MAG, _BACKGROUND_SLOPE, rng)
        morphology: Morphology = "elliptical" if rng.random() < 0.3 else "spiral"
        x, y = rng.uniform(0, request.size_px - 1, 2)
        radius = 0.5 * 10 ** (-0.08 * (mag - 22.5) + rng.normal(0, 0.15))
        plan = _galaxy(request, number, mag, morphology, rng, redshift=rng.uniform(0.15, 0.5))
        name = f"{request.name}-b{number:04d}"
        seed = stable_seed(request.seed, "galaxy", name)
        plans.append(replace(plan, id=name, x=x, y=y, radius_arcsec=radius, seed=seed))
    return plans


def _stars(
    request: FieldRequest, galaxies: list[GalaxyPlan], rng: np.random.Generator
) -> list[StarPlan]:
    where = np.array([(plan.x, plan.y) for plan in galaxies]).reshape(-1, 2)
    stars = []
    for number in range(request.stars):
        mag = _draw_power(*_STAR_MAG, _STAR_SLOPE, rng)
        colour = rng.normal(1.3, 0.07) if rng.random() < (mag - 13) / 14 else rng.normal(0.55, 0.2)
        places = rng.uniform(0, request.size_px - 1, (20 if mag < 17.5 else 1, 2))
        apart = np.hypot(*(places[:, None] - where[None]).transpose(2, 0, 1))
        x, y = places[int(np.argmax(apart.min(axis=1, initial=np.inf)))]
        stars.append(StarPlan(f"{request.name}-s{number:04d}", x, y, mag, float(colour)))
    return stars


def _offset_arcsec(
    plan: GalaxyPlan, radii_apart: float, rng: np.random.Generator
) -> tuple[float, float]:
    apart = max(radii_apart * plan.radius_arcsec, 1.4)  # nearer ones cannot be told apart
    towards = rng.uniform(0, 2 * np.pi)
    return float(apart * np.cos(towards)), float(apart * np.sin(towards))


def _companion_mag(mag_r: float, rng: np.random.Generator) -> float:
    return float(min(mag_r + abs(rng.normal(0.9, 0.7)), _FAINTEST_COMPANION))


def _draw_mag(rng: np.random.Generator) -> float:
    return _draw_power(_BRIGHTEST, _FAINTEST, _COUNT_SLOPE, rng)


def _draw_power(bright: float, faint: float, slope: float, rng: np.random.Generator) -> float:
    """Draw a magnitude with counts proportional to 10^(slope m)."""
    low, high = 10 ** (slope * bright), 10 ** (slope * faint)
    return float(np.log10(rng.uniform(low, high)) / slope)


def _draw_interaction(mag_r: float, most: int, rng: np.random.Generator) -> Interaction:
    kinds = [kind for kind in _INTERACTION_SHARE if most > 1 or kind != "merger"]
    share = np.array([_INTERACTION_SHARE[kind] for kind in kinds])
    if mag_r > _MASSIVE_MAG:
        share *= [_SHARE_IN_SMALL_GALAXIES.get(kind, 1.0) for kind in kinds]
    return kinds[rng.choice(len(kinds), p=share / share.sum())]


def _draw_morphology(mag_r: float, rng: np.random.Generator) -> Morphology:
    names = list(_MORPHOLOGY_SHARE)
    name = names[rng.choice(len(names), p=list(_MORPHOLOGY_SHARE.values()))]
    return "spiral" if name == "irregular" and mag_r < _BRIGHTEST_IRREGULAR else name
