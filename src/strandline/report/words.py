"""Names and numbers as people read them."""

import math
from collections.abc import Sequence

import numpy as np
from astropy.coordinates import Angle
from numpy.typing import NDArray

from strandline.flags import StampFlag

__all__ = [
    "FLAG_WORDS",
    "HIDEABLE",
    "band_list",
    "chance",
    "count",
    "flag_words",
    "measured",
    "number",
    "plain_name",
    "sexagesimal",
]

FLAG_WORDS = {
    StampFlag.EDGE: ("at the edge", "The stamp reaches over the edge of its tile."),
    StampFlag.MISSING_BAND: ("a band is missing", "One of the bands has no data here at all."),
    StampFlag.MISSING_PIXELS: (
        "pixels are missing",
        "More than 1 % of the pixels are missing in some band; they are left out, not zero.",
    ),
    StampFlag.SATURATED: ("saturated", "Saturated pixels lie within the galaxy's own footprint."),
    StampFlag.BLENDED: ("blended", "Deblended from, or touching, a neighbour."),
    StampFlag.UNCALIBRATED: (
        "no zero point",
        "No zero point is known: flux is in image units, and there are no magnitudes.",
    ),
    StampFlag.RESAMPLED: ("resampled", "The pixels were resampled to the table's grid."),
    StampFlag.BAD_PHOTOMETRY: (
        "photometry incomplete",
        "Position, size or magnitude could not be measured in every band.",
    ),
    StampFlag.NO_WCS: ("no sky position", "The image has no usable world coordinates."),
}
"""Each flag in a few words, and in a sentence."""

HIDEABLE = StampFlag.EDGE | StampFlag.MISSING_BAND | StampFlag.MISSING_PIXELS | StampFlag.SATURATED
"""The flags that hint at an artefact rather than a galaxy: the gallery can hide them."""


def flag_words(value: int) -> list[str]:
    """Return the flags set in `value`, each in a few words."""
    return [words for flag, (words, _) in FLAG_WORDS.items() if flag & value]


def count(number: int, one: str, many: str | None = None) -> str:
    """Return "1 galaxy" or "1,200 galaxies"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def chance(probability: float | None) -> str:
    """Return a probability with two digits; none is shown as certain."""
    if probability is None:
        return "–"
    if probability >= 0.995:
        return "> 0.99"
    return "< 0.01" if probability < 0.005 else f"{probability:.2f}"


def measured(value: float, error: float) -> tuple[str, str]:
    """Return a value and its error with as many digits as the error allows; '' if it is NaN."""
    if not math.isfinite(error):
        return f"{value:.3f}", ""
    digits = 2 if error >= 0.0295 else 3
    return f"{value:.{digits}f}", f"{error:.{digits}f}"


def number(value: object) -> str:
    """Return a number short enough to read; other things as text, None as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        real = float(value)
        if not math.isfinite(real):
            return "–"
        return f"{real:.3g}" if abs(real) < 1e4 else f"{real:,.0f}"
    return str(value)


def plain_name(name: str) -> str:
    """Return a key of a card or history as words: ``validation_auc`` is "validation AUC"."""
    words = name.replace("_", " ").replace("-", " ").split()
    capitals = {"auc": "AUC", "roc": "ROC", "psf": "PSF", "cnn": "CNN", "nnclr": "NNCLR"}
    return " ".join(capitals.get(word.lower(), word) for word in words)


def band_list(bands: Sequence[str]) -> str:
    """Return "g, r and z"."""
    if len(bands) < 2:
        return "".join(bands)
    return f"{', '.join(bands[:-1])} and {bands[-1]}"


def sexagesimal(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> list[str]:
    """Return positions as "23:54:13.21 −10:25:09.1"; '' where not finite.

    Parameters
    ----------
    ra_deg, dec_deg : ndarray of float64, shape (n,)
        ICRS, in degrees.
    """
    good = np.isfinite(ra_deg) & np.isfinite(dec_deg)
    out = [""] * len(good)
    rows = np.flatnonzero(good)
    ra = Angle(ra_deg[rows] % 360, "deg").to_string(
        unit="hourangle", sep=":", precision=2, pad=True
    )
    dec = Angle(dec_deg[rows], "deg").to_string(
        unit="deg", sep=":", precision=1, pad=True, alwayssign=True
    )
    for row, east, north in zip(rows.tolist(), ra, dec, strict=True):
        out[row] = f"{east} {str(north).replace('-', '−')}"
    return out
