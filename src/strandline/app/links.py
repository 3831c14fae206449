"""Addresses of a position in archives and viewers of the sky."""

from urllib.parse import urlencode

__all__ = ["links_at"]


def links_at(ra_deg: float, dec_deg: float) -> dict[str, str]:
    """Return the addresses of a position (ICRS, degrees) by the name of what is there."""
    place = f"{ra_deg:.6f} {dec_deg:+.6f}"
    return {
        "Aladin Lite": "https://aladin.cds.unistra.fr/AladinLite/?"
        + urlencode(
            {"target": place, "fov": "0.05", "survey": "CDS/P/DESI-Legacy-Surveys/DR10/color"}
        ),
        "Legacy Survey": "https://www.legacysurvey.org/viewer?"
        + urlencode(
            {
                "ra": f"{ra_deg:.6f}",
                "dec": f"{dec_deg:.6f}",
                "layer": "ls-dr10",
                "zoom": "15",
                "mark": f"{ra_deg:.6f},{dec_deg:.6f}",
            }
        ),
        "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-coo?"
        + urlencode({"Coord": place, "CooFrame": "ICRS", "Radius": "30", "Radius.unit": "arcsec"}),
        "NED": "https://ned.ipac.caltech.edu/conesearch?"
        + urlencode(
            {
                "search_type": "Near Position Search",
                "in_csys": "Equatorial",
                "in_equinox": "J2000",
                "coordinates": f"{ra_deg:.6f}d {dec_deg:+.6f}d",
                "radius": "0.5",
            }
        ),
    }
