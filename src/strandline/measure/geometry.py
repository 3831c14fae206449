"""Where a feature is and what shape it has: lengths, directions, kinds."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strandline.measure.ridge import Ridge, ridge_of

__all__ = ["Geometry", "Kind", "direction_of", "geometry_of", "kind_of"]

Kind = Literal["tail", "stream", "shell", "plume", "stripped", "bridge"]
"""What a feature looks like.

``tail``: long, narrow, leaves the host. ``stream``: long and narrow, but bent around the host or
apart from it. ``shell``: an arc at one distance from the host. ``stripped``: leaves the host on one
side only, bluer than it. ``bridge``: joins the host and a bright neighbour. ``plume``: broad.
"""

_FAR_END = 0.97  # of a feature's light lies nearer to the host: as in the truth of simulations
_SLENDER = 4.0  # length over width; a round blob has 2
_ARC_SPREAD = 0.16  # scatter of a shell's distance from the host, over that distance
_ARC_RAD = math.radians(35)  # the least that a shell spans
_BENT_RAD = math.radians(60)
_ATTACHED = 1.3  # host edges
_TOUCHING = 1.15  # neighbour edges
_BLUER_MAG = 0.2


@dataclass(frozen=True)
class Geometry:
    """Shape of a feature on the stamp, px and rad.

    Attributes
    ----------
    ridge : Ridge or None
    reach_px : float
        From the host's centre to the far end: the 97th percentile of light by distance.
    angle : float
        Direction from the host's centre to the light of the farther half, +x towards +y.
    radius_px, radius_spread : float
        Mean distance of its light from the host's centre, and its scatter over that.
    span : float
        Angle that it spans about the host's centre.
    """

    ridge: Ridge | None
    reach_px: float
    angle: float
    radius_px: float
    radius_spread: float
    span: float


def geometry_of(
    light: NDArray[np.float64],
    mask: NDArray[np.bool_],
    centre: tuple[float, float],
    *,
    ridge: bool = True,
) -> Geometry:
    """Measure the shape of a feature.

    Parameters
    ----------
    light : ndarray of float64, shape (y, x)
        Smoothed light of the feature.
    mask : ndarray of bool, shape (y, x)
        Its pixels, at least one.
    centre : tuple of float
        Of the host, x and y (px).
    ridge : bool
        Whether to look for the ridge, which takes most of the time.
    """
    dx, dy, weight = _about(light, mask, centre)
    away = np.hypot(dx, dy)
    reach, angle = _far_end(dx, dy, weight)
    radius = float((weight * away).sum() / weight.sum())
    scatter = math.sqrt(float((weight * (away - radius) ** 2).sum() / weight.sum()))
    angles = np.sort(np.arctan2(dy, dx)[away > 0.3 * radius])
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi)) if len(angles) else np.array([7.0])
    return Geometry(
        ridge=ridge_of(light, mask) if ridge else None,
        reach_px=reach,
        angle=angle,
        radius_px=radius,
        radius_spread=scatter / max(radius, 1e-9),
        span=float(max(2 * np.pi - gaps.max(), 0.0)),
    )


def direction_of(
    light: NDArray[np.float64], mask: NDArray[np.bool_], centre: tuple[float, float]
) -> float:
    """Return the direction of the light of the farther half, rad from +x towards +y.

    Parameters are those of `geometry_of`.
    """
    return _far_end(*_about(light, mask, centre))[1]


def _about(
    light: NDArray[np.float64], mask: NDArray[np.bool_], centre: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of pixels from the centre, and their light."""
    y, x = np.nonzero(mask)
    weight = np.clip(light[y, x], 0, None).astype(np.float64)
    if not weight.sum() > 0:
        weight = np.ones(len(x))
    return (x - centre[0]).astype(np.float64), (y - centre[1]).astype(np.float64), weight


def _far_end(
    dx: NDArray[np.float64], dy: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """Return reach and direction, rad."""
    away = np.hypot(dx, dy)
    order = np.argsort(away)
    growth = np.cumsum(weight[order])
    reach = float(away[order][min(np.searchsorted(growth, _FAR_END * growth[-1]), len(away) - 1)])
    far = away > 0.5 * reach
    mean_x = float((weight * dx)[far].sum() / weight[far].sum())
    mean_y = float((weight * dy)[far].sum() / weight[far].sum())
    return reach, math.atan2(mean_y, mean_x)


def kind_of(
    shape: Geometry, *, away: float, crowded: float, others: float, bluer_mag: float
) -> Kind:
    """Return what a feature looks like.

    Parameters
    ----------
    shape : Geometry
    away, crowded : float
        Distance of its nearest part from the host and from the nearest bright neighbour, in units
        of their edges.
    others : float
        Light of the galaxy's other features over that of this one.
    bluer_mag : float
        Colour of the host less that of the feature; NaN is unknown.
    """
    if away < _ATTACHED and crowded < _TOUCHING:
        return "bridge"
    ridge = shape.ridge
    long = ridge is not None and ridge.length_px > _SLENDER * ridge.width_px
    arc = shape.radius_spread < _ARC_SPREAD and shape.span > _ARC_RAD
    if arc:
        return "shell"
    if bluer_mag > _BLUER_MAG and away < _ATTACHED and others < 0.3 and shape.span < math.pi:
        return "stripped"
    if long and ridge is not None:
        bent = ridge.curvature * ridge.length_px > _BENT_RAD
        return "stream" if bent or away > _ATTACHED else "tail"
    return "plume"
