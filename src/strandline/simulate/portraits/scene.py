"""An encounter as it is seen: both galaxies, their outer stars turned to the sky."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from strandline.simulate.dynamics.tracks import Track
from strandline.simulate.plans import Encounter, SystemPlan
from strandline.simulate.portraits.looks import DiscLook
from strandline.simulate.portraits.nuclei import mean_youth, stirred_look
from strandline.simulate.portraits.pairs import (
    Build,
    Setting,
    draw_build,
    passages,
    whole_radius_kpc,
)
from strandline.simulate.portraits.tides import outer_stars

__all__ = ["Scene", "Seen", "see"]

Array = NDArray[np.float64]

_STARS = (4_000, 14_000)
_STAR_GYR = 5_000.0  # work that stars may cost: their number times how long they are followed
_UNTOUCHED_SCALES = 3.6  # a disc that is whole to here is painted whole
_WHOLE_SCALES = (1.2, 3.0)
_WHOLE_SHARE = 0.75  # of the tidal radius
_RELAXED_SCALES = (0.15, 0.9)
_STIR_GYR = 0.8  # how long a passage is seen in arms
_AGEING = 0.1  # of the youth of torn stars per Gyr, for 2 Gyr


@dataclass(frozen=True)
class Seen:
    """One galaxy of the pair as it is seen; all on the sky, from the system's position.

    Attributes
    ----------
    build : Build
    look : DiscLook
        Of its disc.
    star_kpc, home_kpc : ndarray of float64, shape (particle, 3)
        Its outer stars, and the centre of the galaxy that holds each; none when it is untouched.
    star_njy : ndarray of float64, shape (particle,)
        Their r light.
    torn : ndarray of bool, shape (particle,)
    middle_kpc, spin : ndarray of float64, shape (3,)
    whole_kpc : float
        Radius within which tides have left it whole.
    relaxed : float
        Share of its inner disc that is a disc no more.
    youth : float
        Of its outer stars.
    """

    build: Build
    look: DiscLook
    star_kpc: Array
    home_kpc: Array
    star_njy: Array
    torn: NDArray[np.bool_]
    middle_kpc: Array
    spin: Array
    whole_kpc: float
    relaxed: float
    youth: float

    @property
    def untouched(self) -> bool:
        """Whether all its light is where it always was."""
        return not len(self.star_njy)

    @property
    def inner_njy(self) -> float:
        """Light in r of what is not in its outer stars."""
        return self.build.flux_njy - float(self.star_njy.sum())

    @property
    def torn_njy(self) -> float:
        """Light in r of its torn stars."""
        return float(self.star_njy[self.torn].sum())


@dataclass(frozen=True)
class Scene:
    """Both galaxies, the first at the system's position, and their orbit.

    Attributes
    ----------
    galaxies : tuple of two Seen
    track : Track
    time_gyr : float
    relative_kpc, relative_kms : ndarray of float64, shape (3,)
        Place and velocity of the second on the sky.
    """

    galaxies: tuple[Seen, Seen]
    track: Track
    time_gyr: float
    relative_kpc: Array
    relative_kms: Array

    @property
    def merged(self) -> bool:
        """Whether the two have become one."""
        return self.track.coalescence_gyr <= self.time_gyr

    @property
    def passages(self) -> int:
        """How often they have passed each other until now."""
        return passages(self.track, self.time_gyr)


def see(
    plan: SystemPlan, encounter: Encounter, rng: np.random.Generator, setting: Setting | None = None
) -> Scene:
    """Follow an encounter until it is seen, and turn it to the sky."""
    setting = setting or Setting.of(plan.galaxies, encounter)
    potentials, track, time = setting.potentials, setting.track, encounter.time_gyr
    first, second = (
        draw_build(plan.galaxies[k], potentials[k], encounter.discs_deg[k], rng, second=k == 1)
        for k in (0, 1)
    )
    view = Rotation.from_euler("zxz", encounter.view_rad)
    place, drift = track.at(time)
    galaxies = [_look((first, second), track, k, time, view, rng) for k in (0, 1)]
    return Scene(
        galaxies=(galaxies[0], galaxies[1]),
        track=track,
        time_gyr=time,
        relative_kpc=view.apply(place[1] - place[0]),
        relative_kms=view.apply(drift[1] - drift[0]),
    )


def _look(
    builds: tuple[Build, Build],
    track: Track,
    body: int,
    time_gyr: float,
    view: Rotation,
    rng: np.random.Generator,
) -> Seen:
    build = builds[body]
    whole = whole_radius_kpc(track, (builds[0].potential, builds[1].potential), body, time_gyr)
    whole *= _WHOLE_SHARE
    in_scales = whole / build.scale_kpc
    place, _ = track.at(time_gyr)
    spin = view.apply(build.spin)
    untouched = in_scales > _UNTOUCHED_SCALES * (2 if build.early else 1)
    stir = 0.0 if untouched or time_gyr < 0 else float(np.exp(-time_gyr / _STIR_GYR))
    look = stirred_look(build, spin, stir, rng)
    star, home, light, torn = np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0), np.zeros(0, bool)
    if not untouched:
        whole = float(np.clip(in_scales, *_WHOLE_SCALES)) * build.scale_kpc
        share = np.sqrt(build.flux_njy) / sum(np.sqrt(b.flux_njy) for b in builds)
        count = int(share * np.clip(_STAR_GYR / (max(time_gyr, 0.0) + 0.15), *_STARS))
        stars = outer_stars(builds, track, body, time_gyr, whole, count, rng)
        star, home = (view.apply(p - place[0]) for p in (stars.position_kpc, stars.home_kpc))
        spread = build.flux_njy * (1.0 if build.early else 1 - build.bulge_share)
        light, torn = spread * stars.weight, stars.torn
    low, high = _RELAXED_SCALES
    ageing = _AGEING * min(max(time_gyr, 0.0), 2.0)
    return Seen(
        build=build,
        look=look,
        star_kpc=star,
        home_kpc=home,
        star_njy=light,
        torn=torn,
        middle_kpc=view.apply(place[body] - place[0]),
        spin=spin,
        whole_kpc=whole,
        relaxed=float(np.clip((high - in_scales) / (high - low), 0, 1)),
        youth=0.05 if build.early else max(mean_youth(look) + 0.04 - ageing, 0.1),
    )
