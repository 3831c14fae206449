"""The one registry of quality flags: a failed measurement is NaN plus a bit from here."""

from enum import IntFlag

__all__ = ["MeasureFlag", "ShapeFlag", "StampFlag", "describe_flags"]


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


class MeasureFlag(IntFlag):
    """What may be wrong with a feature's measurements; column ``measure_flags``."""

    NO_DATA = 1  #: no pixel with data, or no noise: nothing was measured
    NO_HOST = 2  #: no galaxy in the middle of the stamp: nothing was measured
    ONE_BAND = 4  #: the stamp has data in one band only: no colour
    NO_REDSHIFT = 8  #: nothing tells the redshift: nothing in kpc, no time, no speed
    UNCALIBRATED = 16  #: no zero point: no magnitude, no surface brightness
    NO_NORTH = 32  #: directions on the sky are unknown: no position angle
    EDGE = 64  #: the feature reaches the stamp's edge: length, area and flux are lower limits
    MASKED = 128  #: a fifth of the feature or more is hidden by other objects or missing
    CROWDED = 256  #: the feature touches a bright neighbour and may be that one's
    NO_RIDGE = 512  #: too small for a ridge line: no length, width or curvature
    NO_SEEING = 1024  #: the width of stars is unknown: colours are of bands not matched to it
    AGE_LOWER_LIMIT = 2048  #: no great age is excluded: only `age_low_gyr` is told by the colours
    AGE_UPPER_LIMIT = 4096  #: no small age is excluded: only `age_high_gyr` is told by the colours
    ODD_COLOURS = 8192  #: no single burst of stars has such colours, however old: no age
    WIDENED = 16384  #: no doubt: measured on a cut twice as wide, as the feature left the stamp
    NO_AGE = 32768  #: no colour, or no redshift up to 0.15, of which the tracks of stars know
    NO_DIRECTION = 65536  #: features on several sides, or all around: no position angle
    NO_CLEAR_LIGHT = 131072  #: features have most of the light hardly anywhere: no clear flux


def describe_flags(value: int) -> str:
    """Return the names of the bits set in `value`, comma-separated; '' for none."""
    return ", ".join(flag.name or "" for flag in StampFlag if flag & value)
