"""Undisturbed galaxies: ellipticals, spirals with and without bar, edge-on discs, irregulars."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from strandline.simulate.canvas import PIXEL_ARCSEC, Canvas, Plane, sersic, texture
from strandline.simulate.colours import KNOT, OLD, YOUNG, population_sed

__all__ = [
    "Arms",
    "edge_on",
    "elliptical",
    "flat_plane",
    "irregular",
    "knots",
    "nucleus",
    "random_plane",
    "spiral",
]

_HALF_LIGHT_IN_SCALE_LENGTHS = 1.678  # of an exponential disc
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Arms:
    """Logarithmic spiral arms.

    Attributes
    ----------
    count : int
    pitch_rad : float
    sense : int
        +1 when the azimuth grows outwards, else -1.
    azimuth_rad : float
        Of the first arm at `radius_arcsec`.
    radius_arcsec : float
    sharpness : float
        Arms are exp(sharpness * (cos(phase) - 1)).
    """

    count: int
    pitch_rad: float
    sense: int
    azimuth_rad: float
    radius_arcsec: float
    sharpness: float

    @classmethod
    def draw(cls, radius_arcsec: float, rng: np.random.Generator) -> "Arms":
        """Draw two to four arms; their azimuth is that at `radius_arcsec`."""
        return cls(
            count=int(rng.choice([2, 2, 2, 3, 4])),
            pitch_rad=np.radians(rng.uniform(11, 27)),
            sense=int(rng.choice([-1, 1])),
            azimuth_rad=rng.uniform(0, 2 * np.pi),
            radius_arcsec=radius_arcsec,
            sharpness=rng.uniform(1.2, 3.5),
        )

    def image(self, radius: Image, azimuth: Image, lag_rad: float = 0.0) -> Image:
        """Return arm strength 0..1 at plane coordinates, shape (y, x), lagging by `lag_rad`."""
        winding = np.log(np.maximum(radius, 1e-3) / self.radius_arcsec) / np.tan(self.pitch_rad)
        phase = self.count * (azimuth - self.azimuth_rad - lag_rad - self.sense * winding)
        return np.asarray(np.exp(self.sharpness * (np.cos(phase) - 1)), dtype=np.float32)


def random_plane(rng: np.random.Generator, lowest_ratio: float = 0.3) -> Plane:
    """Draw a disc's orientation, isotropic in inclination down to axis ratio `lowest_ratio`."""
    return Plane(rng.uniform(0, 2 * np.pi), rng.uniform(lowest_ratio, 1.0))


def flat_plane(rng: np.random.Generator) -> Plane:
    """Draw the apparent flattening of an elliptical galaxy (E0 to E5)."""
    return Plane(rng.uniform(0, 2 * np.pi), float(np.clip(rng.normal(0.78, 0.13), 0.5, 1.0)))


def elliptical(
    canvas: Canvas,
    flux_njy: float,
    radius_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    index: float | None = None,
) -> None:
    """Paint an elliptical galaxy: one Sersic profile, redder within its half-light radius."""
    radius, _ = plane.on_canvas(canvas)
    index = index or rng.uniform(1.2, 4.5)
    youth = OLD + rng.normal(0, 0.03)
    core = sersic(radius, 0.5 * radius_arcsec, max(1.0, 0.6 * index))
    body = sersic(radius, 1.15 * radius_arcsec, index)
    canvas.add(core, 0.2 * flux_njy, population_sed(youth - 0.05, redshift=redshift))
    canvas.add(body, 0.8 * flux_njy, population_sed(youth + 0.03, redshift=redshift))


def nucleus(
    canvas: Canvas, flux_njy: float, radius_arcsec: float, plane: Plane, *, youth: float
) -> None:
    """Paint what is left of a galaxy in a merger: a compact bulge."""
    radius, _ = plane.on_canvas(canvas)
    image = sersic(radius, 0.35 * radius_arcsec, 1.8)
    canvas.add(image, flux_njy, population_sed(youth))


def spiral(
    canvas: Canvas,
    flux_njy: float,
    radius_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
    barred: bool = False,
    arms: Arms | None = None,
    truncation: float = 4.5,
) -> None:
    """Paint a disc galaxy: bulge, old disc, perhaps a bar, young clumpy arms, knots and dust.

    `truncation` is the disc's edge in scale lengths.
    """
    scale = radius_arcsec / _HALF_LIGHT_IN_SCALE_LENGTHS
    radius, azimuth = plane.on_canvas(canvas)
    arms = arms or Arms.draw(scale, rng)
    inner = 1.1 * scale if barred else 0.5 * scale
    strength = arms.image(radius, azimuth) * (1 - np.exp(-((radius / inner) ** 2)))
    edge = expit((truncation - radius / scale) / 0.35)
    smooth = np.exp(-radius / scale) * edge
    clumps = texture(canvas.shape, max(0.09 * scale / PIXEL_ARCSEC, 0.7), 0.55, rng)
    young = np.exp(-radius / (1.3 * scale)) * edge * (strength + 0.06) * clumps

    bulge_share, young_share = rng.uniform(0.06, 0.28), rng.uniform(0.25, 0.5)
    bar_share = rng.uniform(0.08, 0.16) if barred else 0.0
    disc_share = 1 - bulge_share - bar_share - young_share
    disc_youth = rng.uniform(0.2, 0.55)

    def sed(youth: float) -> NDArray[np.float32]:
        return population_sed(youth, redshift=redshift)

    canvas.add(smooth * (0.7 + 0.6 * strength), flux_njy * disc_share, sed(disc_youth))
    canvas.add(young, 0.75 * flux_njy * young_share, sed(YOUNG + rng.normal(0, 0.08)))
    knotted = knots(canvas, young, int(rng.integers(15, 60)), rng)
    canvas.add(knotted, 0.25 * flux_njy * young_share, sed(KNOT))
    lane = arms.image(radius, azimuth, lag_rad=-0.35 * arms.sense / arms.count)
    canvas.dim(rng.uniform(0.2, 0.7) * lane**2 * np.exp(-radius / (2.5 * scale)) * clumps)
    if barred:
        reach = inner * rng.uniform(1.0, 1.3)
        image = _bar(radius, azimuth - _azimuth_at(arms, reach), reach)
        canvas.add(image, flux_njy * bar_share, sed(OLD + 0.08))
    round_plane = Plane(plane.angle_rad, max(plane.axis_ratio, 0.7))
    bulge = sersic(round_plane.on_canvas(canvas)[0], 0.45 * scale, rng.uniform(1.2, 3.0))
    canvas.add(bulge, flux_njy * bulge_share, sed(OLD + 0.03))


def edge_on(
    canvas: Canvas,
    flux_njy: float,
    radius_arcsec: float,
    angle_rad: float,
    rng: np.random.Generator,
    *,
    redshift: float,
) -> None:
    """Paint a disc seen from the side: sech2 layer (van der Kruit & Searle 1981), bulge, dust."""
    scale = radius_arcsec / _HALF_LIGHT_IN_SCALE_LENGTHS
    height = scale * rng.uniform(0.14, 0.25)
    cos, sin = np.float32(np.cos(angle_rad)), np.float32(np.sin(angle_rad))
    along = canvas.x_arcsec * cos + canvas.y_arcsec * sin
    up = canvas.y_arcsec * cos - canvas.x_arcsec * sin
    edge = expit((4.2 - np.abs(along) / scale) / 0.25)
    profile = np.exp(-np.hypot(along, 0.3 * scale) / scale) * edge

    def sed(youth: float) -> NDArray[np.float32]:
        return population_sed(youth, redshift=redshift)

    bulge_share = rng.uniform(0.05, 0.3)
    thick = profile * _layer(up / (1.6 * height))
    thin = profile * _layer(up / (0.7 * height)) * texture(canvas.shape, 1.2, 0.3, rng)
    canvas.add(thick, flux_njy * 0.65 * (1 - bulge_share), sed(rng.uniform(0.1, 0.4)))
    canvas.add(thin, flux_njy * 0.35 * (1 - bulge_share), sed(rng.uniform(0.5, 0.85)))
    plane = Plane(angle_rad, 0.7)
    bulge = sersic(plane.on_canvas(canvas)[0], 0.4 * scale, rng.uniform(1.5, 3.0))
    canvas.add(bulge, flux_njy * bulge_share, sed(OLD + 0.03))
    lane = np.exp(-0.5 * ((up - rng.uniform(-0.2, 0.2) * height) / (0.45 * height)) ** 2)
    depth = rng.uniform(0.0, 1.1) * lane * np.exp(-np.abs(along) / (1.8 * scale))
    canvas.dim(depth.astype(np.float32))


def irregular(
    canvas: Canvas,
    flux_njy: float,
    radius_arcsec: float,
    plane: Plane,
    rng: np.random.Generator,
    *,
    redshift: float,
) -> None:
    """Paint a dwarf irregular: a clumpy disc with knots on one side more than on the other."""
    radius, azimuth = plane.on_canvas(canvas)
    scale = radius_arcsec / _HALF_LIGHT_IN_SCALE_LENGTHS
    disc = np.exp(-radius / scale)
    lopsided = 1 + 0.5 * np.cos(azimuth - rng.uniform(0, 2 * np.pi))
    clumps = texture(canvas.shape, max(0.3 * scale / PIXEL_ARCSEC, 1.0), 0.8, rng)
    young = disc * lopsided * clumps
    sed = population_sed(rng.uniform(0.4, 0.7), redshift=redshift)
    canvas.add(disc, 0.6 * flux_njy, sed)
    canvas.add(young, 0.25 * flux_njy, population_sed(YOUNG, redshift=redshift))
    knotted = knots(canvas, young, int(rng.integers(4, 15)), rng)
    canvas.add(knotted, 0.15 * flux_njy, population_sed(KNOT, redshift=redshift))


def knots(canvas: Canvas, where: Image, count: int, rng: np.random.Generator) -> Image:
    """Return `count` star-forming knots, shape (y, x), placed in proportion to light `where`.

    Their fluxes follow a power law of index -1.8, as H II regions do (Kennicutt et al. 1989).
    """
    share = where.ravel().astype(np.float64)
    total = share.sum()
    if total <= 0:
        return np.zeros(canvas.shape, dtype=np.float32)
    cells = rng.choice(share.size, size=count, p=share / total)
    flux = (1 - rng.uniform(0, 0.97, count)) ** (-1 / 0.8)
    image = np.bincount(cells, weights=flux, minlength=share.size).reshape(canvas.shape)
    return np.asarray(gaussian_filter(image.astype(np.float32), 0.18 / PIXEL_ARCSEC))


def _layer(height: NDArray[np.floating[Any]]) -> Image:
    return np.asarray(1 / np.cosh(np.clip(height, -20, 20)) ** 2, dtype=np.float32)


def _bar(radius: Image, azimuth: Image, length_arcsec: float) -> Image:
    along, across = radius * np.cos(azimuth), radius * np.sin(azimuth) / 0.32
    boxy = (np.abs(along) ** 2.6 + np.abs(across) ** 2.6) ** (1 / 2.6)
    return np.asarray(np.exp(-((boxy / (0.75 * length_arcsec)) ** 2)), dtype=np.float32)


def _azimuth_at(arms: Arms, radius_arcsec: float) -> float:
    winding = np.log(radius_arcsec / arms.radius_arcsec) / np.tan(arms.pitch_rad)
    return float(arms.azimuth_rad + arms.sense * winding)
