"""How stamps are shown to a network: the stretch, the random views, and the view of inference."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from strandline.recipe.section import Fraction, NotNegative, Positive, Range, Section

__all__ = ["FaintChannel", "InferenceSettings", "ScalingSettings", "ViewSettings"]

FaintChannel = Literal["deep", "smooth", "residual", "asymmetric"]


class ScalingSettings(Section):
    """The stretch: asinh(flux / (softening x sky noise)), then standardised; see `learn.scaling`.

    Pictures are stretched already and are only standardised.
    """

    softening: Positive = 3.0  #: in units of the sky noise of a binned pixel
    noise: Literal["image", "table"] = "image"  #: each stamp's own noise, or the table's median
    standardise: bool = True
    """Bring each band to mean 0 and spread 1. Off reproduces Desmons et al. (2023); pictures are
    standardised in any case."""
    faint: tuple[FaintChannel, ...] = ()
    """Channels of all bands together for light that is faint beside the nucleus; see
    `learn.faint`. Unlike bands they are there for any survey and any subset of bands."""

    @field_validator("faint")
    @classmethod
    def _each_once(cls, faint: tuple[FaintChannel, ...]) -> tuple[FaintChannel, ...]:
        if len(set(faint)) < len(faint):
            raise ValueError("each channel can be named once")
        return faint


class ViewSettings(Section):
    """The random views of a stamp that training sees.

    Each switch stands for a nuisance: something that changes an image and tells nothing of an
    interaction. Every draw is made for each image of its own, unless `per_batch` names it.
    """

    scale: tuple[Positive, Positive] = (0.8, 1.25)
    """Range of the field, times `inference.field`: distance, and the physical size of a galaxy."""
    shift: Fraction = 0.05
    """Largest shift of the centre, as a fraction of the field's side: detection centres a merger
    now on one nucleus, now between two."""
    rotate: Literal["none", "half", "quarter", "free"] = "free"  #: the sky has no up
    flip: bool = True  #: nor a handedness
    blur_px: Range = (0.0, 0.0)
    """Range of the FWHM of a Gaussian that worsens the seeing, in pixels of the view. The noise
    that it smooths away is added again: worse seeing does not make an image deeper."""
    noise: Range = (0.0, 1.0)
    """Range of the strength of the noise added before the stretch, in the stamp's own sky noise:
    a shallower survey."""
    sky_gradient: NotNegative = 0.0
    """1 sigma of a plane added to each band, from the centre to the middle of an edge, in the sky
    noise of a pixel of the view: what is left by sky subtraction, scattered light, nearby stars."""
    gain: Fraction = 0.1  #: ln flux factor of all bands, 1 sigma: brightness
    colour: Fraction = 0.05  #: ln flux factor of each band, 1 sigma: errors of the zero points
    reddening: Fraction = 0.0
    """E(B-V) of dust that reddens or (as often) is taken away, mag, 1 sigma: the Galaxy's, and
    that of the galaxy itself; along the extinction curve, see `learn.nuisances`."""
    grey: Fraction = 0.0  #: probability that all bands show the mean of the bands
    band_dropout: Fraction = 0.05  #: probability that a band is taken away; one always stays
    erase: Fraction = 0.0  #: probability that a rectangle is masked, anywhere
    mask: Fraction = 0.0
    """Probability that one to four discs away from the centre are masked: what the masks of stars
    and bright neighbours leave. Placed at random and not upon sources: were sources masked, the
    network would learn that a companion does not matter."""
    oversample: Annotated[float, Field(ge=1, le=4)] = 1.5
    """Pixels that views are made from per pixel of the view, along one axis."""
    per_batch: tuple[Literal["shift", "noise"], ...] = ()
    """Draws that all images of a batch share. A mistake of the released code of Desmons et al.
    (2023), kept to reproduce it: with one shift a batch has one view of positions, not many."""
    noise_after_stretch_njy: NotNegative = 0.0
    """Above 0: noise is added after the stretch, with its sigma in flux units of this many nJy
    (255 counts for pictures), as if that were a stretched value. A mistake of the released code
    of Desmons et al. (2023), kept to reproduce it: the added noise depends on the unit of flux."""

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in ("scale", "noise", "blur_px"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the range {low} to {high} descends")
        return self


class InferenceSettings(Section):
    """How a stamp is seen once training is over."""

    field: Annotated[float, Field(gt=0, le=1)] = 0.75  #: central part of the stamp's side
    orientations: Literal[1, 4, 8] = 4
    """Over how many the features are averaged: as the stamp is, its quarter turns, or these and
    their mirror images, which take twice the time and, where training flips, tell no more."""
    augmented: bool = False
    """Score random views (shift and noise) instead of the plain stamp. A mistake of the released
    code of Desmons et al. (2023), kept to reproduce it: predictions change from call to call."""
