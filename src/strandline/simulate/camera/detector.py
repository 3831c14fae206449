"""What the detector adds: trails of satellites, which the seeing blurs, and cosmic rays."""

import math

import numpy as np
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.simulate.camera.artefacts import ArtefactPlan, CosmicRay, Trail
from strandline.simulate.camera.exposure import Exposure

__all__ = ["add_cosmic_rays", "add_trails"]

Image = NDArray[np.float32]


def add_trails(light_njy: Image, plan: ArtefactPlan, exposure: Exposure) -> None:
    """Add the trails of `exposure`'s band to `light_njy`, shape (y, x), in place.

    To be called after the seeing and before the noise; trails are wide enough to be given the
    seeing's width here.
    """
    rows, columns = light_njy.shape
    for trail in plan:
        if not isinstance(trail, Trail) or trail.band != exposure.band:
            continue
        x = np.arange(columns, dtype=np.float32)[None, :] - np.float32(trail.x)
        y = np.arange(rows, dtype=np.float32)[:, None] - np.float32(trail.y)
        cos, sin = np.float32(math.cos(trail.angle_rad)), np.float32(math.sin(trail.angle_rad))
        width_arcsec = math.hypot(trail.width_arcsec, exposure.psf_fwhm_arcsec)
        sigma = np.float32(width_arcsec / 2.3548 / exposure.pixel_arcsec)
        image = np.exp(np.float32(-0.5) * ((y * cos - x * sin) / sigma) ** 2)
        if trail.tumbling > 0:
            wave = np.cos((x * cos + y * sin) * np.float32(2 * np.pi / trail.period_px))
            image *= 1 - np.float32(0.5 * trail.tumbling) * (1 + wave)
        peak = float(mag_to_flux(trail.brightness)) * exposure.pixel_arcsec**2
        light_njy += np.float32(peak) * image


def add_cosmic_rays(image_njy: Image, plan: ArtefactPlan, exposure: Exposure) -> None:
    """Add the tracks of `exposure`'s band to a recorded image, shape (y, x), in place."""
    rows, columns = image_njy.shape
    for ray in plan:
        if not isinstance(ray, CosmicRay) or ray.band != exposure.band:
            continue
        along = np.arange(-ray.reach_px, ray.reach_px + 0.25, 0.5)
        column = np.round(ray.x + along * math.cos(ray.angle_rad)).astype(np.int64)
        row = np.round(ray.y + along * math.sin(ray.angle_rad)).astype(np.int64)
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        hit = np.unique(row[inside] * columns + column[inside])
        charge = np.float32(ray.charge * exposure.sky_noise_njy)
        image_njy.reshape(-1)[hit] += charge  # a view: images are contiguous
    np.minimum(image_njy, np.float32(exposure.saturation_njy), out=image_njy)
