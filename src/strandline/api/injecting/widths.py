"""What people are told of the seeing that features are put through."""

import math
from collections.abc import Mapping

from strandline.errors import OptionError
from strandline.progress import say

__all__ = ["check_seeing", "say_seeing"]


def say_seeing(where: str, measured_arcsec: Mapping[str, float]) -> None:
    """Say what was measured, and which bands take the others' width for want of stars."""
    known = {band: fwhm for band, fwhm in measured_arcsec.items() if math.isfinite(fwhm)}
    if known:
        told = ", ".join(f'{band} {fwhm:.2f}"' for band, fwhm in known.items())
        without = [band for band in measured_arcsec if band not in known]
        rest = f"; too few stars in {', '.join(without)}: as in the other bands" if without else ""
        say(f"{where}: seeing measured from stars, {told}{rest}.")


def check_seeing(where: str, fwhm_arcsec: Mapping[str, float]) -> None:
    """Check that the seeing of all bands is known.

    Raises
    ------
    OptionError
        Names those of which it is not.
    """
    unknown = [band for band, fwhm in fwhm_arcsec.items() if not math.isfinite(fwhm)]
    if unknown:
        raise OptionError(
            f"{where}: the seeing of band {', '.join(unknown)} is told nowhere and there are too "
            "few stars to measure it. Give it with --psf, in arcsec: one number, or g=1.2,r=1.1."
        )
