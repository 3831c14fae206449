"""The truth of injections: what was put where, and how much of it can be seen."""

import csv
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from strandline.photometry import flux_to_mag, surface_brightness
from strandline.simulate.injection.light import HELD, FeatureLight
from strandline.simulate.injection.plans import Host, Wish
from strandline.simulate.portraits.debris import area_holding

__all__ = [
    "InjectionTruth",
    "feature_mask",
    "position_angle_deg",
    "tell",
    "write_mask",
    "write_truth",
]

_SMOOTH_PX = 1.0


@dataclass(frozen=True)
class InjectionTruth:
    """One injected feature; a row of ``truth.csv``, where NaN is empty.

    Attributes
    ----------
    id, original : str
        Of the version with the feature, and of the galaxy as it was.
    kind : str
    ra, dec : float
        Of the host, deg; NaN where unknown.
    x, y : float
        Of the host on its image, px.
    host_mag_r, redshift, radius_arcsec : float
        Of the host, as it was taken to be.
    redshift_assumed : int
        1 where nothing told the redshift: lengths in kpc are only as good as that.
    sb_asked, sb : float
        Mean r surface brightness above the atmosphere over the brightest pixels that hold 80 % of
        the feature's light, mag/arcsec2: asked for and reached.
    sb_peak : float
        Of its brightest square arcsecond.
    sb_seen : float
        The mean again, through the seeing and within the image.
    length_kpc_asked, length_kpc, length_arcsec : float
        On the sky, from the host's centre to the far end.
    position_angle_deg : float
        Of the feature from the host, east of north; NaN for shells, or where north is not known.
    angle_deg : float
        The same on the pixels, from +x towards +y.
    fraction : float
        Flux of the feature over that of the host, r.
    inside : float
        Share of that flux that falls on the image.
    magnified : float
        How much larger it is than its dynamics make it.
    feature_mag_r, feature_gr : float
        AB magnitude of the feature, and its g-r; NaN where g is not among the bands.
    companion_mag_r, companion_dx_arcsec, companion_dy_arcsec : float
        Of the companion that was injected with it, offsets along the pixel axes; NaN without one.
    photon_noise : int
        1 where the noise of the added light's own photons was added, 0 where the gain is unknown.
    seed : int
    mask : str
        Picture, white where the brightest pixels as seen hold 80 % of the light; its first row is
        the image's last.
    """

    id: str
    original: str
    kind: str
    ra: float
    dec: float
    x: float
    y: float
    host_mag_r: float
    redshift: float
    redshift_assumed: int
    radius_arcsec: float
    sb_asked: float
    sb: float
    sb_peak: float
    sb_seen: float
    length_kpc_asked: float
    length_kpc: float
    length_arcsec: float
    position_angle_deg: float
    angle_deg: float
    fraction: float
    inside: float
    magnified: float
    feature_mag_r: float
    feature_gr: float
    companion_mag_r: float
    companion_dx_arcsec: float
    companion_dy_arcsec: float
    photon_noise: int
    seed: int
    mask: str


def tell(
    host: Host,
    wish: Wish,
    made: FeatureLight,
    seen_r_njy: NDArray[np.float32],
    pixel_arcsec: float,
    **known: Any,
) -> InjectionTruth:
    """Return the truth of an injection.

    Parameters
    ----------
    host, wish, made
    seen_r_njy : ndarray of float32, shape (y, x)
        r light of the feature through the seeing, as far as it falls on the image.
    pixel_arcsec : float
    **known
        The other columns.
    """
    flux = made.feature_flux_njy
    held = float(np.clip(seen_r_njy, 0, None).sum(dtype=np.float64))
    seen_sb = math.nan
    if flux["r"] > 0 and held > 0:
        area_arcsec2 = feature_mask(seen_r_njy).sum() * pixel_arcsec**2
        seen_sb = float(surface_brightness(HELD * held, area_arcsec2))
    nothing = wish.kind == "approaching"
    dx, dy, companion_mag = made.companion or (math.nan, math.nan, math.nan)
    colour = math.nan
    if flux.get("g", 0) > 0 and flux["r"] > 0:
        colour = -2.5 * math.log10(flux["g"] / flux["r"])
    return InjectionTruth(
        kind=wish.kind,
        original=host.id,
        host_mag_r=host.mag_r,
        redshift=host.redshift,
        radius_arcsec=host.radius_arcsec,
        sb_asked=math.nan if nothing else wish.brightness,
        sb=made.brightness,
        sb_peak=made.peak_brightness,
        sb_seen=seen_sb,
        length_kpc_asked=math.nan if nothing else wish.length_kpc,
        length_kpc=made.length_kpc,
        length_arcsec=made.length_arcsec,
        angle_deg=math.degrees(made.angle_rad),
        fraction=made.fraction,
        inside=held / flux["r"] if flux["r"] > 0 else math.nan,
        magnified=made.magnified,
        feature_mag_r=float(flux_to_mag(flux["r"])),
        feature_gr=colour,
        companion_mag_r=companion_mag,
        companion_dx_arcsec=dx,
        companion_dy_arcsec=dy,
        seed=wish.seed,
        **known,
    )


def feature_mask(seen_njy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where the brightest pixels hold 80 % of a feature's light, shape (y, x)."""
    smooth = gaussian_filter(np.clip(seen_njy, 0, None), _SMOOTH_PX)
    if not smooth.any():
        return np.zeros(seen_njy.shape, dtype=np.bool_)
    area = area_holding(smooth, HELD)
    least = np.partition(smooth, -area, axis=None)[-area]
    return np.asarray((smooth >= least) & (smooth > 0))


def write_mask(mask: NDArray[np.bool_], path: Path) -> None:
    """Write a mask as a black and white picture, north where the image has it."""
    Image.fromarray((255 * mask[::-1]).astype(np.uint8)).convert("1").save(path)


def position_angle_deg(angle_rad: float, north_deg: float, east_deg: float) -> float:
    """Return the position angle, 0 to 360 east of north, of a direction on the pixels.

    Parameters
    ----------
    angle_rad : float
        From +x towards +y.
    north_deg, east_deg : float
        Directions on the pixels from +y towards -x, as in the stamp table.
    """
    if not all(map(math.isfinite, (angle_rad, north_deg, east_deg))):
        return math.nan
    mirrored = (east_deg - north_deg) % 360 > 180
    from_north = math.degrees(angle_rad) - 90 - north_deg
    return (-from_north if mirrored else from_north) % 360


def write_truth(rows: list[InjectionTruth], path: Path) -> None:
    """Write ``truth.csv``."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(InjectionTruth)])
        writer.writerows([_text(value) for value in asdict(row).values()] for row in rows)


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.7g}"
    return str(value)
