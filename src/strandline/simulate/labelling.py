"""Labels from the truth: which stamp shows which galaxy, and whether it interacts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.csv
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from strandline.errors import LabelError
from strandline.files import write_aside
from strandline.simulate.truth import SurveyTruth

__all__ = ["LabelMatch", "labels_from_truth"]


class HasColumns(Protocol):
    """What is needed of a stamp table: `strandline.stamps.StampTable` has it."""

    def columns(self, *names: str) -> pa.Table:
        """Return scalar columns, all rows."""


@dataclass(frozen=True)
class LabelMatch:
    """How stamps and truth were matched.

    Attributes
    ----------
    interacting, non_interacting : int
        Labels written.
    not_labelled : int
        Stamps of stars or of background galaxies, which have no label.
    not_visible : int
        Stamps of interacting galaxies whose feature cannot be seen at the survey's depth; they
        are examples of neither and have no label.
    unmatched_stamps : int
        Stamps with no source of the truth nearer than the radius, or whose source is nearer to
        another stamp (pieces of galaxies, mostly).
    missed_galaxies : int
        Galaxies of the truth without a stamp.
    """

    interacting: int
    non_interacting: int
    not_labelled: int
    not_visible: int
    unmatched_stamps: int
    missed_galaxies: int

    def summary(self) -> str:
        """Return the counts as one line for people."""
        return (
            f"{self.interacting} interacting and {self.non_interacting} non-interacting galaxies "
            f"labelled; {self.not_labelled} stamps of stars or faint background, "
            f"{self.not_visible} of interactions too faint to be seen and "
            f"{self.unmatched_stamps} that match nothing left out; "
            f"{self.missed_galaxies} galaxies of the truth have no stamp"
        )


def labels_from_truth(
    truth: SurveyTruth, table: HasColumns, out: str | Path, *, radius_arcsec: float = 2.0
) -> LabelMatch:
    """Match stamps to the truth by position and write their labels.

    Each stamp goes to the nearest source within the radius, and each source keeps its nearest
    stamp. Stars and background galaxies take part in the matching but get no label, and so do
    interacting galaxies whose feature is fainter than the survey's limit or holds less than a
    hundredth of the light.

    Parameters
    ----------
    truth : SurveyTruth
    table : StampTable
        Or anything that returns its columns ``id``, ``ra`` and ``dec``.
    out : path
        CSV with columns ``id`` and ``label`` (1 interacting, 0 not).
    radius_arcsec : float

    Raises
    ------
    LabelError
        When no stamp matches.
    """
    columns = table.columns("id", "ra", "dec")
    source = _nearest_source(
        truth, columns["ra"].to_numpy(), columns["dec"].to_numpy(), radius_arcsec
    )
    matched = np.flatnonzero(source >= 0)
    if matched.size == 0:
        raise LabelError(
            f'{truth.folder}: none of the {len(columns)} stamps lies within {radius_arcsec}" of a '
            f"source of this survey. Was the table cut from its images?"
        )
    galaxies = matched[truth.is_galaxy[source[matched]]]
    labelled = galaxies[truth.has_label[source[galaxies]]]
    label = truth.column("interacting")[source[labelled]].astype(np.int64)
    ids = columns["id"].take(pa.array(labelled))
    with write_aside(out) as aside:
        pa.csv.write_csv(pa.table({"id": ids, "label": label}), aside)
    return LabelMatch(
        interacting=int(label.sum()),
        non_interacting=int((1 - label).sum()),
        not_labelled=matched.size - galaxies.size,
        not_visible=galaxies.size - labelled.size,
        unmatched_stamps=len(columns) - matched.size,
        missed_galaxies=int(truth.is_galaxy.sum()) - galaxies.size,
    )


def _nearest_source(
    truth: SurveyTruth,
    ra_deg: NDArray[np.float64],
    dec_deg: NDArray[np.float64],
    radius_arcsec: float,
) -> NDArray[np.int64]:
    """Return for each stamp the row of its source in the truth, or -1; shape (stamp,)."""
    source = np.full(ra_deg.size, -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
    if placed.size == 0 or len(truth.table) == 0:
        return source
    stamps = SkyCoord(ra_deg[placed] * u.deg, dec_deg[placed] * u.deg)
    sources = SkyCoord(truth.column("ra") * u.deg, truth.column("dec") * u.deg)
    nearest, apart, _ = stamps.match_to_catalog_sky(sources)
    within = np.flatnonzero(apart.arcsec <= radius_arcsec)
    closest_first = within[np.argsort(apart.arcsec[within], kind="stable")]
    _, first = np.unique(nearest[closest_first], return_index=True)
    kept = closest_first[first]
    source[placed[kept]] = nearest[kept]
    return source
