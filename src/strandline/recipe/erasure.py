"""What features are made to forget once an encoder is trained."""

from typing import Annotated, Literal

from pydantic import Field

from strandline.recipe.section import Fraction, Positive, Section

__all__ = ["ErasureSettings", "Nuisance"]

Nuisance = Literal["noise", "depth", "blur", "shift", "rotation", "field"]


class ErasureSettings(Section):
    """Nuisances that are erased from the features of an encoder; see `learn.erasing`.

    Views teach an encoder to say the same of an image with and without a nuisance, but not
    exactly. Erasure is a last affine layer after which no linear predictor knows it. Pretraining
    ends with it; training on labels, which learns features for one question, does without.
    """

    nuisances: tuple[Nuisance, ...] = ()
    """Which; none by default. Each is put on training stamps on purpose: ``noise`` is more noise
    than the table states, ``depth`` noise that it states, as a shallower survey. But ``field`` is
    taken as it is: the tables that were trained on and, where a table has few tiles with many
    stamps each, its tiles. Leave it out if interactions are more frequent in one of them."""
    noise: Positive = 1.0  #: largest noise put on, in the sky noise of each band
    depth: Annotated[float, Field(gt=1)] = 4.0  #: largest noise of a shallower survey, over its own
    blur_px: Positive = 2.0  #: largest sigma of a Gaussian put on, in pixels of the stamp
    shift: Fraction = 0.05  #: largest shift put on, as a fraction of the stamp's side
    sample: Annotated[int, Field(ge=100)] = (
        2000  #: training stamps that it is fitted to, of all tables
    )
    tolerance: Annotated[float, Field(gt=0, lt=0.5)] = 0.005
    """R2, summed over what was put on, that may be left: the directions that matter least stay as
    they are."""
