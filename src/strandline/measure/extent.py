"""Where features are, in columns: kind, lengths, direction, with errors."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.cosmology import kpc_per_arcsec
from strandline.learn.tracing import LEAST_CHANCE, Traced
from strandline.measure.features import Found
from strandline.measure.geometry import Geometry, direction_of, geometry_of, kind_of
from strandline.measure.projection import dynamical_gyr
from strandline.measure.ridge import Ridge
from strandline.measure.subject import Subject, Value

__all__ = ["direction_error_deg", "extent_values"]

_CHANCES = (0.3, 0.7)  # features are outlined at these, too: lengths then tell their error
# by which errors from other outlines are larger: so `benchmark --measure` finds 68 % within them
_LENGTH_ERROR, _STRAIGHT_ERROR, _WIDTH_ERROR = 2.3, 2.15, 1.35
_REACH_ERROR, _DIRECTION_ERROR = 0.9, 1.1  # of what the network says, likewise
_LEAST_LENGTH_ERROR = 0.05
_KNOWN_DIRECTION_DEG = 24.0
_SPEED_KMS = {"stripped": 1000.0}  # of infall; tides move as fast as the host turns
_ROTATION_KMS = 220.0
_SMOOTH_FWHM_PX = 2.355 * 1.6  # of the light that ridges are drawn on


def extent_values(
    found: Found,
    shapes: tuple[Geometry, ...],
    subject: Subject,
    centre: tuple[float, float],
    light: dict[str, Value],
) -> dict[str, Value]:
    """Return what the features look like, how far they reach and which way they point.

    Parameters
    ----------
    found : Found
        With at least one feature: lengths are those of the first.
    shapes : tuple of Geometry
        Of each feature.
    subject : Subject
    centre : tuple of float
        Of the host, x and y (px).
    light : dict
        Values of the features' light: colours help to tell kinds.
    """
    scale = subject.pixel_scale_arcsec
    near, reach, far = found.traced.reach_px
    values = _kind_values(found, shapes, scale, _bluer(light)) | {
        "reach_arcsec": reach * scale,
        "reach_arcsec_err": _REACH_ERROR * 0.5 * (far - near) * scale,
    }
    ridge = shapes[0].ridge
    if ridge is not None:
        others = _at_levels(found, found.features[0].mask, centre)
        values |= _ridge_values(ridge, others, subject)
    error = direction_error_deg(found.traced)
    if subject.knows_north and error is not None:
        angle = direction_of(found.light, found.traced.chance > LEAST_CHANCE, centre)
        values["position_angle_deg"] = subject.position_angle_deg(angle)
        values["position_angle_deg_err"] = error
    if subject.redshift > 0:
        values |= _physical(light | values, subject.redshift)
    return values


def _kind_values(
    found: Found, shapes: tuple[Geometry, ...], scale: float, bluer_mag: float
) -> dict[str, Value]:
    fluxes = [float(found.light[feature.mask].sum()) for feature in found.features]
    kinds = [
        kind_of(
            one,
            away=feature.away,
            crowded=feature.crowded,
            others=(sum(fluxes) - flux) / max(flux, 1e-9),
            bluer_mag=bluer_mag,
        )
        for feature, one, flux in zip(found.features, shapes, fluxes, strict=True)
    ]
    return {
        "kind": kinds[0],
        "score": found.features[0].score,
        "significance": found.features[0].significance,
        "main_share": fluxes[0] / max(sum(fluxes), 1e-9),
        "shells": kinds.count("shell"),
        "shell_radii_arcsec": ";".join(
            f"{one.radius_px * scale:.2f}"
            for one, kind in zip(shapes, kinds, strict=True)
            if kind == "shell"
        ),
    }


def _ridge_values(ridge: Ridge, others: list[Geometry], subject: Subject) -> dict[str, Value]:
    """Return lengths along a ridge; `others` are the same feature outlined at other chances."""
    scale, seeing = subject.pixel_scale_arcsec, subject.seeing_px
    lengths = [one.ridge.length_px for one in others if one.ridge is not None]
    error = _spread([ridge.length_px, *lengths], seeing / 2)
    width = math.sqrt(max(ridge.width_px**2 - seeing**2 - _SMOOTH_FWHM_PX**2, 0.0))
    return {
        "length_arcsec": ridge.length_px * scale,
        "length_arcsec_err": _LENGTH_ERROR * error * scale,
        "straight_arcsec": ridge.straight_px * scale,
        "straight_arcsec_err": _STRAIGHT_ERROR * error * scale,
        "width_arcsec": max(width, 0.3 * seeing) * scale,
        "width_arcsec_err": _WIDTH_ERROR * max(0.15 * width, 0.3 * seeing) * scale,
        "bend_deg": math.degrees(ridge.curvature * ridge.length_px),
        "curvature_deg_arcsec": math.degrees(ridge.curvature) / scale,
    }


def _physical(values: dict[str, Value], redshift: float) -> dict[str, Value]:
    """Return lengths in kpc, and the time that the far end has been under way."""
    factor = kpc_per_arcsec(redshift)
    out: dict[str, Value] = {}
    for name in ("length", "straight", "width", "reach"):
        for end in ("", "_err"):
            if f"{name}_arcsec{end}" in values:
                out[f"{name}_kpc{end}"] = factor * float(values[f"{name}_arcsec{end}"])
    for name in ("area", "clear_area"):
        out[f"{name}_kpc2"] = factor**2 * float(values.get(f"{name}_arcsec2", math.nan))
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


def direction_error_deg(traced: Traced) -> float | None:
    """Return the 1-sigma error of the features' direction; None if it is too large to tell one."""
    error = _DIRECTION_ERROR * math.degrees(traced.turn_rad)
    return error if error < _KNOWN_DIRECTION_DEG else None
