"""Light in columns: of the host, of the features, their colours, band by band."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from strandline.learn.tracing import Traced
from strandline.measure.asymmetry import rms_asymmetry
from strandline.measure.blank import blank_sky
from strandline.measure.features import Found
from strandline.measure.light import LEAST_CLEAR_PX, BandLight, band_light, matching_sigma_px
from strandline.measure.scenery import Scenery
from strandline.measure.subject import Subject, Value
from strandline.photometry import flux_to_mag, mag_error, surface_brightness

__all__ = ["band_lights", "host_values", "light_values"]

_LIMIT_SIGMA = 2.0  # of blank sky, smoothed as the eye does
_BRIGHTNESS_ERROR = 1.3  # of the flux's relative error: outlines are not where the truth has them
_COLOUR_ERROR = 0.045


def band_lights(
    flux: NDArray[np.floating], scenery: Scenery, found: Found, subject: Subject
) -> dict[str, BandLight]:
    """Return the light of each band that has data, all brought to the widest seeing."""
    widths = subject.psf_fwhm_arcsec or (math.nan,) * len(subject.bands)
    widest = max((w for w in widths if math.isfinite(w)), default=0.0)
    blank = blank_sky(scenery) & ~found.mask
    out = {}
    for band, plane, width in zip(subject.bands, flux, widths, strict=True):
        scale = subject.pixel_scale_arcsec
        blur = matching_sigma_px(width / scale, widest / scale) if math.isfinite(width) else 0.0
        light = band_light(plane.astype(np.float64), scenery, blank, blur, has_sky=subject.picture)
        if light is not None:
            out[band] = light
    return out


def host_values(
    scenery: Scenery, found: Found, lights: dict[str, BandLight], subject: Subject
) -> dict[str, Value]:
    """Return magnitudes and asymmetries of the host; `scenery` has one."""
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


def light_values(found: Found, lights: dict[str, BandLight], subject: Subject) -> dict[str, Value]:
    """Return light of all features together."""
    mask, traced, values = found.mask, found.traced, dict[str, Value]()
    pixel = subject.pixel_scale_arcsec**2
    area = float(mask.sum()) * pixel
    values["area_arcsec2"] = area
    clear = traced.clear_mask
    values["clear_area_arcsec2"] = float(clear.sum()) * pixel
    for band, light in lights.items():
        flux, error = light.flux(traced)
        host = float(light.host.sum())
        if host > 0:
            values[f"share_{band}"], values[f"share_{band}_err"] = flux / host, error / host
        if not subject.calibrated:
            continue
        values[f"flux_{band}_njy"], values[f"flux_{band}_err_njy"] = flux, error
        if clear.sum() >= LEAST_CLEAR_PX:
            told = light.clear_flux(traced)
            values[f"clear_flux_{band}_njy"], values[f"clear_flux_{band}_err_njy"] = told
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
