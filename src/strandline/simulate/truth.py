"""The truth of a simulated survey: what is where, and labels made from it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.csv
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from strandline.errors import LabelError, TableError
from strandline.files import write_aside

__all__ = ["LEAST_VISIBLE_SHARE", "LabelMatch", "SurveyTruth", "TruthRow", "labels_from_truth"]

LEAST_VISIBLE_SHARE = 0.01
"""Of a system's r light: a feature that holds less is no example of one."""

_UNLABELLED_KINDS = ("star", "background")


@dataclass(frozen=True)
class TruthRow:
    """One source of the survey; see `SurveyTruth` for the columns."""

    id: str
    field: str
    ra: float
    dec: float
    x: float
    y: float
    kind: str
    interacting: int
    mag_r: float
    seed: int
    visible: int = 0
    primary: str = ""
    morphology: str = ""
    redshift: float | None = None
    radius_arcsec: float | None = None
    cluster_redshift: float | None = None
    cluster_ra: float | None = None
    cluster_dec: float | None = None
    mass_ratio: float | None = None
    pericentre_kpc: float | None = None
    eccentricity: float | None = None
    circularity: float | None = None
    apocentre_kpc: float | None = None
    inclination_1_deg: float | None = None
    argument_1_deg: float | None = None
    inclination_2_deg: float | None = None
    argument_2_deg: float | None = None
    view_1_deg: float | None = None
    view_2_deg: float | None = None
    view_3_deg: float | None = None
    time_gyr: float | None = None
    separation_kpc: float | None = None
    relative_speed_kms: float | None = None
    gas_per_cm3: float | None = None
    wind_angle_deg: float | None = None
    length_kpc: float | None = None
    projected_kpc: float | None = None
    length_arcsec: float | None = None
    feature_sb: float | None = None
    feature_peak_sb: float | None = None
    feature_gr: float | None = None
    feature_angle_deg: float | None = None
    feature_fraction: float | None = None
    limit_sb: float | None = None
    mask: str = ""
    mask_number: int = 0


_TYPES = {str: pa.string(), float: pa.float64(), float | None: pa.float64(), int: pa.int64()}
_SCHEMA = pa.schema([(name, _TYPES[kind]) for name, kind in TruthRow.__annotations__.items()])


@dataclass(frozen=True)
class SurveyTruth:
    """Everything that was put into a simulated survey.

    Attributes
    ----------
    folder : Path
        Where the images and ``truth.csv`` are.
    table : pyarrow.Table
        One row a source that lies in a field. Angles are in degrees, on the sky from north to
        east; magnitudes AB; empty where a column makes no sense for a source.

        - ``id``; ``field``; ``ra``, ``dec`` (ICRS); ``x``, ``y`` (px in the field, 0-based).
        - ``kind``: see `strandline.simulate.plans.Kind`, or background (too faint and small to
          judge) or star. ``interacting`` 0/1. ``visible`` 0/1: whether the feature is brighter
          than ``limit_sb`` and holds a hundredth of the light or more.
        - ``primary``: id of the galaxy whose interaction this one takes part in (its own for
          primaries); ``morphology``; ``mag_r`` (without what it lost); ``redshift``;
          ``radius_arcsec`` (half-light, of the undisturbed galaxy); ``seed``.
        - ``cluster_redshift``, ``cluster_ra``, ``cluster_dec``: of the field's cluster.
        - The interaction: ``mass_ratio``, ``pericentre_kpc``, ``eccentricity``, ``circularity``,
          ``apocentre_kpc``, inclinations and arguments of the two discs, Euler angles ``view_``
          from the orbit to the sky, ``time_gyr`` since the first passage, the start of the fall
          or of the stripping, ``separation_kpc``, ``relative_speed_kms``, ``gas_per_cm3``,
          ``wind_angle_deg``.
        - Its feature, the primary's for companions: ``length_kpc`` (true), ``projected_kpc`` and
          ``length_arcsec`` on the sky, ``feature_sb`` and ``feature_peak_sb`` (r surface
          brightness, mag/arcsec2), ``feature_gr`` (g-r), ``feature_angle_deg``,
          ``feature_fraction`` of the r light.
        - ``limit_sb``: 3-sigma limit of the field in r in 10"x10", mag/arcsec2.
        - ``mask``: file in the folder, of which the pixels equal to ``mask_number`` show the
          feature above that limit; 0 where none does.
    """

    folder: Path
    table: pa.Table

    @classmethod
    def from_rows(cls, folder: Path, rows: Iterable[TruthRow]) -> "SurveyTruth":
        """Gather rows into a truth; nothing is written."""
        return cls(folder, pa.Table.from_pylist([asdict(row) for row in rows], schema=_SCHEMA))

    @classmethod
    def read(cls, folder: str | Path) -> "SurveyTruth":
        """Read the truth of a survey or of stamps made earlier.

        Parameters
        ----------
        folder : path
            Of the survey, or the CSV itself.

        Raises
        ------
        TableError
            When ``truth.csv`` is missing or lacks a column.
        """
        path = Path(folder)
        if path.suffix != ".csv":
            path /= "truth.csv"
        convert = pa.csv.ConvertOptions(
            column_types=_SCHEMA, include_columns=_SCHEMA.names, strings_can_be_null=False
        )
        try:
            table = pa.csv.read_csv(path, convert_options=convert)
        except FileNotFoundError as error:
            raise TableError(f"{path}: not found. Is it a simulated survey?") from error
        except (pa.ArrowInvalid, KeyError) as error:
            raise TableError(
                f"{path}: is not the truth of a simulated survey ({error}). Make the survey again."
            ) from error
        return cls(path.parent, table)

    def write(self, name: str = "truth.csv") -> Path:
        """Write the table as a CSV into the folder and return its path."""
        path = self.folder / name
        with write_aside(path) as aside:
            pa.csv.write_csv(self.table, aside)
        return path

    def column(self, name: str) -> NDArray[np.generic]:
        """Return one column as an array; empty numbers are NaN."""
        return np.asarray(self.table[name].to_numpy(zero_copy_only=False))

    def summary(self) -> str:
        """Return what there is as one line for people."""
        fields = len(set(self.column("field").tolist()))
        galaxies, interacting = int(self.is_galaxy.sum()), int(self.column("interacting").sum())
        seen = int((self.column("interacting") * self.column("visible")).sum())
        return (
            f"{galaxies} galaxies in {fields} {'field' if fields == 1 else 'fields'}, "
            f"{interacting} of them interacting, {seen} visibly; "
            f"{len(self.table) - galaxies} stars and background galaxies"
        )

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """Where a row has a label: a galaxy that is undisturbed, or visibly interacting."""
        invisible = (self.column("interacting") == 1) & (self.column("visible") == 0)
        return self.is_galaxy & ~invisible

    @property
    def is_galaxy(self) -> NDArray[np.bool_]:
        """Where a row is a galaxy of the foreground: neither star nor background."""
        return np.asarray(~np.isin(self.column("kind").astype(str), _UNLABELLED_KINDS))


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
