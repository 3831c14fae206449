"""The one registry of quality flags: a failed measurement is NaN plus a bit from here."""

from enum import IntFlag

__all__ = ["ShapeFlag", "StampFlag", "describe_flags"]


class StampFlag(IntFlag):
    """What may be wrong with a stamp; stored as an int32 bit mask in column ``flags``."""

    EDGE = 1  #: the stamp reaches over the edge of the tile; the pixels outside are NaN
    MISSING_BAND = 2  #: at least one of the table's bands has no data at all in this stamp
    MISSING_PIXELS = 4  #: more than 1 % of the pixels inside the tile are NaN in some band
    SATURATED = 8  #: saturated pixels within the galaxy's own footprint
    BLENDED = 16  #: deblended from, or touching, a neighbour
    UNCALIBRATED = 32  #: no zero point known: flux is in image units and magnitudes are NaN
    RESAMPLED = 64  #: the pixels were resampled to the table's grid
    BAD_PHOTOMETRY = 128  #: position, size or magnitude could not be measured in every present band
    NO_WCS = 256  #: no usable world coordinates: ra and dec are NaN


class ShapeFlag(IntFlag):
    """What may be wrong with the shape statistics; column ``shape_flags``, like `StampFlag`."""

    NO_GALAXY = 1  #: no object in the middle of the stamp, or no data: nothing was measured
    NO_RADIUS = 2  #: the galaxy has no Petrosian radius on the stamp: hardly anything was measured
    BEYOND_STAMP = 4  #: apertures reach over the stamp's edge
    MASKED = 8  #: neighbours or missing pixels cover a fifth of the galaxy's aperture, or more
    FAINT = 16  #: signal-to-noise of a pixel below 2.5 on average, where Lotz et al. 2004 stop
    NO_CENTRE = 32  #: no centre makes the asymmetry least; the centroid was used
    INCOMPLETE = 64  #: at least one statistic is NaN


def describe_flags(value: int) -> str:
    """Return the names of the bits set in `value`, comma-separated; '' for none."""
    return ", ".join(flag.name or "" for flag in StampFlag if flag & value)
