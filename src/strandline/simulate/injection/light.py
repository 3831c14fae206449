"""Injection: the light of a simulated feature, as it would look on a real galaxy's image.

The same painters that make whole simulated systems draw the system; only what an interaction tore
off is taken from it, and its companion. So the host stays the real galaxy that it is, and the
feature has the shapes, knots and colours of the physics behind it. How long and how bright it is
can be asked for: a feature is magnified on the sky and its light is scaled, so that length and
surface brightness are chosen freely and do not follow from the host.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.cosmology import kpc_per_arcsec
from strandline.errors import OptionError
from strandline.photometry import mag_to_flux, surface_brightness
from strandline.simulate.injection.companions import companion_light, companion_place
from strandline.simulate.injection.plans import Host, Wish, plan_system
from strandline.simulate.plans import Kind, SystemPlan
from strandline.simulate.portraits.canvas import Frame
from strandline.simulate.portraits.colours import BANDS
from strandline.simulate.portraits.debris import area_holding
from strandline.simulate.portraits.draw import draw
from strandline.simulate.portraits.portrait import Portrait

__all__ = ["HELD", "FeatureLight", "UnfitHostError", "check_bands", "feature_light"]

HELD = 0.8
"""Of a feature's light, over whose area its surface brightness is meant, and its mask reaches."""

_SMOOTH_ARCSEC = 0.4  # as in the truth of simulated surveys: grain is not brightness
_MAGNIFIED = (0.4, 2.5)  # beyond, features would look unlike any
_NEAR_ENOUGH = 1.3  # in length, to stop trying
_TRIES = 4
_SKETCH_PX = 4  # coarse, as only the length is wanted
_OWN_COLOUR: tuple[Kind, ...] = ("tails", "merger", "remnant")  # torn off the host itself
_LARGEST_COLOUR_SHIFT = 0.5


class UnfitHostError(OptionError):
    """A galaxy cannot have the feature that is wished for it."""


@dataclass(frozen=True)
class FeatureLight:
    """Light to be added to an image, above the atmosphere, with its truth.

    Attributes
    ----------
    light_njy : ndarray of float32, shape (band, y, x)
        Feature and companion; the middle pixel is the one that the host's position falls into.
    feature_njy : ndarray of float32, shape (y, x)
        r light of the feature alone.
    feature_flux_njy : dict of str to float
        The feature's flux by band, as far as it lies on the canvas.
    brightness, peak_brightness : float
        Reached, mag/arcsec2; NaN without a feature.
    length_kpc, length_arcsec : float
        Reached, on the sky.
    angle_rad : float
        Direction of the feature from the host, +x towards +y; NaN where it has none.
    fraction : float
        Flux of the feature over that of the host, in r.
    magnified : float
        How much larger on the sky it is than its dynamics make it.
    companion : tuple of float or None
        Offset x and y (arcsec) and r magnitude.
    """

    light_njy: NDArray[np.float32]
    feature_njy: NDArray[np.float32]
    feature_flux_njy: dict[str, float]
    brightness: float
    peak_brightness: float
    length_kpc: float
    length_arcsec: float
    angle_rad: float
    fraction: float
    magnified: float
    companion: tuple[float, float, float] | None


def check_bands(bands: tuple[str, ...]) -> None:
    """Check that all of an image's bands can be painted.

    Raises
    ------
    OptionError
        Names those that cannot, and those that can.
    """
    unknown = [band for band in bands if band not in BANDS]
    if unknown:
        raise OptionError(
            f"Nothing can be painted in band {', '.join(unknown)}; the simulator knows "
            f"{', '.join(BANDS)}. Leave other bands out of the images or the table."
        )


def feature_light(
    host: Host,
    wish: Wish,
    bands: tuple[str, ...],
    *,
    pixel_arcsec: float,
    most_half_px: int,
    offset_px: tuple[float, float] = (0.0, 0.0),
    most_fraction: float = math.inf,
) -> FeatureLight:
    """Return the light of a feature that suits a host; the same wish is the same light.

    Parameters
    ----------
    host : Host
    wish : Wish
    bands : tuple of str
        Of the image; all known to the simulator.
    pixel_arcsec : float
    most_half_px : int
        The canvas reaches at most so far from the host; light beyond it is lost.
    offset_px : tuple of float
        Where the host's position lies relative to the centre of the middle pixel, (x, y).
    most_fraction : float
        Of the host's light, that the feature may have.

    Raises
    ------
    UnfitHostError
        If nothing of that kind can be torn off, or it would need more light than `most_fraction`.

    Notes
    -----
    Up to four systems are drawn and the one is kept whose feature is nearest to the length asked
    for; it is magnified by the rest, a factor of 2.5 at most, about the host's centre.

    Where the debris is the host's own (tails, mergers, remnants), its colour is the host's
    measured one, shifted by as much as debris differs from its galaxy in the simulation. Streams,
    shells and jellyfish tails have the colours of their own stars.
    """
    painted = bands if "r" in bands else (*bands, "r")
    if wish.kind == "approaching":
        plan = plan_system(host, wish, 0, offset_px)
        portrait = draw(plan, Frame(pixel_arcsec, painted, most_half_px))
        return _companion_only(portrait, painted, bands)
    plan, magnified = _plan_of_length(host, wish, painted, pixel_arcsec, most_half_px, offset_px)
    portrait = draw(plan, Frame(pixel_arcsec / magnified, painted, most_half_px))
    if portrait.feature is None:
        raise _impossible(host, wish)
    made = _finished(portrait, magnified, host, wish, painted, bands)
    if made.fraction > most_fraction:
        raise UnfitHostError(
            f"{host.id}: a {wish.kind} of {wish.brightness:g} mag/arcsec2 and {wish.length_kpc:g} "
            f"kpc would have {made.fraction:.2g} of its light, more than {most_fraction:g}."
        )
    return made


def _plan_of_length(
    host: Host,
    wish: Wish,
    painted: tuple[str, ...],
    pixel_arcsec: float,
    most_half_px: int,
    offset_px: tuple[float, float],
) -> tuple[SystemPlan, float]:
    """Return the plan whose feature comes nearest to the length, and by how much to magnify it."""
    wanted_arcsec = wish.length_kpc / kpc_per_arcsec(host.redshift)
    coarse = Frame(_SKETCH_PX * pixel_arcsec, painted, 2 * math.ceil(most_half_px / _SKETCH_PX) + 8)
    best: tuple[SystemPlan, float] | None = None
    for attempt in range(_TRIES):
        plan = plan_system(host, wish, attempt, offset_px)
        sketch = draw(plan, coarse)
        if sketch.feature is None or not sketch.feature.projected_arcsec > 0:
            continue
        factor = wanted_arcsec / sketch.feature.projected_arcsec
        if best is None or abs(math.log(factor)) < abs(math.log(best[1])):
            best = plan, factor
        if abs(math.log(best[1])) < math.log(_NEAR_ENOUGH):
            break
    if best is None:
        raise _impossible(host, wish)
    return best[0], float(np.clip(best[1], *_MAGNIFIED))


def _impossible(host: Host, wish: Wish) -> UnfitHostError:
    return UnfitHostError(
        f"{host.id}: no {wish.kind} could be made for it (redshift {host.redshift:g}, half-light "
        f"radius {host.radius_arcsec:g} arcsec). Leave it out, or give another redshift or kind."
    )


def _finished(
    portrait: Portrait,
    magnified: float,
    host: Host,
    wish: Wish,
    painted: tuple[str, ...],
    bands: tuple[str, ...],
) -> FeatureLight:
    """Give the torn light of a portrait the brightness and colour that are wanted."""
    assert portrait.feature is not None
    torn_r = portrait.canvas.torn_r_njy
    pixel_arcsec = portrait.canvas.pixel_arcsec * magnified
    before, _ = _brightness(torn_r, pixel_arcsec)
    scale = 10 ** (-0.4 * (wish.brightness - before))
    own = wish.kind in _OWN_COLOUR
    tint = _tint(portrait, host, painted) if own else np.ones(len(painted), dtype=np.float32)
    torn = portrait.canvas.torn_njy * (np.float32(scale) * tint)[:, None, None]
    feature_r = torn_r * np.float32(scale)
    brightness, peak = _brightness(feature_r, pixel_arcsec)
    light = torn + companion_light(portrait, painted, magnified)
    keep = [painted.index(band) for band in bands]
    length_arcsec = portrait.feature.projected_arcsec * magnified
    flux = {band: float(torn[painted.index(band)].sum(dtype=np.float64)) for band in painted}
    return FeatureLight(
        light_njy=light[keep],
        feature_njy=feature_r,
        feature_flux_njy=flux,
        brightness=brightness,
        peak_brightness=peak,
        length_kpc=length_arcsec * kpc_per_arcsec(host.redshift),
        length_arcsec=length_arcsec,
        angle_rad=portrait.feature.angle_rad,
        fraction=flux["r"] / float(mag_to_flux(host.mag_r)),
        magnified=magnified,
        companion=companion_place(portrait, magnified),
    )


def _companion_only(
    portrait: Portrait, painted: tuple[str, ...], bands: tuple[str, ...]
) -> FeatureLight:
    light = companion_light(portrait, painted, 1.0)
    return FeatureLight(
        light_njy=light[[painted.index(band) for band in bands]],
        feature_njy=np.zeros(portrait.canvas.shape, dtype=np.float32),
        feature_flux_njy=dict.fromkeys(painted, 0.0),
        brightness=math.nan,
        peak_brightness=math.nan,
        length_kpc=math.nan,
        length_arcsec=math.nan,
        angle_rad=math.nan,
        fraction=0.0,
        magnified=1.0,
        companion=companion_place(portrait, 1.0),
    )


def _brightness(image_njy: NDArray[np.float32], pixel_arcsec: float) -> tuple[float, float]:
    """Return mean and peak surface brightness as the truth of simulated surveys has them."""
    total = float(image_njy.sum(dtype=np.float64))
    if total <= 0:
        return math.nan, math.nan
    smooth = gaussian_filter(image_njy, _SMOOTH_ARCSEC / pixel_arcsec)
    area_arcsec2 = area_holding(smooth, HELD) * pixel_arcsec**2
    return (
        float(surface_brightness(HELD * total, area_arcsec2)),
        float(surface_brightness(float(smooth.max()), pixel_arcsec**2)),
    )


def _tint(portrait: Portrait, host: Host, painted: tuple[str, ...]) -> NDArray[np.float32]:
    """Return by how much each band is to be scaled for the simulated host to have the real colour.

    1 in r and where the real colour is unknown; half a magnitude at most.
    """
    flux = portrait.canvas.light_njy.sum(axis=(1, 2), dtype=np.float64)
    tint = np.ones(len(painted), dtype=np.float32)
    for k, band in enumerate(painted):
        real = host.minus_r.get(band, math.nan)
        simulated = -2.5 * math.log10(flux[k] / flux[painted.index("r")])
        if math.isfinite(real) and band != "r":
            shift = np.clip(real - simulated, -_LARGEST_COLOUR_SHIFT, _LARGEST_COLOUR_SHIFT)
            tint[k] = 10 ** (-0.4 * shift)
    return tint
