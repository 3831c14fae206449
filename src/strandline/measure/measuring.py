"""One stamp measured: its features, and the numbers of a row of the table."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.cosmology import kpc_per_arcsec
from strandline.flags import MeasureFlag
from strandline.learn.tracing import LEAST_CHANCE, Traced
from strandline.measure.ages import Camera
from strandline.measure.asymmetry import rms_asymmetry
from strandline.measure.features import FindOptions, Found, find_features, tracer_of
from strandline.measure.geometry import Geometry, direction_of, geometry_of, kind_of
from strandline.measure.light import BandLight, band_light, matching_sigma_px
from strandline.measure.motion import motion_of
from strandline.measure.projection import dynamical_gyr
from strandline.measure.scenery import Scenery, look_around
from strandline.photometry import flux_to_mag, mag_error, surface_brightness

__all__ = ["MEASURE_VERSION", "Measured", "Subject", "all_bands", "measure_stamp"]

MEASURE_VERSION = 3
"""One more whenever the same stamp is given other numbers; work cut off then begins anew."""

Value = float | int | str

_CHANCES = (0.3, 0.7)  # features are outlined at these, too: lengths then tell their error
_LIMIT_SIGMA = 2.0  # of blank sky, smoothed as the eye does
_BRIGHTNESS_ERROR = 1.35  # of the flux's relative error: outlines are not where the truth has them
_COLOUR_ERROR = 0.045
# by which errors from other outlines are larger: so `benchmark --measure` finds 68 % within them
_LENGTH_ERROR, _STRAIGHT_ERROR, _WIDTH_ERROR = 2.3, 2.15, 1.35
_REACH_ERROR, _DIRECTION_ERROR = 0.9, 1.1  # of what the network says, likewise
_LEAST_LENGTH_ERROR = 0.05
_KNOWN_DIRECTION_DEG = 24.0
_MUCH_MASKED = 0.2
_RIM_PX = 6  # outlines of features that are cut off end a little before the edge
_SPEED_KMS = {"stripped": 1000.0}  # of infall; tides move as fast as the host turns
_ROTATION_KMS = 220.0


@dataclass(frozen=True)
class Subject:
    """What is known of a stamp beside its pixels.

    Attributes
    ----------
    bands : tuple of str
        Blue to red.
    pixel_scale_arcsec : float
        NaN is unknown: everything on the sky is NaN then.
    north_deg, east_deg : float
        Directions on the pixels from +y towards -x; NaN is unknown.
    redshift : float
        NaN is unknown.
    psf_fwhm_arcsec : tuple of float
        By band; NaN is unknown.
    calibrated : bool
        Whether flux is in nJy.
    picture : bool
        Whether the stamp is a colour picture.
    camera : str
        Whose filters the bands are, for ages from colours.
    """

    bands: tuple[str, ...]
    pixel_scale_arcsec: float
    north_deg: float = math.nan
    east_deg: float = math.nan
    redshift: float = math.nan
    psf_fwhm_arcsec: tuple[float, ...] = ()
    calibrated: bool = True
    picture: bool = False
    camera: Camera = "decam"


@dataclass(frozen=True)
class Measured:
    """What was measured on a stamp.

    Attributes
    ----------
    values : dict of str to float, int or str
        By column, see `strandline.measure.columns`; those that are missing could not be measured.
    flags : MeasureFlag
    scenery : Scenery or None
    found : Found or None
    geometries : tuple of Geometry
        Of each feature.
    """

    values: dict[str, Value]
    flags: MeasureFlag
    scenery: Scenery | None = None
    found: Found | None = None
    geometries: tuple[Geometry, ...] = ()


def measure_stamp(
    flux_njy: NDArray[np.floating],
    noise_njy: NDArray[np.floating],
    subject: Subject,
    options: FindOptions | None = None,
) -> Measured:
    """Find and measure the features of the galaxy in the middle of a stamp.

    Parameters
    ----------
    flux_njy : ndarray of float, shape (band, y, x)
        NaN is missing.
    noise_njy : ndarray of float, shape (band,)
        Of a pixel.
    subject : Subject
    options : FindOptions, optional

    Notes
    -----
    Nothing is raised for a stamp on which there is nothing to measure: flags say why.
    """
    flags = _doubts(flux_njy, subject)
    scenery = look_around(all_bands(flux_njy, noise_njy))
    if scenery is None:
        return Measured({"features": 0}, flags | MeasureFlag.NO_DATA)
    if scenery.host is None:
        return Measured({"features": 0}, flags | MeasureFlag.NO_HOST, scenery)
    options = options or FindOptions()
    tracer = tracer_of(options.tracer)
    kind: Literal["fits", "picture"] = "picture" if subject.picture else "fits"
    flux, noise = flux_njy.astype(np.float32), noise_njy.astype(np.float32)
    (traced,) = tracer.trace(flux[None], noise[None], subject.bands, kind)
    found = find_features(scenery, traced, tracer.level, options)
    lights = _lights(flux_njy, scenery, found, subject)
    values = _host_values(scenery, found, lights, subject)
    if not found.features:
        return Measured(values, flags, scenery, found)
    centre = (float(scenery.host.isophotes.x[0]), float(scenery.host.isophotes.y[0]))
    shapes = tuple(geometry_of(found.light, one.mask, centre) for one in found.features)
    values |= _light_values(found, lights, subject)
    values |= _shape_values(scenery, found, shapes, subject, centre, values)
    motion, limits = motion_of(values, subject.bands, subject.redshift, subject.camera)
    values |= motion
    flags |= limits
    flags |= _feature_doubts(scenery, found, shapes, subject)
    return Measured(values, flags, scenery, found, shapes)


def _doubts(flux: NDArray[np.floating], subject: Subject) -> MeasureFlag:
    flags = MeasureFlag(0)
    there = np.isfinite(flux).any(axis=(1, 2))
    if there.sum() == 1:
        flags |= MeasureFlag.ONE_BAND
    if not subject.redshift > 0:
        flags |= MeasureFlag.NO_REDSHIFT
    if not subject.calibrated:
        flags |= MeasureFlag.UNCALIBRATED
    if not (math.isfinite(subject.north_deg) and math.isfinite(subject.east_deg)):
        flags |= MeasureFlag.NO_NORTH
    if there.sum() > 1 and not all(map(math.isfinite, subject.psf_fwhm_arcsec or (math.nan,))):
        flags |= MeasureFlag.NO_SEEING
    return flags


def all_bands(flux: NDArray[np.floating], noise: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean of the bands, weighted by inverse variance; see `strandline.shapes.plane`."""
    good = np.isfinite(noise) & (noise > 0)
    typical = float(np.median(noise[good])) if good.any() else 1.0
    weight = np.where(good, (typical / np.where(good, noise, typical)) ** 2, 1.0)[:, None, None]
    seen = np.isfinite(flux)
    total = (weight * seen).sum(axis=0)
    light = (weight * np.where(seen, flux, 0.0)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, light / total, np.nan), dtype=np.float64)


def _lights(
    flux: NDArray[np.floating], scenery: Scenery, found: Found, subject: Subject
) -> dict[str, BandLight]:
    widths = subject.psf_fwhm_arcsec or (math.nan,) * len(subject.bands)
    widest = max((w for w in widths if math.isfinite(w)), default=0.0)
    out = {}
    for band, plane, width in zip(subject.bands, flux, widths, strict=True):
        scale = subject.pixel_scale_arcsec
        blur = matching_sigma_px(width / scale, widest / scale) if math.isfinite(width) else 0.0
        light = band_light(plane.astype(np.float64), scenery, found.mask, blur)
        if light is not None:
            out[band] = light
    return out


def _host_values(
    scenery: Scenery, found: Found, lights: dict[str, BandLight], subject: Subject
) -> dict[str, Value]:
    values: dict[str, Value] = {"features": len(found.features)}
    area = subject.pixel_scale_arcsec**2
    if subject.calibrated:
        limit = _LIMIT_SIGMA * found.calm_noise
        values["limit_sb"] = float(surface_brightness(max(limit, 1e-9), area))
    assert scenery.host is not None
    model = scenery.host_model[scenery.host.box]
    radius = scenery.host.radius_px
    order = np.argsort(radius, axis=None)
    growth = np.cumsum(model.ravel()[order])
    if not growth[-1] > 0:
        return values
    half = float(radius.ravel()[order][np.searchsorted(growth, 0.5 * growth[-1])])
    image = np.where(scenery.masked, 0.0, scenery.image - scenery.others)
    noise = scenery.noise
    for name, inner, outer in (("inner", 0.0, half), ("outer", half, 4 * half)):
        told = rms_asymmetry(image, scenery.masked, scenery.host, inner, outer, noise)
        values[f"asymmetry_{name}"], values[f"asymmetry_{name}_err"] = told
    bands = [band for band in subject.bands if band in lights]
    if len(bands) > 1:
        ends = []
        for band in (bands[0], bands[-1]):
            light = lights[band]
            own = np.where(scenery.masked, 0.0, light.image)
            ends.append(
                rms_asymmetry(own, scenery.masked, scenery.host, half, 4 * half, light.calm_noise)
            )
        values["asymmetry_blue_red"] = ends[0][0] - ends[1][0]
        values["asymmetry_blue_red_err"] = math.hypot(ends[0][1], ends[1][1])
    if subject.calibrated:
        for band, light in lights.items():
            values[f"host_mag_{band}"] = float(flux_to_mag(float(light.host.sum())))
    return values


def _light_values(found: Found, lights: dict[str, BandLight], subject: Subject) -> dict[str, Value]:
    """Return light of all features together."""
    mask, traced, values = found.mask, found.traced, dict[str, Value]()
    pixel = subject.pixel_scale_arcsec**2
    area = float(mask.sum()) * pixel
    values["area_arcsec2"] = area
    for band, light in lights.items():
        flux, error = light.flux(traced)
        host = float(light.host.sum())
        if host > 0:
            values[f"share_{band}"], values[f"share_{band}_err"] = flux / host, error / host
        if not subject.calibrated:
            continue
        values[f"flux_{band}_njy"], values[f"flux_{band}_err_njy"] = flux, error
        doubt = _BRIGHTNESS_ERROR * error / max(flux, 1e-9)
        inside, error = light.flux_within(traced, mask)
        error = math.hypot(error, doubt * inside)
        values[f"sb_{band}"] = float(surface_brightness(inside, area))
        values[f"sb_{band}_err"] = float(mag_error(inside, error))
        peak = light.peak(traced, mask)
        values[f"sb_peak_{band}"] = float(surface_brightness(peak, pixel))
        error = math.hypot(light.calm_noise, doubt * peak)
        values[f"sb_peak_{band}_err"] = float(mag_error(peak, error))
    if subject.calibrated:
        for blue, red in pairwise(lights):
            values |= _colour(blue, red, traced, lights)
    return values


def _colour(blue: str, red: str, traced: Traced, lights: dict[str, BandLight]) -> dict[str, Value]:
    flux, error, host = {}, _COLOUR_ERROR, {}
    for band in (blue, red):
        flux[band], own = lights[band].pure(traced)
        error = math.hypot(error, float(mag_error(flux[band], own)))
        host[band] = float(lights[band].host.sum())
    name = f"colour_{blue}_{red}"
    return {
        name: float(flux_to_mag(flux[blue]) - flux_to_mag(flux[red])),
        f"{name}_err": error,
        f"host_{name}": float(flux_to_mag(host[blue]) - flux_to_mag(host[red])),
    }


def _shape_values(
    scenery: Scenery,
    found: Found,
    shapes: tuple[Geometry, ...],
    subject: Subject,
    centre: tuple[float, float],
    light: dict[str, Value],
) -> dict[str, Value]:
    """Return the shape of the most significant feature, and what the shells are."""
    main, shape = found.features[0], shapes[0]
    fluxes = [float(found.light[feature.mask].sum()) for feature in found.features]
    kinds = [
        kind_of(
            one,
            away=feature.away,
            crowded=feature.crowded,
            others=(sum(fluxes) - flux) / max(flux, 1e-9),
            bluer_mag=_bluer(light),
        )
        for feature, one, flux in zip(found.features, shapes, fluxes, strict=True)
    ]
    scale = subject.pixel_scale_arcsec
    values: dict[str, Value] = {
        "kind": kinds[0],
        "score": main.score,
        "significance": main.significance,
        "main_share": fluxes[0] / max(sum(fluxes), 1e-9),
        "shells": kinds.count("shell"),
        "shell_radii_arcsec": ";".join(
            f"{one.radius_px * scale:.2f}"
            for one, kind in zip(shapes, kinds, strict=True)
            if kind == "shell"
        ),
    }
    others = _at_levels(found, main.mask, centre)
    floor = _seeing_px(subject) / 2
    near, reach, far = found.traced.reach_px
    values |= {
        "reach_arcsec": reach * scale,
        "reach_arcsec_err": _REACH_ERROR * 0.5 * (far - near) * scale,
    }
    ridge = shape.ridge
    if ridge is not None:
        lengths = [one.ridge.length_px for one in others if one.ridge is not None]
        error = _spread([ridge.length_px, *lengths], floor)
        seeing = _seeing_px(subject)
        width = math.sqrt(max(ridge.width_px**2 - seeing**2 - (2.355 * 1.6) ** 2, 0.0))
        values |= {
            "length_arcsec": ridge.length_px * scale,
            "length_arcsec_err": _LENGTH_ERROR * error * scale,
            "straight_arcsec": ridge.straight_px * scale,
            "straight_arcsec_err": _STRAIGHT_ERROR * error * scale,
            "width_arcsec": max(width, 0.3 * seeing) * scale,
            "width_arcsec_err": _WIDTH_ERROR * max(0.15 * width, 0.3 * seeing) * scale,
            "bend_deg": math.degrees(ridge.curvature * ridge.length_px),
            "curvature_deg_arcsec": math.degrees(ridge.curvature) / scale,
        }
    doubt = _DIRECTION_ERROR * math.degrees(found.traced.turn_rad)
    known = math.isfinite(subject.north_deg) and math.isfinite(subject.east_deg)
    if known and doubt < _KNOWN_DIRECTION_DEG:
        angle = direction_of(found.light, found.traced.chance > LEAST_CHANCE, centre)
        values["position_angle_deg"] = _position_angle(angle, subject)
        values["position_angle_deg_err"] = doubt
    if subject.redshift > 0:
        values |= _physical(light | values, subject.redshift)
    return values


def _physical(values: dict[str, Value], redshift: float) -> dict[str, Value]:
    """Return lengths in kpc, and the time that the far end has been under way."""
    factor = kpc_per_arcsec(redshift)
    out: dict[str, Value] = {}
    for name in ("length", "straight", "width", "reach"):
        for end in ("", "_err"):
            if f"{name}_arcsec{end}" in values:
                out[f"{name}_kpc{end}"] = factor * float(values[f"{name}_arcsec{end}"])
    out["area_kpc2"] = factor**2 * float(values.get("area_arcsec2", math.nan))
    speed = _SPEED_KMS.get(str(values["kind"]), _ROTATION_KMS)
    low, middle, high = dynamical_gyr(float(out["reach_kpc"]), speed)
    return out | {
        "dynamical_gyr": middle,
        "dynamical_low_gyr": low,
        "dynamical_high_gyr": high,
        "dynamical_speed_kms": speed,
    }


def _at_levels(
    found: Found, mask: NDArray[np.bool_], centre: tuple[float, float]
) -> list[Geometry]:
    """Return the shape of a feature that is outlined at other chances."""
    out = []
    for chance in _CHANCES:
        labels, _ = ndimage.label(found.traced.chance > chance, structure=np.ones((3, 3)))
        shared = np.bincount(labels[mask])
        if shared.size < 2:
            continue
        out.append(geometry_of(found.light, labels == 1 + int(np.argmax(shared[1:])), centre))
    return out


def _spread(values: list[float], floor_px: float) -> float:
    half = 0.5 * (max(values) - min(values))
    return math.hypot(half, floor_px, _LEAST_LENGTH_ERROR * values[0])


def _bluer(light: dict[str, Value]) -> float:
    """Return the host's bluest colour less that of its features."""
    for name, value in light.items():
        if name.startswith("colour_") and not name.endswith("_err"):
            return float(light[f"host_{name}"]) - float(value)
    return math.nan


def _seeing_px(subject: Subject) -> float:
    known = [w for w in subject.psf_fwhm_arcsec if math.isfinite(w)]
    scale = subject.pixel_scale_arcsec
    return float(np.median(known)) / scale if known and scale > 0 else 3.0


def _position_angle(angle: float, subject: Subject) -> float:
    mirrored = (subject.east_deg - subject.north_deg) % 360 > 180
    from_north = math.degrees(angle) - 90 - subject.north_deg
    return (-from_north if mirrored else from_north) % 360


def _feature_doubts(
    scenery: Scenery, found: Found, shapes: tuple[Geometry, ...], subject: Subject
) -> MeasureFlag:
    flags, mask = MeasureFlag(0), found.features[0].mask
    rim = np.ones_like(mask)
    rim[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = False
    if (mask & rim).any():
        flags |= MeasureFlag.EDGE
    if scenery.masked[mask].mean() >= _MUCH_MASKED:
        flags |= MeasureFlag.MASKED
    if found.features[0].crowded < 1.0:
        flags |= MeasureFlag.CROWDED
    if shapes[0].ridge is None:
        flags |= MeasureFlag.NO_RIDGE
    if _DIRECTION_ERROR * math.degrees(found.traced.turn_rad) >= _KNOWN_DIRECTION_DEG:
        flags |= MeasureFlag.NO_DIRECTION
    return flags
