"""Simulated pictures like those of Galaxy Zoo 2: the galaxies, their surroundings, the cutout.

Galaxies as Willett et al. (2013, MNRAS 435, 2835) chose them: r < 17, redshift 0.01 to 0.15,
Petrosian R90 above 3"; each in a field of SDSS of its own, cut out at 8.48 R90.
"""

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from strandline.cosmology import COSMOLOGY, distance_modulus, kpc_per_arcsec
from strandline.files import write_aside
from strandline.progress import track
from strandline.seeding import generator, stable_seed
from strandline.simulate.camera import draw_artefacts, navigator_cutout
from strandline.simulate.observing import observe_scene
from strandline.simulate.plans import GalaxyPlan, Kind, Morphology, StarPlan, SystemPlan
from strandline.simulate.population.cluster import Cluster
from strandline.simulate.population.galaxies import draw_power, new_galaxy
from strandline.simulate.population.scaling import draw_morphology
from strandline.simulate.population.systems import Population, put
from strandline.simulate.portraits.canvas import Frame
from strandline.simulate.portraits.draw import draw
from strandline.simulate.portraits.far import paint_far
from strandline.simulate.portraits.portrait import Portrait
from strandline.simulate.scene import PAD_PX, Scene
from strandline.simulate.setup import SurveySetup
from strandline.simulate.workers import in_order

__all__ = ["GROUPS", "simulate_pictures"]

GROUPS = ("undisturbed", "interacting")

_MAG_LIMIT, _REDSHIFT = 17.0, (0.01, 0.15)
_R90_ARCSEC = (3.0, 45.0)  # larger ones are 1 % and take long
_FIELD_PER_R90 = 424 * 0.02
_SEEING_SIGMA = 1.32 / 2.355
_MARGIN_PX = 12
_SKETCH = Frame(0.792, ("r",), 220)  # coarse, to see how large a galaxy is
# What volunteers call merging or disturbed: shares by eye of the labelled pictures.
_KIND_SHARE: dict[Kind, float] = {
    "tails": 0.45, "merger": 0.45, "remnant": 0.05, "shells": 0.01, "stream": 0.02,
    "jellyfish": 0.02,
}  # fmt: skip
_FAINTEST_SEEN = 24.5  # mean surface brightness of a feature that can be seen in these pictures
_UNLIKE_MAG, _LEAST_APART_ARCSEC, _APART_RADII = 2.0, 1.5, 4.0

# Galaxies per square degree brighter than r = 22, and the slope of their counts (Yasuda et al.
# 2001, AJ 122, 1104); stars of high latitudes, per square degree brighter than r = 21.
_GALAXIES, _GALAXY_SLOPE, _GALAXY_MAG = 14_000, 0.43, (14.5, 22.5)
_STARS, _STAR_SLOPE, _STAR_MAG = 2_500, 0.17, (11.0, 22.5)
_PAINTED_ONE_BY_ONE = 18.5  # brighter neighbours are portraits, fainter ones smooth ellipses
_COMPANIONS = {"elliptical": 3.0, "other": 0.9}  # in the field, at the galaxy's own redshift
_COMPANION_FAINTER_MAG = (0.5, 5.0)


@dataclass(frozen=True)
class _Surroundings(Cluster):
    """A cluster that gives the one galaxy the magnitude and redshift that it shall have."""

    mag_r: float = 16.0

    def magnitude(self, rng: np.random.Generator, faintest: float = 17.0) -> float:
        """Return it."""
        return self.mag_r

    def member_redshift(self, rng: np.random.Generator) -> float:
        """Return it."""
        return self.redshift


def simulate_pictures(folder: Path, group: str, count: int, *, seed: int, workers: int = 1) -> None:
    """Write `count` pictures of a group into `folder`; each depends on its number and the seed."""
    setup = SurveySetup.load("sdss", ("g", "r", "i"))
    work = partial(_picture, setup=setup, group=group, seed=seed)
    with write_aside(folder) as aside, track("Simulating", count, "pictures") as advance:
        aside.mkdir()
        for number, picture in enumerate(in_order(work, range(count), workers)):
            Image.fromarray(picture).save(aside / f"sim-{group}-{number:04d}.png")
            advance(1)


def _picture(number: int, setup: SurveySetup, group: str, seed: int) -> NDArray[np.uint8]:
    name = f"{group}-{number:04d}"
    rng = generator(seed, "sky picture", name)
    while True:
        systems, cluster = _galaxy_and_kin(name, group, setup, seed, rng)
        portrait = draw(systems[0], _SKETCH)
        r90 = _petrosian_r90(portrait)
        if _R90_ARCSEC[0] < r90 < _R90_ARCSEC[1] and (group != "interacting" or _noticed(portrait)):
            break
    side_arcsec = _FIELD_PER_R90 * r90
    size_px = math.ceil(side_arcsec / setup.pixel_arcsec) + 2 * _MARGIN_PX
    size_px += 1 - size_px % 2
    middle = (size_px - 1) / 2
    scene = Scene(size_px, setup.frame(size_px // 2 + PAD_PX + 1))
    placed = [put(s, middle + s.x, middle + s.y, cluster, rng) for s in systems]
    bright, faint = _neighbours(name, placed[0], size_px, setup, seed, rng)
    scene.draw_all([*placed, *bright])
    paint_far(scene.light_njy, faint, scene.frame, PAD_PX)
    stars = _stars(name, size_px, setup, rng)
    artefacts = draw_artefacts(rng, setup.profile, size_px)
    conditions = setup.exposures(seed, name)
    made = observe_scene(scene, stars, artefacts, conditions, seed, name)
    images = {exposure.band: image for exposure, image, _ in made}
    picture = navigator_cutout(images, setup.profile, field_arcsec=side_arcsec)
    return np.ascontiguousarray(picture[::-1])


def _galaxy_and_kin(
    name: str, group: str, setup: SurveySetup, seed: int, rng: np.random.Generator
) -> tuple[list[SystemPlan], Cluster]:
    """Draw the galaxy in the middle, with what belongs to it; positions are from the middle."""
    mag, redshift = _magnitude_and_redshift(rng)
    far_px = 600 / kpc_per_arcsec(redshift) / setup.pixel_arcsec
    cluster = _Surroundings(redshift, far_px, 0.0, setup.pixel_arcsec, 600.0, mag)
    if group == "interacting":
        kinds = list(_KIND_SHARE)
        kind = kinds[int(rng.choice(len(kinds), p=list(_KIND_SHARE.values())))]
        population = Population(name, cluster, (kind,), seed, rng)
        systems = population.interacting()
        return [put(systems[0], 0.0, 0.0, cluster, rng), *systems[1:]], cluster
    morphology = draw_morphology(mag - distance_modulus(redshift), rng, in_cluster=False)
    galaxy = new_galaxy(name, mag, redshift, morphology, int(rng.integers(2**31)), rng)
    return [SystemPlan(name, 0.0, 0.0, "undisturbed", (galaxy,))], cluster


def _magnitude_and_redshift(rng: np.random.Generator) -> tuple[float, float]:
    """Draw from a Schechter function (Blanton et al. 2003, ApJ 592, 819) in the volume surveyed."""
    redshifts = np.linspace(*_REDSHIFT, 200)
    volume = COSMOLOGY.differential_comoving_volume(redshifts).value
    absolute = np.linspace(-24.0, -16.0, 300)
    light = 10 ** (-0.4 * (absolute + 21.2))
    number = light**-0.05 * np.exp(-light)
    while True:
        redshift = float(rng.choice(redshifts, p=volume / volume.sum()))
        mag = float(rng.choice(absolute, p=number / number.sum())) + distance_modulus(redshift)
        if mag < _MAG_LIMIT:
            return mag, redshift


def _petrosian_r90(portrait: Portrait) -> float:
    """Return R90 in r through the seeing, arcsec, as SDSS measures it (Stoughton et al. 2002).

    Within it is 90 % of the light within two Petrosian radii, at which the brightness between 0.8
    and 1.25 of the radius is 0.2 of the mean brightness within it.
    """
    pixel = portrait.canvas.pixel_arcsec
    light = gaussian_filter(portrait.canvas.light_njy[0].astype(np.float64), _SEEING_SIGMA / pixel)
    radius = np.hypot(portrait.canvas.x_arcsec, portrait.canvas.y_arcsec).ravel()
    order = np.argsort(radius)
    edges = radius[order]
    growth = np.cumsum(light.ravel()[order])

    def within(r: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(r, edges, growth))

    trial = np.geomspace(1.2, edges[-1] / 1.3, 200)
    ring = (within(1.25 * trial) - within(0.8 * trial)) / (1.25**2 - 0.8**2)
    below = np.flatnonzero(ring < 0.2 * within(trial))
    petrosian = trial[below[0]] if len(below) else trial[-1]
    return float(np.interp(0.9 * within(np.array([2 * petrosian]))[0], growth, edges))


def _noticed(portrait: Portrait) -> bool:
    """Tell whether volunteers would see it: two like galaxies close together, or a bright feature.

    Most of what they call merging are two nuclei of like brightness that touch.
    """
    if len(portrait.members) < 2:
        return portrait.feature is not None and portrait.feature.brightness < _FAINTEST_SEEN
    first, second = portrait.members[:2]
    apart = math.hypot(second.x_arcsec, second.y_arcsec)
    return (
        abs(second.mag_r - first.mag_r) < _UNLIKE_MAG
        and _LEAST_APART_ARCSEC < apart < _APART_RADII * first.galaxy.radius_arcsec
    )


def _neighbours(
    name: str,
    first: SystemPlan,
    size_px: int,
    setup: SurveySetup,
    seed: int,
    rng: np.random.Generator,
) -> tuple[list[SystemPlan], list[SystemPlan]]:
    """Return bright and faint galaxies around: by chance, and of the same group of galaxies."""
    main = first.galaxies[0]
    middle = (size_px - 1) / 2
    found: list[SystemPlan] = []
    for k in range(rng.poisson(_expected(_GALAXIES, _GALAXY_SLOPE, 22.0, _GALAXY_MAG, size_px))):
        mag = draw_power(*_GALAXY_MAG, _GALAXY_SLOPE, rng)
        redshift = float(
            np.clip(0.2 * 10 ** (0.16 * (mag - 19)) * rng.lognormal(0, 0.4), 0.02, 0.7)
        )
        x, y = rng.uniform(0, size_px - 1, 2).tolist()
        found.append(_single(f"{name}-n{k}", x, y, mag, redshift, seed, rng))
    kin = _COMPANIONS["elliptical" if main.morphology == "elliptical" else "other"]
    for k in range(rng.poisson(kin * rng.lognormal(-0.5, 1.0))):
        mag = main.mag_r + rng.uniform(*_COMPANION_FAINTER_MAG)
        apart, towards = rng.uniform(0.1, 0.75) * size_px, rng.uniform(0, 2 * np.pi)
        x, y = middle + apart * math.cos(towards), middle + apart * math.sin(towards)
        found.append(_single(f"{name}-k{k}", x, y, mag, main.redshift, seed, rng))
    bright = [system for system in found if system.galaxies[0].mag_r < _PAINTED_ONE_BY_ONE]
    return bright, [system for system in found if system not in bright]


def _single(
    name: str, x: float, y: float, mag: float, redshift: float, seed: int, rng: np.random.Generator
) -> SystemPlan:
    absolute = mag - distance_modulus(redshift)
    morphology = draw_morphology(absolute, rng, in_cluster=bool(rng.random() < 0.4))
    if mag < _PAINTED_ONE_BY_ONE:
        galaxy = new_galaxy(name, mag, redshift, morphology, seed, rng)
    else:
        radius = 0.6 * 10 ** (-0.13 * (mag - 22.5) + rng.normal(0, 0.15))
        early: Morphology = "elliptical" if morphology == "elliptical" else "spiral"
        galaxy = GalaxyPlan(
            name, mag, redshift, float(radius), early, stable_seed(seed, "galaxy", name)
        )
    return SystemPlan(name, x, y, "undisturbed", (galaxy,))


def _stars(name: str, size_px: int, setup: SurveySetup, rng: np.random.Generator) -> list[StarPlan]:
    stars = []
    for k in range(rng.poisson(_expected(_STARS, _STAR_SLOPE, 21.0, _STAR_MAG, size_px))):
        mag = draw_power(*_STAR_MAG, _STAR_SLOPE, rng)
        red = rng.random() < (mag - 13) / 12
        colour = float(rng.normal(1.35, 0.08) if red else rng.normal(0.55, 0.2))
        x, y = rng.uniform(0, size_px - 1, 2).tolist()
        stars.append(StarPlan(f"{name}-s{k}", x, y, mag, colour))
    return stars


def _expected(
    per_degree: float, slope: float, limit: float, range_mag: tuple[float, float], size_px: int
) -> float:
    """Return how many objects a field holds, of those per square degree brighter than `limit`."""
    area = (size_px * 0.396 / 3600) ** 2
    low, high = (10 ** (slope * (mag - limit)) for mag in range_mag)
    return per_degree * area * (high - low)
