"""A survey of nearby clusters of galaxies, as FITS files, with the truth about every galaxy."""

import math
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from strandline.errors import OutputError
from strandline.files import write_aside
from strandline.progress import track
from strandline.simulate.fields import MASK_FOLDER, make_field
from strandline.simulate.options import check_count, check_fraction, known_kinds, orbit_file
from strandline.simulate.plans import Kind
from strandline.simulate.population import FieldRequest, Numbers
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import SurveyTruth, TruthRow
from strandline.simulate.workers import in_order

__all__ = ["make_survey"]

LEAST_FIELD_PX, MOST_FIELD_PX = 200, 10_000


def make_survey(
    out: str | Path,
    *,
    survey: str = "lovoccs",
    fields: int = 4,
    size_px: int = 1000,
    bands: Sequence[str] | None = None,
    interacting_fraction: float = 0.3,
    galaxies_per_field: int | None = None,
    kinds: Sequence[str] | None = None,
    depth_mag: float | None = None,
    orbits: str | Path | None = None,
    seed: int = 0,
    workers: int = 1,
) -> SurveyTruth:
    """Simulate a survey of nearby clusters and write one FITS file per band and field.

    The fields join without gap or overlap on one tangential projection, and each has a cluster of
    its own, at a redshift from 0.03 to 0.12. Sky is subtracted, but for what a pipeline leaves.
    Each file holds the image and, in an extension VARIANCE, its variance. The result depends on the
    arguments but not on `workers`, and no image depends on which other bands were asked for.

    Parameters
    ----------
    out : path
        Folder for ``field-000_g.fits`` ..., ``truth.csv`` (see `SurveyTruth`) and the masks of the
        features ``truth/field-000_features.fits``. A survey that is already there is replaced
        when the new one is complete.
    survey : str
        Which camera and depth; see `strandline.simulate.camera`.
    fields : int
    size_px : int
        Of a field's side; at least a stamp's 200.
    bands : sequence of str, optional
        Some of the survey's; all by default.
    interacting_fraction : float
        Share of the galaxies (r < 20 or so) that take part in an interaction.
    galaxies_per_field : int, optional
        Such galaxies in each field, by default 80 in a square of 263"; more and fainter galaxies
        behind the cluster and stars come on top.
    kinds : sequence of str, optional
        Of interaction, all by default; ``polar_ring`` only if it is named.
    depth_mag : float, optional
        3-sigma limit in r in 10"x10" (mag/arcsec2), in the place of the survey's own. The other
        bands become as much deeper or shallower.
    orbits : path, optional
        Table of the volunteers' orbits (Holincheck et al. 2016, MNRAS 459, 720) from which
        encounters are drawn.
    seed : int
    workers : int
        Processes. With more than one, a script must call this under
        ``if __name__ == "__main__":``, as always with processes that are spawned.

    Returns
    -------
    SurveyTruth

    Raises
    ------
    OptionError
        For an impossible argument.
    OutputError
        When `out` holds other files than a simulated survey's, or cannot be written.
    """
    out = Path(out)
    check_count("fields", fields, 1, 100_000)
    check_count("size_px", size_px, LEAST_FIELD_PX, MOST_FIELD_PX)
    check_count("workers", workers, 1)
    if galaxies_per_field is not None:
        check_count("galaxies_per_field", galaxies_per_field, 1)
    check_fraction("interacting_fraction", interacting_fraction)
    setup = SurveySetup.load(survey, bands, depth_mag)
    requests = _layout(
        fields,
        size_px,
        setup.pixel_arcsec,
        interacting_fraction,
        galaxies_per_field,
        known_kinds(kinds),
        orbit_file(orbits),
        seed,
    )
    _refuse_foreign_files(out)
    with write_aside(out, marks=("truth.csv",)) as folder:
        (folder / MASK_FOLDER).mkdir(parents=True)
        rows: list[TruthRow] = []
        made = in_order(partial(make_field, setup=setup, folder=folder), requests, workers)
        with track("Simulating", fields, "fields") as advance, closing(made):
            for field_rows in made:
                rows += field_rows
                advance(1)
        SurveyTruth.from_rows(folder, rows).write()
    return SurveyTruth.from_rows(out, rows)


def _layout(
    fields: int,
    size_px: int,
    pixel_arcsec: float,
    interacting_fraction: float,
    galaxies: int | None,
    kinds: tuple[Kind, ...],
    orbits: Path | None,
    seed: int,
) -> list[FieldRequest]:
    """Lay the fields out row by row on a grid that is as square as can be."""
    columns = math.ceil(math.sqrt(fields))
    rows = math.ceil(fields / columns)
    usual, far, stars = (round(n) for n in Numbers.expected(size_px * pixel_arcsec))
    many = max(1, usual) if galaxies is None else galaxies

    def interacting_before(k: int) -> int:  # so that the whole survey has the right share
        return round(interacting_fraction * many * k)

    return [
        FieldRequest(
            name=f"field-{k:03d}",
            size_px=size_px,
            pixel_arcsec=pixel_arcsec,
            numbers=Numbers(many, interacting_before(k + 1) - interacting_before(k), far, stars),
            kinds=kinds,
            from_middle_px=(
                (k % columns) * size_px - (columns * size_px - 1) / 2,
                (k // columns) * size_px - (rows * size_px - 1) / 2,
            ),
            orbits=orbits,
            seed=seed,
        )
        for k in range(fields)
    ]


def _refuse_foreign_files(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out}: is a file, but a folder is to be written there. Move it away.")
    foreign = [
        path.name
        for path in sorted(out.iterdir())
        if path.name not in ("truth.csv", MASK_FOLDER) and not path.match("field-*_*.fits")
    ]
    if foreign:
        raise OutputError(
            f"{out}: holds files that are not a simulated survey's ({', '.join(foreign[:3])}...) "
            "and that would be lost. Choose an empty or new folder."
        )
