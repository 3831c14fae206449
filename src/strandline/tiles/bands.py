"""Names of bands, from header keywords and file names."""

import re
from collections.abc import Iterable

from astropy.io.fits import Header

__all__ = ["band_of_filter", "band_of_name", "bands_of_cube", "filter_of", "sort_bands"]

_BLUE_TO_RED = ("fuv", "nuv", "u", "b", "g", "v", "vis", "r", "i", "z", "y", "j", "h", "k", "ks")
_FILTER_KEYS = ("FILTER", "BAND", "FILTER1", "FILTER2", "FILTNAM", "INSFILTE")
_CLEAR = {"", "clear", "none", "open", "blank", "empty"}

_LETTER_FIRST = re.compile(r"^([ugrizy])(?:[\s._\-\d'].*)?$", re.IGNORECASE)
_LETTER_LAST = re.compile(r"^(?:[a-z0-9]+[\s._\-])+([ugrizy])\d?$", re.IGNORECASE)
_CAMERA_GLUED = re.compile(r"^([ugrizy])(?:decam|sdss|lsst|hsc|mp|s)\w*$", re.IGNORECASE)
_IN_NAME = re.compile(
    r"(?:^|[_\-.])(?:hsc-|decam-|sdss-|lsst-|ps1-)?([ugrizy]|vis|f\d{3}w?)(?:[_-]?band)?(?=[_\-.]|$)",
    re.IGNORECASE,
)


def band_of_filter(text: str) -> str:
    """Return the band that a FILTER keyword means: ``"g DECam SDSS c0001 4720.0"`` is g.

    Of other names the first word is kept, in lower case.
    """
    text = text.strip()
    for pattern in (_LETTER_FIRST, _LETTER_LAST, _CAMERA_GLUED):
        found = pattern.match(text)
        if found:
            return found[1].lower()
    return re.sub(r"[^a-z0-9]+", "", (text.lower().split() or [""])[0])


def filter_of(*headers: Header) -> str | None:
    """Return the band named in the first of `headers` that names one."""
    for header in headers:
        for key in _FILTER_KEYS:
            value = header.get(key)
            if isinstance(value, str) and value.strip().lower() not in _CLEAR:
                return band_of_filter(value)
    return None


def band_of_name(stem: str) -> tuple[str | None, str]:
    """Return the band in a file name's `stem` (the last that there is), and the stem without it.

    ``DECam_cuts__132_gband`` is g and ``DECam_cuts__132``; ``calexp-HSC-G-9813-44`` is g and
    ``calexp-9813-44``.
    """
    found = list(_IN_NAME.finditer(stem))
    if not found:
        return None, stem
    last = found[-1]
    rest = (stem[: last.start()] + stem[last.end() :]).strip("_-.")
    return last[1].lower(), rest or stem


def bands_of_cube(header: Header, planes: int) -> tuple[str, ...] | None:
    """Return the bands of a cube's planes by BANDS ('grz' or 'g,r,z') or BAND0, BAND1...; or None.

    Returns None as well when their number is not that of the planes.
    """
    text = header.get("BANDS")
    if isinstance(text, str) and text.strip():
        text = text.strip()
        names = re.split(r"[,;\s]+", text) if re.search(r"[,;\s]", text) else list(text)
    else:
        first = 0 if "BAND0" in header else 1
        names = [str(header.get(f"BAND{first + k}", "")) for k in range(planes)]
    bands = tuple(band_of_filter(name) for name in names if name.strip())
    return bands if len(bands) == planes else None


def sort_bands(bands: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct `bands` from blue to red; unknown ones last, by name."""
    order = {band: k for k, band in enumerate(_BLUE_TO_RED)}
    return tuple(sorted(set(bands), key=lambda band: (order.get(band, len(order)), band)))
