"""What bright stars do around them: wings, aureole, spikes, ghosts, trails of full pixels."""

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.camera.exposure import Exposure
from strandline.simulate.camera.settings import GhostSettings, SpikeSettings

__all__ = ["bleed", "glare", "wings"]

Image = NDArray[np.float32]

_SOFT_EDGE = 0.06  # of a ghost's radius
_SPIKE_WIDENS = 0.012  # arcsec per arcsec from the star: the colours of a broad band
_SPIKE_FALL = 2.2  # power of the fall along a spike; a straight edge gives 2
_SPILLS_MAG = 0.6  # over saturation, before columns fill
_TRAIL_PX = 0.9  # half width per mag over saturation
_TRAIL_POWER = 1.3


def wings(radius_arcsec: Image, exposure: Exposure) -> Image:
    """Return the share of a star's light per pixel, far from it: aureole and PSF."""
    return _aureole(radius_arcsec, exposure) + _far_psf(radius_arcsec, exposure)


def glare(dx: Image, dy: Image, exposure: Exposure) -> Image:
    """Return the share of a star's light per pixel beyond its core, shape (y, x).

    The core is the square of the PSF's kernel, less a pixel on each side; within it, only what
    the kernel does not hold is given here.

    Parameters
    ----------
    dx, dy : ndarray of float32, shapes (1, x) and (y, 1)
        Offsets from the star, px.
    exposure : Exposure
    """
    pixel = np.float32(exposure.pixel_arcsec)
    x, y = dx * pixel, dy * pixel
    radius = np.hypot(x, y)
    half = exposure.psf.reach_px(exposure.pixel_arcsec) - 0.5
    outside = (np.abs(dx) > half) | (np.abs(dy) > half)
    image = _aureole(radius, exposure)
    image += np.where(outside, _far_psf(radius, exposure), np.float32(0))
    stars = exposure.stars
    if stars.spikes.share > 0:
        image += _spikes(x, y, stars.spikes, exposure.roll_rad) * pixel**2
    for ghost in stars.ghosts:
        image += _ghost(x, y, ghost, exposure.ghost_shift) * pixel**2
    return image


def bleed(patch: Image, dx: Image, dy: Image, excess_mag: float, exposure: Exposure) -> None:
    """Fill the columns of a star whose peak is `excess_mag` over saturation, in place."""
    spilled_mag = excess_mag - _SPILLS_MAG
    if spilled_mag <= 0 or exposure.stars.bleed_px_per_mag == 0:
        return
    length = exposure.stars.bleed_px_per_mag * spilled_mag**_TRAIL_POWER
    half_width = 0.5 + _TRAIL_PX * spilled_mag * np.clip(1 - np.abs(dy) / length, 0, None)
    inside = (np.abs(dx) <= half_width) & (np.abs(dy) <= length)
    patch[inside] += np.float32(2 * exposure.saturation_njy)


def _aureole(radius_arcsec: Image, exposure: Exposure) -> Image:
    """Return light scattered by optics and dust (King 1971, PASP 83, 199), per pixel."""
    stars = exposure.stars
    peak = stars.aureole_share * 0.25 / (np.pi * stars.aureole_arcsec**2)
    ratio = radius_arcsec / np.float32(stars.aureole_arcsec)
    shape = (1 + ratio**2) ** np.float32(-1.25)
    return np.asarray(np.float32(peak * exposure.pixel_arcsec**2) * shape, dtype=np.float32)


def _far_psf(radius_arcsec: Image, exposure: Exposure) -> Image:
    """Return the PSF beyond its kernel: a power law that goes on from the kernel's edge."""
    pixel, psf = exposure.pixel_arcsec, exposure.psf
    kernel, half, slope = psf.kernel(pixel), psf.reach_px(pixel), psf.wing_slope()
    aside = np.hypot(np.arange(-half, half + 1), half) * pixel
    # the mean of an edge, as an Airy pattern has rings
    level = float(np.mean([kernel[0], kernel[-1], kernel[:, 0], kernel[:, -1]] * aside**slope))
    radius = np.maximum(radius_arcsec, np.float32(half * pixel))
    return np.asarray(np.float32(level) * radius ** np.float32(-slope), dtype=np.float32)


def _spikes(x: Image, y: Image, spikes: SpikeSettings, roll_rad: float) -> Image:
    """Return the share of light in all spikes, per square arcsec."""
    image = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.float32)
    scale = np.float32(spikes.length_arcsec)
    for angle in np.radians(spikes.angles_deg) + roll_rad:
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        along = np.maximum(x * cos + y * sin, np.float32(0))
        aside = y * cos - x * sin
        width = np.float32(spikes.width_arcsec) + np.float32(_SPIKE_WIDENS) * along
        fall = np.float32(_SPIKE_FALL - 1) / scale * (1 + along / scale) ** np.float32(-_SPIKE_FALL)
        across = np.exp(np.float32(-0.5) * (aside / width) ** 2) / (width * np.float32(2.5066))
        image += np.where(along > 0, fall * across, np.float32(0))
    return image * np.float32(spikes.share)


def _ghost(x: Image, y: Image, ghost: GhostSettings, shift: tuple[float, float]) -> Image:
    """Return the share of light in the image of a pupil, per square arcsec."""
    size = np.float32(ghost.radius_arcsec)
    u = x / size - np.float32(shift[0] * ghost.shift)
    v = y / size - np.float32(shift[1] * ghost.shift)
    radius = np.hypot(u, v)
    disc = _edge(1 - radius)
    if ghost.hole > 0:
        # the shadow of the secondary lies off the middle where the pupil is seen from the side
        away = np.float32(0.25 * (1 - ghost.hole) * ghost.shift)
        off = np.hypot(u - away * np.float32(shift[0]), v - away * np.float32(shift[1]))
        disc *= _edge(off - np.float32(ghost.hole))
    area = np.pi * ghost.radius_arcsec**2 * (1 - ghost.hole**2)
    return np.asarray(np.float32(ghost.share / area) * disc, dtype=np.float32)


def _edge(inward: Image) -> Image:
    return np.asarray(np.clip(0.5 + inward / np.float32(_SOFT_EDGE), 0, 1), dtype=np.float32)
