"""What is measured of the objects on one tile."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.stamps.sky import Sky

__all__ = ["Catalogue"]


@dataclass(frozen=True)
class Catalogue:
    """Objects of one tile, brightest first in signal-to-noise.

    Attributes
    ----------
    bands : tuple of str
    calibrated : tuple of bool
        By band, as the tile has it.
    sky : Sky
        The tile without its sky, for cutting.
    notes : tuple of str
        What was odd, for the report.
    counts : dict of str to int
        How many objects were left out, by reason.
    x, y : ndarray of float64, shape (object,)
        px, 0-based, on the smoothed sum of the bands.
    ra, dec : ndarray of float64, shape (object,)
        deg, ICRS; NaN without world coordinates.
    flux_njy, flux_err_njy : ndarray of float64, shape (object, band)
        Of all the light that belongs to the object within its Kron ellipse.
    snr : ndarray of float64, shape (object,)
        Signal-to-noise of the bands together, within that ellipse.
    radius_arcsec, axis_ratio, position_angle_deg : ndarray of float64, shape (object,)
        Half-light radius; b/a and angle (east of north, 0 to 180) of the second moments.
    star_score : ndarray of float64, shape (object,)
        Likeness to a point source, 0 to 1; NaN where the tile cannot tell. See
        `strandline.stamps.stars`.
    flags : ndarray of int32, shape (object,)
        `strandline.flags.StampFlag`
    label : ndarray of str, shape (object,), or None
        Names that a catalogue of positions gave.
    """

    bands: tuple[str, ...]
    calibrated: tuple[bool, ...]
    sky: Sky
    notes: tuple[str, ...]
    counts: dict[str, int]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    flux_njy: NDArray[np.float64]
    flux_err_njy: NDArray[np.float64]
    snr: NDArray[np.float64]
    radius_arcsec: NDArray[np.float64]
    axis_ratio: NDArray[np.float64]
    position_angle_deg: NDArray[np.float64]
    star_score: NDArray[np.float64]
    flags: NDArray[np.int32]
    label: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: NDArray[Any]) -> "Catalogue":
        """Return the objects that `which` (a mask or indices) chooses, in its order."""
        changed = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                changed[field.name] = value[which]
        return replace(self, **changed)
