"""The camera and its survey: what happens to light between the sky and the image."""

from strandline.simulate.camera.exposure import (
    MAGZERO,
    Exposure,
    exposures,
    limit_of_noise,
    noise_of_limit,
    observe,
    see,
)
from strandline.simulate.camera.profile import SurveyProfile
from strandline.simulate.camera.psf import Psf, blur
from strandline.simulate.camera.stars import add_stars, star_flux_njy

__all__ = [
    "MAGZERO",
    "Exposure",
    "Psf",
    "SurveyProfile",
    "add_stars",
    "blur",
    "exposures",
    "limit_of_noise",
    "noise_of_limit",
    "observe",
    "see",
    "star_flux_njy",
]
