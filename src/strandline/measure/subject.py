"""What is known of a stamp beside its pixels."""

import math
from dataclasses import dataclass

import numpy as np

from strandline.measure.ages import Camera

__all__ = ["Subject", "Value"]

Value = float | int | str
"""Of a column of the table of measurements."""

_USUAL_SEEING_PX = 3.0


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

    @property
    def seeing_px(self) -> float:
        """Width of stars, px: the median of the bands, or a usual one if none is known."""
        known = [w for w in self.psf_fwhm_arcsec if math.isfinite(w)]
        scale = self.pixel_scale_arcsec
        return float(np.median(known)) / scale if known and scale > 0 else _USUAL_SEEING_PX

    @property
    def knows_north(self) -> bool:
        """Whether directions on the sky are known."""
        return math.isfinite(self.north_deg) and math.isfinite(self.east_deg)

    def position_angle_deg(self, angle: float) -> float:
        """Return the position angle, 0 to 360, of a direction on the pixels (rad, +x to +y)."""
        mirrored = (self.east_deg - self.north_deg) % 360 > 180
        from_north = math.degrees(angle) - 90 - self.north_deg
        return (-from_north if mirrored else from_north) % 360
