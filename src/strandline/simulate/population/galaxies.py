"""Single galaxies: of the cluster, by chance before or behind it, and the faint ones far behind."""

import numpy as np

from strandline.cosmology import absolute_magnitude, kpc_per_arcsec
from strandline.seeding import stable_seed
from strandline.simulate.plans import GalaxyPlan, Morphology, SystemPlan
from strandline.simulate.population import scaling

__all__ = ["draw_morphology", "draw_power", "far_behind", "new_galaxy"]

_IN_CLUSTER_SHARE = 0.4  # of galaxies of a cluster's types; others are of its outskirts
_WARPED_SHARE = 0.06  # of discs, instead of 2.5 %: they are taken for interacting

_FAR_MAG, _FAR_SLOPE = (19.8, 24.8), 0.35  # counts go as 10^(slope m)
_FAR_REDSHIFT = (0.15, 0.5)


def new_galaxy(
    name: str,
    mag_r: float,
    redshift: float,
    morphology: Morphology,
    seed: int,
    rng: np.random.Generator,
) -> GalaxyPlan:
    """Return a galaxy of a size drawn for its luminosity and type; `name` becomes its id."""
    early = morphology == "elliptical"
    radius_kpc = scaling.half_light_kpc(absolute_magnitude(mag_r, redshift), early, rng)
    return GalaxyPlan(
        id=name,
        mag_r=mag_r,
        redshift=redshift,
        radius_arcsec=radius_kpc / kpc_per_arcsec(redshift),
        morphology=morphology,
        seed=stable_seed(seed, "galaxy", name),
    )


def draw_morphology(absolute_mag: float, rng: np.random.Generator) -> Morphology:
    """Draw the type of an undisturbed galaxy.

    More are discs than in the middle of a cluster, as many as among interacting galaxies: else
    the type would tell the one from the other.
    """
    in_cluster = bool(rng.random() < _IN_CLUSTER_SHARE)
    name = scaling.draw_morphology(absolute_mag, rng, in_cluster=in_cluster)
    if name not in ("elliptical", "irregular") and rng.random() < _WARPED_SHARE:
        return "warped"
    return name


def far_behind(name: str, x: float, y: float, seed: int, rng: np.random.Generator) -> SystemPlan:
    """Return a faint galaxy far behind the cluster, too small to be judged.

    Sizes are those of faint galaxies in deep fields: 0.5" at r = 22.5, shrinking with magnitude.
    """
    mag = draw_power(*_FAR_MAG, _FAR_SLOPE, rng)
    radius = 0.5 * 10 ** (-0.08 * (mag - 22.5) + rng.normal(0, 0.15))
    galaxy = GalaxyPlan(
        id=name,
        mag_r=mag,
        redshift=float(rng.uniform(*_FAR_REDSHIFT)),
        radius_arcsec=float(radius),
        morphology="elliptical" if rng.random() < 0.3 else "spiral",
        seed=stable_seed(seed, "galaxy", name),
    )
    return SystemPlan(name, x, y, "undisturbed", (galaxy,))


def draw_power(bright: float, faint: float, slope: float, rng: np.random.Generator) -> float:
    """Draw a magnitude with counts proportional to 10^(slope m)."""
    low, high = 10 ** (slope * bright), 10 ** (slope * faint)
    return float(np.log10(rng.uniform(low, high)) / slope)
