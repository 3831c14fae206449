"""Real galaxies as hosts: what was measured of them, in the terms of the simulator."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.injection.plans import Host
from strandline.simulate.portraits.colours import BANDS, population_sed

__all__ = ["host_of", "major_axis_rad", "reference_magnitude"]

_NEAREST_TO_R = ("r", "vis", "i", "g", "z", "y", "u", "f106", "f129", "f158")
_TYPICAL_YOUTH = 0.3  # between old and young: where r is not at hand


def reference_magnitude(magnitudes: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float64]:
    """Return r magnitudes, shape (galaxy,), where r is not measured by the band nearest to it.

    Parameters
    ----------
    magnitudes : mapping of str to ndarray, shape (galaxy,)
        AB, by band; NaN is unknown.

    Notes
    -----
    Another band is brought to r by the colour of a galaxy between old and young.
    """
    sed = population_sed(_TYPICAL_YOUTH)
    known = [band for band in _NEAREST_TO_R if band in magnitudes]
    if not known:
        raise ValueError(f"none of the bands {', '.join(magnitudes)} can be painted")
    found = np.full(len(magnitudes[known[0]]), np.nan)
    for band in known:
        minus_r = -2.5 * math.log10(float(sed[BANDS.index(band)]))
        estimate = np.asarray(magnitudes[band], dtype=np.float64) - minus_r
        found = np.where(np.isfinite(found), found, estimate)
    return found


def host_of(
    name: str,
    magnitudes: Mapping[str, float],
    *,
    radius_arcsec: float,
    redshift: float,
    axis_ratio: float,
    position_angle_deg: float,
    north_deg: float,
    east_deg: float,
) -> Host:
    """Return a host from what a catalogue tells of a galaxy."""
    mag_r = float(
        reference_magnitude({band: np.array([mag]) for band, mag in magnitudes.items()})[0]
    )
    minus_r = {}
    if math.isfinite(magnitudes.get("r", math.nan)):
        minus_r = {b: mag - mag_r for b, mag in magnitudes.items() if math.isfinite(mag)}
    return Host(
        id=name,
        mag_r=mag_r,
        radius_arcsec=radius_arcsec,
        redshift=redshift,
        minus_r=minus_r,
        axis_ratio=axis_ratio,
        major_rad=major_axis_rad(position_angle_deg, north_deg, east_deg),
    )


def major_axis_rad(position_angle_deg: float, north_deg: float, east_deg: float) -> float:
    """Return a direction on the pixels, from +x towards +y, of a position angle east of north.

    Parameters
    ----------
    position_angle_deg : float
    north_deg, east_deg : float
        Directions on the pixels from +y towards -x, as in the stamp table.
    """
    mirrored = (east_deg - north_deg) % 360 > 180
    turn = -position_angle_deg if mirrored else position_angle_deg
    return math.radians(90 + north_deg + turn)
