"""The camera and its survey: what happens to light between the sky and the image."""

from strandline.simulate.camera.artefacts import (
    ARTEFACT_KINDS,
    Artefact,
    ArtefactKind,
    ArtefactPlan,
    IntraclusterLight,
)
from strandline.simulate.camera.detector import add_trails
from strandline.simulate.camera.drawing import draw_artefacts, draw_intracluster
from strandline.simulate.camera.exposure import (
    MAGZERO,
    Exposure,
    exposures,
    limit_of_noise,
    noise_of_limit,
    observe,
    see,
)
from strandline.simulate.camera.foreground import add_foreground
from strandline.simulate.camera.picture import colour_jpeg, colour_picture, navigator_cutout
from strandline.simulate.camera.profile import SurveyProfile
from strandline.simulate.camera.psf import Psf, blur
from strandline.simulate.camera.reduction import spoil, subtract_mesh
from strandline.simulate.camera.stars import add_stars, star_flux_njy

__all__ = [
    "ARTEFACT_KINDS",
    "MAGZERO",
    "Artefact",
    "ArtefactKind",
    "ArtefactPlan",
    "Exposure",
    "IntraclusterLight",
    "Psf",
    "SurveyProfile",
    "add_foreground",
    "add_stars",
    "add_trails",
    "blur",
    "colour_jpeg",
    "colour_picture",
    "draw_artefacts",
    "draw_intracluster",
    "exposures",
    "limit_of_noise",
    "navigator_cutout",
    "noise_of_limit",
    "observe",
    "see",
    "spoil",
    "star_flux_njy",
    "subtract_mesh",
]
