"""What a survey profile can set, section by section."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from strandline.recipe.section import Fraction, NotNegative, Positive, Section

__all__ = [
    "AirySettings",
    "ArtefactSettings",
    "BandSettings",
    "GhostSettings",
    "KolmogorovSettings",
    "MoffatSettings",
    "PictureSettings",
    "SpikeSettings",
    "StarSettings",
]

Finite = Annotated[float, Field(allow_inf_nan=False)]
Brightness = Annotated[float, Field(ge=14, le=33, allow_inf_nan=False)]
Ellipticity = Annotated[float, Field(ge=0, le=0.3)]


class KolmogorovSettings(Section):
    """Seeing of a long exposure, without optics."""

    kind: Literal["kolmogorov"] = "kolmogorov"
    ellipticity: Ellipticity = 0.0  #: scatter of each component of the shear, from field to field


class MoffatSettings(Section):
    """Seeing with the wings that optics and guiding add."""

    kind: Literal["moffat"] = "moffat"
    beta: Annotated[float, Field(gt=1.1, le=10)] = 3.0
    ellipticity: Ellipticity = 0.0


class AirySettings(Section):
    """A telescope in space."""

    kind: Literal["airy"] = "airy"
    diameter_m: Positive
    obscuration: Annotated[float, Field(ge=0, lt=0.9)] = 0.0  #: of the diameter
    ellipticity: Ellipticity = 0.0


class BandSettings(Section):
    """What one band reaches; scatter is from field to field, 1 sigma."""

    psf_fwhm_arcsec: Annotated[float, Field(gt=0.01, le=5, allow_inf_nan=False)]  #: median
    psf_scatter: Fraction = 0.0  #: of ln FWHM
    depth: Annotated[float, Field(ge=20, le=33, allow_inf_nan=False)]
    """3 sigma limit in 10"x10" boxes, mag/arcsec2; see `exposure.noise_of_limit`."""
    depth_scatter: Annotated[float, Field(ge=0, le=1)] = 0.0  #: mag
    sky: Brightness  #: of the sky, mag/arcsec2; its photons are the noise
    saturation_mag: Annotated[float, Field(ge=0, le=25, allow_inf_nan=False)]
    """AB magnitude of a star whose brightest pixel just saturates in median seeing."""
    wavelength_nm: Positive | None = None  #: for optics
    aureole: NotNegative = 1.0  #: times `stars.aureole_share`


class SpikeSettings(Section):
    """Light that the vanes of the secondary diffract; see `stars.py`."""

    angles_deg: tuple[Finite, ...] = ()  #: direction of each spike, from +x towards +y
    turned: bool = False  #: whether the camera's angle differs from field to field
    share: Fraction = 0.0  #: of a star's light, in each spike
    length_arcsec: Positive = 6.0  #: half of a spike's light is nearer than this
    width_arcsec: Positive = 0.3  #: sigma at the star


class GhostSettings(Section):
    """A reflection within the camera: an image of the pupil, out of focus."""

    radius_arcsec: Positive
    hole: Annotated[float, Field(ge=0, lt=1)] = 0.0  #: radius of the secondary's shadow
    share: Fraction  #: of a star's light
    shift: NotNegative = 0.0  #: of its centre from the star, in radii, 1 sigma


class StarSettings(Section):
    """What bright stars do to their surroundings."""

    aureole_share: Fraction = 0.02  #: of the light, scattered far (King 1971, PASP 83, 199)
    aureole_arcsec: Positive = 3.0  #: from there it falls as radius^-2.5
    spikes: SpikeSettings = SpikeSettings()
    ghosts: tuple[GhostSettings, ...] = ()
    bleed_px_per_mag: NotNegative = 0.0  #: length of the trail of a saturated star


class ArtefactSettings(Section):
    """How often a field holds what looks like an interaction and is none."""

    trails_per_arcmin: NotNegative = 0.0  #: satellites per band and arcmin of the field's side
    trail_brightness: tuple[Brightness, Brightness] = (22.0, 25.0)
    """Along the trail's middle, mag/arcsec2: what is left of it in the coadd."""
    cosmic_rays_per_arcmin2: NotNegative = 0.0  #: left over, per band
    gradient: Fraction = 0.0  #: probability per band and field of sky that is not flat
    step: Fraction = 0.0  #: and of one that steps where two detectors meet
    sky_error: tuple[Brightness, Brightness] = (27.0, 28.5)  #: size of both, mag/arcsec2
    mesh: Fraction = 0.0  #: probability per field of a background mesh that is too fine
    mesh_arcsec: tuple[Positive, Positive] = (15.0, 35.0)
    cirrus: Fraction = 0.0  #: probability per field
    cirrus_brightness: tuple[Brightness, Brightness] = (25.5, 27.0)
    """Of its brighter parts, r mag/arcsec2."""

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in ("trail_brightness", "sky_error", "mesh_arcsec", "cirrus_brightness"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the range {low} to {high} descends")
        return self


class PictureSettings(Section):
    """The colour picture of Lupton et al. 2004 (PASP 116, 133); see `picture.py`."""

    bands: tuple[str, str, str]  #: red, green, blue
    scales: tuple[Positive, Positive, Positive]  #: on flux, nJy/arcsec2, in that order
    softening: Positive  #: Q: how early the stretch turns from linear to logarithmic
    pedestals: tuple[Finite, Finite, Finite] = (0.0, 0.0, 0.0)  #: added to the scaled flux
    quality: Annotated[int, Field(ge=1, le=95)] = 90  #: of the JPEG


def check_bands(bands: Mapping[str, BandSettings], known: tuple[str, ...]) -> None:
    """Raise ValueError for bands that galaxies have no light in, or none at all."""
    unknown = [band for band in bands if band not in known]
    if unknown or not bands:
        raise ValueError(
            f"bands: {', '.join(unknown) or 'none'} cannot be simulated; "
            f"name some of {', '.join(known)}"
        )
