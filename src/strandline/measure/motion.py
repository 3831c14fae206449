"""What a feature's colours and length say of when and how fast it left, as columns."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from strandline.flags import MeasureFlag
from strandline.measure.ages import Age, Camera, Colour, age_of
from strandline.measure.projection import transverse_kms, whole_kms

__all__ = ["motion_of", "to_centre"]

_QUANTILES = np.array([0.16, 0.5, 0.84])
_EVEN = (np.arange(50) + 0.5) / 50
_ENDS = ("_low", "", "_high")


def motion_of(
    values: Mapping[str, object],
    bands: Sequence[str],
    redshift: float,
    camera: Camera = "decam",
) -> tuple[dict[str, float], MeasureFlag]:
    """Return the age of a feature's stars and its speed, and what limits them.

    Parameters
    ----------
    values : mapping of str to object
        Measured, by column: colours, ``reach_kpc``.
    bands : sequence of str
        Blue to red.
    redshift : float
        NaN is unknown: nothing can be told.
    camera : str
        Whose filters the bands are.

    Notes
    -----
    The age is that of the stars. A burst that an encounter or a wind set off is as old as that;
    stars that were there before are older, and the speed is then a lower limit.
    """
    age = age_of(_colours(values, bands), redshift, camera)
    if age is None:
        return {}, MeasureFlag.NO_AGE
    if age.odd:
        return {}, MeasureFlag.ODD_COLOURS
    out = _named("age{}_gyr", age.quantiles(_QUANTILES))
    across = transverse_kms(
        _number(values, "reach_kpc"), _number(values, "reach_kpc_err"), age.quantiles(_EVEN)
    )
    if across.size:
        out |= _named("transverse{}_kms", np.quantile(across, _QUANTILES))
        out |= _named("speed{}_kms", np.quantile(whole_kms(across), _QUANTILES))
    return out, _limits(age)


def to_centre(values: Mapping[str, object]) -> dict[str, float]:
    """Return the part of the transverse speed that is towards the cluster's centre, km/s.

    Of a stripped galaxy it is the galaxy's motion, against its tail; else that of the feature's
    far end away from its host.
    """
    angle = _number(values, "tail_to_centre_deg")
    if values.get("kind") == "stripped":
        angle = 180.0 - angle
    speeds = np.array([_number(values, f"transverse{end}_kms") for end in _ENDS])
    if not (math.isfinite(angle) and np.isfinite(speeds).all()):
        return {}
    return _named("to_centre{}_kms", np.sort(speeds * math.cos(math.radians(angle))))


def _colours(values: Mapping[str, object], bands: Sequence[str]) -> list[Colour]:
    return [
        Colour(blue, red, _number(values, name), _number(values, f"{name}_err"))
        for blue, red in pairwise(bands)
        for name in [f"colour_{blue}_{red}"]
    ]


def _limits(age: Age) -> MeasureFlag:
    flags = MeasureFlag(0)
    if age.oldest_possible:
        flags |= MeasureFlag.AGE_LOWER_LIMIT
    if age.youngest_possible:
        flags |= MeasureFlag.AGE_UPPER_LIMIT
    return flags


def _named(pattern: str, numbers: NDArray[np.float64]) -> dict[str, float]:
    told = zip(_ENDS, numbers.tolist(), strict=True)
    return {pattern.format(end): float(number) for end, number in told}


def _number(values: Mapping[str, object], name: str) -> float:
    found = values.get(name)
    return float(found) if isinstance(found, int | float) else math.nan
