"""Which system an injected feature is taken from: a host like the real one, an interaction."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from strandline.seeding import generator, stable_seed
from strandline.simulate.plans import (
    INTERACTIONS,
    Accretion,
    GalaxyPlan,
    Kind,
    Morphology,
    Stripping,
    SystemPlan,
)
from strandline.simulate.population.encounters import draw_encounter, draw_mass_ratio
from strandline.simulate.population.falling import draw_accretion

__all__ = ["INJECTABLE", "Host", "Wish", "plan_system"]

INJECTABLE: tuple[Kind, ...] = (*INTERACTIONS, "approaching")
"""Kinds that can be injected; ``approaching`` is a companion and no feature: a control."""

_LENGTH_PER_APOCENTRE = {"stream": 1.1, "shells": 1.8}  # debris goes beyond its satellite
_APOCENTRE_KPC = (12.0, 150.0)
_RADIUS_BY_MASS = 0.35  # power of the mass ratio by which the companion is smaller
_SPEED_KMS, _GAS_PER_CM3 = (800.0, 2500.0), (3e-4, 3e-3)  # within a cluster's central half Mpc
_STRIPPED_GYR, _TAIL_SHARE = (0.1, 0.7), (0.05, 0.25)
_THINNEST = 0.1


@dataclass(frozen=True)
class Host:
    """A real galaxy that something is injected into.

    Attributes
    ----------
    id : str
    mag_r : float
        AB; estimated from another band where r is not at hand.
    radius_arcsec : float
        Half-light radius.
    redshift : float
    minus_r : mapping of str to float
        Its measured colours, magnitude less r magnitude, by band; bands may be missing.
    axis_ratio : float
        b/a; NaN where unknown.
    major_rad : float
        Direction of its major axis on the image, from +x towards +y; NaN where unknown.
    """

    id: str
    mag_r: float
    radius_arcsec: float
    redshift: float
    minus_r: Mapping[str, float] = field(default_factory=dict)
    axis_ratio: float = math.nan
    major_rad: float = math.nan


@dataclass(frozen=True)
class Wish:
    """What shall be injected.

    Attributes
    ----------
    kind : str
        One of `INJECTABLE`.
    brightness : float
        Mean r surface brightness above the atmosphere, mag/arcsec2, over the brightest pixels that
        hold 80 % of the feature's light.
    length_kpc : float
        On the sky: from the galaxy's centre to the far end.
    seed : int
    """

    kind: Kind
    brightness: float
    length_kpc: float
    seed: int


def plan_system(host: Host, wish: Wish, attempt: int, offset_px: tuple[float, float]) -> SystemPlan:
    """Return a system whose first galaxy has the size, light and redshift of the real host.

    Parameters
    ----------
    host : Host
    wish : Wish
    attempt : int
        Each gives another system.
    offset_px : tuple of float
        Where the host is, from the centre of the middle pixel.
    """
    rng = generator(wish.seed, "plan", attempt)
    morphology = _morphology(wish, rng)
    first = GalaxyPlan(
        id=host.id,
        mag_r=host.mag_r,
        redshift=host.redshift,
        radius_arcsec=host.radius_arcsec,
        morphology=morphology,
        seed=stable_seed(wish.seed, "host", attempt),
    )
    system = SystemPlan(host.id, *offset_px, wish.kind, (first,))
    match wish.kind:
        case "stream" | "shells":
            accretion = _of_length(draw_accretion(wish.kind, first, rng), wish)
            return replace(system, interaction=accretion)
        case "jellyfish":
            return replace(system, interaction=_draw_stripping(host, rng))
        case _:
            return _with_companion(system, wish, attempt, rng)


def _morphology(wish: Wish, rng: np.random.Generator) -> Morphology:
    if wish.kind == "shells" or (wish.kind == "stream" and rng.random() < 0.5):
        return "elliptical"
    return "spiral"


def _with_companion(
    system: SystemPlan, wish: Wish, attempt: int, rng: np.random.Generator
) -> SystemPlan:
    (first,) = system.galaxies
    mass_ratio = draw_mass_ratio(rng)
    second = replace(
        first,
        id=f"{first.id}-companion",
        mag_r=first.mag_r - 2.5 * math.log10(mass_ratio),
        radius_arcsec=first.radius_arcsec * mass_ratio**_RADIUS_BY_MASS,
        morphology="elliptical" if rng.random() < 0.3 else "spiral",
        seed=stable_seed(wish.seed, "companion", attempt),
    )
    pair = (first, second)
    return replace(
        system, galaxies=pair, interaction=draw_encounter(wish.kind, pair, mass_ratio, rng)
    )


def _of_length(accretion: Accretion, wish: Wish) -> Accretion:
    apocentre_kpc = wish.length_kpc / _LENGTH_PER_APOCENTRE[wish.kind]
    return replace(accretion, apocentre_kpc=float(np.clip(apocentre_kpc, *_APOCENTRE_KPC)))


def _draw_stripping(host: Host, rng: np.random.Generator) -> Stripping:
    """Draw ram pressure on the disc that is seen: its inclination and direction are the host's."""
    inclination = math.degrees(math.acos(rng.uniform(0, 1)))
    if math.isfinite(host.axis_ratio):
        inclination = math.degrees(math.acos(float(np.clip(host.axis_ratio, _THINNEST, 1.0))))
    direction = float(rng.uniform(0, 360))
    if math.isfinite(host.major_rad):
        direction = math.degrees(host.major_rad) % 360
    low, high = np.log(_GAS_PER_CM3)
    return Stripping(
        speed_kms=float(rng.uniform(*_SPEED_KMS)),
        gas_per_cm3=float(np.exp(rng.uniform(low, high))),
        age_gyr=float(rng.uniform(*_STRIPPED_GYR)),
        wind_rad=float(rng.uniform(0, 2 * np.pi)),
        wind_tilt_rad=float(np.clip(rng.normal(0, 0.5), -1.1, 1.1)),
        disc_deg=(inclination, direction),
        tail_share=float(rng.uniform(*_TAIL_SHARE)),
    )
