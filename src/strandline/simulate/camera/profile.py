"""Survey profiles: what a camera and its survey do to the sky, typed, read from TOML."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from strandline.errors import OptionError
from strandline.recipe.mistakes import explain
from strandline.recipe.section import Section
from strandline.recipe.shelf import Shelf
from strandline.simulate.camera.psf import Psf
from strandline.simulate.camera.settings import (
    AirySettings,
    ArtefactSettings,
    BandSettings,
    KolmogorovSettings,
    MoffatSettings,
    PictureSettings,
    StarSettings,
    check_bands,
)
from strandline.simulate.portraits.colours import BANDS

__all__ = ["SurveyProfile"]

_SHELF = Shelf(
    resources.files("strandline") / "simulate" / "camera" / "profiles", "survey", OptionError
)
_RAD_TO_ARCSEC = 206264.806


class SurveyProfile(Section):
    """One survey, complete.

    Attributes
    ----------
    name, description : str
    source : str
        Papers and documents that the numbers are from.
    pixel_arcsec : float
    noise_smooth_px : float
        Sigma of the Gaussian that resampling smooths noise with when exposures are added up; the
        noise of large boxes stays.
    psf : KolmogorovSettings, MoffatSettings or AirySettings
    bands : dict of str to BandSettings
        Blue to red.
    stars : StarSettings
    artefacts : ArtefactSettings
    picture : PictureSettings or None
        None where there are not three bands to mix colours from.
    """

    name: Annotated[str, Field(min_length=1)]
    description: str
    source: str
    pixel_arcsec: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)]
    noise_smooth_px: Annotated[float, Field(ge=0, le=3)] = 0.0
    psf: Annotated[KolmogorovSettings | MoffatSettings | AirySettings, Field(discriminator="kind")]
    bands: dict[str, BandSettings]
    stars: StarSettings = StarSettings()
    artefacts: ArtefactSettings = ArtefactSettings()
    picture: PictureSettings | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_bands(self.bands, BANDS)
        without = [band for band, values in self.bands.items() if values.wavelength_nm is None]
        if self.psf.kind == "airy" and without:
            raise ValueError(f"bands.{without[0]}.wavelength_nm: is missing, optics need it")
        if self.picture:
            foreign = [band for band in self.picture.bands if band not in self.bands]
            if foreign:
                raise ValueError(f"picture.bands: {foreign[0]} is none of {', '.join(self.bands)}")
        return self

    def median_psf(self, band: str) -> Psf:
        """Return the round PSF of median width in `band`."""
        return self.psf_of(band, self.bands[band].psf_fwhm_arcsec)

    def psf_of(self, band: str, fwhm_arcsec: float, g1: float = 0.0, g2: float = 0.0) -> Psf:
        """Return the PSF of this width and shear; see `strandline.simulate.camera.psf.Psf`."""
        if isinstance(self.psf, MoffatSettings):
            return Psf("moffat", fwhm_arcsec, g1, g2, beta=self.psf.beta)
        if isinstance(self.psf, KolmogorovSettings):
            return Psf("kolmogorov", fwhm_arcsec, g1, g2)
        wavelength_m = (self.bands[band].wavelength_nm or 0.0) * 1e-9
        optics = wavelength_m / self.psf.diameter_m * _RAD_TO_ARCSEC
        return Psf(
            "airy", fwhm_arcsec, g1, g2, optics_arcsec=optics, obscuration=self.psf.obscuration
        )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the profiles that ship."""
        return _SHELF.names()

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Read a profile that ships, by name, or a TOML file, by path.

        Raises
        ------
        OptionError
            If there is none, it is not TOML, or a key or value is not allowed; names all of them.
        """
        return cls.parse(_SHELF.text(name_or_path), str(name_or_path))

    @classmethod
    def parse(cls, text: str, origin: str) -> Self:
        """Make a profile from TOML; `origin` is what errors call it.

        Raises
        ------
        OptionError
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise OptionError(f"{origin}: is not valid TOML ({error}).") from error
        except ValidationError as error:
            raise OptionError(explain(error, cls, origin)) from error
