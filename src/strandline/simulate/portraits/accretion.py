"""What is left of a small galaxy that a large one has swallowed: shells and streams.

One physics for both. On a nearly radial orbit the satellite's stars swing to and fro and pile up
where they turn: sharp edges, farther out the slower, on alternating sides (Quinn 1984, ApJ 279,
596; Hernquist & Quinn 1988, ApJ 331, 682). On a rounder orbit they trail along it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from strandline.cosmology import kpc_per_arcsec
from strandline.photometry import flux_to_mag, mag_to_flux
from strandline.simulate.dynamics.dissolving import Dissolved, dissolve, satellite_of
from strandline.simulate.plans import Accretion, SystemPlan
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import population_sed
from strandline.simulate.portraits.debris import Debris, measure_feature
from strandline.simulate.portraits.grain import widths_by_density
from strandline.simulate.portraits.hosts import paint_galaxy
from strandline.simulate.portraits.masses import (
    dwarf_half_light_kpc,
    potential_of,
    stellar_mass_1e10,
)
from strandline.simulate.portraits.portrait import Feature, Member, Portrait
from strandline.simulate.portraits.spheroids import paint_spheroid

__all__ = ["paint_accretion"]

Array = NDArray[np.float64]
Image = NDArray[np.float32]

_STARS = 20_000
_COPIES = 8
_TURN, _MOST_TURN_RAD = 0.6, 0.15
_HELD = 120.0  # particles that a smoothing kernel holds
_MOST_SHARE = 0.4  # of the light, in the satellite
_SCATTER_DEX = 0.12  # of satellites' sizes


@dataclass(frozen=True)
class _Sky:
    """The satellite as it is seen."""

    torn: Image  # share of the lost stars' light in each pixel
    position_kpc: Array  # of its lost stars, on the sky
    centre_kpc: Array


def paint_accretion(canvas: Canvas, plan: SystemPlan, rng: np.random.Generator) -> Portrait:
    """Paint a galaxy and the satellite that dissolves in it: shells or a stream.

    Parameters
    ----------
    canvas : Canvas
    plan : SystemPlan
        Its interaction is an `Accretion`.
    rng : Generator

    Returns
    -------
    Portrait
        What is still bound to the satellite is painted but is no part of the feature. Notes:
        ``apocentre_kpc``, ``passages`` (pericentres until the satellite was gone, or is seen),
        ``turns`` (radial periods of the mean star since it left), ``bound_share``,
        ``satellite_kpc`` (distance of the bound rest, or NaN).
    """
    accretion = plan.interaction
    assert isinstance(accretion, Accretion)
    (galaxy,) = plan.galaxies
    scale = kpc_per_arcsec(galaxy.redshift)
    total = float(mag_to_flux(galaxy.mag_r))
    host_mass = stellar_mass_1e10(galaxy) / (1 + accretion.mass_ratio)
    satellite_mass = accretion.mass_ratio * host_mass
    host = potential_of(galaxy)
    half_light = dwarf_half_light_kpc(satellite_mass) * 10 ** rng.normal(0, _SCATTER_DEX)
    satellite = satellite_of(satellite_mass, half_light, host, accretion.apocentre_kpc)
    remains = dissolve(
        host,
        satellite,
        apocentre_kpc=accretion.apocentre_kpc,
        circularity=accretion.circularity,
        age_gyr=accretion.age_gyr,
        count=_STARS,
        rng=rng,
    )
    sky = _project(canvas, remains, accretion, scale, rng)
    light = total * accretion.mass_ratio / (1 + accretion.mass_ratio)
    bound, torn = light * remains.bound, light * (1 - remains.bound)
    youth = _youth(accretion, late=galaxy.morphology != "elliptical", rng=rng)
    if plan.brightness is not None:
        found = _measure(canvas, plan, sky, torn, youth, torn * sky.torn)
        if found is not None:
            torn = min(
                torn * 10 ** (0.4 * (found.brightness - plan.brightness)), _MOST_SHARE * total
            )
    paint_galaxy(canvas, galaxy, total - torn - bound, rng)
    sed = population_sed(youth, redshift=galaxy.redshift)
    canvas.paint(sky.torn, torn, sed, torn=True)
    if bound > 0:
        centre = sky.centre_kpc / scale
        plane = Plane(rng.uniform(0, math.pi), rng.uniform(0.7, 1), centre[0], centre[1])
        paint_spheroid(
            canvas,
            bound,
            0.8 * half_light / scale,
            plane,
            index=1.2,
            youth=youth,
            redshift=galaxy.redshift,
        )
    feature = _measure(canvas, plan, sky, torn, youth, canvas.torn_r_njy)
    member = Member(galaxy, 0.0, 0.0, float(flux_to_mag(total - torn - bound)))
    return Portrait(canvas, (member,), feature, _notes(remains))


def _project(
    canvas: Canvas,
    remains: Dissolved,
    accretion: Accretion,
    kpc_to_arcsec: float,
    rng: np.random.Generator,
) -> _Sky:
    """Return the satellite's lost stars as an image."""
    view = Rotation.from_euler("zxz", accretion.view_rad)
    x, y = (view.apply(_copied(remains.position_kpc, rng)) / kpc_to_arcsec).T[:2]
    count = max(len(x), 1)
    margin = 8 * canvas.pixel_arcsec
    half_x, half_y = -canvas.x_arcsec[0, 0] + margin, -canvas.y_arcsec[0, 0] + margin
    seen = (np.abs(x) < half_x) & (np.abs(y) < half_y)
    x, y = x[seen], y[seen]
    pixel = canvas.pixel_arcsec
    widths = widths_by_density(x, y, held=_HELD, least_arcsec=pixel, most_arcsec=25 * pixel)
    torn = canvas.splat(x, y, 1 / count, widths)
    return _Sky(torn, view.apply(remains.position_kpc), view.apply(remains.centre_kpc))


def _copied(position_kpc: Array, rng: np.random.Generator) -> Array:
    """Return every star several times, turned about the host's centre.

    The host is round and the orbit's plane is a plane of symmetry, so that what is turned or
    mirrored is an orbit as likely; turns leave radii, hence the edges of shells, as they are. They
    are a share of the angle over which the satellite's stars scatter about its plane anyhow.
    """
    radius = np.maximum(np.linalg.norm(position_kpc, axis=1), 1e-6)
    spread = float(np.std(position_kpc[:, 2] / radius)) if len(radius) else 0.0
    stars = np.tile(position_kpc, (_COPIES, 1))
    stars[: len(stars) // 2, 2] *= -1
    turns = np.minimum(_TURN * spread, _MOST_TURN_RAD) * rng.standard_normal((len(stars), 3))
    turned = stars + np.cross(turns, stars)
    before, after = np.linalg.norm(stars, axis=1), np.linalg.norm(turned, axis=1)
    return np.asarray(turned * (before / np.maximum(after, 1e-9))[:, None])


def _youth(accretion: Accretion, *, late: bool, rng: np.random.Generator) -> float:
    """Draw the population: metal-poor, so bluer than the host's; late types' may still be young."""
    youth = 0.04 - 0.05 * math.log10(accretion.mass_ratio) + rng.normal(0, 0.03)
    if late:
        youth += rng.uniform(0, 0.25) * math.exp(-accretion.age_gyr / 3)
    return float(youth)


def _measure(
    canvas: Canvas, plan: SystemPlan, sky: _Sky, torn_njy: float, youth: float, image_njy: Image
) -> Feature | None:
    (galaxy,) = plan.galaxies
    count = len(sky.position_kpc)
    debris = Debris(
        position_kpc=sky.position_kpc,
        home_kpc=np.zeros((count, 3)),
        flux_njy=np.full(count, torn_njy / max(count, 1)),
        youth=np.full(count, youth),
        torn=np.ones(count, dtype=np.bool_),
    )
    return measure_feature(
        debris,
        image_njy,
        total_flux_njy=float(mag_to_flux(galaxy.mag_r)),
        pixel_arcsec=canvas.pixel_arcsec,
        kpc_per_arcsec=kpc_per_arcsec(galaxy.redshift),
        redshift=galaxy.redshift,
        directed=plan.kind != "shells",
    )


def _notes(remains: Dissolved) -> dict[str, float]:
    left = remains.left_gyr
    return {
        "apocentre_kpc": float(remains.apocentre_kpc),
        "passages": float(remains.passages),
        "turns": float(left.mean()) / remains.period_gyr if len(left) else 0.0,
        "bound_share": remains.bound,
        "satellite_kpc": float(np.linalg.norm(remains.centre_kpc)) if remains.bound else math.nan,
    }
