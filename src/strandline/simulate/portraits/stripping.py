"""Ram pressure: jellyfish galaxies, whose gas is blown out and forms stars on its way."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import kpc_per_arcsec
from strandline.photometry import flux_to_mag, mag_to_flux
from strandline.simulate.dynamics.wind import Blown, GasDisc, Wind, blow
from strandline.simulate.plans import GalaxyPlan, Stripping, SystemPlan
from strandline.simulate.portraits.canvas import Canvas, Plane
from strandline.simulate.portraits.colours import KNOT, population_sed
from strandline.simulate.portraits.debris import Debris, measure_feature
from strandline.simulate.portraits.grain import widths_by_density
from strandline.simulate.portraits.knots import knot_flux
from strandline.simulate.portraits.masses import potential_of, stellar_mass_1e10
from strandline.simulate.portraits.portrait import Feature, Member, Portrait
from strandline.simulate.portraits.spirals import Form, paint_spiral

__all__ = ["paint_stripping"]

Array = NDArray[np.float64]
Image = NDArray[np.float32]

_HALF_LIGHT = 1.678  # of an exponential disc, in scale lengths
_EDGE = (1.3, 3.2)  # scale lengths: gas edges of galaxies that are seen as jellyfish
_COMPLEXES, _CLOUDS = 45, 16
_STREAK = 10  # elements between two births of a cloud
_KNOT_SHARE = 0.3  # of the tail's light, in compact knots
_KNOT_KPC = 0.15
_BOW_SHARE = 0.05  # of the galaxy's light, in the compressed edge of its gas
_FADE_GYR = 0.008  # a young population's r light falls from this age on ...
_FADE_POWER = 0.65  # ... with this power (Bruzual & Charlot 2003, MNRAS 344, 1000)
_SPENT_GYR, _SPENT_KPC = 0.25, 30.0  # star formation falls with a cloud's time and way outside
_MOST_SHARE = 0.6


def paint_stripping(canvas: Canvas, plan: SystemPlan, rng: np.random.Generator) -> Portrait:
    """Paint a disc galaxy whose gas the wind of its cluster blows away.

    The old stars stay as they were. New stars form inside the edge that the wind leaves to the gas,
    most where it compresses it, and in the clouds of the tail (GASP: Poggianti et al. 2017, ApJ
    844, 48).

    Parameters
    ----------
    canvas : Canvas
    plan : SystemPlan
        Its interaction is a `Stripping`.
    rng : Generator

    Returns
    -------
    Portrait
        Notes: ``gas_edge_kpc``, ``pressure`` (1e-12 dyn/cm2).
    """
    wind_plan = plan.interaction
    assert isinstance(wind_plan, Stripping)
    (galaxy,) = plan.galaxies
    scale = kpc_per_arcsec(galaxy.redshift)
    total = float(mag_to_flux(galaxy.mag_r))
    frame = _disc_frame(wind_plan, rng)
    mass = stellar_mass_1e10(galaxy)
    disc = GasDisc(mass, galaxy.radius_arcsec * scale / _HALF_LIGHT, _gas_ratio(mass))
    wind, edge = _wind(wind_plan, disc, frame)
    potential = potential_of(galaxy)
    blown = blow(disc, potential, wind, edge, complexes=_COMPLEXES, clouds=_CLOUDS, rng=rng)
    position, weight, age, compact = _new_stars(blown, wind, rng)
    tail = Debris(
        position_kpc=position @ frame,
        home_kpc=np.zeros_like(position),
        flux_njy=wind_plan.tail_share * total * weight,
        youth=KNOT - 0.25 * np.clip(age / 0.3, 0, 1),
        torn=np.ones(len(position), dtype=np.bool_),
    )
    light = _spread(canvas, tail, compact, scale)
    if plan.brightness is not None:
        found = _measure(canvas, galaxy, tail, light)
        if found is not None:
            factor = 10 ** (0.4 * (found.brightness - plan.brightness))
            factor = min(factor, _MOST_SHARE / wind_plan.tail_share)
            tail = replace(tail, flux_njy=tail.flux_njy * factor)
            light = light * np.float32(factor)
    lost = float(tail.flux_njy.sum())
    _paint_disc(canvas, galaxy, total - lost, wind_plan, edge / scale, rng)
    _paint_bow(canvas, galaxy, _BOW_SHARE * (total - lost), wind, frame, edge / scale, rng)
    youth = float(np.average(tail.youth, weights=tail.flux_njy))
    sed = population_sed(youth, redshift=galaxy.redshift)
    canvas.paint(light, 1.0, sed, torn=True)
    member = Member(galaxy, 0.0, 0.0, float(flux_to_mag(total - lost)))
    notes = {"gas_edge_kpc": edge, "pressure": 6.77 * wind.pressure}
    return Portrait(canvas, (member,), _measure(canvas, galaxy, tail, canvas.torn_r_njy), notes)


def _disc_frame(plan: Stripping, rng: np.random.Generator) -> Array:
    """Return the disc's axes on the sky as rows: major axis, minor axis, spin."""
    inclination, angle = np.radians(plan.disc_deg)
    if rng.random() < 0.5:  # which side is near
        inclination = -inclination
    cos, sin = math.cos(angle), math.sin(angle)
    tilt, up = math.cos(inclination), math.sin(inclination)
    return np.array([[cos, sin, 0.0], [-sin * tilt, cos * tilt, up], [sin * up, -cos * up, tilt]])


def _gas_ratio(stellar_mass_1e10: float) -> float:
    """Return the mass of gas over stars (Catinella et al. 2018, MNRAS 476, 875), mean relation."""
    return float(10 ** (-0.6 - 0.5 * math.log10(stellar_mass_1e10)))


def _wind(plan: Stripping, disc: GasDisc, frame: Array) -> tuple[Wind, float]:
    """Return the wind in the disc's frame, and the edge that it leaves to the gas, kpc.

    A wind too weak or too strong to make a jellyfish of this galaxy blows as hard as brings the
    edge to the nearest radius at which it does.
    """
    flat, tilt = math.cos(plan.wind_tilt_rad), math.sin(plan.wind_tilt_rad)
    towards = np.array([flat * math.cos(plan.wind_rad), flat * math.sin(plan.wind_rad), tilt])
    wind = Wind.of_density(frame @ towards, plan.speed_kms, plan.gas_per_cm3, plan.age_gyr)
    edge = disc.edge_kpc(wind.pressure)
    within = float(np.clip(edge, _EDGE[0] * disc.scale_kpc, _EDGE[1] * disc.scale_kpc))
    if within != edge:
        wind = Wind(wind.towards, wind.speed_kms, float(disc.held(within)), wind.age_gyr)
    return wind, within


def _new_stars(
    blown: Blown, wind: Wind, rng: np.random.Generator
) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Return place, light (sum 1), age and compactness of the tail's stars.

    Stars of a cloud form all the time: between two births that were followed they lie in between.
    """
    births, count = blown.gone_gyr.shape
    share = rng.random((births - 1, _STREAK, count))

    def between(table: Array) -> Array:
        part = share[..., None] if table.ndim == 3 else share
        return np.asarray(table[:-1, None] + part * (table[1:, None] - table[:-1, None]))

    ages = np.repeat(blown.age_gyr[:, None], count, axis=1)
    age, gone, place = between(ages), between(blown.gone_gyr), between(blown.position_kpc)
    cloud_light = (
        knot_flux(count, rng) ** 0.6
        * rng.lognormal(0, 0.6, blown.complex_of.max() + 1)[blown.complex_of]
    )
    way = np.maximum(place @ wind.towards, 0)
    forming = (gone > 0) * np.exp(-gone / _SPENT_GYR - way / _SPENT_KPC)
    lasting = np.diff(-ages, axis=0)[:, None] * np.ones_like(age)
    light = cloud_light * forming * lasting * (1 + age / _FADE_GYR) ** -_FADE_POWER
    # heads: what forms now, in clusters
    now = blown.gone_gyr[-1]
    head_way = np.maximum(blown.position_kpc[-1] @ wind.towards, 0)
    heads = knot_flux(count, rng) * np.exp(-now / _SPENT_GYR - head_way / _SPENT_KPC)
    streak_light = (1 - _KNOT_SHARE) * light.ravel() / max(float(light.sum()), 1e-30)
    head_light = _KNOT_SHARE * heads / max(float(heads.sum()), 1e-30)
    compact = np.arange(light.size + count) >= light.size
    return (
        np.concatenate([place.reshape(-1, 3), blown.position_kpc[-1]]),
        np.concatenate([streak_light, head_light]),
        np.concatenate([age.ravel(), np.zeros(count)]),
        compact,
    )


def _spread(canvas: Canvas, tail: Debris, compact: NDArray[np.bool_], scale: float) -> Image:
    """Return the tail's r light on the canvas, nJy, shape (y, x)."""
    x, y = (tail.position_kpc[:, :2] / scale).T
    pixel = canvas.pixel_arcsec
    lit = ~compact & (tail.flux_njy > 1e-6 * tail.flux_njy.max())
    light = canvas.splat(x[compact], y[compact], tail.flux_njy[compact], _KNOT_KPC / scale)
    widths = widths_by_density(
        x[lit], y[lit], held=24, least_arcsec=0.8 * pixel, most_arcsec=8 * pixel
    )
    return light + canvas.splat(x[lit], y[lit], tail.flux_njy[lit], widths)


def _paint_disc(
    canvas: Canvas,
    galaxy: GalaxyPlan,
    flux_njy: float,
    plan: Stripping,
    edge_arcsec: float,
    rng: np.random.Generator,
) -> None:
    inclination, angle = np.radians(plan.disc_deg)
    ratio = math.sqrt(0.96 * math.cos(inclination) ** 2 + 0.04)
    form: Form = "barred" if galaxy.morphology == "barred" else "spiral"
    paint_spiral(
        canvas,
        (1 - _BOW_SHARE) * flux_njy,
        galaxy.radius_arcsec,
        Plane(float(angle), ratio),
        rng,
        redshift=galaxy.redshift,
        form=form,
        lateness=float(rng.uniform(0.3, 1.0)),
        gas_edge_arcsec=edge_arcsec,
    )


def _paint_bow(
    canvas: Canvas,
    galaxy: GalaxyPlan,
    flux_njy: float,
    wind: Wind,
    frame: Array,
    edge_arcsec: float,
    rng: np.random.Generator,
) -> None:
    """Paint the stars that form where the wind compresses the edge of the gas that is left."""
    count = 900
    upstream = math.atan2(-wind.towards[1], -wind.towards[0])
    slant = math.hypot(wind.towards[0], wind.towards[1])  # 0 face on
    azimuth = upstream + rng.vonmises(0, 0.2 + 2.5 * slant, count)
    radius = edge_arcsec * (1 - np.abs(rng.normal(0, 0.22, count)))
    # in clumps: most stars lie beside one of a few
    clump = rng.integers(0, 36, count)
    beside = rng.random(count) < 0.45
    azimuth = np.where(beside, azimuth[clump] + rng.normal(0, 0.05, count), azimuth)
    radius = np.where(beside, radius[clump] + 0.04 * edge_arcsec * rng.normal(0, 1, count), radius)
    place = (radius * np.cos(azimuth))[:, None] * frame[0]
    place = place + (radius * np.sin(azimuth))[:, None] * frame[1]
    x, y = place[:, 0], place[:, 1]
    widths = np.where(beside, 0.04, 0.12) * edge_arcsec
    light = canvas.splat(x, y, rng.exponential(1.0, count), widths)
    canvas.add(light, flux_njy, population_sed(KNOT - 0.05, redshift=galaxy.redshift))


def _measure(canvas: Canvas, galaxy: GalaxyPlan, tail: Debris, light: Image) -> Feature | None:
    return measure_feature(
        tail,
        light,
        total_flux_njy=float(mag_to_flux(galaxy.mag_r)),
        pixel_arcsec=canvas.pixel_arcsec,
        kpc_per_arcsec=kpc_per_arcsec(galaxy.redshift),
        redshift=galaxy.redshift,
    )
