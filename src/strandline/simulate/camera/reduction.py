"""What the reduction leaves or takes: sky that is not flat, and haloes taken for sky."""

import math

import numpy as np
import sep
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.simulate.camera.artefacts import ArtefactPlan, FineMesh, SkyGradient, SkyStep
from strandline.simulate.camera.detector import add_cosmic_rays
from strandline.simulate.camera.exposure import Exposure

__all__ = ["spoil", "subtract_mesh"]

Image = NDArray[np.float32]


def spoil(image_njy: Image, plan: ArtefactPlan, exposure: Exposure) -> Image:
    """Return a recorded image, shape (y, x), with all that befalls it after the noise.

    Cosmic rays, gradients and steps of the sky in `exposure`'s band; then the subtraction of a
    mesh that is too fine, if the field has one.
    """
    image = np.array(image_njy, dtype=np.float32, order="C")
    add_cosmic_rays(image, plan, exposure)
    for artefact in plan:
        if isinstance(artefact, SkyGradient) and artefact.band == exposure.band:
            image += _gradient(artefact, image.shape, exposure.pixel_arcsec)
        elif isinstance(artefact, SkyStep) and artefact.band == exposure.band:
            image += _step(artefact, image.shape, exposure.pixel_arcsec)
    for artefact in plan:
        if isinstance(artefact, FineMesh):
            image = subtract_mesh(image, artefact.mesh_px)
    return image


def subtract_mesh(image_njy: Image, mesh_px: int) -> Image:
    """Return an image less its background in meshes of side `mesh_px`, as SExtractor has it.

    Sources are only clipped, not masked, and meshes are not filtered, so that haloes wider than a
    mesh count as sky and leave dark moats (Bertin & Arnouts 1996, A&AS 117, 393; `sep.Background`).
    """
    # sep wants native, contiguous pixels
    image = np.ascontiguousarray(image_njy, dtype=np.float32)
    mesh = min(mesh_px, *image.shape)
    background = sep.Background(image, bw=mesh, bh=mesh, fw=1, fh=1)
    return np.asarray(image - background.back(dtype=np.float32), dtype=np.float32)


def _gradient(gradient: SkyGradient, shape: tuple[int, ...], pixel_arcsec: float) -> Image:
    half = max(shape) / 2
    u = (np.arange(shape[1], dtype=np.float32)[None, :] - np.float32(gradient.x)) / half
    v = (np.arange(shape[0], dtype=np.float32)[:, None] - np.float32(gradient.y)) / half
    slope = u * math.cos(gradient.angle_rad) + v * math.sin(gradient.angle_rad)
    form = (1 - abs(gradient.bend)) * slope + gradient.bend * (u**2 + v**2 - 2 / 3)
    size = float(mag_to_flux(gradient.brightness)) * pixel_arcsec**2
    return np.asarray(size * form, dtype=np.float32)


def _step(step: SkyStep, shape: tuple[int, ...], pixel_arcsec: float) -> Image:
    beyond = np.zeros(shape, dtype=np.float32)
    if step.upright:
        beyond[:, max(round(step.x), 0) :] = 1
    else:
        beyond[max(round(step.y), 0) :] = 1
    # the sky's level is that of the whole field
    beyond -= beyond.mean()
    return beyond * np.float32(float(mag_to_flux(step.brightness)) * pixel_arcsec**2)
