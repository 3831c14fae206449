"""The point spread function: drawn by GalSim, applied by Fourier transform."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import galsim
import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.optimize import brentq

__all__ = ["Psf", "PsfKind", "blur"]

PsfKind: TypeAlias = Literal["kolmogorov", "moffat", "airy"]

_REACH_FWHM = {"kolmogorov": 5.0, "moffat": 5.0, "airy": 12.0}
_LEAST_REACH_PX = 12
_FWHM_TO_SIGMA = 1 / math.sqrt(8 * math.log(2))
_FINE = 6  # samples per pixel of the kernel that stars are read from


@dataclass(frozen=True)
class Psf:
    """How the light of a point spreads, before the pixel averages it.

    Attributes
    ----------
    kind : str
        ``kolmogorov``: long exposure through the atmosphere. ``moffat``: the same with more in
        its wings (Moffat 1969, A&A 3, 455). ``airy``: optics with a central obscuration, widened
        by a Gaussian of jitter and charge diffusion.
    fwhm_arcsec : float
        An ``airy`` one cannot be narrower than its optics.
    g1, g2 : float
        Reduced shear, from +x and from the diagonal.
    beta : float
        Of a ``moffat``: intensity falls as ``radius ** (-2 beta)``.
    optics_arcsec : float
        Of an ``airy``: wavelength over diameter.
    obscuration : float
        Of an ``airy``: diameter of the secondary's shadow over that of the mirror.
    """

    kind: PsfKind
    fwhm_arcsec: float
    g1: float = 0.0
    g2: float = 0.0
    beta: float = 3.0
    optics_arcsec: float = 0.0
    obscuration: float = 0.0

    def reach_px(self, pixel_arcsec: float) -> int:
        """Return the half side of the kernel; light beyond it (up to 1 %) is put inside."""
        reach = _REACH_FWHM[self.kind] * self.fwhm_arcsec / pixel_arcsec
        return max(math.ceil(reach), _LEAST_REACH_PX)

    def kernel(self, pixel_arcsec: float) -> NDArray[np.float32]:
        """Return the share of a point's light in each pixel, shape (side, side); read only."""
        return _kernel(self, pixel_arcsec, 1)

    def fine_kernel(self, pixel_arcsec: float) -> tuple[NDArray[np.float32], int]:
        """Return what a pixel anywhere would catch, sampled several times per pixel, and how often.

        The middle of the array is a pixel that the point lies in the middle of.
        """
        return _kernel(self, pixel_arcsec, _FINE), _FINE

    def wing_slope(self) -> float:
        """Return s where intensity falls as ``radius ** -s`` far out."""
        return {"kolmogorov": 11 / 3, "moffat": 2 * self.beta, "airy": 3.0}[self.kind]


def blur(
    light_njy: NDArray[np.float32], psfs: Psf | Sequence[Psf], pixel_arcsec: float
) -> NDArray[np.float32]:
    """Return light through a PSF, or each band of a stack through its own.

    Parameters
    ----------
    light_njy : ndarray of float32, shape (y, x) or (band, y, x)
    psfs : Psf or sequence of Psf
        One for an image, one per band for a stack.
    pixel_arcsec : float

    Returns
    -------
    ndarray of float32, of the same shape
        Light that leaves the frame is lost.
    """
    if isinstance(psfs, Psf):
        return _blur(light_njy, psfs, pixel_arcsec)
    return np.stack(
        [_blur(light, psf, pixel_arcsec) for light, psf in zip(light_njy, psfs, strict=True)]
    )


def _blur(light_njy: NDArray[np.float32], psf: Psf, pixel_arcsec: float) -> NDArray[np.float32]:
    rows, columns = light_njy.shape
    half = psf.reach_px(pixel_arcsec)
    # room for the light that leaves on one side, so that it does not come back on the other
    shape = (_next_length(rows + half), _next_length(columns + half))
    transfer = _transfer(psf, pixel_arcsec, shape)
    spectrum = fft.rfft2(light_njy.astype(np.float32, copy=False), shape)
    spectrum *= transfer
    return np.asarray(fft.irfft2(spectrum, shape)[:rows, :columns], dtype=np.float32)


@lru_cache(maxsize=16)
def _transfer(psf: Psf, pixel_arcsec: float, shape: tuple[int, int]) -> NDArray[np.complex64]:
    """Return the transform of the kernel about the first pixel; folded where it is too large."""
    half = psf.reach_px(pixel_arcsec)
    padded = np.zeros(shape, dtype=np.float32)
    rows, columns = (np.arange(-half, half + 1) % side for side in shape)
    np.add.at(padded, (rows[:, None], columns[None, :]), psf.kernel(pixel_arcsec))
    return np.asarray(fft.rfft2(padded), dtype=np.complex64)


def _next_length(side: int) -> int:
    return int(fft.next_fast_len(side, real=True))


@lru_cache(maxsize=64)
def _kernel(psf: Psf, pixel_arcsec: float, fine: int) -> NDArray[np.float32]:
    half = psf.reach_px(pixel_arcsec) * fine
    side = 2 * half + 1
    seen = galsim.Convolve([_surface(psf), galsim.Pixel(pixel_arcsec)])
    image = seen.drawImage(nx=side, ny=side, scale=pixel_arcsec / fine, method="no_pixel").array
    kernel = np.asarray(image / image.sum(dtype=np.float64) * fine**2, dtype=np.float32)
    kernel.flags.writeable = False  # it is shared
    return kernel


def _surface(psf: Psf) -> Any:
    if psf.kind == "moffat":
        surface = galsim.Moffat(beta=psf.beta, fwhm=psf.fwhm_arcsec)
    elif psf.kind == "kolmogorov":
        surface = galsim.Kolmogorov(fwhm=psf.fwhm_arcsec)
    else:
        optics = galsim.Airy(lam_over_diam=psf.optics_arcsec, obscuration=psf.obscuration)
        rest = psf.fwhm_arcsec**2 - _optics_fwhm(psf.optics_arcsec, psf.obscuration) ** 2
        sigma = _FWHM_TO_SIGMA * math.sqrt(max(rest, 0.0))
        # widths add up in squares only nearly: an Airy disc is no Gaussian
        surface = galsim.Convolve([optics, galsim.Gaussian(sigma=sigma)]) if sigma > 0 else optics
    return surface.shear(g1=psf.g1, g2=psf.g2)


@lru_cache(maxsize=64)
def _optics_fwhm(optics_arcsec: float, obscuration: float) -> float:
    optics = galsim.Airy(lam_over_diam=optics_arcsec, obscuration=obscuration)
    half = 0.5 * optics.xValue(0, 0)
    # an Airy disc has a FWHM of 1.03 wavelengths over the diameter, obscured ones a little less
    radius = brentq(lambda r: optics.xValue(r, 0) - half, 0.2 * optics_arcsec, 0.7 * optics_arcsec)
    return 2 * float(radius)
