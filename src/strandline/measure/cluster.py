"""Where a galaxy is in its cluster, and how its tail points."""

import math

from astropy import units as u
from astropy.constants import c
from astropy.coordinates import SkyCoord

from strandline.cosmology import kpc_per_arcsec

__all__ = ["place_in_cluster"]


def place_in_cluster(
    ra_deg: float,
    dec_deg: float,
    centre_deg: tuple[float, float],
    cluster_redshift: float,
    *,
    redshift: float = math.nan,
    tail_deg: float = math.nan,
    stripped: bool = False,
) -> dict[str, float]:
    """Return distance and direction to the cluster's centre, and the tail's angle to it.

    Parameters
    ----------
    ra_deg, dec_deg : float
        Of the galaxy, ICRS.
    centre_deg : tuple of float
        Of the cluster, ra and dec.
    cluster_redshift : float
        NaN leaves out what needs it.
    redshift : float
        Of the galaxy, for its speed along the line of sight, c (z - zc) / (1 + zc).
    tail_deg : float
        Position angle of the feature.
    stripped : bool
        Whether gas pressure made it, so that the galaxy moves away from its tail.

    Returns
    -------
    dict of str to float
        Columns ``cluster_distance_kpc``, ``cluster_angle_deg``, ``tail_to_centre_deg`` (0: towards
        the centre, 180: away from it), ``infall_angle_deg``, ``line_of_sight_kms``; those that
        are unknown are missing.
    """
    if not all(map(math.isfinite, (ra_deg, dec_deg, *centre_deg))):
        return {}
    here, there = SkyCoord(ra_deg, dec_deg, unit="deg"), SkyCoord(*centre_deg, unit="deg")
    angle = float(here.position_angle(there).to_value(u.deg))
    out = {"cluster_angle_deg": angle}
    if cluster_redshift > 0:
        away = float(here.separation(there).to_value(u.arcsec))
        out["cluster_distance_kpc"] = away * kpc_per_arcsec(cluster_redshift)
        if redshift > 0:
            speed = float(c.to_value("km/s")) * (redshift - cluster_redshift)
            out["line_of_sight_kms"] = speed / (1 + cluster_redshift)
    if math.isfinite(tail_deg):
        out["tail_to_centre_deg"] = abs((tail_deg - angle + 180) % 360 - 180)
        if stripped:
            out["infall_angle_deg"] = (tail_deg + 180) % 360
    return out
