"""``simulate``: a sky with known answers, as survey images or as labelled stamps."""

from collections.abc import Sequence
from pathlib import Path

from strandline.errors import OptionError
from strandline.simulate import StampSet, SurveyTruth, make_stamps, make_survey

__all__ = ["simulate"]

_FIELDS, _FIELD_PX, _STAMP_PX = 4, 1000, 200
_FIELD_FRACTION, _STAMP_FRACTION = 0.3, 0.5


def simulate(
    out: str | Path,
    *,
    survey: str = "lovoccs",
    stamps: int | None = None,
    fields: int | None = None,
    size_px: int | None = None,
    bands: Sequence[str] | None = None,
    interacting_fraction: float | None = None,
    kinds: Sequence[str] | None = None,
    depth_mag: float | None = None,
    orbits: str | Path | None = None,
    features: bool = False,
    seed: int = 0,
    workers: int = 1,
) -> SurveyTruth | StampSet:
    """Simulate survey images with their truth, or labelled stamps straight into a table.

    Parameters
    ----------
    out : path
        Folder of the images; with `stamps`, the table (``.lance``).
    survey : str
        A profile that ships, or the path of a TOML file.
    stamps : int, optional
        How many. Without it, images of `fields` fields are made.
    fields : int, optional
        4 by default.
    size_px : int, optional
        Side of a field, 1000 by default, or of a stamp, 200.
    bands : sequence of str, optional
        Some of the survey's; all by default.
    interacting_fraction : float, optional
        Of the galaxies, 0.3 by default; of the stamps, 0.5.
    kinds : sequence of str, optional
        Of interaction; all by default.
    depth_mag : float, optional
        3-sigma limit in r in 10"x10", mag/arcsec2; the other bands move along.
    orbits : path, optional
        Table of the volunteers' orbits, from which encounters are drawn.
    features : bool
        Only with `stamps`: write the light of the features alone into a second table.
    seed, workers : int

    Raises
    ------
    OptionError
        For an argument that makes no sense; names the allowed values.
    OutputError
        When `out` cannot be written or holds something else.
    """
    if stamps is None:
        if features:
            raise OptionError(
                "The light of features alone is written for stamps only: give stamps."
            )
        return make_survey(
            out,
            survey=survey,
            fields=_FIELDS if fields is None else fields,
            size_px=_FIELD_PX if size_px is None else size_px,
            bands=bands,
            interacting_fraction=(
                _FIELD_FRACTION if interacting_fraction is None else interacting_fraction
            ),
            kinds=kinds,
            depth_mag=depth_mag,
            orbits=orbits,
            seed=seed,
            workers=workers,
        )
    if fields is not None:
        raise OptionError(f"Give fields ({fields}) or stamps ({stamps}), not both.")
    return make_stamps(
        out,
        survey=survey,
        count=stamps,
        size_px=_STAMP_PX if size_px is None else size_px,
        bands=bands,
        interacting_fraction=(
            _STAMP_FRACTION if interacting_fraction is None else interacting_fraction
        ),
        kinds=kinds,
        depth_mag=depth_mag,
        orbits=orbits,
        features=features,
        seed=seed,
        workers=workers,
    )
