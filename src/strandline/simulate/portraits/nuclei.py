"""What tides leave alone of a galaxy: its bulge and inner disc, or the core that a merger makes."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from strandline.cosmology import absolute_magnitude
from strandline.simulate.portraits.canvas import Canvas, Plane, texture
from strandline.simulate.portraits.colours import OLD, YOUNG
from strandline.simulate.portraits.discs import inner_share, paint_disc
from strandline.simulate.portraits.ellipticals import red_sequence_youth
from strandline.simulate.portraits.hosts import early_plane
from strandline.simulate.portraits.looks import DiscLook
from strandline.simulate.portraits.pairs import Build
from strandline.simulate.portraits.profiles import disc_profile
from strandline.simulate.portraits.sheet import Sheet
from strandline.simulate.portraits.spheroids import lay_spheroid

if TYPE_CHECKING:
    from strandline.simulate.portraits.scene import Scene, Seen

__all__ = ["disc_plane", "mean_youth", "paint_middle", "paint_remnant", "stirred_look"]

Array = NDArray[np.float64]

_THINNEST = 0.2  # intrinsic axis ratio of a disc
# What is left of a Hernquist sphere without the particles of `tides`: half-light radius in units
# of the sphere's, and Sersic index.
_CORE_SIZE, _CORE_INDEX = 0.29, 3.3
_DUST = 1.8  # median r optical depth in the middle of a merger full of gas
_BULGE_SCALES = (0.2, 0.4)  # half-light radius of bulges in scale lengths


@dataclass(frozen=True)
class _Core:
    """The middle of a galaxy, or of two that have become one.

    Attributes
    ----------
    flux_njy : float
        r light of its stars.
    half_light_arcsec : float
    index : float
        Sersic index.
    plane : Plane
    youth : float
    burst_njy : float
        r light of the stars of a burst in its middle, most of them behind dust.
    dust : float
        r optical depth of its dust.
    """

    flux_njy: float
    half_light_arcsec: float
    index: float
    plane: Plane
    youth: float
    burst_njy: float
    dust: float


def disc_plane(spin_on_sky: Array, x_arcsec: float, y_arcsec: float) -> Plane:
    """Return the plane on the sky of a disc with this spin (unit vector, z to the observer)."""
    cos2 = float(spin_on_sky[2]) ** 2
    ratio = math.sqrt((1 - _THINNEST**2) * cos2 + _THINNEST**2)
    angle = math.atan2(float(spin_on_sky[1]), float(spin_on_sky[0])) + math.pi / 2
    return Plane(angle, ratio, x_arcsec, y_arcsec)


def stirred_look(
    build: Build, spin_on_sky: Array, stir: float, rng: np.random.Generator
) -> DiscLook:
    """Draw the look of a disc that a passage has stirred, from 0 (not at all) to 1.

    Arms trail its rotation; stirred ones are two, open and strong (Toomre & Toomre 1972, section
    VI), and form more stars.
    """
    look = DiscLook.draw(build.lateness, rng)
    if build.gas == 0:
        quiet = replace(look.arms, arm_class="none", contrast=0.0)
        youth = float(rng.normal(0.03, 0.02))
        return replace(
            look, arms=quiet, youth=youth, young_share=0.02, knots=1, knot_share=0.0, dust=0.03
        )
    arms = replace(look.arms, sense=-1 if spin_on_sky[2] > 0 else 1)
    if rng.random() < stir:
        pitch = max(arms.pitch_rad, math.radians(rng.uniform(16, 30)))
        arms = replace(
            arms, arm_class="grand", pitch_rad=pitch, contrast=arms.contrast * (1 + 0.5 * stir),
            end=4.2, lopsided=min(arms.lopsided + 0.15 * stir, 0.45),
        )  # fmt: skip
    boost = 1 + 0.4 * stir * build.gas
    return replace(
        look, arms=arms, young_share=min(look.young_share * boost, 0.75), dust=look.dust * boost
    )


def mean_youth(look: DiscLook) -> float:
    """Return the mean population of a disc."""
    return look.youth + look.young_share * (YOUNG - look.youth)


def paint_middle(
    canvas: Canvas, one: "Seen", scene: "Scene", brighter: float, scale: float,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Paint what is whole of a galaxy: a spheroid, or bulge and inner disc, perhaps with a burst.

    Of a disc that tides have gone deep into, a part is a thick spheroid. `scale` is kpc in an
    arcsec; all light is `brighter` than it came out.
    """
    build = one.build
    x, y = (float(v) for v in one.middle_kpc[:2] / scale)
    flux = brighter * one.inner_njy
    if build.early:
        _paint_core(canvas, _spheroid_core(one, flux, x, y, scale, rng), build.galaxy.redshift, rng)
        return
    plane = disc_plane(one.spin, x, y)
    bulge = brighter * build.bulge_share * build.flux_njy
    disc = (flux - bulge) * (1 - one.relaxed)
    size = build.scale_kpc / scale
    whole = one.whole_kpc / scale
    if disc > 0:
        paint_disc(
            canvas,
            disc / _inner_part(whole / size),
            size,
            plane,
            rng,
            redshift=build.galaxy.redshift,
            truncation_arcsec=whole,
            look=one.look,
        )
    rest = flux - bulge - disc
    burst = _burst(build, scene, rng) * rest
    round_plane = Plane(plane.angle_rad, max(plane.axis_ratio, 0.6), x, y)
    share = rest / (rest + bulge)
    core = _Core(
        flux_njy=bulge + rest - burst,
        half_light_arcsec=size * float(rng.uniform(*_BULGE_SCALES)) * (1 + 0.8 * share),
        index=2.0 - 0.6 * build.lateness * (1 - share),
        plane=round_plane,
        youth=(1 - share) * (OLD + 0.02 + 0.25 * build.lateness) + share * one.youth,
        burst_njy=burst,
        dust=_DUST * build.gas * one.relaxed * float(rng.lognormal(0.0, 0.5)),
    )
    _paint_core(canvas, core, build.galaxy.redshift, rng)


def paint_remnant(
    canvas: Canvas, scene: "Scene", brighter: float, scale: float, rng: np.random.Generator
) -> None:
    """Paint the core that two galaxies have become: relaxed, cuspy, perhaps with burst and dust.

    Merged discs follow a Sersic law of index about 3 (Hopkins et al. 2008, ApJ 679, 156).
    """
    flux = np.array([brighter * one.inner_njy for one in scene.galaxies])
    sizes = np.array([one.build.galaxy.radius_arcsec for one in scene.galaxies])
    youths = np.array(
        [0.0 if one.build.early else 0.5 * one.youth + 0.05 for one in scene.galaxies]
    )
    since = scene.time_gyr - scene.track.coalescence_gyr
    gas = max(one.build.gas for one in scene.galaxies)
    youth = float(np.average(youths, weights=flux))
    burst = gas * float(rng.uniform(0.02, 0.15)) * math.exp(-since / 0.4) * float(flux.sum())
    form = early_plane(rng)
    core = _Core(
        flux_njy=float(flux.sum()) - burst,
        half_light_arcsec=0.6 * float(np.average(sizes, weights=flux)),
        index=float(np.clip(rng.normal(2.8, 0.5), 1.8, 4.0)),
        plane=form,
        youth=youth,
        burst_njy=burst,
        dust=_DUST * gas * math.exp(-since / 0.6) * float(rng.lognormal(0.0, 0.5)),
    )
    _paint_core(canvas, core, scene.galaxies[0].build.galaxy.redshift, rng)


def _burst(build: Build, scene: "Scene", rng: np.random.Generator) -> float:
    """Draw which share of a stirred disc's light comes from a burst in its middle."""
    return build.gas * float(rng.uniform(0.05, 0.35)) * (scene.passages > 0)


def _inner_part(whole_scales: float) -> float:
    """Return the share of an exponential disc's light within a truncation (scale lengths)."""
    radius = np.linspace(0, 6.4, 640)
    light = radius * disc_profile().at(radius / disc_profile().half_light)
    return float((light * inner_share(radius, whole_scales)).sum() / light.sum())


def _spheroid_core(
    one: "Seen", flux_njy: float, x_arcsec: float, y_arcsec: float, scale: float,
    rng: np.random.Generator,
) -> _Core:  # fmt: skip
    """Return the middle of a spheroid of which most is particles; both make a Hernquist sphere."""
    galaxy, short = one.build.galaxy, one.build.flattening
    ratio = math.sqrt(short**2 + (1 - short**2) * float(one.spin[2]) ** 2)
    angle = math.atan2(float(one.spin[1]), float(one.spin[0])) + math.pi / 2
    return _Core(
        flux_njy=flux_njy,
        half_light_arcsec=_CORE_SIZE * 3 * one.build.scale_kpc / scale * math.sqrt(ratio),
        index=_CORE_INDEX,
        plane=Plane(angle, ratio, x_arcsec, y_arcsec),
        youth=red_sequence_youth(absolute_magnitude(galaxy.mag_r, galaxy.redshift), rng),
        burst_njy=0.0,
        dust=0.0,
    )


def _paint_core(canvas: Canvas, core: _Core, redshift: float, rng: np.random.Generator) -> None:
    """Paint a core: a spheroid, and perhaps a burst of star formation behind patchy dust."""
    if core.flux_njy + core.burst_njy <= 0:
        return
    plane, size = core.plane, core.half_light_arcsec
    sheet = Sheet(canvas, plane, 8 * size / math.sqrt(plane.axis_ratio), size)
    lay_spheroid(
        sheet, core.flux_njy, size, plane, index=core.index, youth=core.youth, redshift=redshift
    )
    if core.burst_njy > 0:
        lay_spheroid(
            sheet, core.burst_njy, 0.3 * size, plane, index=1.0,
            youth=min(core.youth + 0.5, 1.0), redshift=redshift, gradient=0.0,
        )  # fmt: skip
    if core.dust > 0 and not sheet.empty:
        sheet.dim(_patchy_dust(sheet, core, rng), behind=0.8)
    sheet.lay()


def _patchy_dust(sheet: Sheet, core: _Core, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the optical depth of dust lanes that cross a core, shape (y, x)."""
    lane = Plane(
        float(rng.uniform(0, np.pi)), float(rng.uniform(0.25, 0.7)),
        core.plane.x_arcsec + float(rng.normal(0, 0.15)) * core.half_light_arcsec,
        core.plane.y_arcsec + float(rng.normal(0, 0.15)) * core.half_light_arcsec,
    )  # fmt: skip
    along, across = sheet.on_plane(lane)
    thick = core.dust * np.exp(-np.hypot(along, across) / np.float32(1.3 * core.half_light_arcsec))
    grain = max(0.25 * core.half_light_arcsec / sheet.cell_arcsec, 1.0)
    clumps = texture(sheet.shape, grain, 0.9, rng)
    return np.asarray(thick * clumps, dtype=np.float32)
