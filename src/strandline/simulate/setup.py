"""Which survey is simulated: its profile, the bands wanted, and how deep."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from strandline.errors import OptionError
from strandline.seeding import generator
from strandline.simulate.camera import Exposure, SurveyProfile, exposures
from strandline.simulate.portraits.canvas import Frame

__all__ = ["SurveySetup"]

_REFERENCE_BANDS = ("r", "vis", "i", "g", "z")
_DEPTHS = (20.0, 33.0)


@dataclass(frozen=True)
class SurveySetup:
    """A survey as it was asked for.

    Attributes
    ----------
    profile : SurveyProfile
    bands : tuple of str
        Blue to red.
    deeper_mag : float
        Than the profile says, in all bands.
    """

    profile: SurveyProfile
    bands: tuple[str, ...]
    deeper_mag: float = 0.0

    @classmethod
    def load(
        cls,
        survey: str | Path,
        bands: Sequence[str] | None = None,
        depth_mag: float | None = None,
    ) -> "SurveySetup":
        """Read a survey's profile, and check what was asked for against it.

        Parameters
        ----------
        survey : str
            Name of a profile that ships, or the path of a TOML file.
        bands : sequence of str, optional
            Some of the profile's; all by default.
        depth_mag : float, optional
            3-sigma limit in r (or the band nearest to it) in 10"x10", mag/arcsec2.

        Raises
        ------
        OptionError
            For an unknown survey or band, or a depth that makes no sense.
        """
        profile = SurveyProfile.load(survey)
        wanted = tuple(profile.bands) if bands is None else tuple(bands)
        setup = cls(profile, tuple(band for band in profile.bands if band in wanted))
        if depth_mag is not None:
            low, high = _DEPTHS
            if not low <= depth_mag <= high:
                raise OptionError(
                    f"A depth of {depth_mag:g} makes no sense: give the 3-sigma limit in 10 x 10 "
                    f"arcsec in {setup.reference}, from {low:g} to {high:g} mag/arcsec2. That of "
                    f"{profile.name} is {profile.bands[setup.reference].depth:g}."
                )
            deeper = depth_mag - profile.bands[setup.reference].depth
            setup = cls(profile, setup.bands, deeper)
        exposures(profile, wanted, generator(0), deeper_mag=setup.deeper_mag)  # complains
        return setup

    @cached_property
    def reference(self) -> str:
        """Band that depth is given for and that truth is measured in: r or the nearest to it."""
        there = [band for band in _REFERENCE_BANDS if band in self.profile.bands]
        return there[0] if there else next(iter(self.profile.bands))

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel."""
        return self.profile.pixel_arcsec

    def frame(self, most_half_px: int) -> Frame:
        """Return the frame of portraits that are at most so large."""
        return Frame(self.pixel_arcsec, self.bands, most_half_px)

    def exposures(self, seed: int, name: str) -> tuple[Exposure, ...]:
        """Draw the conditions of one field, an exposure for each band."""
        return self._drawn(self.bands, seed, name)

    def reference_exposure(self, seed: int, name: str) -> Exposure:
        """Return the exposure of that field in the reference band, wanted or not."""
        return self._drawn((self.reference,), seed, name)[0]

    def _drawn(self, bands: tuple[str, ...], seed: int, name: str) -> tuple[Exposure, ...]:
        rng = generator(seed, "conditions", name)
        return exposures(self.profile, bands, rng, deeper_mag=self.deeper_mag)
