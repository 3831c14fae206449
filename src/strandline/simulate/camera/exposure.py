"""Exposures: seeing, depth, noise and saturation of one band of one field."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.errors import OptionError
from strandline.photometry import mag_to_flux, zeropoint_to_njy
from strandline.simulate.camera.profile import SurveyProfile
from strandline.simulate.camera.psf import Psf, blur
from strandline.simulate.camera.settings import StarSettings

__all__ = ["MAGZERO", "Exposure", "exposures", "limit_of_noise", "noise_of_limit", "observe", "see"]

MAGZERO = 30.0
"""AB zero point of the images that are written."""

_BOX_ARCSEC = 10.0
_SIGMAS = 3.0
_SEEING_TOGETHER = 0.6  # of the scatter of ln FWHM is common to all bands of a field


@dataclass(frozen=True)
class Exposure:
    """How one band of one field was observed.

    Attributes
    ----------
    band : str
    pixel_arcsec : float
    psf : Psf
    depth : float
        3 sigma limit in 10"x10" boxes, mag/arcsec2.
    sky_noise_njy : float
        Of one pixel before resampling: the one that large boxes feel.
    gain_per_njy : float
        Photoelectrons per nJy.
    saturation_njy : float
        Flux of a pixel at which it is full.
    smooth_px : float
        Resampling smooths noise by a Gaussian of this sigma.
    stars : StarSettings
        With the aureole of this band.
    roll_rad : float
        Angle of the camera on the sky, added to that of the spikes.
    ghost_shift : tuple of float
        Direction and size of the shift of ghosts, x and y; the same for all stars of a field,
        which is small beside a camera's view. Unit normal each.
    """

    band: str
    pixel_arcsec: float
    psf: Psf
    depth: float
    sky_noise_njy: float
    gain_per_njy: float
    saturation_njy: float
    smooth_px: float = 0.0
    stars: StarSettings = field(default_factory=StarSettings)
    roll_rad: float = 0.0
    ghost_shift: tuple[float, float] = (0.0, 0.0)

    @property
    def psf_fwhm_arcsec(self) -> float:
        """Width of stars, before the pixel."""
        return self.psf.fwhm_arcsec

    @property
    def pixel_noise_njy(self) -> float:
        """Scatter of empty pixels as they are recorded."""
        return self.sky_noise_njy * math.sqrt(_kept_variance(self.smooth_px))

    @property
    def gain(self) -> float:
        """Photoelectrons per unit of the written image."""
        return self.gain_per_njy * zeropoint_to_njy(MAGZERO)

    @property
    def saturate(self) -> float:
        """Saturation level in units of the written image."""
        return self.saturation_njy / zeropoint_to_njy(MAGZERO)


def noise_of_limit(limit: float, pixel_arcsec: float) -> float:
    r"""Return the noise of a pixel, nJy, at which a survey reaches a surface brightness.

    Román, Trujillo & Montes 2020 (A&A 644, A42, appendix A) define the limit as that of n sigma in
    a box of side :math:`\Omega` (arcsec), for noise that is independent from pixel to pixel:

    .. math:: \mu_\mathrm{lim}(n \sigma, \Omega \times \Omega)
        = -2.5 \log_{10} \left( \frac{n \sigma}{\mathrm{pix} \cdot \Omega} \right) + \mathrm{zp}

    with :math:`\sigma` the noise per pixel and pix the side of a pixel in arcsec. Here n = 3 and
    :math:`\Omega = 10`. The light of such a box is :math:`\Omega^2 f`, its noise
    :math:`\sigma \, \Omega / \mathrm{pix}`.

    Parameters
    ----------
    limit : float
        mag/arcsec2.
    pixel_arcsec : float
    """
    return float(mag_to_flux(limit)) / _SIGMAS * pixel_arcsec * _BOX_ARCSEC


def limit_of_noise(noise_njy: float, pixel_arcsec: float) -> float:
    """Return the limit (mag/arcsec2) that a noise per pixel reaches: inverts `noise_of_limit`."""
    one = noise_of_limit(0.0, pixel_arcsec)
    return -2.5 * math.log10(noise_njy / one)


def exposures(
    profile: SurveyProfile,
    bands: Sequence[str],
    rng: np.random.Generator,
    *,
    deeper_mag: float = 0.0,
    seeing_factor: float = 1.0,
) -> tuple[Exposure, ...]:
    """Draw the conditions of one field, band by band, as wanted by `bands`.

    All of the profile's bands are drawn whichever are wanted, so that a band does not depend on
    the others.

    Parameters
    ----------
    profile : SurveyProfile
    bands : sequence of str
    rng : numpy.random.Generator
    deeper_mag : float
        Added to the limits of the profile; longer exposures of the same sky.
    seeing_factor : float
        On the widths of the profile.

    Raises
    ------
    OptionError
        For a band that the survey has not, or none at all, a depth that leaves 20 to 33
        mag/arcsec2 or a seeing factor outside 0.2 to 5.
    """
    unknown = [band for band in bands if band not in profile.bands]
    if unknown or not bands or len(set(bands)) < len(bands):
        raise OptionError(
            f"Bands {', '.join(bands) or '(none)'} cannot be simulated for {profile.name}; "
            f"name some of {', '.join(profile.bands)}, each once."
        )
    if not 0.2 <= seeing_factor <= 5:
        raise OptionError(f"A seeing factor of {seeing_factor} makes no sense; give 0.2 to 5.")
    for band in bands:
        depth = profile.bands[band].depth + deeper_mag
        if not 20 <= depth <= 33:
            raise OptionError(
                f"A change of depth of {deeper_mag} mag puts the limit of {profile.name} in {band} "
                f"at {depth:g} mag/arcsec2; it must stay within 20 to 33."
            )
    together, roll = rng.normal(), rng.uniform(0, 2 * np.pi)
    shift = (float(rng.normal()), float(rng.normal()))
    made = {}
    for band in profile.bands:
        draw = rng.normal(size=4)
        made[band] = _exposure(
            profile, band, deeper_mag, seeing_factor, together, draw, roll, shift
        )
    return tuple(made[band] for band in bands)


def _exposure(
    profile: SurveyProfile,
    band: str,
    deeper_mag: float,
    seeing_factor: float,
    together: float,
    draw: NDArray[np.float64],
    roll: float,
    ghost_shift: tuple[float, float],
) -> Exposure:
    settings, pixel = profile.bands[band], profile.pixel_arcsec
    width = _SEEING_TOGETHER * together + math.sqrt(1 - _SEEING_TOGETHER**2) * draw[0]
    fwhm = settings.psf_fwhm_arcsec * seeing_factor * math.exp(settings.psf_scatter * width)
    g1, g2 = np.clip(profile.psf.ellipticity * draw[1:3], -0.3, 0.3)
    depth = settings.depth + deeper_mag + settings.depth_scatter * draw[3]
    noise = noise_of_limit(depth, pixel)
    peak = float(profile.median_psf(band).kernel(pixel).max())
    stars = profile.stars
    aureole = min(stars.aureole_share * settings.aureole, 0.5)
    return Exposure(
        band=band,
        pixel_arcsec=pixel,
        psf=profile.psf_of(band, fwhm, float(g1), float(g2)),
        depth=depth,
        sky_noise_njy=noise,
        gain_per_njy=float(mag_to_flux(settings.sky)) * pixel**2 / noise**2,  # sky's photon noise
        saturation_njy=float(mag_to_flux(settings.saturation_mag)) * peak,
        smooth_px=profile.noise_smooth_px,
        stars=stars.model_copy(update={"aureole_share": aureole}),
        roll_rad=roll if stars.spikes.turned else 0.0,
        ghost_shift=ghost_shift,
    )


def see(
    light_njy: NDArray[np.float32], exposure: Exposure | Sequence[Exposure]
) -> NDArray[np.float32]:
    """Return light, shape (y, x), or a stack, shape (band, y, x), through the seeing.

    A stack takes one exposure per band. Light that leaves the frame is lost.
    """
    if isinstance(exposure, Exposure):
        return blur(light_njy, exposure.psf, exposure.pixel_arcsec)
    return blur(light_njy, [each.psf for each in exposure], exposure[0].pixel_arcsec)


def observe(
    light_njy: NDArray[np.float32], exposure: Exposure, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what is recorded of `light_njy`, shape (y, x), and its variance per pixel, nJy^2.

    Photon noise of sources and sky is Gaussian, which it is at these counts. The sky itself is
    taken off. Pixels that are full stay at the saturation level.
    """
    gathered = np.clip(light_njy, 0, exposure.saturation_njy) / np.float32(exposure.gain_per_njy)
    variance = np.asarray(gathered + np.float32(exposure.sky_noise_njy**2), dtype=np.float32)
    noise = rng.standard_normal(light_njy.shape, dtype=np.float32) * np.sqrt(variance)
    if exposure.smooth_px > 0:
        noise = gaussian_filter(noise, exposure.smooth_px)
        variance *= np.float32(_kept_variance(exposure.smooth_px))
    image = np.minimum(light_njy + noise, np.float32(exposure.saturation_njy))
    return np.asarray(image, dtype=np.float32), variance


def _kept_variance(smooth_px: float) -> float:
    """Return the share of a pixel's variance that is left by smoothing."""
    if smooth_px == 0:
        return 1.0
    point = np.zeros(33)
    point[16] = 1.0
    return float((gaussian_filter(point, smooth_px) ** 2).sum() ** 2)
