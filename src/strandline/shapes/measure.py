"""The vector of shape statistics of each stamp."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.flags import ShapeFlag
from strandline.shapes.apertures import Ellipse, Growth, ellipse_of, elliptical_radius
from strandline.shapes.asymmetry import asymmetry, asymmetry_centre, shape_asymmetry
from strandline.shapes.gini import gini, gini_region, m20
from strandline.shapes.mid import deviation_intensity, mid_region, multimode
from strandline.shapes.outline import outline, reach
from strandline.shapes.plane import planes
from strandline.shapes.regions import brightest
from strandline.shapes.residual import residual_of
from strandline.shapes.scene import Scene, SceneOptions, look_at
from strandline.shapes.smoothness import smoothness
from strandline.stamps import StampBatch

__all__ = ["CONTROL_NAMES", "SHAPE_NAMES", "measure_plane", "measure_shapes"]

CONTROL_NAMES = ("radius_px", "log_flux")
"""Size and brightness: what a shape statistic must beat, and no shape."""

SHAPE_NAMES = (
    "concentration",
    "asymmetry",
    "outer_asymmetry",
    "smoothness",
    "gini",
    "m20",
    "shape_asymmetry",
    "residual_fraction",
    "outer_residual_fraction",
    "tidal",
    "multimode",
    "intensity",
    "deviation",
    "axis_ratio",
    "neighbours",
    *CONTROL_NAMES,
)
"""The columns of what `measure_shapes` returns."""

_APERTURE = 1.5
_DRIFT = 0.25
_MUCH_MASKED = 0.2
_LEAST_SNR = 2.5


def measure_shapes(
    batch: StampBatch, *, band: int | None = None, options: SceneOptions | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Measure the galaxies in the middle of stamps.

    Parameters
    ----------
    batch : StampBatch
    band : int, optional
        Which band; by default all together, see `strandline.shapes.plane`.
    options : SceneOptions, optional
        How neighbours are told apart. Pictures need ``subtract_sky``.

    Returns
    -------
    values : ndarray of float32, shape (row, len(SHAPE_NAMES))
        NaN where something could not be measured.
    flags : ndarray of int32, shape (row,)
        `strandline.flags.ShapeFlag`.

    Notes
    -----
    Radii in px; fluxes in nJy (counts for pictures). Every statistic but ``log_flux`` and
    ``radius_px`` is free of the unit of flux and of the stamp's orientation.
    """
    values = np.full((len(batch.rows), len(SHAPE_NAMES)), np.nan, dtype=np.float32)
    flags = np.zeros(len(batch.rows), dtype=np.int32)
    for k, plane in enumerate(planes(batch, band)):
        values[k], flags[k] = measure_plane(plane, options)
    return values, flags


def measure_plane(
    plane: NDArray[np.float64], options: SceneOptions | None = None
) -> tuple[NDArray[np.float32], ShapeFlag]:
    """Measure one image; see `measure_shapes`.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
        NaN is missing.
    options : SceneOptions, optional
    """
    scene = look_at(plane, options or SceneOptions())
    if scene is None:
        nothing = np.full(len(SHAPE_NAMES), np.nan, dtype=np.float32)
        return nothing, ShapeFlag.NO_GALAXY | ShapeFlag.INCOMPLETE
    frame, flags = _frame(scene)
    told = {"neighbours": scene.neighbours}
    if frame is None:
        flags |= ShapeFlag.NO_RADIUS
    else:
        told |= _statistics(scene, frame)
        flags |= _doubts(scene, frame)
    values = np.array([told.get(name, np.nan) for name in SHAPE_NAMES], dtype=np.float32)
    if not np.isfinite(values).all():
        flags |= ShapeFlag.INCOMPLETE
    return values, flags


@dataclass(frozen=True)
class _Frame:
    """Centre, orientation and sizes of a galaxy: what its statistics are measured within."""

    ellipse: Ellipse
    circles: Growth
    radius_px: float  # circular Petrosian radius about the centre
    first_radius_px: float  # the same about the centroid
    ellipse_radius_px: float
    half_light_px: float  # semi-major axis


def _frame(scene: Scene) -> tuple[_Frame | None, ShapeFlag]:
    own = np.where(scene.target, scene.image, 0.0)
    flags = ShapeFlag(0)
    y, x = np.nonzero(scene.target)
    light = own[y, x]
    start = (float((light * x).sum() / light.sum()), float((light * y).sum() / light.sum()))
    first = Growth(scene.image, scene.masked, Ellipse(*start)).petrosian()
    if not first > 0:
        return None, flags
    centre = _centre(scene, start, first)
    if centre is None:
        centre, flags = start, ShapeFlag.NO_CENTRE
    circles = Growth(scene.image, scene.masked, Ellipse(*centre))
    ellipse = ellipse_of(own, *centre)
    ellipses = Growth(scene.image, scene.masked, ellipse)
    radius, major = circles.petrosian(), ellipses.petrosian()
    half = ellipses.radius_holding(0.5, _APERTURE * major)
    if not (radius > 0 and major > 0 and half > 0):
        return None, flags
    return _Frame(ellipse, circles, radius, first, major, half), flags


def _centre(
    scene: Scene, start: tuple[float, float], petrosian_px: float
) -> tuple[float, float] | None:
    """Search from the centroid, and from the brightest pixel if that leads too far."""
    radius, farthest = _APERTURE * petrosian_px, _DRIFT * petrosian_px
    found = asymmetry_centre(scene, *start, radius, farthest)
    if found is None:
        row, column = brightest(scene.image, scene.target)
        found = asymmetry_centre(scene, float(column), float(row), radius, farthest)
    return found


def _statistics(scene: Scene, frame: _Frame) -> dict[str, float]:
    ellipse, major, half = frame.ellipse, frame.ellipse_radius_px, frame.half_light_px
    circle = Ellipse(ellipse.x, ellipse.y)
    aperture = _APERTURE * frame.radius_px
    inner, middle, outer = (
        frame.circles.radius_holding(part, aperture) for part in (0.2, 0.5, 0.8)
    )
    region = gini_region(scene, ellipse, major)
    clumps = mid_region(scene, region)
    deviation, intensity = deviation_intensity(scene.image, clumps)
    outlined = outline(scene)
    rest = residual_of(scene, ellipse, major, half)
    return {
        "concentration": 5 * float(np.log10(outer / inner)),
        "asymmetry": asymmetry(scene, circle, 0.0, _APERTURE * frame.first_radius_px),
        "outer_asymmetry": asymmetry(scene, ellipse, half, reach(outlined, ellipse)),
        "smoothness": smoothness(scene, circle, frame.radius_px),
        "gini": gini(scene.image[region]),
        "m20": m20(scene.image, region),
        "shape_asymmetry": shape_asymmetry(outlined, scene.masked, circle, reach(outlined, circle)),
        "residual_fraction": rest.flux_fraction,
        "outer_residual_fraction": rest.outer_fraction,
        "tidal": rest.tidal,
        "multimode": multimode(scene.image, clumps),
        "intensity": intensity,
        "deviation": deviation,
        "axis_ratio": ellipse.axis_ratio,
        "radius_px": middle,
        "log_flux": float(np.log10(frame.circles.light(aperture))),
    }


def _doubts(scene: Scene, frame: _Frame) -> ShapeFlag:
    flags = ShapeFlag(0)
    centre, reach_px = frame.ellipse, _APERTURE * frame.radius_px
    height, width = scene.image.shape
    room = min(centre.x, centre.y, width - 1 - centre.x, height - 1 - centre.y)
    if reach_px > room:
        flags |= ShapeFlag.BEYOND_STAMP
    inside = elliptical_radius(scene.image.shape, Ellipse(centre.x, centre.y)) <= reach_px
    if scene.masked[inside].mean() >= _MUCH_MASKED:
        flags |= ShapeFlag.MASKED
    if scene.image[scene.target].mean() < _LEAST_SNR * scene.noise:
        flags |= ShapeFlag.FAINT
    return flags
