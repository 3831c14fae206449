"""Encounters of two galaxies: tidal tails of a disc, and mergers with two nuclei.

Shapes only, no dynamics: the tails leave the disc along its arms and swing outwards, as the
models of Toomre & Toomre (1972, ApJ 178, 623) do for prograde passages.
"""

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.canvas import Canvas, Plane, texture
from strandline.simulate.colours import KNOT, OLD, population_sed
from strandline.simulate.features import weigh
from strandline.simulate.hosts import Arms, knots, nucleus, random_plane, spiral
from strandline.simulate.plans import Feature, GalaxyPlan

__all__ = ["merger", "tails"]

_PARTICLES = 12_000
Array = NDArray[np.float64]


def tails(canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator) -> Feature:
    """Paint a disc whose two arms are drawn out into tails, one perhaps a bridge to a companion."""
    scale = plan.radius_arcsec / 1.678
    plane = random_plane(rng, 0.45)
    sense = int(rng.choice([-1, 1]))
    swing = np.radians(rng.uniform(75, 150)) * sense
    start = rng.uniform(1.6, 2.3) * scale
    reach = rng.uniform(6.0, 11.0) * scale
    leave = rng.uniform(0, 2 * np.pi)  # azimuth where the first tail leaves the disc
    ends = [reach, reach * rng.uniform(0.5, 1.0)]
    swings = [swing, swing * rng.uniform(0.8, 1.1)]
    if plan.partner_arcsec is not None:  # the second tail ends at the companion: a bridge
        ends[1], towards = plane.from_sky(*plan.partner_arcsec)
        leave = towards - swings[1] - np.pi
    weights = [1.0, rng.uniform(0.35, 1.0) if rng.random() < 0.8 else 0.0]

    image = np.zeros(canvas.shape, dtype=np.float32)
    for k in (0, 1):
        track = _Tail(start, ends[k], leave + k * np.pi, swings[k], 0.16 * scale)
        x, y = plane.to_sky(*track.particles(_PARTICLES, rng))
        image += weights[k] * canvas.splat(x, y, smooth_arcsec=0.25)
    length = _Tail(start, ends[0], leave, swing, 0.0).length_arcsec()
    feature, feature_flux = weigh(image, flux_njy, length, rng, brightness=(23.2, 25.4))

    pitch = np.radians(rng.uniform(20, 32))
    arms = Arms(2, pitch, sense, leave, start, rng.uniform(1.8, 3.5))
    spiral(
        canvas,
        flux_njy - feature_flux,
        plan.radius_arcsec,
        plane,
        rng,
        redshift=plan.redshift,
        arms=arms,
        truncation=rng.uniform(3.0, 4.2),
    )
    youth = rng.uniform(0.3, 0.75)
    canvas.add(image, 0.93 * feature_flux, population_sed(youth))
    canvas.add(
        knots(canvas, image, int(rng.integers(4, 16)), rng),
        0.07 * feature_flux,
        population_sed(KNOT),
    )
    return feature


def merger(canvas: Canvas, plan: GalaxyPlan, flux_njy: float, rng: np.random.Generator) -> Feature:
    """Paint one of two nuclei and the common envelope: lopsided, twisted, with plumes and dust.

    The second nucleus is a galaxy of its own at ``plan.partner_arcsec``.
    """
    dx, dy = plan.partner_arcsec or (0.0, 0.0)
    size = plan.radius_arcsec
    plane = Plane(float(np.arctan2(dy, dx)), rng.uniform(0.65, 0.95))
    x, y, weight, length = _plumes(size, int(rng.integers(2, 4)), rng)
    plumes = canvas.splat(x + dx / 2, y + dy / 2, weight, smooth_arcsec=0.3)
    feature, plume_flux = weigh(plumes, flux_njy, length, rng, brightness=(23.2, 25.0))

    youth = rng.uniform(0.2, 0.6)
    sed = population_sed(youth)
    envelope = _envelope(canvas, plane, (dx / 2, dy / 2), size, rng)
    clumps = texture(canvas.shape, 1.5, 0.5, rng)
    body_flux = flux_njy - plume_flux
    canvas.add(envelope, 0.6 * body_flux, sed)
    canvas.add(
        knots(canvas, envelope**1.5 * clumps, int(rng.integers(15, 45)), rng),
        0.12 * body_flux,
        population_sed(KNOT),
    )
    canvas.dim(rng.uniform(0.2, 0.9) * np.clip(clumps - 0.8, 0, 1.5) * envelope / envelope.max())
    nucleus(canvas, 0.28 * body_flux, size, random_plane(rng, 0.6), youth=rng.uniform(OLD, 0.4))
    canvas.add(plumes, plume_flux, population_sed(youth + 0.1))
    return feature


class _Tail:
    """One tail in its disc's plane: leaves along the arm, swings by an angle, goes outwards."""

    def __init__(
        self, start: float, end: float, azimuth: float, swing: float, width: float
    ) -> None:
        self._start, self._end = start, end
        self._azimuth, self._swing, self._width = azimuth, swing, width

    def particles(self, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return radius and azimuth of `count` particles: fading and widening, sharp outside."""
        along = np.minimum(rng.exponential(0.8, count), rng.uniform(0, 1.12, count))
        clump = rng.random(count) < rng.choice([0.0, 0.0, 0.06])  # a tidal dwarf near the tip
        along = np.where(clump, rng.normal(0.93, 0.02, count), along)
        radius, azimuth = self._track(along)
        width = self._width * (1 + 2.2 * along)
        aside = rng.standard_normal(count)
        aside = np.where(aside > 0, 0.45 * aside, aside) * width
        along_too = rng.standard_normal(count) * width
        return radius + aside, azimuth + along_too / np.maximum(radius, 1e-6)

    def length_arcsec(self) -> float:
        radius, azimuth = self._track(np.linspace(0, 1, 200))
        x, y = radius * np.cos(azimuth), radius * np.sin(azimuth)
        return float(np.hypot(np.diff(x), np.diff(y)).sum())

    def _track(self, along: Array) -> tuple[Array, Array]:
        radius = self._start + (self._end - self._start) * along
        turned = (1 - np.exp(-2.3 * along)) / (1 - np.exp(-2.3))
        return radius, self._azimuth + self._swing * turned


def _plumes(size: float, count: int, rng: np.random.Generator) -> tuple[Array, Array, Array, float]:
    """Return x, y and weight of the particles of broad curved plumes, and the longest reach."""
    xs, ys, weights, longest = [], [], [], 0.0
    first = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        reach = size * rng.uniform(2.2, 4.8)
        swing = np.radians(rng.uniform(40, 140)) * rng.choice([-1, 1])
        azimuth = first + 2 * np.pi * k / count + rng.normal(0, 0.4)
        track = _Tail(0.8 * size, reach, azimuth, swing, size * rng.uniform(0.14, 0.3))
        radius, angle = track.particles(_PARTICLES, rng)
        xs.append(radius * np.cos(angle))
        ys.append(radius * np.sin(angle) * rng.uniform(0.5, 1.0))
        weights.append(np.full(_PARTICLES, rng.uniform(0.3, 1.0)))
        longest = max(longest, reach)
    return np.concatenate(xs), np.concatenate(ys), np.concatenate(weights), longest


def _envelope(
    canvas: Canvas,
    plane: Plane,
    centre_arcsec: tuple[float, float],
    size: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return an exponential envelope with lopsidedness, bars and triangles that twist outwards."""
    cos, sin = np.cos(plane.angle_rad), np.sin(plane.angle_rad)
    x, y = canvas.x_arcsec - centre_arcsec[0], canvas.y_arcsec - centre_arcsec[1]
    along, across = x * cos + y * sin, (y * cos - x * sin) / plane.axis_ratio
    radius, azimuth = np.hypot(along, across), np.arctan2(across, along)
    twist = rng.uniform(-0.5, 0.5) * radius / size
    stretch = np.ones_like(radius)
    for order, strength in ((1, 0.35), (2, 0.22), (3, 0.12)):
        phase = rng.uniform(0, 2 * np.pi)
        stretch += strength * rng.uniform(0.4, 1.0) * np.cos(order * (azimuth - phase) + twist)
    stretched = radius / np.clip(stretch, 0.4, None)
    image = np.exp(-stretched / (0.75 * size))
    return np.asarray(image * (1 + 0.15 * texture(canvas.shape, 3.0, 0.5, rng)), dtype=np.float32)
